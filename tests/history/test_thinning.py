from datetime import UTC, datetime, timedelta

import pytest

from nbtrack.entities import RevisionReason
from nbtrack.errors import StateError
from nbtrack.history.costs import history_costs
from nbtrack.history.lookup import revision_document
from nbtrack.history.manifest import encode
from nbtrack.history.normal import normalise
from nbtrack.history.record import Snapshot, record
from nbtrack.history.thinning import ThinningRules, find_superfluous, thin
from nbtrack.testing.builders import run_started
from tests.history.documents import code, notebook

START = datetime(2026, 1, 1, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
LATER = START + timedelta(days=30)


def state(number):
    """A notebook of two cells of which one says a number."""
    return notebook(code(f"a = {number}", "a", f"{number}" * 50), code("same", "b"))


@pytest.fixture
def book(store):
    """The id of a notebook."""
    return store.create_notebook("/w/book.ipynb").notebook_id


@pytest.fixture
def at(store, book):
    """Record a state so many minutes after the start: ``at(30, state(1))``."""

    def snapshot(minutes, document, reason="execute", **rest):
        when = START + minutes * MINUTE
        return record(
            store, book, Snapshot(encode(document), RevisionReason(reason), "ada", when, **rest)
        ).revision

    return snapshot


@pytest.fixture
def sessions(at):
    """Two sessions of five revisions each, and one revision a month later."""
    for session in (0, 200):
        for minute in range(5):
            at(session + minute, state(session + minute))
    at(30 * 24 * 60, state(9999))


def numbers(store, book):
    """The numbers of the revisions, oldest first."""
    return [revision.number for revision in store.list_revisions(book).items][::-1]


def run_thinning(store, rules=None, now=LATER):
    """Find and take what is superfluous."""
    return thin(store, find_superfluous(store, rules or ThinningRules(), now))


def test_of_past_sessions_the_last_revision_stays(store, book, sessions):
    """And the very first of the history, and what is young."""
    [thinned] = run_thinning(store)
    assert numbers(store, book) == [1, 5, 10, 11]
    assert [revision.number for revision in thinned.gone] == [2, 3, 4, 6, 7, 8, 9]
    assert thinned.freed_bytes > 0
    assert run_thinning(store) == []


def test_what_is_young_stays(store, book, sessions):
    """For a day everything is kept; without the rule for ever."""
    assert run_thinning(store, now=START + timedelta(hours=20)) == []
    assert run_thinning(store, ThinningRules(full_for=None)) == []


def test_those_that_stay_are_as_they_were(store, book, sessions):
    """Their documents come back, and their changes are against who is before them now."""
    run_thinning(store)
    last = store.find_revision(book, 10)
    assert revision_document(store, last.revision_id) == normalise(state(204)).document()
    assert last.parent_id == store.find_revision(book, 5).revision_id
    assert [change.cell_id for change in last.changes] == ["a"]
    assert [each.number for each in store.list_revisions(book).items] == [11, 10, 5, 1]


def test_what_is_referred_to_stays(store, book, at, sessions):
    """A run's revision, named ones, restores and what they brought back."""
    store.link_execution("m", store.find_revision(book, 2).revision_id)
    store.apply([run_started(msg_id="m")])
    store.label_revision(store.find_revision(book, 3).revision_id, "good")
    source = store.find_revision(book, 6)
    at(30 * 24 * 60 + 1, state(1), "restore", restored_from=source.revision_id)
    run_thinning(store)
    assert numbers(store, book) == [1, 2, 3, 5, 6, 10, 11, 12]


def test_what_comes_into_use_meanwhile_stays(store, book, sessions):
    """Between looking and taking a run may begin from a revision."""
    found = find_superfluous(store, ThinningRules(), LATER)
    store.link_execution("m", store.find_revision(book, 2).revision_id)
    store.apply([run_started(msg_id="m")])
    assert thin(store, found) == []
    assert len(numbers(store, book)) == 11


def test_a_revision_recorded_meanwhile_is_no_obstacle(store, book, at, sessions):
    """Work goes on while a history is thinned."""
    found = find_superfluous(store, ThinningRules(), LATER)
    at(30 * 24 * 60 + 1, state(7))
    assert len(thin(store, found)) == 1
    assert numbers(store, book) == [1, 5, 10, 11, 12]


def test_a_limit_takes_the_oldest(store, book, sessions):
    """Until the history takes at most so much, but never what is protected."""
    [whole] = history_costs(store)
    limit = whole.content_bytes * 2 // 3
    run_thinning(store, ThinningRules(full_for=None, notebook_bytes=limit))
    left = numbers(store, book)
    assert left[0] == 1 and left[-1] == 11
    assert left[1:] == list(range(left[1], 12))
    assert history_costs(store)[0].revisions == len(left) < 11
    run_thinning(store, ThinningRules(full_for=None, notebook_bytes=1))
    assert numbers(store, book) == [1, 11]


def test_a_limit_of_the_store_takes_the_oldest_of_all(store, book, sessions):
    """The younger history of another notebook is spared."""
    other = store.create_notebook("/w/other.ipynb").notebook_id
    for number in range(5):
        when = LATER + number * MINUTE
        taken = Snapshot(encode(state(number * 7)), RevisionReason.EXECUTE, "ada", when)
        record(store, other, taken)
    total = sum(cost.content_bytes for cost in history_costs(store))
    run_thinning(store, ThinningRules(full_for=None, store_bytes=total * 3 // 4))
    assert len(numbers(store, other)) == 5
    assert len(numbers(store, book)) < 11


def test_revisions_in_use_cannot_be_removed(store, book, sessions):
    """The store itself refuses."""
    latest = store.get_notebook(book).latest_revision_id
    with pytest.raises(StateError, match="is used"):
        store.remove_revisions(book, {latest}, [])
    with pytest.raises(StateError, match="another by now"):
        store.remove_revisions(book, {store.find_revision(book, 4).revision_id}, [])
    assert len(numbers(store, book)) == 11


def test_a_history_says_what_it_costs(store, book, sessions):
    """Contents that a copy shares count in both, and as the own of neither."""
    [before] = history_costs(store)
    assert (before.revisions, before.own_bytes) == (11, before.content_bytes)
    assert before.size_bytes == before.list_bytes + before.content_bytes > 1000
    other = store.create_notebook("/w/copy.ipynb").notebook_id
    latest = revision_document(store, store.get_notebook(book).latest_revision_id)
    taken = Snapshot(encode(latest), RevisionReason.SAVE, "ada", LATER)
    record(store, other, taken)
    costs = history_costs(store)
    assert [cost.revisions for cost in costs] == [11, 1]
    assert costs[0].own_bytes < costs[0].content_bytes
    assert costs[1].own_bytes == 0
