from datetime import timedelta

from nbtrack.entities import RevisionReason
from nbtrack.history.timeline import SESSION_GAP, timeline
from nbtrack.store.base import RevisionFilter
from nbtrack.testing.builders import new_revision
from nbtrack.testing.clock import START

ALMOST = SESSION_GAP - timedelta(seconds=1)


def fill(store, gaps, **changed):
    """A notebook with a revision after each gap; ``changed`` are indices by cell."""
    book = store.create_notebook("/a.ipynb").notebook_id
    at = START
    for index, gap in enumerate(gaps):
        at += gap
        cells = [cell for cell, places in changed.items() if index in places]
        store.add_revision(
            new_revision(book, created_at=at, changed=cells, reason=RevisionReason.SAVE)
        )
    return book


def test_a_pause_of_half_an_hour_parts_sessions(store):
    """Shorter pauses do not; the newest session comes first."""
    book = fill(store, [ALMOST, ALMOST, SESSION_GAP, ALMOST, SESSION_GAP])
    found = timeline(store, book)
    assert found.numbers == [5, 4, 3, 2, 1]
    assert found.session_starts == [0, 1, 3]
    assert found.created_ms[0] - found.created_ms[1] == SESSION_GAP.total_seconds() * 1000
    assert (found.total, found.authors) == (5, ["ada"])


def test_a_filter_makes_no_pauses(store):
    """Revisions of one session stay together, however many between them are left out."""
    book = fill(store, [ALMOST] * 5 + [SESSION_GAP, SESSION_GAP], a={0, 4, 6})
    found = timeline(store, book, RevisionFilter(cell_id="a"))
    assert (found.numbers, found.session_starts, found.total) == ([7, 5, 1], [0, 1], 7)


def test_merged_histories_go_back_in_time(store):
    """What comes after another history, but was made before it, is another session."""
    book = fill(store, [ALMOST, -2 * SESSION_GAP, ALMOST])
    assert timeline(store, book).session_starts == [0, 2]


def test_nothing_yet(store):
    """A notebook without revisions has an empty timeline."""
    book = store.create_notebook("/a.ipynb").notebook_id
    found = timeline(store, book)
    assert (found.total, found.numbers, found.session_starts, found.authors) == (0, [], [], [])
