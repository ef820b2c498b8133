"""What finding runs and reading series costs in a large store, and how much room series take."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import numpy as np

import nbtrack
from nbtrack.records import Record
from nbtrack.store import open_store
from nbtrack.store.base import RunQuery, Store
from nbtrack.store.dialect import DATABASE_NAME
from nbtrack.testing.builders import execution_started, session_started, whole_run
from nbtrack.testing.clock import START
from nbtrack.tracking import session as sessions
from nbtrack.tracking.session import Session
from tests.benchmarks.harness import Figure, paired_medians

SMALL = 10_000
LARGE = 100_000
POINTS = 1_000_000
REPEATS = 15
MODELS = ("rf", "svm", "tree", "knn", "mlp", "gbm", "lasso", "ridge", "bayes", "lda")
FILTER = "params.model = 'rf' and metrics.acc > 0.5"
PAGE = RunQuery(filter=FILTER, order_by=("metrics.acc DESC",), limit=100)
OTHER = RunQuery(filter=FILTER, order_by=("metrics.loss ASC",), limit=100)
TYPED = RunQuery(filter="attributes.run_name ILIKE '%run-77%'", limit=200)


def measure() -> list[Figure]:
    """A store of ten thousand runs beside one of a hundred thousand; series of a million points."""
    with tempfile.TemporaryDirectory() as place:
        small, large = Path(place) / "small", Path(place) / "large"
        _build(small)
        shutil.copytree(small, large)
        _multiply(large / DATABASE_NAME)
        figures = [*_searches(small, large), _typing(small), _words(small)]
        for dtype in ("float64", "float32"):
            figures += _series(Path(place) / dtype, dtype)
    return figures


def _build(directory: Path) -> None:
    """Write runs with 10 params and 10 metrics each, as a session does."""
    chance = random.Random(7)
    store = open_store(directory)
    records: list[Record] = [session_started()]
    for index in range(SMALL):
        at = START + timedelta(seconds=index)
        source = f"model = fit(X, depth={index % 997})\nprint(score_{index % 101}(model))"
        records.append(execution_started(f"msg-{index}", source=source, started_at=at))
        records += whole_run(
            f"{chance.getrandbits(128):032x}",
            run_name=f"run-{index}",
            params={
                "model": chance.choice(MODELS),
                "lr": repr(10 ** chance.uniform(-5, 0)),
                **{f"p{number}": str(chance.randrange(1000)) for number in range(8)},
            },
            metrics={
                "acc": chance.random(),
                "loss": chance.expovariate(1),
                **{f"m{number}": chance.random() for number in range(8)},
            },
            started_at=at,
            experiment=f"experiment {index % 20}",
            msg_id=f"msg-{index}",
        )
        if index % 2000 == 1999:
            store.apply(records)
            records = []
    store.close()


def _multiply(path: Path) -> None:
    """Copy every run nine times, under other ids, at other times and with other metrics."""
    tables = {
        "runs": {"started_at": "t.started_at + c.number * 10000000000"},
        "params": {},
        "metrics": {"last": "abs(random()) / 9223372036854775807.0"},
        "metric_chunks": {},
    }
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA cache_size = -400000")
        connection.execute("CREATE TEMP TABLE copies (old TEXT, new TEXT, number INT)")
        for number in range(1, LARGE // SMALL):
            connection.execute(
                "INSERT INTO copies SELECT run_id, lower(hex(randomblob(16))), ? FROM runs",
                (number,),
            )
        for table, changed in tables.items():
            names = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
            values = ["c.new" if each == "run_id" else f't."{each}"' for each in names]
            values = [changed.get(each, value) for each, value in zip(names, values, strict=True)]
            connection.execute(
                f"INSERT INTO {table} SELECT {', '.join(values)} FROM copies c "
                f"JOIN {table} t ON t.run_id = c.old ORDER BY c.new"
            )
        connection.commit()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _searches(small: Path, large: Path) -> list[Figure]:
    few, many = open_store(small), open_store(large)
    assert (few.count_runs(RunQuery()), many.count_runs(RunQuery())) == (SMALL, LARGE)
    page = many.search_runs(PAGE).items
    assert len(page) == 100
    assert all(len(run.params) == len(run.metrics) == 10 for run in page)
    figures = [
        *_page(few, many, PAGE, "first 100 of 100 000 runs, filtered, ordered"),
        *_page(few, many, OTHER, "the same, ordered by another metric"),
    ]
    run_ids = [run.run_id for run in page]
    with closing(sqlite3.connect(large / DATABASE_NAME)) as connection:
        assert _bare(connection) == run_ids
        found_s, bare_s = paired_medians(
            lambda: many.search_runs(PAGE), lambda: _bare(connection), repeats=5
        )
        counted_s, bare_count_s = paired_medians(
            lambda: many.count_runs(PAGE), lambda: connection.execute(_COUNT).fetchone(), repeats=5
        )
        assert connection.execute(_COUNT).fetchone() == (many.count_runs(PAGE),)
    few.close()
    many.close()
    return [
        *figures,
        Figure(
            "first 100 of 100 000 runs, filtered, ordered",
            found_s * 1e3,
            bare_s * 1e3,
            "ms",
            "their ids alone, in plain SQL",
        ),
        Figure(
            "how many of 100 000 runs match",
            counted_s * 1e3,
            bare_count_s * 1e3,
            "ms",
            "in plain SQL",
        ),
    ]


def _page(few: Store, many: Store, query: RunQuery, name: str) -> list[Figure]:
    """One page of the large store: at most 30 ms, and hardly more than of the small one."""
    run_ids = [run.run_id for run in many.search_runs(query).items]
    assert len(run_ids) == 100
    large_s, small_s = paired_medians(
        lambda: many.search_runs(query), lambda: few.search_runs(query), repeats=REPEATS
    )
    _, by_id_s = paired_medians(
        lambda: many.search_runs(query), lambda: many.get_runs(run_ids), repeats=REPEATS
    )
    return [
        _most(name, large_s * 1e3, "ms", 30.0),
        Figure(f"{name}: growth", large_s * 1e3, small_s * 1e3, "ms", "of 10 000 runs", goal=1.5),
        Figure(name, large_s * 1e3, by_id_s * 1e3, "ms", "these 100 runs by their ids"),
    ]


_MATCHING = (
    " FROM runs r"
    " JOIN params p ON p.run_id = r.run_id AND p.key = 'model' AND p.value = 'rf'"
    " JOIN metrics m ON m.run_id = r.run_id AND m.key = 'acc' AND m.last > 0.5"
    " WHERE r.lifecycle_stage = 'active'"
)
"""The filter as one would say it without knowing the store."""

_COUNT = f"SELECT count(*){_MATCHING}"


def _bare(connection: sqlite3.Connection) -> list[str]:
    order = " ORDER BY coalesce(m.last, 0) DESC, r.started_at DESC, r.run_id LIMIT 100"
    return [row[0] for row in connection.execute(f"SELECT r.run_id{_MATCHING}{order}")]


def _typing(directory: Path) -> Figure:
    """What the panel asks for at each key."""
    store = open_store(directory)

    def asked() -> None:
        page = store.search_runs(TYPED)
        assert page.items
        store.count_runs(TYPED)

    found_s = _median(asked)
    store.close()
    return _most("page and number of runs by name, of 10 000", found_s * 1e3, "ms", 50.0)


def _words(directory: Path) -> Figure:
    store = open_store(directory)
    page = store.search_text("score_77").items
    assert page

    def scanned() -> list[str]:
        found: list[str] = []
        token = None
        while True:
            each = store.list_executions(page_token=token)
            found += [item.msg_id for item in each.items if "score_77(" in item.source]
            token = each.next_page_token
            if token is None:
                return found

    words_s, scanned_s = paired_medians(lambda: store.search_text("score_77"), scanned, repeats=3)
    store.close()
    return Figure(
        "words in the code of 10 000 executions",
        words_s * 1e3,
        scanned_s * 1e3,
        "ms",
        "reading all code",
    )


def _series(directory: Path, dtype: str) -> list[Figure]:
    """A million points of noise, logged one by one in a loop, from the disk again."""
    noise = np.random.default_rng(0).normal(size=POINTS).astype(dtype).astype(np.float64)
    values = noise.tolist()
    open_store(directory).close()
    empty = _size(directory)
    sessions.use(Session(directory))
    with nbtrack.start_run() as run:
        for step, value in enumerate(values):
            nbtrack.log(loss=value, step=step)
    sessions.session().close()
    store = open_store(directory)
    series = store.metric_series(run.run_id, "loss")
    assert series.values.tobytes() == noise.tobytes()
    assert series.steps.tolist() == list(range(POINTS))
    saved = directory / "saved.npz"
    np.savez(saved, s=series.steps, t=series.timestamps_ms, v=series.values)
    figures = _reading(store, run.run_id, saved) if dtype == "float64" else []
    saved.unlink()
    store.close()
    width = np.dtype(dtype).itemsize
    size = (_size(directory) - empty) / POINTS
    return [
        *figures,
        Figure(
            f"1 000 000 points of {dtype} noise on disk, each",
            size,
            float(width),
            "B",
            "the value alone",
            compared="difference",
            goal=1.5,
        ),
    ]


def _reading(store: Store, run_id: str, saved: Path) -> list[Figure]:
    def loaded() -> None:
        with np.load(saved) as arrays:
            assert sum(len(arrays[name]) for name in arrays) == 3 * POINTS

    read_s, loaded_s = paired_medians(
        lambda: store.metric_series(run_id, "loss"), loaded, repeats=REPEATS
    )
    return [
        _most("1 000 000 points read as arrays", read_s * 1e3, "ms", 30.0),
        Figure(
            "1 000 000 points read as arrays", read_s * 1e3, loaded_s * 1e3, "ms", "np.load, 24 MB"
        ),
    ]


def _size(directory: Path) -> int:
    """All bytes of a store that nobody has open."""
    return sum(
        (Path(root) / name).stat().st_size
        for root, _, names in os.walk(directory)
        for name in names
    )


def _median(call: Callable[[], object]) -> float:
    times = []
    for _ in range(REPEATS + 1):
        started = time.perf_counter()
        call()
        times.append(time.perf_counter() - started)
    return statistics.median(times[1:])


def _most(name: str, value: float, unit: str, goal: float) -> Figure:
    return Figure(name, value, 0.0, unit, "nothing", compared="difference", goal=goal)
