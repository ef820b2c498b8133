import pytest

from nbtrack.errors import StateError
from nbtrack.server.documents import Documents, Update
from tests.history.documents import code, notebook


def put(documents, document_id, size, sequence=1):
    """Open a document with one cell of so many characters."""
    document = documents.open(document_id)
    whole = notebook(code("x" * size, "a"))
    document.keep(sequence, document.understand(Update(sequence, notebook=whole)))
    documents.shrink()
    return document


def test_the_least_recently_used_document_is_forgotten_first():
    """Memory stays bounded; the one in use is kept even if it is too large."""
    documents = Documents(max_bytes=25_000)
    put(documents, "one", 10_000)
    put(documents, "two", 10_000)
    documents.open("one")
    put(documents, "three", 10_000)
    assert [documents.held(name) is not None for name in ("one", "two", "three")] == [
        True,
        False,
        True,
    ]
    put(documents, "huge", 100_000)
    assert documents.held("huge") is not None
    assert documents.held("one") is None


def test_the_number_of_documents_is_bounded():
    """Small documents count, too."""
    documents = Documents(max_documents=3)
    for number in range(6):
        put(documents, f"d{number}", 1)
    assert [number for number in range(6) if documents.held(f"d{number}")] == [3, 4, 5]


async def test_a_document_in_use_is_not_forgotten():
    """What holds the lock is being written."""
    documents = Documents(max_documents=1)
    first = put(documents, "first", 1)
    async with first.lock:
        put(documents, "second", 1)
        assert documents.held("first") is first


def test_only_the_last_states_are_kept():
    """A delta on a state that is too old asks for the whole document."""
    document = put(Documents(), "d", 1)
    for sequence in range(2, 12):
        update = Update(sequence, base=sequence - 1, order=["a"], cells=[code(str(sequence), "a")])
        document.keep(sequence, document.understand(update))
    assert len(document.states) < 10
    with pytest.raises(StateError):
        document.understand(Update(3, base=2, order=["a"]))


def test_stored_pieces_leave_memory():
    """After a revision holds the state, only its names are kept, and deltas still work."""
    document = put(Documents(), "d", 50_000)
    before = document.size_bytes
    document.stored(1)
    assert document.size_bytes < before / 10
    state = document.understand(Update(2, base=1, order=["a"]))
    assert state.content_digest == document.latest.content_digest


def test_a_delta_on_a_state_that_never_came_is_refused():
    """An older state than the base lacks what changed in between."""
    document = put(Documents(), "d", 1)
    with pytest.raises(StateError):
        document.understand(Update(5, base=4, order=["a"]))
