import pytest

from nbtrack.errors import NotFoundError, UsageError
from nbtrack.history.lookup import notebook_at, resolve_revision
from nbtrack.history.sides import compare, revision_side
from tests.history.documents import code, notebook


@pytest.fixture
def book(store, take):
    """A notebook with three revisions, the second one labelled."""
    book = store.create_notebook("/w/book.ipynb").notebook_id
    for number in range(3):
        label = "good" if number == 1 else None
        take(book, notebook(code(f"a = {number}", "a")), "checkpoint", label=label)
    return book


@pytest.mark.parametrize(
    ("text", "number"), [("r2", 2), ("2", 2), ("good", 2), ("latest", 3), (" r1 ", 1)]
)
def test_a_revision_is_found_by_what_people_write(store, book, text, number):
    """Numbers, labels and `latest` all name revisions."""
    assert resolve_revision(store, book, text).number == number


def test_the_beginning_of_an_id_is_enough(store, book):
    """As long as it names one revision only."""
    revision = store.find_revision(book, 1)
    assert resolve_revision(store, book, revision.revision_id[:12]) == revision


@pytest.mark.parametrize("text", ["r99", "bad", "abc", "", "ffffffffffff"])
def test_what_names_nothing_is_an_error(store, book, text):
    """The error says so instead of guessing."""
    with pytest.raises((NotFoundError, UsageError)):
        resolve_revision(store, book, text)


def test_two_revisions_are_compared_with_their_texts(store, book):
    """Both sources of the edited cell are given."""
    sides = [revision_side(store, store.find_revision(book, n).revision_id) for n in (1, 3)]
    [cell] = compare(*sides).cells
    assert (cell.old_source, cell.new_source) == ("a = 0", "a = 2")


def test_a_path_without_history_is_told(store, book):
    """Known paths give their notebook, others an error."""
    assert notebook_at(store, "/w/book.ipynb").notebook_id == book
    with pytest.raises(NotFoundError):
        notebook_at(store, "/w/none.ipynb")
