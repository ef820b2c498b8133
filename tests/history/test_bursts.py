from datetime import UTC, datetime, timedelta

import pytest

from nbtrack.entities import RevisionReason
from nbtrack.history.lookup import revision_document
from nbtrack.history.manifest import encode
from nbtrack.history.normal import normalise
from nbtrack.history.record import Snapshot, record
from tests.history.documents import code, notebook

START = datetime(2026, 1, 1, tzinfo=UTC)


def state(number):
    """A notebook whose one cell says a number."""
    return notebook(code(f"a = {number}", "a"))


@pytest.fixture
def book(store):
    """The id of a notebook whose first revision is an execution at the start."""
    return store.create_notebook("/w/book.ipynb").notebook_id


@pytest.fixture
def at(store, book):
    """Record a state so many seconds after the start: ``at(30, state(1))``."""

    def snapshot(seconds, document, reason="save", author="ada", origin="lab", **rest):
        when = START + timedelta(seconds=seconds)
        reason = RevisionReason(reason)
        taken = Snapshot(encode(document), reason, author, when, origin=origin, **rest)
        return record(store, book, taken).revision

    return snapshot


def numbers(store, book):
    """The numbers of the revisions, oldest first."""
    return [revision.number for revision in store.list_revisions(book).items][::-1]


def test_saves_in_one_stretch_of_work_are_one_revision(store, book, at):
    """The first state and the last one stay; the numbers have no gap."""
    first = at(0, state(0))
    for second in range(1, 50):
        last = at(second, state(second))
    assert numbers(store, book) == [1, 2]
    assert (last.number, last.parent_id) == (2, first.revision_id)
    assert [change.preview for change in last.changes] == ["a = 49"]
    assert revision_document(store, last.revision_id) == normalise(state(49)).document()
    assert store.get_notebook(book).latest_revision_id == last.revision_id


def test_of_a_long_stretch_there_is_a_state_every_so_often(store, book, at):
    """Half an hour of saving each few seconds keeps a state for each ten minutes."""
    for second in range(0, 1800, 5):
        at(second, state(second))
    times = [revision.created_at - START for revision in store.list_revisions(book).items][::-1]
    assert [time.total_seconds() for time in times] == [0, 600, 1200, 1795]


@pytest.mark.parametrize(
    ("seconds", "other"),
    [
        (70, {}),
        (20, {"author": "bob"}),
        (20, {"origin": "api"}),
        (20, {"reason": "execute", "msg_id": "m"}),
        (20, {"reason": "checkpoint", "label": "good"}),
        (20, {"reason": "outside"}),
    ],
)
def test_what_is_no_continuation_is_a_revision_of_its_own(store, book, at, seconds, other):
    """A pause, another author or place, a run, a name and an edit outside begin a new one."""
    at(0, state(0))
    at(10, state(1))
    at(10 + seconds, state(2), **other)
    assert numbers(store, book) == [1, 2, 3]


def test_what_ran_stays(store, book, at):
    """A save that a cell ran from keeps its revision, also when the next save follows at once."""
    at(0, state(0))
    saved = at(1, state(1))
    assert at(2, state(1), "execute", msg_id="m") == saved
    at(3, state(2))
    assert store.execution_revision("m") == saved
    assert numbers(store, book) == [1, 2, 3]


def test_what_was_named_or_brought_back_stays(store, book, at):
    """A label, and a restore that leads to it, keep a save."""
    at(0, state(0))
    named = at(1, state(1))
    store.label_revision(named.revision_id, "good")
    at(2, state(2))
    source = at(3, state(3))
    at(4, state(3), "restore", restored_from=source.revision_id)
    at(5, state(4))
    at(6, state(5))
    assert numbers(store, book) == [1, 2, 3, 4, 5]
