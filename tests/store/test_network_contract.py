"""The store keeps its contract in the mode for network file systems too."""

from __future__ import annotations

import shutil
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from nbtrack.errors import StoreError
from nbtrack.store.dialect import DATABASE_NAME
from nbtrack.store.sql import SqlStore, open_sql_store
from nbtrack.testing.builders import points, run_started, whole_run
from nbtrack.testing.contract_fixtures import MakeStore
from nbtrack.testing.store_contract import StoreContract


def on_network(directory: Path) -> SqlStore:
    """Open a store as on a network file system."""
    return open_sql_store(str(directory), network=True)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty store, made once."""
    directory = tmp_path_factory.mktemp("template") / "store"
    on_network(directory).close()
    return directory


class TestSqliteStoreOnANetwork(StoreContract):
    @pytest.fixture
    def make_store(self, tmp_path: Path, template: Path) -> MakeStore:
        shutil.copytree(template, tmp_path / "store")
        return lambda: on_network(tmp_path / "store")


def mode(directory: Path) -> str:
    """How the database keeps its transactions."""
    with closing(sqlite3.connect(directory / DATABASE_NAME)) as connection:
        return str(connection.execute("PRAGMA journal_mode").fetchone()[0])


def test_there_is_no_memory_that_machines_would_have_to_share(tmp_path: Path) -> None:
    """Neither a WAL nor its index is ever made, and a commit is synced."""
    store = on_network(tmp_path)
    seen = set()
    for index in range(20):
        store.apply([*whole_run(f"run-{index}", metrics={"x": 1.0})])
        seen |= {path.name for path in tmp_path.glob("nbtrack.db*")}
        with store._database.read() as connection:
            assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
    assert {name for name in seen if name.endswith(("-wal", "-shm"))} == set()
    assert mode(tmp_path) == "delete"
    store.sync()
    store.close()


def test_a_store_that_moves_changes_its_mode(tmp_path: Path) -> None:
    """From a local disk to a network and back: nothing is lost, and each has its own mode."""
    local = open_sql_store(str(tmp_path), network=False)
    local.apply(whole_run("run-1"))
    local.close()
    assert mode(tmp_path) == "wal"
    network = on_network(tmp_path)
    assert mode(tmp_path) == "delete"
    network.apply(whole_run("run-2"))
    network.close()
    local = open_sql_store(str(tmp_path), network=False)
    assert [run.run_id for run in local.get_runs(["run-1", "run-2"])] == ["run-1", "run-2"]
    assert mode(tmp_path) == "wal"
    local.close()


def test_a_store_in_use_with_a_wal_is_not_taken_to_the_network(tmp_path: Path) -> None:
    """The error says why, and what to do."""
    local = open_sql_store(str(tmp_path), network=False)
    local.apply([run_started()])
    with pytest.raises(StoreError, match=r"network file system.*End the other processes"):
        on_network(tmp_path)
    local.apply([points([1.0])])
    local.close()
    again = on_network(tmp_path)
    assert again.get_run("run-1").metrics["loss"].count == 1
    again.close()


def test_files_are_private_there_too(tmp_path: Path) -> None:
    """Also the rollback journal, while there is one."""
    store = on_network(tmp_path / "s")
    with store._database.write() as connection:
        connection.exec_driver_sql("UPDATE store_state SET change_seq = change_seq + 1")
        modes = {
            path.name: stat.S_IMODE(path.stat().st_mode)
            for path in (tmp_path / "s").glob("nbtrack.db*")
        }
    assert modes == {"nbtrack.db": 0o600, "nbtrack.db-journal": 0o600}
    store.close()
