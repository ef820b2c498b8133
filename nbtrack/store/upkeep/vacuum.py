"""Giving a database's free pages back to the file system."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from nbtrack.store.upkeep.facts import Progress

_WORTH_IT = 0.1
_WORTH_BYTES = 1 << 20
_TICK_INSTRUCTIONS = 100_000


def free_bytes(path: Path) -> tuple[int, int]:
    """Bytes of the free pages of a database, and of all its pages."""
    with closing(sqlite3.connect(path, timeout=5)) as connection:
        return _free_bytes(connection)


def vacuum(path: Path, progress: Progress, *, timeout_s: float) -> int:
    """Make a database as small as what it holds, if that is worth the time.

    Readers go on meanwhile; writers wait. The free pages that stay are used for what comes next.

    Args:
        path: of the SQLite file.
        progress: told that it goes on; how far it is cannot be known.
        timeout_s: how long to wait for other writers.

    Returns:
        How many bytes the file became shorter.

    Raises:
        OSError: the disk has no room for the copy that it takes, or a writer did not stop in
            time. The database is as it was.
    """
    with closing(sqlite3.connect(path, timeout=timeout_s, isolation_level=None)) as connection:
        free, total = _free_bytes(connection)
        if free < _WORTH_BYTES or free < total * _WORTH_IT:
            return 0
        connection.set_progress_handler(
            lambda: progress("Making the database smaller", 0, 0), _TICK_INSTRUCTIONS
        )
        try:
            connection.execute("VACUUM")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        except sqlite3.OperationalError as error:
            raise OSError(f"the database could not be made smaller now: {error}") from error
        return total - _free_bytes(connection)[1]


def _free_bytes(connection: sqlite3.Connection) -> tuple[int, int]:
    (free,) = connection.execute("PRAGMA freelist_count").fetchone()
    (total,) = connection.execute("PRAGMA page_count").fetchone()
    (size,) = connection.execute("PRAGMA page_size").fetchone()
    return free * size, total * size
