"""Several processes on one SQLite store."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from nbtrack.store import open_store
from nbtrack.store.base import RunQuery
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


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_forked_child_uses_its_own_connections(tmp_path: Path) -> None:
    """A store opened before a fork works in parent and child."""
    store = open_store(tmp_path / "store")
    store.apply([run_started("parent")])
    child = os.fork()
    if child == 0:
        code = 1
        try:
            store.apply([run_started("child"), points([1.0], run_id="child")])
            code = 0
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    store.apply([points([2.0], run_id="child", steps=[1])])
    assert store.metric_series("child", "loss").values.tolist() == [1.0, 2.0]
    assert store.count_runs(RunQuery()) == 2
    store.close()
