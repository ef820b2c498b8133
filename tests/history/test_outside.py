import json
import os
from datetime import UTC, datetime

import pytest

from nbtrack.entities import RevisionReason
from nbtrack.history.lookup import revision_document
from nbtrack.history.normal import normalise
from nbtrack.history.outside import note_written, notice_outside
from tests.history.documents import code, notebook

OLD = notebook(code("a = 1", "a", "one"))
NOW = datetime(2100, 1, 1, tzinfo=UTC)


@pytest.fixture
def path(tmp_path):
    """Of a notebook's file."""
    return tmp_path / "book.ipynb"


@pytest.fixture
def book(store, take, path):
    """Gives the notebook, whose file holds its first revision."""
    path.write_text(json.dumps(OLD))
    notebook_id = store.create_notebook(str(path)).notebook_id
    saved = take(notebook_id, OLD, "save").revision
    note_written(store, store.get_notebook(notebook_id), saved.revision_id)
    return lambda: store.get_notebook(notebook_id)


def notice(store, book, **rest):
    """Look at the file."""
    return notice_outside(store, book(), author="ada", at=NOW, **rest)


def write(path, document):
    """Write the file as somebody else would."""
    path.write_text(json.dumps(document) + "\n")


@pytest.mark.parametrize(
    "edited",
    [
        notebook(code("a = 2", "a", "one")),
        notebook(code("a = 1", "a", "two")),
        notebook(code("a = 1", "a", "one"), code("b", "b")),
    ],
)
def test_an_edit_made_outside_becomes_a_revision(store, book, path, edited):
    """Other code, other outputs and other cells are noticed, once."""
    write(path, edited)
    found = notice(store, book)
    assert (found.reason, found.origin, found.number) == (RevisionReason.OUTSIDE, "outside", 2)
    assert revision_document(store, found.revision_id) == normalise(edited).document()
    assert book().file_revision_id == found.revision_id
    assert notice(store, book) is None


def test_the_edit_has_the_time_of_the_file(store, book, path):
    """It was made when the file was written, not when somebody looked."""
    write(path, notebook(code("a = 2", "a")))
    os.utime(path, (1_900_000_000, 1_900_000_000))
    assert notice(store, book).created_at == datetime.fromtimestamp(1_900_000_000, UTC)


def test_a_file_that_was_only_touched_is_no_edit(store, book, path):
    """The same content, written anew, in another layout or with other counts, is no revision."""
    same = notebook({**code("a = 1", "a", "one"), "execution_count": 9})
    path.write_text(json.dumps(same, indent=4))
    assert notice(store, book) is None
    assert book().revision_count == 1


def test_going_back_to_an_earlier_state_is_an_edit(store, book, path, take):
    """A checkout of what the file held before is an edit like any other."""
    new = notebook(code("a = 2", "a"))
    saved = take(book().notebook_id, new, "save").revision
    write(path, new)
    note_written(store, book(), saved.revision_id)
    write(path, OLD)
    assert notice(store, book).reason is RevisionReason.OUTSIDE


def test_a_broken_file_is_no_edit_yet(store, book, path):
    """Marks of a merge make it no notebook; what it becomes is noticed then."""
    path.write_text("<<<<<<< HEAD\n")
    assert notice(store, book) is None
    write(path, notebook(code("a = 3", "a")))
    assert notice(store, book).number == 2


def test_a_missing_file_is_no_edit(store, book, path):
    """Deleting is followed elsewhere."""
    path.unlink()
    assert notice(store, book) is None
