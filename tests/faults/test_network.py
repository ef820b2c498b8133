"""A store on a network file system, or one that is said to be: the whole works there."""

from __future__ import annotations

import os
import stat
import subprocess
from pathlib import Path

import pytest

from nbtrack.entities import RunStatus
from nbtrack.store import open_store
from nbtrack.store.base import RunQuery
from nbtrack.store.filesystem import JOURNALS_ENV, NETWORK_ENV
from nbtrack.tracking.adoption import adopt_journals
from tests.faults.processes import killed, start

_BUSY = """
import os
import nbtrack
for number in range(5):
    with nbtrack.start_run() as run:
        for step in range(300):
            nbtrack.log(x=1.0, step=step)
    os.write(1, (run.run_id + "\\n").encode())
"""
_ENDLESS = """
import os
import nbtrack
run = nbtrack.start_run()
os.write(1, (run.run_id + "\\n").encode())
step = 0
while True:
    nbtrack.log(x=1.0, step=step)
    os.write(1, f"{step}\\n".encode())
    step += 1
"""


@pytest.fixture(autouse=True)
def _on_a_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NETWORK_ENV, "yes")
    (tmp_path / "local").mkdir()
    monkeypatch.setenv(JOURNALS_ENV, str(tmp_path / "local"))


def journals(place: Path) -> list[Path]:
    """The journals on this machine's disk."""
    return list(place.glob(f"local/nbtrack-{os.getuid()}/journals-*/*.journal"))


def test_a_killed_process_loses_nothing_there(tmp_path: Path) -> None:
    """Its journal is on this machine's disk, private, and is found by the next process."""
    run_id, *steps = killed(start(tmp_path / "store", _ENDLESS), 0, within_s=1.0)
    (journal,) = journals(tmp_path)
    assert stat.S_IMODE(journal.parent.stat().st_mode) == 0o700
    assert not (tmp_path / "store" / "journals").exists()
    store = open_store(tmp_path / "store")
    assert adopt_journals(store).problems == []
    assert store.get_run(run_id).status is RunStatus.KILLED
    series = store.metric_series(run_id, "x").steps.tolist()
    assert series == list(range(len(series)))
    assert len(series) - len(steps) in (0, 1)
    assert journals(tmp_path) == []
    assert not list((tmp_path / "store").glob("*-wal"))
    store.close()


def test_a_journal_from_before_it_was_a_network_is_found_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A store whose directory moved to a network still has its dead processes' journals in it."""
    monkeypatch.setenv(NETWORK_ENV, "no")
    run_id, *_ = killed(start(tmp_path / "store", _ENDLESS), 0, within_s=0.1)
    assert list((tmp_path / "store" / "journals").glob("*.journal"))
    monkeypatch.setenv(NETWORK_ENV, "yes")
    store = open_store(tmp_path / "store")
    assert adopt_journals(store).problems == []
    assert store.get_run(run_id).status is RunStatus.KILLED
    store.close()


def test_several_writers_and_a_reader_share_it(tmp_path: Path) -> None:
    """Without a WAL readers and writers wait for each other; nobody fails and nothing is lost."""
    store = open_store(tmp_path / "store")
    writers: list[subprocess.Popen[bytes]] = [start(tmp_path / "store", _BUSY) for _ in range(4)]
    while any(writer.poll() is None for writer in writers):
        for run in store.search_runs(RunQuery(limit=10)).items:
            if run.status is RunStatus.FINISHED:
                assert run.metrics["x"].count == 300
    outputs = [writer.communicate()[0] for writer in writers]
    assert [writer.returncode for writer in writers] == [0] * 4
    run_ids = b"".join(outputs).decode().split()
    assert len(run_ids) == 20
    for run in store.get_runs(run_ids):
        assert (run.status, run.metrics["x"].count) == (RunStatus.FINISHED, 300)
    assert journals(tmp_path) == []
    store.close()
