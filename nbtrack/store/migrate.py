"""Bringing a store's schema up to date when it is opened.

A fresh store is made by the same migrations as an old one is updated by. Alembic is imported
only when there is something to migrate: opening an up-to-date store compares two strings.
"""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine, inspect, text

from nbtrack.errors import StoreError, StoreTooNewError
from nbtrack.store.dialect import (
    BEGIN_OPTION,
    DATABASE_NAME,
    backup_sqlite,
    create_sqlite_file,
    set_journal_mode,
    sqlite_lock,
)
from nbtrack.version import __version__

HEAD_REVISION = "0006"
"""The last migration's id. A test ensures that Alembic agrees."""

MIGRATIONS = Path(__file__).with_name("migrations")
_LOCK_TIMEOUT_S = 300.0
_ALEMBIC = threading.Lock()
"""Alembic keeps its present migration in the module: one at a time in a process."""


def ensure_current(
    engine: Engine,
    directory: Path,
    *,
    network: bool = False,
    migrations: Path = MIGRATIONS,
    head: str = HEAD_REVISION,
) -> None:
    """Make or migrate the SQLite store of a directory; nothing to do is the usual case.

    Args:
        engine: of the database in the directory; not connected yet.
        directory: the store.
        network: it is on a network file system.
        migrations: an Alembic script directory.
        head: its last revision.

    Raises:
        StoreTooNewError: a newer nbtrack wrote it.
        StoreError: a migration failed; the store is as it was, and a backup is beside it.
    """
    path = directory / DATABASE_NAME
    if path.exists():
        set_journal_mode(path, network=network)
        if _revision(engine) == head:
            return
    # Several processes may open a new or an old store at once: one of them does the work.
    with sqlite_lock(directory / "migrate.lock", _LOCK_TIMEOUT_S):
        create_sqlite_file(path, network=network)
        found = _revision(engine)
        if found == head:
            return
        if found is not None:
            _refuse_newer(engine, directory, found, head)
            backup_sqlite(path, _backup_path(directory, found))
        _upgrade(engine, directory, migrations)


def _revision(engine: Engine) -> str | None:
    with engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
        return None if found is None else str(found)


def _refuse_newer(engine: Engine, directory: Path, found: str, head: str) -> None:
    # Revisions are zero-padded counts, so that a version can tell a newer one from an older
    # one without knowing it.
    if found <= head:
        return
    with engine.connect() as connection:
        writer = connection.execute(text("SELECT written_by FROM store_state")).scalar()
    raise StoreTooNewError(
        f"the store at {directory} was written by nbtrack {writer} (schema {found}), newer than "
        f"this nbtrack {__version__} (schema {head}). Update with: pip install -U "
        f"nbtrack; or use another store by setting NBTRACK_STORE; or bring back an older state "
        f"from {directory / 'backups'}"
    )


def _backup_path(directory: Path, found: str) -> Path:
    backups = directory / "backups"
    backups.mkdir(mode=0o700, exist_ok=True)
    now = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
    return backups / f"nbtrack-schema{found}-{now}.db"


def _upgrade(engine: Engine, directory: Path, migrations: Path) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.util.exc import CommandError
    from sqlalchemy.exc import SQLAlchemyError

    config = Config()
    config.set_main_option("script_location", str(migrations).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    try:
        # IMMEDIATE: an older nbtrack that has the store open must wait, not interleave.
        exclusive = engine.execution_options(**{BEGIN_OPTION: "BEGIN IMMEDIATE"})
        with _ALEMBIC, exclusive.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            connection.execute(
                text("UPDATE store_state SET written_by = :version"),
                {"version": __version__},
            )
    except (SQLAlchemyError, CommandError) as error:
        raise StoreError(
            f"could not bring the store at {directory} up to date: {error}. It is as it was"
        ) from error
