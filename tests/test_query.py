"""Runs as tables: which way a metric is better, what differs, what a cell did before."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import pytest

from nbtrack.entities import utc_now
from nbtrack.errors import NotFoundError, UsageError
from nbtrack.query import (
    best_index,
    cell_baseline,
    compare,
    compare_runs,
    find_runs,
    metric_direction,
    runs_frame,
    view_type,
)
from nbtrack.records import ExecutionStarted
from nbtrack.tracking.begin import begin_run
from nbtrack.tracking.session import Session


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    """A session on a store of its own."""
    made = Session(tmp_path / "store", drain_interval_s=0.01)
    yield made
    made.close()


@pytest.mark.parametrize(
    ("name", "direction"),
    [
        ("loss", "min"),
        ("val_loss", "min"),
        ("valLoss", "min"),
        ("train/RMSE", "min"),
        ("mean_squared_error", "min"),
        ("perplexity", "min"),
        ("log_loss", "min"),
        ("fit_time", "min"),
        ("accuracy", "max"),
        ("val.acc", "max"),
        ("test-AUC", "max"),
        ("roc_auc_score", "max"),
        ("f1", "max"),
        ("f1_macro", "max"),
        ("R2", "max"),
        ("neg_mean_squared_error", "max"),
        ("recall@10", "max"),
        ("error_score", "min"),
        ("epoch", None),
        ("x", None),
        ("closs", None),
        ("", None),
    ],
)
def test_a_metrics_name_tells_which_way_is_better(name: str, direction: str | None) -> None:
    """Whole words count, in any spelling; an unknown name says nothing."""
    assert metric_direction(name) == direction


def test_the_best_needs_a_direction_and_a_difference() -> None:
    """NaN and missing values never win."""
    assert best_index([0.1, 0.3, None, math.nan], "max") == 1
    assert best_index([0.1, 0.3, None, math.nan], "min") == 0
    assert best_index([0.1, 0.3], None) is None
    assert best_index([0.3, 0.3], "max") is None
    assert best_index([0.3, None], "max") is None


def test_comparing_puts_differences_first(session: Session) -> None:
    """One row a thing, a value for each run, the best marked where a direction is known."""
    ids = []
    for lr, loss in ((0.1, 0.5), (0.2, 0.25)):
        with begin_run(session, run_name="same", tags={"t": "x"}) as run:
            run.log_params({"lr": lr, "model": "rf"})
            run.log(loss=loss, odd=1.0)
            if lr == 0.2:
                run.log(only=math.inf)
        ids.append(run.run_id)
    session.flush()
    rows = compare(session.store.get_runs(ids))
    by_key = {(row.kind, row.key): row for row in rows}
    assert by_key["param", "lr"].values == ["0.1", "0.2"]
    assert by_key["metric", "loss"].best == 1
    assert by_key["metric", "loss"].direction == "min"
    assert by_key["metric", "only"].values == [None, "Infinity"]
    assert by_key["metric", "odd"].direction is None
    assert not by_key["tag", "t"].differs
    differing = [row.differs for row in rows]
    assert differing == sorted(differing, reverse=True)
    assert rows[0].key == "lr"
    found = compare_runs(session.store, ids, path=lambda path: None)
    assert [run.run_id for run in found.runs] == ids
    assert found.rows[0].key == "lr"
    with pytest.raises(NotFoundError):
        compare_runs(session.store, [ids[0], "0" * 32])


def test_finding_goes_over_pages_and_stops_at_the_limit(session: Session) -> None:
    """As many as match, at most as many as asked for."""
    for i in range(5):
        with begin_run(session, run_name=f"r{i}") as run:
            run.log(x=i)
    session.flush()
    names = [run.run_name for run in find_runs(session.store, filter="metrics.x >= 2")]
    assert names == ["r4", "r3", "r2"]
    assert len(find_runs(session.store, max_results=2)) == 2
    assert list(runs_frame([]).columns)
    assert len(runs_frame(find_runs(session.store))) == 5


def test_views_are_mlflows() -> None:
    """Numbers as in MLflow's ViewType, or words."""
    assert [view_type(each) for each in (1, 2, 3, "ALL")] == ["active", "deleted", "all", "all"]
    with pytest.raises(UsageError):
        view_type(4)


def test_a_cells_run_is_measured_against_its_earlier_runs(session: Session) -> None:
    """The previous finished run of the same cell, and the best of each metric so far."""
    for cell, acc, loss, status in (
        ("c1", 0.7, 0.4, "FINISHED"),
        ("c1", 0.6, 0.2, "FINISHED"),
        ("c1", 0.99, 0.01, "FAILED"),
        ("c2", 0.95, 0.05, "FINISHED"),
    ):
        run = begin_run(session, cell_id=cell, msg_id=f"{cell}{acc}")
        run.log(acc=acc, loss=loss, plain=1.0)
        run.end(status)
    run = begin_run(session, cell_id="c1", msg_id="now")
    found = cell_baseline(session.store, run.stored())
    assert found.previous is not None
    assert found.previous.data.metrics["acc"] == 0.6
    assert found.best == {"acc": 0.7, "loss": 0.2}
    run.end()
    first = begin_run(session, cell_id="c3", msg_id="c3")
    assert cell_baseline(session.store, first.stored()).previous is None
    first.end()


def test_without_cell_ids_runs_of_the_same_code_are_compared(session: Session) -> None:
    """In a notebook executed by nbclient, each cell still has its own earlier runs."""
    for msg_id, source, acc in (("1", "a()", 0.1), ("2", "b()", 0.9), ("3", "a()", 0.2)):
        session.journal.ensure()
        session.record(ExecutionStarted(msg_id, session.session_id, source, utc_now()))
        run = begin_run(session, msg_id=msg_id)
        run.log(acc=acc)
        run.end()
    found = cell_baseline(session.store, run.stored())
    assert found.previous is not None
    assert found.previous.msg_id == "1"
    assert found.best == {"acc": 0.1}
