"""What a dead process left: adopted once, in full, by whoever opens the store next."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from nbtrack.entities import EndReason, ExecutionStatus, KernelSession, RunStatus, utc_now
from nbtrack.journal import Journal, decode
from nbtrack.records import JournalPosition, RunStarted, SessionStarted
from nbtrack.store import open_store
from nbtrack.store.base import RunQuery
from nbtrack.tracking.adoption import AdoptionReport, adopt_journals
from nbtrack.tracking.begin import begin_run
from nbtrack.tracking.session import Session

_LOOP = """
import os, sys
import nbtrack
from nbtrack.entities import utc_now
from nbtrack.records import ExecutionStarted
from nbtrack.tracking.session import session
session().record(ExecutionStarted("msg", session().session_id, "loop()", utc_now()))
run = nbtrack.start_run(run_name="killed")
os.write(1, run.run_id.encode())
i = 0
while True:
    nbtrack.log(x=float(i), step=i)
    i += 1
    os.write(1, b"x")
"""


def start(location: Path, code: str) -> subprocess.Popen[bytes]:
    """A process of its own that tracks into a store."""
    env = {**os.environ, "NBTRACK_STORE": str(location)}
    return subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, env=env)


def killed_in_a_loop(location: Path, after_s: float) -> tuple[str, int]:
    """Kill -9 a process that logs; the run's id and how many points it had acknowledged."""
    process = start(location, _LOOP)
    assert process.stdout is not None
    run_id = process.stdout.read(32).decode()
    process.stdout.read(1)
    time.sleep(after_s)
    process.kill()
    acknowledged = 1 + len(process.stdout.read())
    process.wait()
    process.stdout.close()
    return run_id, acknowledged


def journals(location: Path) -> list[Path]:
    """The journals that a store has now."""
    return list((location / "journals").glob("*.journal"))


@pytest.mark.parametrize("trial", range(10))
def test_kill_9_in_a_logging_loop_loses_no_acknowledged_point(tmp_path: Path, trial: int) -> None:
    """Drained or not, every point is readable after adoption, and the run reads as interrupted."""
    store = open_store(tmp_path)
    after_s = random.Random(trial).uniform(0.0, 0.8)
    run_id, acknowledged = killed_in_a_loop(tmp_path, after_s)
    report = adopt_journals(store)
    assert report.problems == []
    series = store.metric_series(run_id, "x")
    assert series.steps.tolist() == list(range(len(series)))
    assert acknowledged <= len(series) <= acknowledged + 1
    run = store.get_run(run_id)
    assert (run.status, run.end_reason) == (RunStatus.KILLED, EndReason.PROCESS_DIED)
    assert run.ended_at is not None
    assert abs(run.ended_at.timestamp() * 1000 - series.timestamps_ms[-1]) < 500
    assert store.get_execution("msg").status is ExecutionStatus.ABORTED
    assert journals(tmp_path) == []
    assert adopt_journals(store) == AdoptionReport()
    store.set_lifecycle([run_id], deleted=True)
    store.close()


def test_only_what_the_store_does_not_have_is_applied(tmp_path: Path) -> None:
    """Half of a journal was drained when its process died; a copy of it put back adds nothing."""
    store = open_store(tmp_path)
    journal = Journal(tmp_path / "journals")
    journal.append(SessionStarted(KernelSession(journal.journal_id, utc_now())))
    journal.append(RunStarted("r" * 32, "half", utc_now(), journal.journal_id))
    number = journal.number("r" * 32, "x")
    for i in range(10):
        journal.append_point(number, i, 1_000_000, 1.0)
    drained = decode(journal.copy(0, 1 << 20), {}, verify=True)
    store.apply(drained.records, position=JournalPosition(journal.journal_id, journal.end))
    for i in range(10, 15):
        journal.append_point(number, i, 1_000_000, 1.0)
    path = journal.path
    journal.advance(journal.end - 5)
    journal.close()
    copy = path.read_bytes()
    for _ in range(2):
        assert adopt_journals(store).problems == []
        assert store.metric_series("r" * 32, "x").steps.tolist() == list(range(15))
        assert journals(tmp_path) == []
        path.write_bytes(copy)
    store.close()


def test_a_batch_that_seemed_to_fail_but_was_committed_is_not_applied_twice(
    tmp_path: Path,
) -> None:
    """The writer finds out how far the store is, and goes on with what came since."""
    session = Session(tmp_path, drain_interval_s=3600)
    run = begin_run(session)
    run.log(x=0.0)
    session.flush()
    journal = session.journal
    for i in range(1, 10):
        run.log(x=float(i))
    end, begin = journal.end, journal.drained
    batch = decode(journal.copy(begin, end - begin), journal.series, verify=True)
    session.store.apply(batch.records, position=JournalPosition(journal.journal_id, end, begin))
    for i in range(10, 15):
        run.log(x=float(i))
    session.flush()
    assert session.store.metric_series(run.run_id, "x").values.tolist() == list(range(15))
    session.close()


def test_two_adopters_at_once_apply_a_journal_once(tmp_path: Path) -> None:
    """One of them wins the lock; no point is there twice."""
    stores = [open_store(tmp_path) for _ in range(2)]
    run_id, acknowledged = killed_in_a_loop(tmp_path, 0.05)
    reports: list[AdoptionReport] = []
    threads = [
        threading.Thread(target=lambda store=store: reports.append(adopt_journals(store)))
        for store in stores
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(len(report.journals) for report in reports) == [0, 1]
    assert len(stores[0].metric_series(run_id, "x")) - acknowledged in (0, 1)
    for store in stores:
        store.close()


def test_a_new_session_adopts_what_it_finds(tmp_path: Path) -> None:
    """No one needs to ask for it: the next process that tracks takes it over."""
    run_id, acknowledged = killed_in_a_loop(tmp_path, 0.05)
    session = Session(tmp_path, drain_interval_s=0.02)
    with begin_run(session):
        pass
    session.flush()
    assert session.store.get_run(run_id).status is RunStatus.KILLED
    assert session.store.get_run(run_id).metrics["x"].count >= acknowledged
    session.close()


def test_living_processes_are_left_alone(tmp_path: Path) -> None:
    """A run of a process that lives goes on running."""
    session = Session(tmp_path, drain_interval_s=0.02)
    run = begin_run(session)
    session.flush()
    assert adopt_journals(session.store).ended_run_ids == []
    assert session.store.get_run(run.run_id).status is RunStatus.RUNNING
    session.close()


def test_a_running_run_without_a_journal_is_ended(tmp_path: Path) -> None:
    """Someone deleted the journals of a dead process: its run does not run forever."""
    store = open_store(tmp_path)
    process = start(tmp_path, _LOOP)
    assert process.stdout is not None
    run_id = process.stdout.read(32).decode()
    deadline = time.monotonic() + 20
    while not store.count_runs(RunQuery()) and time.monotonic() < deadline:
        process.stdout.read1(1 << 20)
    process.kill()
    process.communicate()
    for path in journals(tmp_path):
        path.unlink()
    assert adopt_journals(store).ended_run_ids == [run_id]
    assert store.get_run(run_id).end_reason is EndReason.PROCESS_DIED
    store.close()


def test_a_torn_record_is_reported_and_what_came_before_is_kept(tmp_path: Path) -> None:
    """The rest of the journal is put aside, not thrown away."""
    store = open_store(tmp_path)
    run_id, _ = killed_in_a_loop(tmp_path, 0.1)
    (path,) = journals(tmp_path)
    data = bytearray(path.read_bytes())
    end = int.from_bytes(data[8:16], sys.byteorder)
    data[end - 5] ^= 1
    path.write_bytes(data)
    report = adopt_journals(store)
    assert len(report.problems) == 1
    assert "torn record" in report.problems[0]
    assert store.get_run(run_id).status is RunStatus.KILLED
    assert [each.suffix for each in (tmp_path / "journals").iterdir()] == [".damaged"]
    store.close()


def test_what_is_no_journal_is_reported_and_put_aside(tmp_path: Path) -> None:
    """A foreign file among the journals disturbs nothing."""
    store = open_store(tmp_path)
    (tmp_path / "journals").mkdir()
    (tmp_path / "journals" / "x.journal").write_bytes(b"?" * 5000)
    assert "no journal" in adopt_journals(store).problems[0]
    assert adopt_journals(store).problems == []
    store.close()


_FORKED = """
import multiprocessing, os
import nbtrack

def work(name):
    for _ in range(50):
        nbtrack.log({name: 1.0})

with nbtrack.start_run(run_name="parent") as run:
    nbtrack.log(x=1.0)
    context = multiprocessing.get_context("fork")
    workers = [context.Process(target=work, args=(f"w{i}",)) for i in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(nbtrack.get_run(run.run_id).metrics) == 4
    nbtrack.log(x=2.0)
os.write(1, run.run_id.encode())
"""


def test_forked_workers_log_to_the_run_they_were_forked_in(tmp_path: Path) -> None:
    """Each through its own journal, which its parent takes over before it reads the run."""
    process = start(tmp_path, _FORKED)
    out, _ = process.communicate()
    assert process.returncode == 0
    run_id = out.decode()
    store = open_store(tmp_path)
    assert adopt_journals(store).problems == []
    run = store.get_run(run_id)
    assert run.status is RunStatus.FINISHED
    assert {key: metric.count for key, metric in run.metrics.items()} == {
        "x": 2,
        "w0": 50,
        "w1": 50,
        "w2": 50,
    }
    assert journals(tmp_path) == []
    store.close()


_FORKED_AT_ONCE = """
import os, signal, sys, time
import nbtrack
run = nbtrack.start_run()
nbtrack.log(x=1.0)
while "sqlalchemy" not in sys.modules:
    time.sleep(0.01)
if os.fork() == 0:
    signal.alarm(30)
    import numpy, sqlalchemy
    nbtrack.log(y=1.0)
    sys.exit(0)
_, status = os.wait()
sys.exit(os.waitstatus_to_exitcode(status))
"""


def test_a_fork_while_the_writer_starts_leaves_a_child_that_works(tmp_path: Path) -> None:
    """The child can import what the parent's background thread was importing, and logs."""
    process = start(tmp_path, _FORKED_AT_ONCE)
    assert process.wait(60) == 0
    process.communicate()
    store = open_store(tmp_path)
    adopt_journals(store)
    (run,) = store.search_runs(RunQuery()).items
    assert run.data.metrics == {"x": 1.0, "y": 1.0}
    assert run.status is RunStatus.FINISHED
    store.close()


_BUSY = """
import os, sys, time
import nbtrack
deadline = time.monotonic() + 3
points = runs = 0
while time.monotonic() < deadline:
    with nbtrack.start_run(run_name=sys.argv[0]) as run:
        nbtrack.log_param("p", 1)
        for i in range(200):
            nbtrack.log(x=float(i))
            points += 1
    runs += 1
    time.sleep(0.02)
os.write(1, f"{runs} {points}".encode())
"""


def test_two_writers_and_a_reader_on_one_store(tmp_path: Path) -> None:
    """No error, nothing lost, and what is read meanwhile is whole."""
    store = open_store(tmp_path)
    writers = [start(tmp_path, _BUSY) for _ in range(2)]
    while any(writer.poll() is None for writer in writers):
        for run in store.search_runs(RunQuery(limit=20)).items:
            if run.status is RunStatus.FINISHED:
                assert run.metrics["x"].count == 200
        time.sleep(0.05)
    totals = [tuple(map(int, writer.communicate()[0].split())) for writer in writers]
    found = store.search_runs(RunQuery(limit=10_000)).items
    assert len(found) == sum(runs for runs, _ in totals)
    assert sum(run.metrics["x"].count for run in found) == sum(points for _, points in totals)
    assert {run.status for run in found} == {RunStatus.FINISHED}
    assert journals(tmp_path) == []
    store.close()
