"""What differs between databases: opening, locking, backing up, upserting.

Everything else in the store is SQL that SQLite and PostgreSQL read alike.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from functools import lru_cache
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Dialect,
    Engine,
    Insert,
    Table,
    bindparam,
    create_engine,
    event,
    func,
    select,
)
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import URL
from sqlalchemy.pool import QueuePool

from nbtrack.errors import StoreError

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql

DATABASE_NAME = "nbtrack.db"
BEGIN_OPTION = "nbtrack_begin"


def create_sqlite_file(path: Path, *, network: bool = False) -> None:
    """Make an empty database that only its owner reads, in the mode that is right there.

    SQLite gives ``-wal`` and ``-shm`` the mode of the database file.
    """
    create_private_file(path)
    set_journal_mode(path, network=network)


def set_journal_mode(path: Path, *, network: bool) -> None:
    """Have a database work with a WAL, or without one on a network file system.

    Raises:
        StoreError: it cannot be opened; or others use it with a WAL now, and on a network that
            must not go on.
    """
    try:
        _set_journal_mode(path, "delete" if network else "wal", exclusive=network)
    except sqlite3.DatabaseError as error:
        if "locked" not in str(error):
            raise StoreError(f"cannot open the store's database {path}: {error}") from error
        if network:
            raise StoreError(
                f"the store's database {path} is on a network file system, and is in use in a "
                "way that is not safe there. End the other processes that use it first"
            ) from error


def _set_journal_mode(path: Path, wanted: str, *, exclusive: bool) -> None:
    with closing(sqlite3.connect(path, timeout=5 if exclusive else 0.1)) as connection:
        if exclusive:
            # What is in exclusive use needs no memory shared with others: the one safe way to
            # open a database that still has a WAL on a network.
            connection.execute("PRAGMA locking_mode=EXCLUSIVE")
        (found,) = connection.execute("PRAGMA journal_mode").fetchone()
        if found != wanted:
            connection.execute(f"PRAGMA journal_mode={wanted}")


def sqlite_engine(path: Path, busy_timeout_s: float, *, network: bool = False) -> Engine:
    """An engine on a SQLite file whose transactions begin when SQLAlchemy says so.

    The driver's own transaction handling is off (``isolation_level=None``), as SQLAlchemy's
    documentation of pysqlite advises; the option `BEGIN_OPTION` of a connection chooses how
    one begins. Writers begin IMMEDIATE, so that none finds at its first write that another
    one was faster.

    Args:
        path: of the database.
        busy_timeout_s: how long a writer waits for another one, and without a WAL a reader too.
        network: it is on a network file system, and has no WAL. Then a commit is synced: what
            saves a WAL from that is that a torn one is noticed.
    """
    engine = create_engine(
        URL.create("sqlite+pysqlite", database=str(path)),
        connect_args={
            "isolation_level": None,
            "timeout": busy_timeout_s,
            "check_same_thread": False,
        },
        poolclass=QueuePool,
        pool_size=8,
        max_overflow=32,
    )

    @event.listens_for(engine, "connect")
    def configure(connection: sqlite3.Connection, _record: object) -> None:
        for pragma in (
            f"synchronous={'FULL' if network else 'NORMAL'}",
            "foreign_keys=ON",
            "case_sensitive_like=ON",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql(connection.get_execution_options().get(BEGIN_OPTION, "BEGIN"))

    return engine


@contextmanager
def sqlite_lock(path: Path, timeout_s: float) -> Iterator[None]:
    """Hold a lock between processes; it falls when the holder dies.

    An exclusive transaction on an empty SQLite file: the one lock that works the same on every
    platform without another library.
    """
    create_private_file(path)
    with closing(sqlite3.connect(path, timeout=timeout_s, isolation_level=None)) as connection:
        try:
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            raise StoreError(
                f"another process has held {path} for {timeout_s:g} s; it may be migrating the "
                "store. Try again when it is done"
            ) from error
        try:
            yield
        finally:
            connection.rollback()


def create_private_file(path: Path) -> None:
    """Make an empty file of mode 0600 unless there is one."""
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except FileExistsError:
        return


def sync_sqlite(path: Path) -> None:
    """Have every committed transaction of a WAL database survive a power cut.

    With ``synchronous=NORMAL`` a commit is written to the WAL, and only a checkpoint syncs that
    (https://www.sqlite.org/pragma.html#pragma_synchronous). SQLite has no locks on the WAL's
    file, so that closing a handle of our own costs none; the database's own must not be opened
    here. Without a WAL there is nothing to do: such a database syncs at each commit.
    """
    try:
        handle = os.open(path.with_name(path.name + "-wal"), os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def backup_sqlite(source: Path, target: Path) -> None:
    """Copy a database consistently, also while others write to it."""
    partial = target.with_suffix(".part")
    create_private_file(partial)
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(partial)) as new:
        old.backup(new)
        # A copy of a WAL database is one too; alone in its directory it should be one file.
        new.execute("PRAGMA journal_mode=DELETE")
    partial.replace(target)


def among_ids(column: ColumnElement[str]) -> ColumnElement[bool]:
    """Whether a column is one of the texts in the JSON array that is bound as ``ids``.

    Unlike a list in the statement, any number of them leaves it the same statement.
    """
    ids = func.json_each(bindparam("ids")).table_valued("value")
    return column.in_(select(ids.c.value))


def upsert(
    connection: Connection,
    table: Table,
    rows: Sequence[Mapping[str, Any]],
    *,
    update: Sequence[str] | None = None,
    where: ColumnElement[bool] | None = None,
) -> None:
    """Insert rows by primary key; an existing one gets the ``update`` columns.

    Args:
        connection: in a write transaction.
        table: where to.
        rows: all with the same keys.
        update: columns to overwrite; None means all but the key, empty leaves the row alone.
        where: overwrite only existing rows of which this is true; the same object each time,
            with its values written out.
    """
    if rows:
        chosen = None if update is None else tuple(update)
        sql, places = _upsert_sql(connection.dialect, table, tuple(rows[0]), chosen, where)
        _send(connection, sql, places, rows)


def insert_rows(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert new rows, all with the same keys."""
    if rows:
        sql, places = _insert_sql(connection.dialect, table, tuple(rows[0]))
        _send(connection, sql, places, rows)


# SQLAlchemy writes each statement once. Given the rows as well, it would work on every value of
# them, which takes longer than the database does.


def _send(
    connection: Connection,
    sql: str,
    places: tuple[str, ...] | None,
    rows: Sequence[Mapping[str, Any]],
) -> None:
    if places is None:
        connection.exec_driver_sql(sql, [dict(row) for row in rows])
    elif len(places) == 1:
        connection.exec_driver_sql(sql, [(row[places[0]],) for row in rows])
    else:
        connection.exec_driver_sql(sql, [*map(itemgetter(*places), rows)])


@lru_cache(maxsize=128)
def _upsert_sql(
    dialect: Dialect,
    table: Table,
    columns: tuple[str, ...],
    update: tuple[str, ...] | None,
    where: ColumnElement[bool] | None,
) -> tuple[str, tuple[str, ...] | None]:
    statement = _insert(dialect, table)
    keys = [column.name for column in table.primary_key]
    names = [name for name in columns if name not in keys] if update is None else update
    if names:
        final = statement.on_conflict_do_update(
            index_elements=keys,
            set_={name: statement.excluded[name] for name in names},
            where=where,
        )
    else:
        final = statement.on_conflict_do_nothing(index_elements=keys)
    return _written(final, dialect, columns)


@lru_cache(maxsize=128)
def _insert_sql(
    dialect: Dialect, table: Table, columns: tuple[str, ...]
) -> tuple[str, tuple[str, ...] | None]:
    return _written(_insert(dialect, table), dialect, columns)


def _written(
    statement: Insert, dialect: Dialect, columns: tuple[str, ...]
) -> tuple[str, tuple[str, ...] | None]:
    """The SQL, and which column stands at each of its places (None: they have names)."""
    compiled = statement.compile(dialect=dialect, column_keys=list(columns))
    places = compiled.positiontup
    return str(compiled), None if places is None else tuple(places)


def _insert(dialect: Dialect, table: Table) -> sqlite.Insert | postgresql.Insert:
    if dialect.name == "postgresql":
        from sqlalchemy.dialects import postgresql

        return postgresql.insert(table)
    return sqlite.insert(table)
