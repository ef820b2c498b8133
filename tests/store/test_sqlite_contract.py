"""The SQLite store keeps the store contract."""

from __future__ import annotations

from pathlib import Path

import pytest

from nbtrack.store import open_store
from nbtrack.testing.contract_fixtures import MakeStore
from nbtrack.testing.store_contract import StoreContract


class TestSqliteStore(StoreContract):
    @pytest.fixture
    def make_store(self, tmp_path: Path) -> MakeStore:
        return lambda: open_store(tmp_path / "store")
