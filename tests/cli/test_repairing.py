"""``nbtrack doctor --repair``."""

from __future__ import annotations

from pathlib import Path

from nbtrack.store.base import Store
from tests.cli.conftest import Command, add_run


def test_it_says_what_it_did(nbtrack: Command, store: Store, isolated: Path) -> None:
    """A sound store is said to be sound; of a damaged one the report says what is lost."""
    add_run(store, "a", "first", metrics={"loss": [1.0]})
    store.close()
    answer = nbtrack("doctor", "--repair")
    assert (answer.code, answer.out.splitlines()[-1]) == (0, "Nothing was wrong.")
    path = isolated / "store" / "nbtrack.db"
    path.write_bytes(b"")
    answer = nbtrack("doctor", "--repair")
    assert answer.code == 1
    assert "the database file is empty" in answer.out
    assert "1 thing lost" in answer.out
    path.write_bytes(b"x" * 5000)
    answer = nbtrack("doctor", "--repair", "--json")
    assert not answer.json["healthy"]
    assert {"database", "backup"} <= {each["name"] for each in answer.json["findings"]}
    assert nbtrack("doctor", "--repair", "--json").json["healthy"]


def test_no_store(nbtrack: Command, isolated: Path) -> None:
    """Where nothing is recorded there is nothing to repair, and no store is made."""
    assert nbtrack("doctor", "--repair").code == 1
    assert not (isolated / "store").exists()
