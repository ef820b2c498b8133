"""Opening, making, migrating and refusing a SQLite store."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

import nbtrack
from nbtrack.errors import StoreError, StoreTooNewError, UsageError
from nbtrack.store import open_store
from nbtrack.store.base import Store
from nbtrack.store.dialect import DATABASE_NAME, sqlite_engine
from nbtrack.store.migrate import HEAD_REVISION, MIGRATIONS, ensure_current
from nbtrack.store.schema import metadata
from nbtrack.testing.builders import whole_run

NEXT_MIGRATION = '''"""Add a column."""
import sqlalchemy as sa
from alembic import op

revision = "{revision}"
down_revision = "{down}"


def upgrade():
    op.add_column("runs", sa.Column("colour", sa.Text))
    {more}
'''


def mode(path: Path) -> int:
    """Its permission bits."""
    return stat.S_IMODE(path.stat().st_mode)


def next_schema(directory: Path, *, more: str = "") -> tuple[Path, str]:
    """A copy of the migrations with one more."""
    migrations = directory / "migrations"
    shutil.copytree(MIGRATIONS, migrations, ignore=shutil.ignore_patterns("__pycache__"))
    head = f"{int(HEAD_REVISION) + 1:04}"
    text = NEXT_MIGRATION.format(revision=head, down=HEAD_REVISION, more=more)
    (migrations / "versions" / f"{head}_colour.py").write_text(text)
    return migrations, head


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A store with one run, closed."""
    store = open_store(tmp_path / "store")
    store.apply(whole_run())
    store.close()
    return tmp_path / "store"


def test_only_the_owner_reads(tmp_path: Path) -> None:
    """Directories are 0700 and files 0600, under the laxest umask too."""
    before = os.umask(0)
    try:
        store = open_store(tmp_path / "deep" / "store")
        store.apply(whole_run())
        store.put_blobs([b"x" * 200_000])
        paths = [tmp_path / "deep" / "store", *(tmp_path / "deep" / "store").rglob("*")]
        modes = {path.relative_to(tmp_path).as_posix(): mode(path) for path in paths}
        store.close()
    finally:
        os.umask(before)
    assert any(name.endswith("-wal") for name in modes)
    assert len(modes) > 6
    for path, found in modes.items():
        assert found == (0o700 if (tmp_path / path).is_dir() else 0o600), path


def test_opened_store_is_a_store(tmp_path: Path) -> None:
    """What `open_store` gives keeps the protocol and says where it is."""
    store = open_store(tmp_path / "store")
    assert isinstance(store, Store)
    assert store.location == str(tmp_path / "store")
    store.close()


def test_environment_names_the_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without an argument, NBTRACK_STORE says where the store is."""
    monkeypatch.setenv("NBTRACK_STORE", str(tmp_path / "elsewhere"))
    store = open_store()
    assert store.location == str(tmp_path / "elsewhere")
    store.close()


def test_unknown_database() -> None:
    """A URL of a database that is not supported is refused, without its password."""
    with pytest.raises(UsageError, match="directory") as caught:
        open_store("mysql://ada:secret@example/db")
    assert "secret" not in str(caught.value)


def test_place_that_cannot_be_a_store(tmp_path: Path) -> None:
    """A place that is a file, or holds something else, is an error that names it."""
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreError, match="file"):
        open_store(tmp_path / "file")
    (tmp_path / "odd").mkdir()
    (tmp_path / "odd" / DATABASE_NAME).write_text("this is no database" * 100)
    with pytest.raises(StoreError, match="odd"):
        open_store(tmp_path / "odd")


def test_migrations_make_the_schema(directory: Path) -> None:
    """The migrations end in exactly the tables of the schema, at the revision it names."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_heads() == [HEAD_REVISION]
    engine = sqlite_engine(directory / DATABASE_NAME, 5)
    with engine.connect() as connection:
        # The full-text index is no table that SQLAlchemy knows; it keeps itself in some more.
        options = {
            "compare_type": True,
            "include_name": lambda name, kind, _parents: (
                kind != "table" or not name.startswith("text_index")
            ),
        }
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def test_migrations_are_in_order() -> None:
    """Revision ids are zero-padded counts: comparing them as text tells which is newer."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    revisions = list(ScriptDirectory.from_config(config).walk_revisions())
    expected = [f"{number:04}" for number in range(len(revisions), 0, -1)]
    assert [script.revision for script in revisions] == expected


def test_older_store_is_backed_up_and_migrated(directory: Path, tmp_path: Path) -> None:
    """An older store gets the new schema and keeps its rows; its old state is in backups."""
    migrations, head = next_schema(tmp_path)
    engine = sqlite_engine(directory / DATABASE_NAME, 5)
    ensure_current(engine, directory, migrations=migrations, head=head)
    with engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT run_id, colour FROM runs").all()
        version = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    engine.dispose()
    assert rows == [("run-1", None)]
    assert version == head
    [backup] = (directory / "backups").iterdir()
    assert mode(backup) == 0o600
    restored = tmp_path / "restored"
    restored.mkdir()
    shutil.copy(backup, restored / DATABASE_NAME)
    store = open_store(restored)
    assert store.get_run("run-1").run_name == "calm-otter"
    store.close()


def test_one_of_several_migrates(directory: Path, tmp_path: Path) -> None:
    """An older store that several open at once is backed up and migrated once."""
    migrations, head = next_schema(tmp_path)

    def migrate(_index: int) -> None:
        engine = sqlite_engine(directory / DATABASE_NAME, 30)
        ensure_current(engine, directory, migrations=migrations, head=head)
        engine.dispose()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(migrate, range(4)))
    assert len(list((directory / "backups").iterdir())) == 1


def test_threads_make_stores_at_once(tmp_path: Path) -> None:
    """Several threads of one process make a store each at the same time."""
    places = [tmp_path / str(number) for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        for store in pool.map(open_store, places):
            assert store.list_experiments()
            store.close()


def test_failed_migration_leaves_the_store(directory: Path, tmp_path: Path) -> None:
    """A migration that fails is undone as a whole."""
    migrations, head = next_schema(tmp_path, more='op.execute("SELECT nonsense FROM nowhere")')
    engine = sqlite_engine(directory / DATABASE_NAME, 5)
    with pytest.raises(StoreError, match="nowhere"):
        ensure_current(engine, directory, migrations=migrations, head=head)
    engine.dispose()
    store = open_store(directory)
    assert store.get_run("run-1").run_id == "run-1"
    store.close()
    with closing(sqlite3.connect(directory / DATABASE_NAME)) as connection:
        columns = [row[1] for row in connection.execute("PRAGMA table_info(runs)")]
    assert "colour" not in columns


def test_newer_store_is_refused(directory: Path) -> None:
    """A store of a newer version is left alone; the error says which wrote it and what to do."""
    with closing(sqlite3.connect(directory / DATABASE_NAME)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.execute("UPDATE store_state SET written_by = '7.1.2'")
        connection.commit()
    before = (directory / DATABASE_NAME).read_bytes()
    with pytest.raises(StoreTooNewError, match=r"7\.1\.2") as caught:
        open_store(directory)
    assert "pip install -U nbtrack" in str(caught.value)
    assert (directory / DATABASE_NAME).read_bytes() == before
    assert not (directory / "backups").exists()


def test_store_says_who_wrote_it(directory: Path) -> None:
    """The store holds the version that made or migrated it."""
    with closing(sqlite3.connect(directory / DATABASE_NAME)) as connection:
        [(version,)] = connection.execute("SELECT written_by FROM store_state")
    assert version == nbtrack.__version__


def test_current_store_opens_without_alembic(directory: Path) -> None:
    """Neither importing the package nor opening an up-to-date store loads what is not needed."""
    code = (
        "import sys\n"
        "from nbtrack.store import open_store\n"
        "from nbtrack.store.blobs import BlobStore\n"
        "assert not {'sqlalchemy', 'numpy', 'fsspec', 'zstandard'} & set(sys.modules)\n"
        f"open_store({str(directory)!r}).get_run('run-1')\n"
        "assert 'alembic' not in sys.modules and 'fsspec' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_deleted_experiment_that_is_used_again(directory: Path) -> None:
    """A run in a deleted experiment is recorded there, and the experiment is active again."""
    store = open_store(directory)
    made = store.create_experiment("trees")
    with closing(sqlite3.connect(directory / DATABASE_NAME)) as connection:
        connection.execute(
            "UPDATE experiments SET lifecycle_stage = 'deleted' WHERE name = 'trees'"
        )
        connection.commit()
    assert [item.name for item in store.list_experiments("deleted")] == ["trees"]
    with pytest.raises(UsageError, match="is deleted"):
        store.create_experiment("trees")
    store.apply(whole_run("run-2", experiment="trees"))
    assert store.get_run("run-2").experiment_id == made.experiment_id
    assert store.list_experiments("deleted") == []
    store.close()
