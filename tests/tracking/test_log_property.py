"""Any sequence of log calls reads back equal."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nbtrack.tracking.begin import begin_run
from nbtrack.tracking.session import Session

KEYS = st.sampled_from(["a", "b", "val/loss"])
NUMBERS = st.floats() | st.integers(-(2**60), 2**60).map(float)
STEPS = st.none() | st.integers(-(2**63), 2**62)
TEXTS = st.text(st.characters(codec="utf-8"), max_size=20)
CALLS = st.lists(
    st.one_of(
        st.tuples(st.just("log"), st.dictionaries(KEYS, NUMBERS, min_size=1), STEPS),
        st.tuples(st.just("log_metric"), KEYS, NUMBERS, STEPS),
        st.tuples(st.just("set_tag"), KEYS, TEXTS),
        st.tuples(st.just("log_param"), st.text("xyz", min_size=1, max_size=3), TEXTS),
        st.tuples(st.just("delete_tag"), KEYS),
        st.tuples(st.just("flush")),
    ),
    max_size=40,
)


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    """One session for all examples; each has runs of its own."""
    made = Session(Path(tmp_path_factory.mktemp("property")), drain_interval_s=0.01)
    yield made
    made.close()


class Model:
    """What a run should hold."""

    def __init__(self) -> None:
        self.points: dict[str, list[tuple[int, float]]] = {}
        self.params: dict[str, str] = {}
        self.tags: dict[str, str] = {}

    def add(self, key: str, step: int | None, value: float) -> None:
        mine = self.points.setdefault(key, [])
        mine.append(((mine[-1][0] + 1 if mine else 0) if step is None else step, value))


def make(run: Any, model: Model, call: tuple[Any, ...], session: Session) -> None:
    """One call, on the run and on the model."""
    match call:
        case "log", metrics, step:
            run.log(metrics, step=step)
            for key, value in metrics.items():
                model.add(key, step, value)
        case "log_metric", key, value, step:
            run.log_metric(key, value, step=step)
            model.add(key, step or 0, value)
        case "set_tag", key, text:
            run.set_tag(key, text)
            model.tags[key] = text
        case "log_param", key, text:
            if model.params.setdefault(key, text) == text:
                run.log_param(key, text)
        case "delete_tag", key:
            run.delete_tag(key)
            model.tags.pop(key, None)
        case ("flush",):
            assert session.flush()


def same(found: list[tuple[int, float]], logged: list[tuple[int, float]]) -> bool:
    """Whether points are equal, NaN and the sign of zero included."""
    return len(found) == len(logged) and all(
        a[0] == b[0]
        and ((math.isnan(a[1]) and math.isnan(b[1])) or a[1] == b[1])
        and math.copysign(1, a[1]) == math.copysign(1, b[1])
        for a, b in zip(found, logged, strict=True)
    )


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(calls=CALLS)
def test_any_sequence_of_log_calls_reads_back_equal(
    session: Session, calls: list[tuple[Any, ...]]
) -> None:
    """Points with their steps and order, params and tags; drained at any moment in between."""
    model = Model()
    with begin_run(session) as run:
        for call in calls:
            make(run, model, call, session)
    stored = run.stored()
    assert stored.data.params == model.params
    assert stored.tags == model.tags
    assert set(stored.metrics) == set(model.points)
    for key, logged in model.points.items():
        series = session.store.metric_series(run.run_id, key)
        found = list(zip(series.steps.tolist(), series.values.tolist(), strict=True))
        assert same(found, logged), key
        assert stored.metrics[key].count == len(logged)
