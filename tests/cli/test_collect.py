"""``nbtrack gc``: says what would go, asks, and frees it."""

from __future__ import annotations

import os
import time
from datetime import timedelta
from pathlib import Path

import pytest

from nbtrack.entities import utc_now
from nbtrack.records import ArtifactLogged
from nbtrack.store.base import Store
from nbtrack.testing.builders import execution_started
from nbtrack.tracking.session import Session
from tests.cli.conftest import Command, add_run


def age(store: Path, days: float) -> None:
    """Let the files of a store look older."""
    at = time.time() - days * 86_400
    for path in [*store.glob("blobs/??/??/*"), *store.glob("holds/*")]:
        os.utime(path, (at, at))


def garbage(answer: object) -> dict[str, int]:
    """Counts by kind."""
    return {line["kind"]: line["count"] for line in answer.json["lines"]}  # type: ignore[attr-defined]


def test_it_says_first(nbtrack: Command, store: Store) -> None:
    """A dry run is a table of what would go; without --yes nothing goes in a pipe."""
    run_id = add_run(store, "a", "old", metrics={"loss": [1.0]})
    store.set_lifecycle([run_id], deleted=True)
    assert "nothing to remove" in nbtrack("gc", "--dry-run").out
    answer = nbtrack("gc", "--dry-run", "--older-than", "0s")
    assert answer.rows[0]["what"] == "deleted runs"
    assert answer.rows[0]["how many"] == "1"
    assert nbtrack("gc", "--older-than", "0s").code == 2
    assert nbtrack("gc", "--older-than", "0s", "--json").json["error"]["code"] == "bad_request"
    assert store.get_run(run_id)


def test_it_frees(nbtrack: Command, store: Store, isolated: Path) -> None:
    """With --yes it goes; what others refer to stays, and a second time there is nothing."""
    for letter in "ab":
        add_run(store, letter, letter)
    store.put_blobs([b"unused", b"unused" * 100_000])
    age(isolated / "store", 3)
    store.set_lifecycle(["a" * 32], deleted=True)
    answer = nbtrack("gc", "--yes", "--json", "--older-than", "0s")
    assert garbage(answer) == {"deleted runs": 1, "blobs": 1, "blob files": 1}
    assert answer.json["done"]
    assert store.get_run("b" * 32)
    assert "nothing to remove" in nbtrack("gc", "--yes", "--older-than", "0s").out


def test_what_a_living_process_stored_stays(nbtrack: Command, store: Store, isolated: Path) -> None:
    """Bytes stored since a process began that still lives stay: it may yet name them."""
    session = Session(isolated / "store")
    session.describe(started_at=utc_now() - timedelta(days=5))
    session.record(execution_started(session_id=session.session_id))
    session.flush()
    session.put_blob(b"remembered")
    age(isolated / "store", 3)
    assert garbage(nbtrack("gc", "--dry-run", "--json")) == {}
    session.close()
    assert garbage(nbtrack("gc", "--dry-run", "--json")) == {"blob files": 1}


def test_what_a_journal_names_stays(nbtrack: Command, store: Store, isolated: Path) -> None:
    """Bytes stay that a record names which only the journal of a process has yet."""
    session = Session(isolated / "store", drain_interval_s=1000)
    session.record(execution_started(session_id=session.session_id))
    session.flush()
    digest = session.put_blob(b"named in the journal")
    session.writer.stop(10)
    session.record(ArtifactLogged("a" * 32, "a", digest, 1, "a/b", utc_now()))
    age(isolated / "store", 3)
    assert garbage(nbtrack("gc", "--dry-run", "--json")) == {}
    session.journal.close()


@pytest.mark.parametrize("text", ["", "7", "7 years", "-1d", "d"])
def test_a_duration_that_is_none(nbtrack: Command, text: str) -> None:
    """A duration that cannot be read is wrong usage, with an example of a right one."""
    answer = nbtrack("gc", "--older-than", text)
    assert answer.code == 2
    assert "7d" in answer.err
