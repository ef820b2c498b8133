"""Repairing a store: its database, its rows, its bytes. Whatever was there is kept somewhere.

Each step says what it found and what it did. The database as it was is copied to
``backups/before-repair-TIME`` first; damaged bytes go to ``quarantine``.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import zstandard
from sqlalchemy import delete, select

from nbtrack.store.blobs import BlobStore, blob_root, digest_of
from nbtrack.store.blobtable import get_small
from nbtrack.store.database import Database
from nbtrack.store.dialect import DATABASE_NAME
from nbtrack.store.schema import blobs
from nbtrack.store.spans import reindex
from nbtrack.store.sql import open_sql_store
from nbtrack.store.upkeep.backup import file_digest
from nbtrack.store.upkeep.facts import Finding, Progress, silent
from nbtrack.store.upkeep.mend import mend_rows
from nbtrack.store.upkeep.mend_metrics import mend_metrics
from nbtrack.store.upkeep.mend_values import mend_values
from nbtrack.store.upkeep.recover import recover, soundness
from nbtrack.store.upkeep.references import needs
from nbtrack.store.upkeep.users import refuse_if_open

_PARTS = ("", "-wal", "-shm")


def repair_database(directory: Path, progress: Progress) -> Iterator[Finding]:
    """Make the database file sound; a damaged one is replaced by what could be read of it.

    Raises:
        StateError: it must be replaced, and other processes have it open.
    """
    path = directory / DATABASE_NAME
    progress("Checking the database", 0, 0)
    state = soundness(path)
    if path.exists():
        yield _copy_aside(directory)
    if state == "ok":
        yield Finding("database", "ok", "The database is sound.")
        return
    refuse_if_open(directory)
    aside, read = _replace(directory, progress)
    rows = {name: count for name, count in read.items() if count and name != "experiments"}
    if not rows:
        yield Finding(
            "database",
            "lost",
            f"Nothing could be read of the database: {state}. There is a new, empty one; the "
            f"damaged one is in {aside}. 'nbtrack backup --restore' brings a backup back",
            tuple(str(each) for each in sorted((directory / "backups").glob("store-*"))),
        )
        return
    yield Finding(
        "database",
        "lost",
        f"The database was damaged: {state}. What could be read of it is in a new one; rows may "
        f"be missing. The damaged one is in {aside}.",
        tuple(f"{count} rows of {name}" for name, count in rows.items()),
    )


def _replace(directory: Path, progress: Progress) -> tuple[Path, dict[str, int]]:
    """Put what can be read of the database in its place; gives where it is now, and what was."""
    path = directory / DATABASE_NAME
    aside = _aside(directory, "damaged")
    with tempfile.TemporaryDirectory(dir=directory, prefix=".part-") as place:
        new = Path(place) / "store"
        open_sql_store(str(new)).close()
        work = Path(place) / "work"
        work.mkdir()
        read: dict[str, int] = {}
        if path.exists() and path.stat().st_size:
            read = recover(path, work, new / DATABASE_NAME, progress)
        for part in _PARTS:
            with suppress(FileNotFoundError):
                Path(f"{path}{part}").rename(aside / f"{DATABASE_NAME}{part}")
        for part in _PARTS:
            with suppress(FileNotFoundError):
                (new / f"{DATABASE_NAME}{part}").rename(f"{path}{part}")
    return aside, read


def _aside(directory: Path, name: str) -> Path:
    now = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
    path = directory / "backups" / f"{name}-{now}"
    path.mkdir(mode=0o700, parents=True)
    return path


def _copy_aside(directory: Path) -> Finding:
    """The files as they are: of a damaged database there is no better copy."""
    target = _aside(directory, "before-repair")
    for part in _PARTS:
        with suppress(FileNotFoundError):
            shutil.copy2(directory / f"{DATABASE_NAME}{part}", target)
    return Finding("backup", "ok", f"The database as it was is in {target}.")


def repair_contents(
    database: Database, directory: Path, progress: Progress = silent
) -> Iterator[Finding]:
    """Make rows and bytes of a sound database fit together."""
    quarantine = directory / "quarantine"
    found = list(mend_values(directory / DATABASE_NAME, quarantine, progress))
    with database.write() as connection:
        found += mend_rows(connection)
        reindex(connection, BlobStore(blob_root(str(directory))))
    yield from found
    if not found:
        yield Finding("rows", "ok", "All rows fit together.")
    found = list(mend_metrics(database, quarantine, progress))
    yield from found
    if not found:
        yield Finding("metrics", "ok", "What is indexed of metrics matches their points.")
    files = BlobStore(blob_root(str(directory)))
    damaged = [
        *_damaged_rows(database, quarantine, progress),
        *_damaged_files(files, quarantine, progress),
    ]
    if damaged:
        yield Finding(
            "damaged blobs",
            "mended",
            f"Bytes that are not those of their digest were set aside in {quarantine}.",
            tuple(damaged),
        )
    yield _missing(database, files, progress)


def _damaged_rows(database: Database, quarantine: Path, progress: Progress) -> list[str]:
    damaged: list[str] = []
    with database.read() as connection:
        digests = list(connection.execute(select(blobs.c.digest)).scalars())
    for number, digest in enumerate(digests):
        progress("Checking small blobs", number, len(digests))
        with database.read() as connection:
            try:
                data = get_small(connection, [digest]).get(digest)
            except (zstandard.ZstdError, TypeError):
                # No frame of zstandard, or not even bytes.
                data = b""
        if data is None or digest_of(data) == digest:
            continue
        with database.write() as connection:
            stored = connection.execute(
                select(blobs.c.data).where(blobs.c.digest == digest)
            ).scalar_one()
            quarantine.mkdir(mode=0o700, exist_ok=True)
            kept = stored if isinstance(stored, bytes) else str(stored).encode()
            (quarantine / digest).write_bytes(kept)
            connection.execute(delete(blobs).where(blobs.c.digest == digest))
        damaged.append(digest)
    return damaged


def _damaged_files(files: BlobStore, quarantine: Path, progress: Progress) -> list[str]:
    damaged = []
    for number, path in enumerate(list(files.local_files())):
        progress("Checking files", number, 0)
        try:
            sound = file_digest(path) == path.name
        except FileNotFoundError:
            continue
        if not sound:
            quarantine.mkdir(mode=0o700, exist_ok=True)
            path.rename(quarantine / path.name)
            damaged.append(path.name)
    return damaged


def _missing(database: Database, files: BlobStore, progress: Progress) -> Finding:
    progress("Looking for missing blobs", 0, 0)
    with database.read() as connection:
        small = set(connection.execute(select(blobs.c.digest)).scalars())
        present: dict[str, bool] = {}
        users: dict[str, None] = {}
        for digest, user in needs(connection):
            if digest not in present:
                present[digest] = digest in small or files.exists(digest)
            if not present[digest]:
                users[f"{digest}: {user}"] = None
    if not users:
        return Finding("blobs", "ok", "All bytes that something refers to are there.")
    return Finding(
        "missing blobs",
        "lost",
        f"{list(present.values()).count(False)} blobs are gone that "
        "something refers to. Storing the same content again mends it.",
        tuple(users),
    )
