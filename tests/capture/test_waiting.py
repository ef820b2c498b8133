"""A kernel that waits for the writer, or is restarted while something is left for it."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from pathlib import Path

from nbtrack.entities import RunStatus
from nbtrack.store import open_store
from nbtrack.store.base import RunQuery
from nbtrack.tracking.adoption import adopt_journals
from tests.capture.kernel import kernel

_WAIT = """
from nbtrack.tracking.session import session
session().waiting.say_after_s = 0.1
run = nbtrack.get_run(nbtrack.active_run().run_id)
"""


def test_a_cell_that_waits_shows_one_output_that_changes(tmp_path: Path) -> None:
    """The wait for a store that is busy is one output of the cell, and ends in a sentence."""
    with kernel(tmp_path) as running:
        running.run("import nbtrack; nbtrack.log(x=1.0)")
        running.run("from nbtrack.tracking.session import session; session().flush()")
        with closing(
            sqlite3.connect(tmp_path / "store" / "nbtrack.db", check_same_thread=False)
        ) as other:
            other.execute("BEGIN IMMEDIATE")
            running.run("nbtrack.log(x=2.0)")
            threading.Timer(2.5, other.rollback).start()
            ran = running.run(_WAIT)
    assert ran.status == "ok", ran.reply
    kinds = [message["header"]["msg_type"] for message in ran.outputs]
    assert kinds[0] == "display_data"
    assert len(kinds) > 1
    assert set(kinds[1:]) == {"update_display_data"}
    ids = {message["content"]["transient"]["display_id"] for message in ran.outputs}
    assert len(ids) == 1
    texts = [message["content"]["data"]["text/plain"] for message in ran.outputs]
    assert "records left" in texts[0]
    assert "is in the store" in texts[-1]


_MUCH = """
import nbtrack
nbtrack.start_run(run_name="restarted")
for step in range(400_000):
    nbtrack.log(x=float(step), step=step)
"""


def test_a_restart_loses_nothing_of_what_is_still_to_be_written(tmp_path: Path) -> None:
    """In time or not: the kernel's exit, or else the next process, writes all of it."""
    with kernel(tmp_path) as running:
        assert running.run(_MUCH).status == "ok"
        running.manager.restart_kernel()
    store = open_store(tmp_path / "store")
    assert adopt_journals(store).problems == []
    (run,) = store.search_runs(RunQuery()).items
    assert run.status in (RunStatus.FINISHED, RunStatus.KILLED)
    assert store.metric_series(run.run_id, "x").steps.tolist() == list(range(400_000))
    assert not list((tmp_path / "store" / "journals").glob("*.journal"))
    store.close()
