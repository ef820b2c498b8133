"""Reading what can be read of a damaged SQLite database, into a new one.

Works on a copy. Fixed fields of the file's header are set right, so that SQLite opens also a
file that was cut short; then each table is read row by row. Where a page cannot be read, the
rows behind it are looked for: by greater row ids, from the other end, and by the ids of the
rows that own them (https://www.sqlite.org/fileformat2.html describes the pages).
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import IO, Any

from sqlalchemy import Table

from nbtrack.store.dialect import DATABASE_NAME
from nbtrack.store.schema import metadata
from nbtrack.store.upkeep.facts import Progress

_MAGIC = b"SQLite format 3\0"
_INTERIOR = 5
_OWN = frozenset({"store_state", "texts", "spans"})
"""Tables that a new store fills itself; what is searched is made anew afterwards."""
_LARGEST_STEP = 1 << 40


def soundness(path: Path) -> str:
    """``ok``, or what is wrong with a database file, in SQLite's words."""
    if not path.exists():
        return "there is no database file"
    if path.stat().st_size == 0:
        return "the database file is empty"
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
            lines = [line for (line,) in database.execute("PRAGMA integrity_check(5)")]
            (tables,) = database.execute(
                "SELECT count(*) FROM sqlite_master WHERE name = 'alembic_version'"
            ).fetchone()
    except sqlite3.DatabaseError as error:
        return str(error)
    if lines != ["ok"]:
        return "; ".join(line.replace("\n", " ") for line in lines)
    return "ok" if tables else "the database has no tables"


def recover(damaged: Path, place: Path, new: Path, progress: Progress) -> dict[str, int]:
    """Copy every row that can be read into a new, empty store's database.

    Args:
        damaged: the database file; its write-ahead log beside it is used.
        place: an empty directory for a working copy.
        new: the database of a new store.
        progress: told how far it is.

    Returns:
        How many rows were read, by table.
    """
    copy = place / DATABASE_NAME
    for suffix in ("", "-wal"):
        with suppress(FileNotFoundError):
            shutil.copyfile(f"{damaged}{suffix}", f"{copy}{suffix}")
    with suppress(sqlite3.DatabaseError), closing(sqlite3.connect(copy)) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    _mend_header(copy)
    if not _has_schema(copy):
        _graft_schema(copy, new)
    found: dict[str, int] = {}
    with (
        closing(sqlite3.connect(copy, isolation_level=None)) as source,
        closing(sqlite3.connect(new, isolation_level=None)) as target,
    ):
        source.text_factory = lambda data: data.decode("utf-8", "replace")
        target.execute("PRAGMA foreign_keys=OFF")
        target.execute("BEGIN")
        owners: dict[str, list[Any]] = {}
        for number, table in enumerate(metadata.sorted_tables):
            progress("Reading the damaged database", number, len(metadata.tables))
            if table.name not in _OWN:
                found[table.name] = _copy_table(source, target, table, owners)
        _count_changes_on(target)
        target.execute("COMMIT")
    return found


def _mend_header(path: Path) -> None:
    """Set what is the same in each of our files, and what follows from the file's size."""
    with path.open("r+b") as file:
        head = bytearray(file.read(100))
        if len(head) < 100:
            return
        page = int.from_bytes(head[16:18], "big")
        if page < 512 or page & (page - 1):
            page = 4096
        pages = path.stat().st_size // page
        head[0:18] = _MAGIC + page.to_bytes(2, "big")
        head[18:24] = bytes((1, 1, 0, 64, 32, 32))
        head[28:32] = pages.to_bytes(4, "big")
        # No list of free pages: nothing is written to this file.
        head[32:40] = bytes(8)
        head[44:48] = (4).to_bytes(4, "big")
        head[52:56] = bytes(4)
        head[56:60] = (1).to_bytes(4, "big")
        head[64:68] = bytes(4)
        head[92:96] = head[24:28]
        file.seek(0)
        file.write(head)
        file.truncate(pages * page)


def _has_schema(path: Path) -> bool:
    try:
        with closing(sqlite3.connect(path)) as database:
            names = {name for (name,) in database.execute("SELECT name FROM sqlite_master")}
    except sqlite3.DatabaseError:
        return False
    return {"runs", "notebooks"} <= names


def _graft_schema(copy: Path, new: Path) -> None:
    """Replace the pages of a damaged schema by those of a new store.

    Every store is made by the same migrations, so its tables begin at the same pages as a new
    one's. Where they do not (it was vacuumed), what is read is nonsense, which does not pass
    for rows when their values are checked.
    """
    with new.open("rb") as fresh, copy.open("r+b") as file:
        size = int.from_bytes(fresh.read(18)[16:18], "big")
        for number in _schema_pages(fresh, size, 1):
            fresh.seek((number - 1) * size)
            page = fresh.read(size)
            file.seek((number - 1) * size)
            file.write(page)
    _mend_header(copy)


def _schema_pages(file: IO[bytes], size: int, number: int) -> Iterator[int]:
    """The pages of a table's tree, from its root."""
    yield number
    file.seek((number - 1) * size)
    page = file.read(size)
    start = 100 if number == 1 else 0
    if page[start] == _INTERIOR:
        yield from _schema_pages(file, size, int.from_bytes(page[start + 8 : start + 12], "big"))
        for cell in range(int.from_bytes(page[start + 3 : start + 5], "big")):
            at = start + 12 + 2 * cell
            offset = int.from_bytes(page[at : at + 2], "big")
            child = int.from_bytes(page[offset : offset + 4], "big")
            yield from _schema_pages(file, size, child)


def _copy_table(
    source: sqlite3.Connection,
    target: sqlite3.Connection,
    table: Table,
    owners: dict[str, list[Any]],
) -> int:
    try:
        known = {row[1] for row in source.execute(f"PRAGMA table_info({table.name})")}
    except sqlite3.DatabaseError:
        return 0
    names = [column.name for column in table.columns if column.name in known]
    if not names:
        return 0
    listed = ", ".join(f'"{name}"' for name in names)
    marks = ", ".join("?" * len(names))
    statement = f"INSERT OR REPLACE INTO {table.name} ({listed}) VALUES ({marks})"
    keys = [column.name for column in table.primary_key]
    rows = _rows(source, table, listed, keys, owners)
    kept: set[Any] = set()
    count = 0
    for row in rows:
        # A row without what it must have is none: its page holds something else.
        with suppress(sqlite3.IntegrityError):
            target.execute(statement, row)
            count += 1
            kept.add(row[names.index(keys[0])])
    if len(keys) == 1:
        owners[keys[0]] = sorted(kept, key=str)
    (count,) = target.execute(f"SELECT count(*) FROM {table.name}").fetchone()
    return int(count)


def _rows(
    source: sqlite3.Connection,
    table: Table,
    listed: str,
    keys: list[str],
    owners: dict[str, list[Any]],
) -> Iterator[tuple[Any, ...]]:
    with_rowid = table.dialect_options["sqlite"]["with_rowid"] is not False
    if with_rowid:
        yield from _by_rowid(source, table.name, listed)
        return
    order = ", ".join(keys)
    backwards = ", ".join(f"{key} DESC" for key in keys)
    whole = yield from _until_damage(source, f"SELECT {listed} FROM {table.name} ORDER BY {order}")
    if whole:
        return
    yield from _until_damage(source, f"SELECT {listed} FROM {table.name} ORDER BY {backwards}")
    for owner in owners.get(keys[0], ()):
        of_owner = f"SELECT {listed} FROM {table.name} WHERE {keys[0]} = ?"
        yield from _until_damage(source, of_owner, (owner,))


def _until_damage(
    source: sqlite3.Connection, statement: str, values: Iterable[Any] = ()
) -> Generator[tuple[Any, ...], None, bool]:
    """Rows until the end, or until one cannot be read; returns whether the end was reached."""
    try:
        yield from source.execute(statement, tuple(values))
    except sqlite3.DatabaseError:
        return False
    return True


def _by_rowid(source: sqlite3.Connection, name: str, listed: str) -> Iterator[tuple[Any, ...]]:
    after = f"SELECT rowid, {listed} FROM {name} NOT INDEXED WHERE rowid > ? ORDER BY rowid"
    before = (
        f"SELECT rowid, {listed} FROM {name} NOT INDEXED "
        "WHERE rowid > ? AND rowid < ? ORDER BY rowid DESC"
    )
    last, step = -1, 1
    while step < _LARGEST_STEP:
        begun = last
        try:
            for row in source.execute(after, (last,)):
                if step > 1:
                    # Behind the damage: what the step went over is read from this end.
                    with suppress(sqlite3.DatabaseError):
                        for skipped in source.execute(before, (begun - step, row[0])):
                            yield skipped[1:]
                step = 1
                begun = last = row[0]
                yield row[1:]
        except sqlite3.DatabaseError:
            step = step * 2 if last == begun else 1
            last += step
        else:
            return


def _count_changes_on(target: sqlite3.Connection) -> None:
    """Views that watch for changes must not take the new numbers for old ones."""
    (highest,) = target.execute(
        "SELECT max(coalesce((SELECT max(changed_seq) FROM runs), 0), "
        "coalesce((SELECT max(changed_seq) FROM notebooks), 0))"
    ).fetchone()
    target.execute("UPDATE store_state SET change_seq = ?", (highest + 1,))
