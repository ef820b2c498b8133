"""Backups: made while others write, checked, and brought back."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from nbtrack import housekeeping
from nbtrack.errors import ArchiveError, StateError, UsageError
from nbtrack.records import ArtifactLogged
from nbtrack.store import open_store
from nbtrack.store.base import RunQuery
from nbtrack.testing.builders import whole_run
from nbtrack.testing.clock import START

WRITER = """
import sys
from nbtrack.records import ArtifactLogged
from nbtrack.store import open_store
from nbtrack.testing.builders import whole_run
from nbtrack.testing.clock import START

store, count = open_store(sys.argv[1]), 0
while True:
    [digest] = store.put_blobs([str(count).encode() * 30_000])
    store.apply([
        *whole_run(f"{count:05}", metrics={"m": count}),
        ArtifactLogged(f"{count:05}", "a", digest, 1, "a/b", START),
    ])
    count += 1
    print(count, flush=True)
"""


def test_while_another_process_writes(tmp_path: Path) -> None:
    """Copies made while runs are written hold whole runs with their bytes, none by half."""
    place = tmp_path / "store"
    command = [sys.executable, "-c", WRITER, str(place)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        for _ in range(30):
            acknowledged = int(writer.stdout.readline())
        store = open_store(place)
        made = [housekeeping.back_up(store, tmp_path / f"copy-{i}") for i in range(4)]
        writer.kill()
    for number, backup in enumerate(made):
        assert backup.missing_blobs == ()
        copy = open_store(tmp_path / f"copy-{number}")
        runs = copy.search_runs(RunQuery(limit=50_000)).items
        assert len(runs) >= acknowledged
        for run in runs:
            assert run.metrics["m"].count == 1
            assert copy.read_artifact(run.run_id, "a")[1]
        copy.close()
    store.close()


def test_there_and_back(tmp_path: Path) -> None:
    """A backup brings the store back as it was; what was there meanwhile is kept aside."""
    store = open_store(tmp_path / "store")
    [digest] = store.put_blobs([b"x" * 100_000])
    store.apply([*whole_run(), ArtifactLogged("run-1", "a", digest, 1, "a/b", START)])
    backup = housekeeping.back_up(store)
    assert backup.path.parent == tmp_path / "store" / "backups"
    store.apply(whole_run("later"))
    with pytest.raises(UsageError, match="exists already"):
        housekeeping.back_up(store, backup.path)
    store.close()
    aside = housekeeping.restore(backup.path, store.location)
    assert aside is not None
    with closing(sqlite3.connect(tmp_path / "store" / "nbtrack.db")) as database:
        assert database.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    store, before = open_store(tmp_path / "store"), open_store(aside)
    assert [run.run_id for run in store.search_runs(RunQuery()).items] == ["run-1"]
    assert len(store.read_artifact("run-1", "a")[1]) == 100_000
    assert before.get_run("later")
    store.close()
    before.close()


@pytest.mark.parametrize("what", ["database", "blob", "note", "none"])
def test_a_bad_backup(tmp_path: Path, what: str) -> None:
    """A backup that is damaged or was not finished is refused, and the store stays."""
    store = open_store(tmp_path / "store")
    [digest] = store.put_blobs([b"x" * 100_000])
    store.apply([*whole_run(), ArtifactLogged("run-1", "a", digest, 1, "a/b", START)])
    backup = housekeeping.back_up(store, tmp_path / "copy").path
    store.close()
    if what == "database":
        path = backup / "nbtrack.db"
        data = bytearray(path.read_bytes())
        data[8192:12288] = bytes(4096)
        path.write_bytes(data)
    elif what == "blob":
        next(backup.glob("blobs/??/??/*")).write_bytes(b"y" * 100_000)
    elif what == "note":
        (backup / "backup.txt").unlink()
    else:
        backup = tmp_path / "none"
    with pytest.raises(ArchiveError):
        housekeeping.restore(backup, store.location)
    store = open_store(tmp_path / "store")
    assert store.get_run("run-1")
    store.close()


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs /proc")
def test_a_store_in_use_is_not_replaced(tmp_path: Path) -> None:
    """While another process has the store open, restoring is refused and says which."""
    store = open_store(tmp_path / "store")
    backup = housekeeping.back_up(store, tmp_path / "copy").path
    store.close()
    code = (
        "import sys; from nbtrack.store import open_store; s = open_store(sys.argv[1]); "
        "s.list_notebooks(); print('open', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, store.location],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        assert other.stdout is not None
        other.stdout.readline()
        with pytest.raises(StateError, match=str(other.pid)):
            housekeeping.restore(backup, store.location)
        other.kill()
    assert housekeeping.restore(backup, store.location) is not None
