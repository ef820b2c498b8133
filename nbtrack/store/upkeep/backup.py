"""Backups: a directory that is a store itself, of one instant, checked when it is made.

The database is copied by SQLite's backup interface within one read transaction, so that
writers neither wait nor are seen by half; then the bytes that this copy refers to are copied,
each compared with its digest. Whoever makes a backup holds the housekeeping lock, so that no
collection of garbage takes bytes meanwhile.
"""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from nbtrack.errors import ArchiveError, StateError, StoreError, UsageError
from nbtrack.store.blobs import BlobStore, blob_root
from nbtrack.store.blobtable import batches, get_small
from nbtrack.store.dialect import DATABASE_NAME, create_private_file, sqlite_engine
from nbtrack.store.upkeep.facts import BackupSummary, Progress
from nbtrack.store.upkeep.references import needs, referenced

_PAGES = 2000
_NOTE = "backup.txt"
"""Written last: a backup without it was never finished."""


def make_backup(directory: Path, target: Path, progress: Progress) -> BackupSummary:
    """Back a store up.

    Args:
        directory: of the store.
        target: a directory that does not exist yet.
        progress: told how far it is.

    Raises:
        UsageError: the target exists.
        ArchiveError: what was copied is damaged; run ``nbtrack doctor --repair``.
        StoreError: it cannot be written; nothing is left of it.
    """
    if target.exists():
        raise UsageError(f"{target} exists already; choose another name")
    partial = target.with_name(f"{target.name}.part")
    try:
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(mode=0o700, parents=True)
        _copy_database(directory / DATABASE_NAME, partial / DATABASE_NAME, progress)
        _copy_blobs(directory, partial, progress)
        summary = check_backup(partial, progress)
        now = datetime.now(UTC).isoformat(timespec="seconds")
        (partial / _NOTE).write_text(f"nbtrack backup of {directory}, {now}, checked\n")
        partial.rename(target)
    except BaseException as error:
        shutil.rmtree(partial, ignore_errors=True)
        if isinstance(error, sqlite3.Error | OSError) and not isinstance(error, StoreError):
            raise StoreError(f"cannot back up {directory} to {target}: {error}") from error
        raise
    return BackupSummary(target, summary.blobs, summary.size_bytes, summary.missing_blobs)


def _copy_database(source: Path, target: Path, progress: Progress) -> None:
    create_private_file(target)
    with (
        closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True, isolation_level=None)) as old,
        closing(sqlite3.connect(target, isolation_level=None)) as new,
    ):
        # Within a read transaction of its own the copy is not begun anew when others write.
        old.execute("BEGIN")
        old.execute("SELECT count(*) FROM sqlite_master").fetchone()
        old.backup(
            new,
            pages=_PAGES,
            progress=lambda _, left, total: progress("Copying the database", total - left, total),
        )
        old.rollback()
        new.execute("PRAGMA journal_mode=DELETE")


def _copy_blobs(directory: Path, target: Path, progress: Progress) -> None:
    source = BlobStore(blob_root(str(directory)))
    copies = BlobStore(blob_root(str(target)))
    (target / "blobs").mkdir(mode=0o700)
    engine = sqlite_engine(target / DATABASE_NAME, 5.0)
    try:
        with engine.connect() as connection:
            wanted = sorted(referenced(connection, source))
            for number, batch in enumerate(batches(wanted)):
                progress("Copying blobs", number * len(batch), len(wanted))
                small = get_small(connection, batch)
                for digest in batch:
                    # Checksums within documents need not name blobs: what is needed is
                    # looked for when the backup is checked.
                    if digest not in small and source.exists(digest):
                        path = copies.local_path(digest)
                        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                        shutil.copyfile(source.local_path(digest), path)
                        path.chmod(0o600)
    finally:
        engine.dispose()


def check_backup(backup: Path, progress: Progress) -> BackupSummary:
    """Whether the database of a backup is sound and the bytes are those that its rows name.

    Raises:
        ArchiveError: something is damaged; says what. Bytes that are missing are no error:
            the store had lost them before.
    """
    path = backup / DATABASE_NAME
    if not path.is_file():
        raise ArchiveError(f"{backup} is no backup: it has no {DATABASE_NAME}")
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        try:
            (found,) = database.execute("PRAGMA integrity_check(1)").fetchone()
        except sqlite3.DatabaseError as error:
            found = str(error)
    if found != "ok":
        raise ArchiveError(f"the database of {backup} is damaged: {found}")
    files = BlobStore(blob_root(str(backup)))
    count, size = 0, path.stat().st_size
    for file in files.local_files():
        progress("Checking blobs", count, 0)
        if file_digest(file) != file.name:
            raise ArchiveError(f"{backup} is damaged: the bytes of blob {file.name} are others")
        count, size = count + 1, size + file.stat().st_size
    missing: list[str] = []
    engine = sqlite_engine(path, 5.0)
    try:
        with engine.connect() as connection:
            for batch in batches(sorted({digest for digest, _ in needs(connection)})):
                small = get_small(connection, batch)
                missing += [key for key in batch if key not in small and not files.exists(key)]
                count += len(small)
    finally:
        engine.dispose()
    return BackupSummary(backup, count, size, tuple(missing))


def file_digest(path: Path) -> str:
    """The SHA-256 of a file, read in pieces."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def restore_backup(backup: Path, directory: Path, progress: Progress) -> Path | None:
    """Make a backup the store of a directory; the store that was there is kept beside it.

    Nothing may have that store open.

    Returns:
        Where the store that was there is now; None if there was none.

    Raises:
        ArchiveError: the backup is damaged, or was never finished.
        StateError: a process that still lives logs into the store.
    """
    if backup.resolve().is_relative_to(directory.resolve()):
        # It would move away together with the store.
        source = directory.with_name(f"{directory.name}.restoring")
        shutil.copytree(backup, source)
    else:
        source = backup
    try:
        if not (source / _NOTE).is_file():
            raise ArchiveError(f"{backup} is no finished backup: it has no {_NOTE}")
        check_backup(source, progress)
        new = directory.with_name(f"{directory.name}.new")
        shutil.rmtree(new, ignore_errors=True)
        shutil.copytree(source, new, ignore=shutil.ignore_patterns(_NOTE))
        new.chmod(0o700)
        # Alone in its directory a copy is one file; a store that is used has a write-ahead log.
        with closing(sqlite3.connect(new / DATABASE_NAME)) as database:
            database.execute("PRAGMA journal_mode=WAL")
        aside = None
        if directory.exists():
            now = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
            aside = directory.with_name(f"{directory.name}.before-{now}")
            directory.rename(aside)
        new.rename(directory)
        return aside
    except OSError as error:
        if isinstance(error, StoreError):
            raise
        raise StateError(f"cannot restore {backup} to {directory}: {error}") from error
    finally:
        if source is not backup:
            shutil.rmtree(source, ignore_errors=True)
