"""A session: what it records of its process, its background thread, its end."""

from __future__ import annotations

import inspect
import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from nbtrack.config import NbtrackConfig
from nbtrack.entities import RunStatus
from nbtrack.errors import NotFoundError, StoreError, UsageError
from nbtrack.journal import Journal, decode
from nbtrack.journal.journal import SMALLEST
from nbtrack.journal.layout import POINT_BYTES
from nbtrack.records import SessionStarted
from nbtrack.store import open_store
from nbtrack.store.base import RunQuery
from nbtrack.tracking.adoption import AdoptionReport, adopt_journals
from nbtrack.tracking.begin import begin_run, resume_run
from nbtrack.tracking.session import Session
from nbtrack.tracking.writer import LONGEST_BACKOFF_S
from tests.tracking.test_adoption import journals


def test_nothing_is_made_before_the_first_record(tmp_path: Path) -> None:
    """A process that imports nbtrack and does not track leaves no trace."""
    session = Session(tmp_path / "store")
    session.describe(front_end="lab")
    session.close()
    assert not (tmp_path / "store").exists()


def test_it_says_what_it_knows_of_its_process(session: Session) -> None:
    """What is said before the first record is in it; what is said later is added."""
    session.describe(front_end="lab", kernel_id="k")
    begin_run(session).end()
    session.describe(notebook_path="/n.ipynb")
    session.flush()
    found = session.store.get_session(session.session_id)
    assert (found.pid, found.front_end, found.kernel_id) == (os.getpid(), "lab", "k")
    assert found.notebook_path == "/n.ipynb"
    with pytest.raises(UsageError, match="colour"):
        session.describe(colour="red")


def test_tasks_run_in_the_background_in_time_and_at_the_end_at_the_latest(
    session: Session, caplog: pytest.LogCaptureFixture
) -> None:
    """A task that fails is told, and stops neither the others nor the writer."""
    ran: list[tuple[str, bool]] = []
    # It is a warning once a process, and said here each time.
    caplog.set_level("DEBUG", logger="nbtrack")

    def task(name: str) -> None:
        ran.append((name, threading.current_thread() is threading.main_thread()))

    begin_run(session).end()
    session.run_later(lambda: 1 / 0)
    session.run_later(lambda: task("soon"), 0.05)
    session.run_later(lambda: task("late"), 3600)
    deadline = time.monotonic() + 5
    while not ran and time.monotonic() < deadline:
        time.sleep(0.01)
    assert ran == [("soon", False)]
    assert "ZeroDivisionError" in caplog.text
    session.close()
    assert ran == [("soon", False), ("late", False)]


def test_a_tiny_journal_slows_logging_down_and_loses_nothing(tmp_path: Path) -> None:
    """Back-pressure with the real writer: more is logged than the journal may hold."""
    session = Session(tmp_path, journal_bytes=20_000, drain_interval_s=0.01)
    with begin_run(session) as run:
        for i in range(20_000):
            run.log(x=1.0, step=i)
    session.flush()
    assert session.store.metric_series(run.run_id, "x").steps.tolist() == list(range(20_000))
    session.close()


def test_a_store_deleted_in_use_is_made_anew_with_the_open_runs(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The message says what is gone; what is logged from then on is there."""
    session = Session(tmp_path / "store", drain_interval_s=0.02)
    with begin_run(session, run_name="open") as run:
        run.log_param("lr", 1)
        run.log(x=1.0)
        session.flush()
        # Away in one step: the writer may make a file while a folder is being emptied.
        (tmp_path / "store").rename(tmp_path / "gone")
        shutil.rmtree(tmp_path / "gone", ignore_errors=True)
        run.log(x=2.0)
    session.close()
    assert "was deleted while it was in use" in caplog.text
    store = open_store(tmp_path / "store")
    stored = store.get_run(run.run_id)
    assert (stored.run_name, stored.status) == ("open", RunStatus.FINISHED)
    assert (stored.data.params, stored.data.metrics) == ({"lr": "1"}, {"x": 2.0})
    assert journals(tmp_path / "store") == []
    store.close()


def test_bytes_are_stored_at_once(session: Session) -> None:
    """Before any record, and whatever becomes of the process."""
    digest = session.put_blob(b"bytes")
    assert session.store.get_blobs([digest]) == {digest: b"bytes"}


def test_closing_ends_runs_and_removes_the_journal(tmp_path: Path) -> None:
    """Everything is in the store; closing again is fine."""
    session = Session(tmp_path)
    run = begin_run(session)
    run.log(x=1.0)
    session.close()
    session.close()
    store = open_store(tmp_path)
    assert store.get_run(run.run_id).status is RunStatus.FINISHED
    assert store.get_run(run.run_id).environment_digest is not None
    assert journals(tmp_path) == []
    store.close()


def test_records_of_an_unknown_run_wait_for_it_and_then_yield(tmp_path: Path) -> None:
    """Another process may still have its start; an old journal's others are not held up by it."""
    session = Session(tmp_path, drain_interval_s=0.01)
    with begin_run(session) as run:
        session.journal.append_point(session.journal.number("0" * 32, "x"), 0, 0, 1.0)
        run.log(x=1.0)
    session.close(timeout_s=1)
    store = open_store(tmp_path)
    assert adopt_journals(store) == AdoptionReport()
    (path,) = journals(tmp_path)
    hours_ago = time.time() - 7200
    os.utime(path, (hours_ago, hours_ago))
    (problem,) = adopt_journals(store).problems
    assert "0" * 32 in problem
    assert store.get_run(run.run_id).data.metrics == {"x": 1.0}
    assert journals(tmp_path) == []
    store.close()


@pytest.mark.skipif(not Path("/sys/kernel").is_dir(), reason="needs Linux's /sys")
def test_a_store_that_cannot_be_made_says_where_and_what_helps() -> None:
    """For reading and for logging alike."""
    session = Session("/sys/nbtrack")
    with pytest.raises(StoreError, match="NBTRACK_STORE"):
        _ = session.store
    with pytest.raises(OSError, match="NBTRACK_STORE"):
        begin_run(session)
    session.close()


_ENDS = {
    "raise ValueError('x')": RunStatus.FAILED,
    "raise KeyboardInterrupt": RunStatus.KILLED,
    "raise SystemExit(0)": RunStatus.FINISHED,
    "pass": RunStatus.FINISHED,
}


@pytest.mark.parametrize("end", _ENDS)
def test_a_run_left_open_ends_as_its_script_does(tmp_path: Path, end: str) -> None:
    """Failed by an uncaught exception, killed by an interrupt, else finished."""
    env = {**os.environ, "NBTRACK_STORE": str(tmp_path)}
    code = f"import nbtrack; nbtrack.log(x=1)\n{end}"
    subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, check=False)
    store = open_store(tmp_path)
    (run,) = store.search_runs(RunQuery()).items
    assert run.status is _ENDS[end]
    assert run.data.metrics == {"x": 1.0}
    store.close()


def test_a_session_record_is_the_first_of_a_journal(tmp_path: Path) -> None:
    """So that whoever drains it knows whose records they are."""
    session = Session(tmp_path, drain_interval_s=3600)
    begin_run(session)
    first = decode(session.journal.copy(0, 1 << 20), {}, verify=True).records[0]
    assert isinstance(first, SessionStarted)
    assert first.session.session_id == session.session_id
    session.close()


def test_a_run_that_another_process_has_just_started_is_waited_for(tmp_path: Path) -> None:
    """A script gives its run's id to a worker before its own journal is drained."""
    starter = Session(tmp_path, drain_interval_s=1.0)
    worker = Session(tmp_path, drain_interval_s=0.02)
    worker.store.list_experiments()
    run = begin_run(starter)
    resumed = resume_run(worker, run.run_id)
    assert resumed.run_name == run.run_name
    resumed.end()
    starter.flush()
    began_at_s = time.monotonic()
    with pytest.raises(NotFoundError):
        resume_run(worker, "0" * 32)
    assert time.monotonic() - began_at_s < 1.0
    worker.close()
    starter.close()


def test_a_full_journal_is_more_patient_than_the_store_is_slow() -> None:
    """One store that is busy for as long as it may be must not make a log call fail."""
    patience_s = inspect.signature(Journal).parameters["patience_s"].default
    busy_s = NbtrackConfig.class_traits()["busy_timeout_s"].default_value
    assert patience_s > 2 * (busy_s + LONGEST_BACKOFF_S)


def test_no_room_for_a_smaller_journal_does_not_end_the_writer(session: Session) -> None:
    """Where the journal cannot be made small again, what is logged still reaches the store."""
    run = begin_run(session)
    session.flush()
    journal = session.journal.path
    journal.with_name(journal.name + ".new").mkdir()
    # More than half of the smallest file, and less than all of it.
    points = SMALLEST * 3 // 4 // POINT_BYTES
    for step in range(points):
        run.log_metric("loss", float(step), step=step)
    assert session.flush()
    run.end()
    assert session.flush()
    assert session.store.get_run(run.run_id).status is RunStatus.FINISHED
    assert session.store.get_run(run.run_id).metrics["loss"].count == points
