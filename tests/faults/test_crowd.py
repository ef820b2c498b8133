"""Twenty writers and five readers on one store for a while."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nbtrack.entities import RunStatus
from nbtrack.store import open_store
from nbtrack.tracking.adoption import adopt_journals
from tests.faults.processes import LONG, start

SECONDS = 60 if LONG else 3
_WRITER = """
import json, sys, time
import nbtrack

end, logged = time.monotonic() + float(sys.argv[1]), {}
while time.monotonic() < end:
    with nbtrack.start_run() as run:
        nbtrack.log_param("p", 1)
        for step in range(100):
            nbtrack.log(x=float(step), step=step)
    logged[run.run_id] = 100
    time.sleep(0.02)
print(json.dumps(logged))
"""
_READER = """
import json, sys, time
from nbtrack.store import open_store
from nbtrack.store.base import RunQuery

store = open_store()
end, reads = time.monotonic() + float(sys.argv[1]), 0
while time.monotonic() < end:
    for run in store.search_runs(RunQuery(limit=20)).items:
        if run.status == "FINISHED":
            assert run.metrics["x"].count == 100, run
            assert store.metric_series(run.run_id, "x").steps.tolist() == list(range(100))
    reads += 1
    time.sleep(0.02)
print(json.dumps(reads))
"""


@pytest.mark.timeout(SECONDS + 180)
def test_nobody_fails_and_nothing_is_lost(tmp_path: Path) -> None:
    """Readers see whole runs only, and in the end every run that was acknowledged is there."""
    open_store(tmp_path).close()
    writers = [start(tmp_path, _WRITER, str(SECONDS)) for _ in range(20)]
    readers = [start(tmp_path, _READER, str(SECONDS)) for _ in range(5)]
    printed = [json.loads(process.communicate()[0] or "null") for process in writers + readers]
    assert [process.returncode for process in writers + readers] == [0] * 25
    assert all(reads > 0 for reads in printed[20:])
    store = open_store(tmp_path)
    assert adopt_journals(store).problems == []
    for logged in printed[:20]:
        assert logged
        for run in store.get_runs(list(logged)):
            assert (run.status, run.metrics["x"].count) == (RunStatus.FINISHED, 100)
            assert run.data.params == {"p": "1"}
    assert not list((tmp_path / "journals").glob("*.journal"))
    store.close()
