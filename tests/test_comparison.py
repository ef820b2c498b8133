"""Runs side by side."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import pytest

from nbtrack.comparison import compare, compare_runs
from nbtrack.errors import NotFoundError
from nbtrack.tracking.begin import begin_run
from nbtrack.tracking.session import Session


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    """A session on a store of its own."""
    made = Session(tmp_path / "store", drain_interval_s=0.01)
    yield made
    made.close()


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
