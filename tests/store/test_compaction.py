"""Series are appended in small chunks while a run is live, and few large ones when it is over."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import zstandard
from sqlalchemy import select, update

from nbtrack.entities import MetricSeries
from nbtrack.records import RunResumed
from nbtrack.store import open_store
from nbtrack.store.schema import metric_chunks
from nbtrack.store.series import CHUNK_POINTS
from nbtrack.store.sql import SqlStore
from nbtrack.testing.builders import SESSION_ID, points, run_ended, run_started, session_started
from nbtrack.testing.clock import START


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    """A store with a run that goes on."""
    opened = open_store(tmp_path / "store")
    assert isinstance(opened, SqlStore)
    opened.apply([session_started(), run_started()])
    yield opened
    opened.close()


def counts(store: SqlStore) -> list[int]:
    """How many points each chunk holds, in order."""
    with store._database.read() as connection:
        statement = select(metric_chunks.c["count"]).order_by(metric_chunks.c.sequence)
        return list(connection.execute(statement).scalars())


def append(store: SqlStore, values: np.ndarray, first: int) -> None:
    """Log values in one go; the first is of this step."""
    steps = np.arange(first, first + len(values))
    store.apply([points(values, steps=steps, timestamps_ms=1_700_000_000_000 + steps)])


def check(series: MetricSeries, values: np.ndarray) -> None:
    """The series is these values, one a step."""
    assert series.values.tobytes() == values.tobytes()
    assert series.steps.tolist() == list(range(len(values)))
    assert series.timestamps_ms[-1] == 1_700_000_000_000 + len(values) - 1


def test_live_series_is_read_whole_at_any_time(store: SqlStore) -> None:
    """However often it was appended, it reads as logged, and few chunks are there."""
    values = np.random.default_rng(1).normal(size=1500)
    for first in range(0, 1500, 5):
        append(store, values[first : first + 5], first)
        if first % 70 == 0:
            check(store.metric_series("run-1", "loss"), values[: first + 5])
        assert len(counts(store)) <= 65
    assert len(counts(store)) > 1
    store.apply([run_ended()])
    assert counts(store) == [1500]
    check(store.metric_series("run-1", "loss"), values)
    summary = store.get_run("run-1").metrics["loss"]
    assert (summary.first, summary.last, summary.count) == (values[0], values[-1], 1500)
    assert (summary.min, summary.max) == (values.min(), values.max())


def test_long_series_is_several_chunks(store: SqlStore) -> None:
    """No chunk is longer than what is quickly read and rewritten."""
    count = 3 * CHUNK_POINTS + 10
    values = np.random.default_rng(2).normal(size=count)
    for first in range(0, count, 40_000):
        append(store, values[first : first + 40_000], first)
    store.apply([run_ended()])
    assert max(counts(store)) <= CHUNK_POINTS
    assert len(counts(store)) <= 5
    check(store.metric_series("run-1", "loss"), values)


def test_resumed_run_is_compacted_again(store: SqlStore) -> None:
    """Points of a run that went on join the others when it ends again, old formats as well."""
    values = np.arange(30, dtype=np.float64) / 7
    append(store, values[:20], 0)
    store.apply([run_ended()])
    steps = np.arange(20)
    columns = (
        np.diff(steps, prepend=0),
        np.diff(1_700_000_000_000 + steps, prepend=0),
        values[:20],
    )
    old = b"\x01" + zstandard.compress(b"".join(column.tobytes() for column in columns))
    with store._database.write() as connection:
        connection.execute(update(metric_chunks).values(data=old))
    check(store.metric_series("run-1", "loss"), values[:20])
    store.apply([RunResumed("run-1", SESSION_ID, START)])
    append(store, values[20:25], 20)
    append(store, values[25:], 25)
    store.apply([run_ended()])
    assert counts(store) == [30]
    check(store.metric_series("run-1", "loss"), values)
