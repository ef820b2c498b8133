"""Several processes on one SQLite store."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest

from nbtrack.errors import StoreError
from nbtrack.store import open_store
from nbtrack.store.base import RunQuery
from nbtrack.store.dialect import DATABASE_NAME
from nbtrack.store.sql import open_sql_store
from nbtrack.testing.builders import points, run_started

WRITER = """
import sys, time
from nbtrack.store import open_store
from nbtrack.store.base import RunQuery
from nbtrack.testing.builders import points, run_started, run_ended

directory, name, seconds = sys.argv[1], sys.argv[2], float(sys.argv[3])
store = open_store(directory)
store.apply([run_started(name)])
end = time.monotonic() + seconds
step = 0
while time.monotonic() < end:
    store.apply([points([step / 2], run_id=name, steps=[step])])
    step += 1
    if step % 5 == 0:
        store.search_runs(RunQuery(limit=10))
        store.put_blobs([f"{name} {step}".encode()])
        store.close()
        store = open_store(directory)
store.close()
print(step)
"""


def start(directory: Path, name: str, seconds: float) -> subprocess.Popen[str]:
    """A process that writes to a store for some seconds."""
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(directory), name, str(seconds)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_processes_share_a_store(tmp_path: Path) -> None:
    """Processes make one new store at once, then write, read, open and close it: all succeed."""
    processes = {f"run-{index}": start(tmp_path / "s", f"run-{index}", 3) for index in range(4)}
    logged = {}
    for name, process in processes.items():
        output, errors = process.communicate(timeout=60)
        assert (process.returncode, errors) == (0, "")
        logged[name] = int(output)
    store = open_store(tmp_path / "s")
    assert {run.run_id: run.metrics["loss"].count for run in store.get_runs(list(logged))} == logged
    assert all(count > 10 for count in logged.values())
    store.close()


ENDLESS_WRITER = """
import sys
from nbtrack.store import open_store
from nbtrack.testing.builders import points, run_started

store = open_store(sys.argv[1])
store.apply([run_started("run-1")])
step = 0
while True:
    store.apply([points([step / 2], steps=[step])])
    print(step, flush=True)
    step += 1
"""


def test_killed_writer_loses_nothing_acknowledged(tmp_path: Path) -> None:
    """After a SIGKILL in the midst of writing, everything acknowledged is there and readable."""
    command = [sys.executable, "-c", ENDLESS_WRITER, str(tmp_path / "store")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        acknowledged = [int(process.stdout.readline()) for _ in range(200)][-1]
        process.kill()
        acknowledged = max([acknowledged, *map(int, process.stdout.read().split())])
    store = open_store(tmp_path / "store")
    steps = store.metric_series("run-1", "loss").steps.tolist()
    assert steps == list(range(len(steps)))
    assert len(steps) in (acknowledged + 1, acknowledged + 2)
    store.close()


def test_locked_for_too_long(tmp_path: Path) -> None:
    """Readers never wait for a writer; a writer that waited too long says what to do."""
    store = open_sql_store(str(tmp_path / "store"), busy_timeout_s=0.2)
    store.apply([run_started()])
    with closing(sqlite3.connect(tmp_path / "store" / DATABASE_NAME)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert store.get_run("run-1").run_id == "run-1"
        with pytest.raises(StoreError, match=r"busy for 0\.2 s.*busy_timeout_s"):
            store.apply([points([1.0])])
        other.rollback()
    store.apply([points([1.0])])
    assert store.get_run("run-1").metrics["loss"].count == 1
    store.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_forked_children_have_their_own_connections(tmp_path: Path) -> None:
    """Children forked while a thread writes can use the store, and so can the parent after."""
    store = open_store(tmp_path / "store")
    store.apply([run_started("parent")])
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            store.apply([points([1.0], run_id="parent")])

    writer = threading.Thread(target=write)
    writer.start()
    codes = []
    for index in range(5):
        child = os.fork()
        if child == 0:
            code = 1
            try:
                signal.alarm(10)
                store.apply([run_started(f"child-{index}")])
                code = 0
            finally:
                os._exit(code)
        codes.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    stop.set()
    writer.join()
    assert codes == [0] * 5
    store.apply([points([2.0], run_id="child-1")])
    assert store.count_runs(RunQuery()) == 6
    store.close()


OPENER = """
import sys
import alembic.command
import nbtrack.store.sql
from nbtrack.store import open_store

print("ready", flush=True)
sys.stdin.readline()
open_store(sys.argv[1]).close()
"""


def test_processes_make_one_store(tmp_path: Path) -> None:
    """Of processes that open a new store in the same instant, one makes it and all succeed."""
    command = [sys.executable, "-c", OPENER, str(tmp_path / "store")]
    pipe = subprocess.PIPE
    processes = [
        subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True) for _ in range(6)
    ]
    for process in processes:
        assert process.stdout is not None
        process.stdout.readline()
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    ends = [(process.communicate(timeout=60)[1], process.returncode) for process in processes]
    assert ends == [("", 0)] * 6
