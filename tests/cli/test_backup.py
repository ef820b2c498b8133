"""``nbtrack backup``."""

from __future__ import annotations

from pathlib import Path

from nbtrack.store.base import Store
from tests.cli.conftest import Command, add_run


def test_there_and_back(nbtrack: Command, store: Store, tmp_path: Path) -> None:
    """A backup is a store, and comes back only when that is confirmed."""
    add_run(store, "a", "first")
    answer = nbtrack("backup", tmp_path / "copy")
    assert "and checked" in answer.out
    assert len(nbtrack("--store", tmp_path / "copy", "runs", "list").rows) == 1
    add_run(store, "b", "second")
    store.close()
    assert nbtrack("backup", "--restore", tmp_path / "copy").code == 2
    answer = nbtrack("backup", "--restore", "--yes", "--json", tmp_path / "copy")
    assert answer.code == 0, answer.err
    assert len(nbtrack("runs", "list").rows) == 1
    assert len(nbtrack("--store", answer.json["before"], "runs", "list").rows) == 2
    assert nbtrack("backup", "--restore", "--yes", tmp_path / "none").code == 1
