"""Runs as tables: found, as frames, and what a cell did before."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from nbtrack.entities import utc_now
from nbtrack.errors import UsageError
from nbtrack.query import (
    cell_baseline,
    find_runs,
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


def test_columns_have_their_types(session: Session) -> None:
    """Numbers, text and instants are what they are, also where a run has none."""
    with begin_run(session, run_name="a") as run:
        run.log_params({"lr": 0.1, "model": "rf"})
        run.log(acc=0.5)
        run.set_tag("team", "blue")
    second = begin_run(session, run_name="b")
    session.flush()
    frame = runs_frame(find_runs(session.store, order_by=("run_name",)))
    second.end()
    types = {name: str(frame[name].dtype) for name in frame}
    assert types["metrics.acc"] == "float64"
    for name in ("run_id", "status", "run_name", "params.lr", "params.model", "tags.team"):
        assert types[name] == "string"
    for name in ("start_time", "end_time"):
        assert types[name] == "datetime64[us, UTC]"
    assert frame["start_time"][0] == run.stored().started_at
    assert frame["params.lr"].astype(float).tolist()[0] == 0.1
    for name in ("metrics.acc", "params.lr", "tags.team", "end_time"):
        assert frame[name].isna().tolist() == [False, True]
    assert frame[frame["params.model"] == "rf"]["run_name"].tolist() == ["a"]
    assert {str(dtype) for dtype in runs_frame([]).dtypes} == {"string", "datetime64[us, UTC]"}


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


def test_mlflows_own_tags_are_seen_and_searched(session: Session) -> None:
    """Scripts find the children of a run by ``tags.mlflow.parentRunId``."""
    parent = begin_run(session, run_name="parent")
    child = begin_run(session, run_name="child", parent_run_id=parent.run_id)
    child.end()
    parent.end()
    session.flush()
    (found,) = find_runs(session.store, filter=f"tags.mlflow.parentRunId = '{parent.run_id}'")
    assert found.run_id == child.run_id
    assert found.data.tags["mlflow.parentRunId"] == parent.run_id
    assert found.data.tags["mlflow.runName"] == "child"
    assert found.tags == {}
    frame = runs_frame(find_runs(session.store, filter="tags.`mlflow.runName` LIKE 'p%'"))
    assert frame["tags.mlflow.runName"].tolist() == ["parent"]
    ordered = find_runs(session.store, order_by=("tags.`mlflow.runName` ASC",))
    assert [run.run_name for run in ordered] == ["child", "parent"]
