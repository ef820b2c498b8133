"""A real store, and notebooks in it."""

from datetime import UTC, datetime, timedelta

import pytest

from nbtrack.entities import RevisionReason
from nbtrack.history.manifest import encode
from nbtrack.history.record import Snapshot, record
from nbtrack.store import open_store


@pytest.fixture
def store(tmp_path):
    """An empty store."""
    opened = open_store(tmp_path / "store")
    yield opened
    opened.close()


@pytest.fixture
def take(store):
    """Record a document: ``take(notebook_id, document, "execute", msg_id=...)``."""
    clock = iter(datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=n) for n in range(10_000))

    def snapshot(notebook_id, document, reason="execute", **rest):
        at = next(clock)
        return record(
            store,
            notebook_id,
            Snapshot(encode(document), RevisionReason(reason), "ada", at, **rest),
        )

    return snapshot
