"""Several processes find the journals of dead ones at once: each journal is applied once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from nbtrack.entities import RunStatus
from nbtrack.store import open_store
from nbtrack.tracking.adoption import adopt_journals
from tests.faults.processes import start, trials

_DIE = """
import os, signal
import nbtrack
from nbtrack.tracking import session as sessions

sessions.use(sessions.Session(drain_interval_s=3600))
for number in range(6):
    child = os.fork()
    if child == 0:
        run = nbtrack.start_run()
        for step in range(5000):
            nbtrack.log(x=1.0, step=step)
        os.write(1, run.run_id.encode() + b"\\n")
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
"""
_ADOPT = """
import json, sys
from nbtrack.store import open_store
from nbtrack.tracking.adoption import adopt_journals

store = open_store()
print("ready", flush=True)
sys.stdin.readline()
report = adopt_journals(store)
print(json.dumps([report.journals, report.ended_run_ids, report.problems]), flush=True)
"""


@trials(1)
def test_each_journal_is_taken_over_once(tmp_path: Path, trial: int) -> None:
    """Four at once: together they report each journal once, and no point is there twice."""
    run_ids = start(tmp_path, _DIE).communicate()[0].decode().split()
    assert len(run_ids) == 6
    adopters = [
        subprocess.Popen(
            [sys.executable, "-c", _ADOPT],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "NBTRACK_STORE": str(tmp_path)},
        )
        for _ in range(4)
    ]
    for adopter in adopters:
        assert adopter.stdout is not None
        adopter.stdout.readline()
    for adopter in adopters:
        assert adopter.stdin is not None
        adopter.stdin.write("go\n")
        adopter.stdin.flush()
    reports = [json.loads(adopter.communicate(timeout=60)[0]) for adopter in adopters]
    journals = [journal for report in reports for journal in report[0]]
    assert len(journals) == len(set(journals)) == 6
    assert [report[2] for report in reports] == [[]] * 4
    store = open_store(tmp_path)
    adopt_journals(store)
    for run_id in run_ids:
        assert store.get_run(run_id).status is RunStatus.KILLED
        assert store.metric_series(run_id, "x").steps.tolist() == list(range(5000))
    store.close()
