"""Values that nothing could have stored: a bit that flipped in a page of a sound database.

A value that can be replaced without lying is (an unknown status by "killed", half a text by
what is legible of it); a row of which more is wrong goes, as it is, into a file of
``quarantine``.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy import Table, Text

from nbtrack.entities import (
    EndReason,
    ExecutionStatus,
    Lifecycle,
    RevisionReason,
    RunStatus,
)
from nbtrack.store.schema import metadata
from nbtrack.store.upkeep.codec import Row, RowCodec
from nbtrack.store.upkeep.facts import Finding, Progress

_INSTEAD: dict[str, Any] = {
    "runs.status": RunStatus.KILLED.value,
    "runs.end_reason": EndReason.PROCESS_DIED.value,
    "runs.lifecycle_stage": Lifecycle.ACTIVE.value,
    "runs.flags": "[]",
    "experiments.lifecycle_stage": Lifecycle.ACTIVE.value,
    "executions.status": ExecutionStatus.ABORTED.value,
    "executions.names_read": "[]",
    "executions.names_written": "[]",
    "executions.names_changed": "[]",
    "revisions.reason": RevisionReason.OUTSIDE.value,
    "revisions.changes": "[]",
}


def mend_values(path: Path, quarantine: Path, progress: Progress) -> Iterator[Finding]:
    """Check every value of every row of a sound database.

    Args:
        path: of the SQLite file.
        quarantine: where rows go that cannot be mended.
        progress: told how far it is.
    """
    mended: list[str] = []
    aside: list[str] = []
    with closing(sqlite3.connect(path, timeout=30, isolation_level=None)) as database:
        database.text_factory = _text
        for number, table in enumerate(metadata.sorted_tables):
            progress("Checking values", number, len(metadata.tables))
            codec = RowCodec(table)
            bad = [(row, names) for row in _rows(database, table) if (names := codec.wrong(row))]
            for row, names in bad:
                values = _instead(table, row, names)
                what = f"{table.name}: {', '.join(names)} of {_key_text(table, row)}"
                (aside if values is None else mended).append(what)
                _change(database, table, row, values, quarantine)
    if mended:
        yield Finding(
            "values",
            "mended",
            "Values that cannot have been stored were replaced by harmless ones.",
            tuple(mended),
        )
    if aside:
        yield Finding(
            "damaged rows",
            "lost",
            f"Rows of which too much was damaged are in {quarantine / 'rows.txt'} now.",
            tuple(aside),
        )


def _text(data: bytes) -> Any:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data


def _rows(database: sqlite3.Connection, table: Table) -> Iterator[Row]:
    names = [column.name for column in table.columns]
    listed = ", ".join(f'"{name}"' for name in names)
    for row in database.execute(f"SELECT {listed} FROM {table.name}"):
        yield dict(zip(names, row, strict=True))


def _instead(table: Table, row: Row, names: list[str]) -> Row | None:
    """What to write for wrong values; None where the row cannot be mended."""
    values: Row = {}
    for name in names:
        column = table.columns[name]
        full_name = f"{table.name}.{name}"
        if full_name in _INSTEAD:
            values[name] = _INSTEAD[full_name]
        elif column.primary_key:
            return None
        elif column.nullable:
            values[name] = None
        elif isinstance(column.type, Text) and isinstance(row[name], bytes):
            values[name] = row[name].decode("utf-8", "replace")
        else:
            return None
    return values


def _change(
    database: sqlite3.Connection, table: Table, row: Row, values: Row | None, quarantine: Path
) -> None:
    keys = [column.name for column in table.primary_key]
    # As bytes: a damaged key need not be text.
    where = " AND ".join(f'CAST("{name}" AS BLOB) = CAST(? AS BLOB)' for name in keys)
    key = [row[name] for name in keys]
    database.execute("BEGIN IMMEDIATE")
    if values is None:
        quarantine.mkdir(mode=0o700, exist_ok=True)
        with (quarantine / "rows.txt").open("a", encoding="utf-8") as file:
            file.write(f"{table.name}\t{row!r}\n")
        database.execute(f"DELETE FROM {table.name} WHERE {where}", key)
    else:
        changes = ", ".join(f'"{name}" = ?' for name in values)
        statement = f"UPDATE {table.name} SET {changes} WHERE {where}"
        database.execute(statement, [*values.values(), *key])
    database.execute("COMMIT")


def _key_text(table: Table, row: Row) -> str:
    return " ".join(str(row[column.name])[:80] for column in table.primary_key)
