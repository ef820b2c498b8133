"""Spans are kept as revisions come and go, and are what the manifests say."""

from __future__ import annotations

import tempfile
from contextlib import closing
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from nbtrack.entities import utc_now
from nbtrack.store import open_store
from nbtrack.store.base import Store
from nbtrack.store.manifests import Manifests
from nbtrack.store.replacing import remove_revisions
from nbtrack.store.schema import spans, store_state, texts
from nbtrack.store.spans import reindex
from nbtrack.store.sql import SqlStore
from nbtrack.store.upkeep.facts import CollectionRules
from nbtrack.testing.contract_finding import picture, printed, put_revision

cells = st.lists(
    st.tuples(
        st.sampled_from("abc"), st.sampled_from(["x", "y", ""]), st.lists(st.sampled_from("pq"))
    ),
    max_size=3,
    unique_by=lambda cell: cell[0],
)
histories = st.lists(cells, min_size=1, max_size=6)


def opened(place: str) -> SqlStore:
    """A store in a directory."""
    store = open_store(place)
    assert isinstance(store, SqlStore)
    return store


def held(store: SqlStore) -> set[tuple[object, ...]]:
    """All spans, with the content itself instead of its place in the index."""
    statement = select(
        spans.c.notebook_id,
        spans.c.cell_id,
        texts.c.ref,
        spans.c.role,
        spans.c.first_number,
        spans.c.last_number,
    ).join(texts, texts.c.text_id == spans.c.text_id)
    with store._database.read() as connection:
        rows = [tuple(row) for row in connection.execute(statement)]
    assert len(set(rows)) == len(rows)
    return set(rows)


def rebuilt(store: SqlStore) -> set[tuple[object, ...]]:
    """The spans as they are made from the manifests."""
    with store._database.write() as connection:
        reindex(connection, store._blob_store)
    return held(store)


def tell(store: Store, history: list[list[tuple[str, str, list[str]]]]) -> str:
    """A notebook with such revisions."""
    book = store.create_notebook("/a.ipynb").notebook_id
    for state in history:
        put_revision(
            store,
            book,
            *((cell, text, [printed(out) for out in outs]) for cell, text, outs in state),
        )
    return book


@settings(max_examples=25, deadline=None)
@given(history=histories)
def test_spans_kept_are_spans_made_anew(history: list[list[tuple[str, str, list[str]]]]) -> None:
    """Step by step or from all manifests: the same."""
    with tempfile.TemporaryDirectory() as place, closing(opened(place)) as store:
        tell(store, history)
        assert held(store) == rebuilt(store)


@settings(max_examples=25, deadline=None)
@given(history=histories, data=st.data())
def test_removed_revisions_hold_nothing(
    history: list[list[tuple[str, str, list[str]]]], data: st.DataObject
) -> None:
    """After revisions were removed, every number in a span is of one that holds the content."""
    with tempfile.TemporaryDirectory() as place, closing(opened(place)) as store:
        book = tell(store, history)
        listed = store.list_revisions(book).items
        gone = data.draw(st.sets(st.sampled_from([item.revision_id for item in listed])))
        with store._database.write() as connection:
            Manifests(connection).make_whole(book)
            remove_revisions(connection, sorted(gone))
        kept = held(store)
        stands = {
            (number, *row[1:3])
            for row in kept
            for number in (item.number for item in store.list_revisions(book).items)
            if row[4] <= number and (row[5] is None or number <= row[5])  # type: ignore[operator]
        }
        made = {
            (number, *row[1:3])
            for row in rebuilt(store)
            for number in (item.number for item in store.list_revisions(book).items)
            if row[4] <= number and (row[5] is None or number <= row[5])  # type: ignore[operator]
        }
        assert stands == made
        numbers = {item.number for item in store.list_revisions(book).items}
        assert all(row[4] in numbers and (row[5] is None or row[5] in numbers) for row in kept)
        newest = max(numbers, default=0)
        assert all(row[5] != newest for row in kept)


def test_an_older_store_is_indexed_when_it_is_opened(tmp_path: object) -> None:
    """What was recorded before there were spans is found as well."""
    with closing(opened(str(tmp_path))) as store:
        tell(store, [[("a", "from long ago", [])]])
        with store._database.write() as connection:
            connection.execute(spans.delete())
            connection.execute(texts.delete())
            connection.execute(store_state.update().values(indexed=0))
        assert store.search_history("ago").items == []
    with closing(opened(str(tmp_path))) as store:
        [match] = store.search_history("ago").items
        assert match.cell_id == "a"


def test_what_is_collected_leaves_the_index(tmp_path: object) -> None:
    """Words and pictures of revisions that are gone go with their bytes."""
    with closing(opened(str(tmp_path))) as store:
        book = store.create_notebook("/a.ipynb").notebook_id
        first = put_revision(store, book, ("a", "kept", []))
        second = put_revision(store, book, ("a", "gone", [printed("said"), picture(b"drawn")]))
        put_revision(
            store,
            book,
            ("a", "kept", []),
            replaces=second.revision_id,
            parent_id=first.revision_id,
            expect_parent=True,
        )
        with store._database.read() as connection:
            before = connection.execute(select(texts.c.kind)).scalars().all()
        assert sorted(before) == ["code", "code", "figure", "output"]
        later = utc_now() + timedelta(days=1)
        store.collect(CollectionRules(later, later))
        with store._database.read() as connection:
            assert connection.execute(select(texts.c.kind)).scalars().all() == ["code"]
        assert store.search_history("said").items == []
        assert len(store.search_history("kept").items) == 1
