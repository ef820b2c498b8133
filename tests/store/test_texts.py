"""The full-text index is kept in step with the store, whatever becomes of its rows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import delete, text, update

from nbtrack.records import TagSet
from nbtrack.store import open_store
from nbtrack.store.schema import blobs, executions, tags, texts
from nbtrack.store.sql import SqlStore
from nbtrack.store.texts import NOTE_TAG, rebuild
from nbtrack.testing.builders import execution_started, run_started, session_started


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    """A store with code and a note."""
    opened = open_store(tmp_path / "store")
    assert isinstance(opened, SqlStore)
    opened.apply(
        [
            session_started(),
            execution_started("1", source="alpha = secret_word"),
            execution_started("2", source="beta = 2"),
            run_started("r", msg_id="1"),
            TagSet("r", NOTE_TAG, "gamma"),
        ]
    )
    yield opened
    opened.close()


def words(store: SqlStore) -> set[str]:
    """Every word that is in the index."""
    with store._database.write() as connection:
        connection.execute(
            text("CREATE VIRTUAL TABLE temp.v USING fts5vocab(main, text_index, row)")
        )
        found = set(connection.execute(text("SELECT term FROM v")).scalars())
        connection.execute(text("DROP TABLE temp.v"))
    return found


def test_rebuilt_index_holds_what_the_store_holds(store: SqlStore) -> None:
    """Made anew, the index finds what is there, and no word of what was removed is left in it."""
    assert words(store) == {"alpha", "secret", "word", "beta", "2", "gamma"}
    with store._database.write() as connection:
        connection.execute(delete(executions).where(executions.c.msg_id == "1"))
        connection.execute(update(tags).values(value="delta"))
        rebuild(connection)
    assert words(store) == {"beta", "2", "delta"}
    assert [match.msg_id for match in store.search_text("beta").items] == ["2"]
    assert [match.run_ids for match in store.search_text("delta").items] == [("r",)]
    store.apply([TagSet("r", NOTE_TAG, None), execution_started("3", source="alpha")])
    assert words(store) == {"beta", "2", "alpha"}


def test_collected_note_comes_back(store: SqlStore) -> None:
    """A run's note that was removed without the index can be written again and is found."""
    with store._database.write() as connection:
        connection.execute(delete(tags))
    store.apply([TagSet("r", NOTE_TAG, "epsilon")])
    assert [match.run_ids for match in store.search_text("epsilon").items] == [("r",)]
    store.apply([TagSet("r", NOTE_TAG, "zeta")])
    assert not store.search_text("epsilon").items
    with store._database.write() as connection:
        connection.execute(delete(texts).where(texts.c.kind == "note"))
        connection.execute(delete(tags))
    store.apply([execution_started("3", source="eta")])
    assert [match.msg_id for match in store.search_text("eta").items] == ["3"]
    assert not store.search_text("zeta").items


def test_code_whose_bytes_are_gone_is_no_error(store: SqlStore) -> None:
    """A match whose text is damaged away is shown without a line of it."""
    with store._database.write() as connection:
        connection.execute(delete(blobs))
    [match] = store.search_text("alpha").items
    assert (match.msg_id, match.snippet) == ("1", "")
