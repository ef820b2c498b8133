import json
from datetime import UTC, datetime

import pytest

from nbtrack.entities import RevisionReason
from nbtrack.errors import NotFoundError, UsageError
from nbtrack.history.checkpoint import checkpoint, checkpoint_file
from nbtrack.history.lookup import resolve_revision, revision_document
from nbtrack.history.manifest import encode
from nbtrack.history.normal import normalise
from tests.history.documents import code, notebook

OLD = notebook(code("a = 1", "a"))
NEW = notebook(code("a = 2", "a"))


@pytest.fixture
def book(store, take):
    """The id of a notebook with one revision."""
    notebook_id = store.create_notebook("/w/book.ipynb").notebook_id
    take(notebook_id, OLD, "save")
    return notebook_id


def named(store, book, document, label, author="bob"):
    """Make a checkpoint."""
    return checkpoint(
        store, book, encode(document), label, author=author, at=datetime(2026, 2, 1, tzinfo=UTC)
    )


def test_a_checkpoint_is_a_revision_of_its_own(store, book):
    """Also of an unchanged state: it says who named it and when, and the state's own stays."""
    made = named(store, book, OLD, " before the refactoring ")
    assert made.created
    assert made.revision.reason is RevisionReason.CHECKPOINT
    assert (made.revision.label, made.revision.author) == ("before the refactoring", "bob")
    assert made.revision.changes == ()
    assert resolve_revision(store, book, "before the refactoring") == made.revision
    assert store.find_revision(book, 1).label is None


def test_two_names_of_one_state_are_two_checkpoints(store, book):
    """The second name does not take the first one away."""
    named(store, book, OLD, "good")
    named(store, book, OLD, "submitted")
    labels = [revision.label for revision in store.list_revisions(book).items]
    assert labels == ["submitted", "good", None]


def test_the_same_name_twice_is_one_checkpoint(store, book):
    """A button that is pressed twice names once; of another state the name is new."""
    first = named(store, book, NEW, "good")
    again = named(store, book, NEW, "good")
    assert (again.created, again.revision) == (False, first.revision)
    assert named(store, book, OLD, "good").created


def test_a_checkpoint_needs_a_name(store, book):
    """A blank label is refused, and nothing is recorded."""
    with pytest.raises(UsageError, match="needs a label"):
        named(store, book, OLD, "  ")
    assert store.get_notebook(book).revision_count == 1


def test_a_file_can_be_named(store, tmp_path):
    """What stands in a file gets the name, also when nothing of it was recorded before."""
    path = tmp_path / "new.ipynb"
    path.write_text(json.dumps(NEW))
    made = checkpoint_file(store, path, "as it came", author="ada")
    assert store.find_notebook(str(path)).latest_revision_id == made.revision.revision_id
    assert revision_document(store, made.revision.revision_id) == normalise(NEW).document()


def test_a_missing_file_cannot_be_named(store, tmp_path):
    """It is an error that names the file."""
    with pytest.raises(NotFoundError, match=r"gone\.ipynb"):
        checkpoint_file(store, tmp_path / "gone.ipynb", "x", author="ada")
