"""Collecting garbage beside writers, and what only a local store has."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from nbtrack.entities import utc_now
from nbtrack.errors import StateError
from nbtrack.store import open_store
from nbtrack.store.dialect import DATABASE_NAME
from nbtrack.store.schema import metadata
from nbtrack.store.upkeep.collect import ASIDE
from nbtrack.store.upkeep.facts import CollectionRules, silent
from nbtrack.store.upkeep.leftovers import leftovers
from nbtrack.store.upkeep.lock import upkeep_lock
from nbtrack.store.upkeep.references import BLOB_COLUMNS, NO_BLOBS
from nbtrack.store.upkeep.vacuum import vacuum
from nbtrack.testing.contract_upkeep import freed, rules

WRITER = """
import random, sys, time
from nbtrack.history.manifest import encode
from nbtrack.history.record import Snapshot, record
from nbtrack.entities import RevisionReason, utc_now
from nbtrack.records import ArtifactLogged
from nbtrack.store import open_store
from nbtrack.testing.builders import whole_run
from nbtrack.tracking.session import Session

directory, name, seconds = sys.argv[1], sys.argv[2], float(sys.argv[3])
store, session = open_store(directory), Session(directory)
notebook_id = store.create_notebook(f"/{name}.ipynb").notebook_id
random.seed(name)
put_blobs = store.put_blobs

def slowly(blobs):
    digests = put_blobs(blobs)
    time.sleep(random.random() * 0.3)
    return digests

store.put_blobs = slowly
end, count = time.monotonic() + seconds, 0
while time.monotonic() < end:
    # What nobody named is old enough to go just when it is stored again, to be named.
    text = f"{name}-{count}"
    cell = {"id": "a", "cell_type": "code", "source": text, "metadata": {}, "outputs": [],
            "execution_count": None}
    document = {"cells": [cell], "metadata": {"n": text}, "nbformat": 4, "nbformat_minor": 5}
    encoded = encode(document)
    put_blobs(encoded.blobs.values())
    time.sleep(random.uniform(0.4, 0.6))
    record(store, notebook_id, Snapshot(encoded, RevisionReason.SAVE, "ada", utc_now()))
    for data in (text.encode(), text.encode() * 100_000):
        run_id = f"{name}-{count}"
        session.put_blob(data)
        time.sleep(random.uniform(0.4, 0.5))
        digest = session.put_blob(data)
        time.sleep(random.random() * 0.2)
        store.apply([*whole_run(run_id), ArtifactLogged(run_id, "a", digest, 1, "a/b", utc_now())])
        if random.random() < 0.7:
            store.set_lifecycle([run_id], deleted=True)
        count += 1
session.close()
store.close()
"""


def test_nothing_needed_goes_while_others_write(tmp_path: Path) -> None:
    """Collected over and over with half a second of grace, what writers refer to stays whole."""
    directory = tmp_path / "store"
    open_store(directory).close()
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(directory), name, "6"])
        for name in ("one", "two", "three", "four")
    ]
    store = open_store(directory)
    removed = 0
    while any(process.poll() is None for process in writers):
        now = utc_now()
        lines = store.collect(CollectionRules(now, now - timedelta(seconds=0.5)))
        removed += freed(lines).get("deleted runs", 0)
    assert [process.returncode for process in writers] == [0] * 4
    assert removed > 5
    for notebook in store.list_notebooks():
        for revision in store.list_revisions(notebook.notebook_id).items:
            manifest = store.get_manifest(revision.revision_id)
            names = [manifest.metadata_digest, manifest.cells[0].source_digest]
            assert len(store.get_blobs(names)) == 2
    with closing(sqlite3.connect(directory / DATABASE_NAME)) as database:
        kept = database.execute("SELECT run_id, path FROM artifacts").fetchall()
    assert kept
    for run_id, path in kept:
        assert store.read_artifact(run_id, path)
    store.close()


def test_every_digest_is_known() -> None:
    """Whoever adds a column with a digest says whether it names bytes that must stay."""
    named = {
        f"{table.name}.{column.name}"
        for table in metadata.tables.values()
        for column in table.columns
        if "digest" in column.name
    }
    assert named == {f"{column.table.name}.{column.name}" for column in BLOB_COLUMNS} | NO_BLOBS


def test_a_killed_collection_loses_nothing(tmp_path: Path) -> None:
    """A file that a collection had renamed when it was killed gets its name back."""
    store = open_store(tmp_path)
    [digest] = store.put_blobs([b"x" * 100_000])
    (path,) = (tmp_path / "blobs").glob("??/??/*")
    path.rename(path.with_name(f"{ASIDE}{path.name}"))
    assert store.collect(CollectionRules(utc_now(), utc_now() - timedelta(days=1))) == []
    assert len(store.get_blobs([digest])[digest]) == 100_000
    assert freed(store.collect(rules())) == {"blob files": 1}
    store.close()


def test_leftovers(tmp_path: Path) -> None:
    """Old backups but the newest, old damaged journals and unfinished files are left over."""
    for name in ("backups/1.db", "backups/2.db", "backups/3.db", "journals/a.damaged"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"x")
    (tmp_path / "blobs" / "ab" / "cd").mkdir(parents=True)
    for name in ("old", "young"):
        (tmp_path / "blobs" / "ab" / "cd" / f".new-{name}").write_bytes(b"x")
    ages = {"backups/1.db": 50, "backups/2.db": 40, "journals/a.damaged": 40}
    ages["blobs/ab/cd/.new-old"] = 2
    for name, days in ages.items():
        at = time.time() - days * 86_400
        os.utime(tmp_path / name, (at, at))
    os.utime(tmp_path / "backups/3.db", (at, at))
    found = leftovers(tmp_path, time.time() - 30 * 86_400)
    assert [(kind, str(path.relative_to(tmp_path))) for kind, path in found] == [
        ("unfinished files", "blobs/ab/cd/.new-old"),
        ("old backups", "backups/1.db"),
        ("old backups", "backups/2.db"),
        ("old backups", "journals/a.damaged"),
    ]
    assert leftovers(tmp_path, 0.0) == found[:1]


def test_one_at_a_time(tmp_path: Path) -> None:
    """A second housekeeping of a store is refused with what to do."""
    with (
        upkeep_lock(tmp_path),
        pytest.raises(StateError, match="Try again"),
        upkeep_lock(tmp_path),
    ):
        pass
    with upkeep_lock(tmp_path):
        pass


def test_vacuum(tmp_path: Path) -> None:
    """A database that is mostly empty becomes smaller; a full one is left alone."""
    store = open_store(tmp_path)
    store.put_blobs([os.urandom(60_000) for _ in range(60)])
    path = tmp_path / DATABASE_NAME
    assert vacuum(path, silent, timeout_s=1) == 0
    store.collect(rules())
    calls: list[str] = []
    shorter = vacuum(path, lambda stage, done, total: calls.append(stage), timeout_s=1)
    assert shorter > 3_000_000
    assert path.stat().st_size < 1_000_000
    store.put_blobs([b"more"])
    store.close()
