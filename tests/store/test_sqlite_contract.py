"""The SQLite store keeps the store contract."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from nbtrack.store import open_store
from nbtrack.testing.contract_fixtures import MakeStore
from nbtrack.testing.store_contract import StoreContract


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty store, made once: copying it is faster than migrating for every test."""
    directory = tmp_path_factory.mktemp("template") / "store"
    open_store(directory).close()
    return directory


class TestSqliteStore(StoreContract):
    @pytest.fixture
    def make_store(self, tmp_path: Path, template: Path) -> MakeStore:
        shutil.copytree(template, tmp_path / "store")
        return lambda: open_store(tmp_path / "store")
