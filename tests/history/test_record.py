from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from nbtrack.entities import ChangeKind, RevisionReason
from nbtrack.errors import NotFoundError
from nbtrack.history.lookup import revision_document
from nbtrack.history.manifest import encode
from nbtrack.history.normal import normalise
from nbtrack.history.record import Snapshot, record
from tests.history.documents import code, notebook

OLD = notebook(code("a = 1", "a"), code("b = 2", "b"))
NEW = notebook(code("a = 1", "a"), code("b = 3", "b"))
RUN = notebook(code("a = 1", "a", "done"), code("b = 2", "b"))


@pytest.fixture
def book(store):
    """The id of a notebook without revisions."""
    return store.create_notebook("/w/book.ipynb").notebook_id


def test_an_execution_makes_a_revision_only_of_new_code(store, book, take):
    """Running the same code again is the same revision, even after its outputs changed."""
    first = take(book, OLD)
    again = take(book, RUN)
    other = take(book, NEW)
    assert (first.created, again.created, other.created) == (True, False, True)
    assert again.revision.revision_id == first.revision.revision_id
    assert [change.cell_id for change in other.revision.changes] == ["b"]
    assert other.revision.parent_id == first.revision.revision_id


def test_going_back_is_a_new_revision(book, take):
    """The history is a line: returning to older code is a step of its own."""
    take(book, OLD)
    take(book, NEW)
    assert take(book, OLD).revision.number == 3


def test_a_save_makes_a_revision_of_new_outputs(book, take):
    """What a save changed is outputs, and it says so."""
    take(book, OLD)
    saved = take(book, RUN, "save")
    assert saved.created
    assert [(change.cell_id, change.kind) for change in saved.revision.changes] == [
        ("a", ChangeKind.OUTPUT)
    ]
    assert not take(book, RUN, "save").created


def test_a_save_of_what_the_front_end_wrote_is_none(book, take):
    """JupyterLab notes the kernel's language by itself; other metadata are an edit."""
    take(book, OLD)
    told = {**OLD, "metadata": {**OLD["metadata"], "language_info": {"name": "python"}}}
    assert not take(book, told, "save").created
    assert take(book, {**told, "metadata": {"title": "mine"}}, "save").created


def test_the_first_revision_names_every_cell_as_added(book, take):
    """A cell's own history begins where it appears."""
    changes = take(book, OLD, "open").revision.changes
    assert [(change.cell_id, change.kind) for change in changes] == [
        ("a", ChangeKind.ADDED),
        ("b", ChangeKind.ADDED),
    ]


def test_opening_tells_of_edits_made_outside(book, take):
    """Opening what is known makes nothing; a file that was edited elsewhere is marked."""
    assert take(book, OLD, "open").revision.reason is RevisionReason.OPEN
    assert not take(book, RUN, "open").created
    outside = take(book, NEW, "open")
    assert outside.created
    assert outside.revision.reason is RevisionReason.OUTSIDE


def test_giving_up_unsaved_edits_is_no_edit_outside(book, take):
    """Opening the file as it was before the unsaved edits goes back to known code."""
    take(book, OLD, "save")
    take(book, NEW, "execute")
    reopened = take(book, OLD, "open")
    assert (reopened.created, reopened.revision.reason) == (True, RevisionReason.OPEN)


def test_a_restore_is_always_recorded_with_its_source(book, take):
    """Even when nothing differs, the history says that something was brought back."""
    first = take(book, OLD).revision
    assert not take(book, OLD, "before_restore").created
    restored = take(book, OLD, "restore", restored_from=first.revision_id)
    assert restored.created
    assert restored.revision.restored_from == first.revision_id


def test_an_execution_is_linked_to_the_state_it_ran_from(store, book, take):
    """The execute request leads to its revision, whether that is new or the latest one."""
    take(book, OLD, msg_id="m1")
    take(book, OLD, msg_id="m2")
    assert store.execution_revision("m1") == store.execution_revision("m2")
    take(book, NEW, msg_id="m2", replace_link=False)
    assert store.execution_revision("m2").number == 1


def test_every_revision_comes_back_as_it_was(store, book, take):
    """A revision's document is exactly what was recorded."""
    for document in (OLD, RUN, NEW):
        recorded = take(book, document, "save")
        got = revision_document(store, recorded.revision.revision_id)
        assert got == normalise(document).document()


def test_many_recorders_of_one_state_make_one_revision(store, book):
    """Two browsers, a save and a kernel may tell of the same state at once."""
    encoded = encode(OLD)

    def one(_):
        snapshot = Snapshot(encoded, RevisionReason.EXECUTE, "ada", datetime.now(UTC))
        return record(store, book, snapshot)

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(one, range(24)))
    assert sum(result.created for result in results) == 1
    assert store.get_notebook(book).revision_count == 1


def test_many_recorders_of_many_states_lose_none(store, book):
    """Each state is compared with the revision it is recorded upon."""

    def one(number):
        encoded = encode(notebook(code(f"x = {number}", "a")))
        snapshot = Snapshot(encoded, RevisionReason.EXECUTE, "ada", datetime.now(UTC))
        return record(store, book, snapshot)

    with ThreadPoolExecutor(6) as pool:
        results = list(pool.map(one, range(12)))
    revisions = store.list_revisions(book).items
    assert all(result.created for result in results)
    assert len(revisions) == 12
    parents = [revision.parent_id for revision in revisions]
    assert parents[:-1] == [revision.revision_id for revision in revisions[1:]]


def test_a_file_without_ids_keeps_the_ids_its_cells_are_known_by(store, book, take):
    """An old file saved by a front end that gave its cells ids is not another notebook."""
    take(book, notebook(code("a = 1", "lab-1"), code("b = 2", "lab-2")))
    saved = notebook(code("a = 1"), code("b = 2"))
    assert not take(book, saved, "save").created
    edited = take(book, notebook(code("a = 1"), code("b = 22")), "save")
    cells = store.get_manifest(edited.revision.revision_id).cells
    assert [cell.cell_id for cell in cells] == ["lab-1", "lab-2"]
    assert [change.kind for change in edited.revision.changes] == [ChangeKind.EDITED]


def test_an_unknown_notebook_has_no_history(take):
    """Recording for a notebook that does not exist is an error."""
    with pytest.raises(NotFoundError):
        take("0" * 32, OLD)
