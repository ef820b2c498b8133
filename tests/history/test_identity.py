from concurrent.futures import ThreadPoolExecutor

import pytest

from nbtrack.history.identity import follow_copy, follow_delete, follow_rename, resolve
from nbtrack.history.manifest import encode
from tests.history.documents import code, notebook

IDS = [f"id-{number}" for number in range(6)]
BOOK = notebook(*(code(f"x = '{name}'", name) for name in IDS))


def there(*paths):
    """A check for files that knows these paths only."""
    return lambda path: path in paths


@pytest.fixture
def known(store, take):
    """A notebook with a revision, at /w/book.ipynb."""
    book = resolve(store, "/w/book.ipynb")
    take(book.notebook_id, BOOK)
    return book


def test_a_path_is_one_notebook(store, known):
    """Asking again gives the same identity, whatever the cells."""
    assert resolve(store, "/w/book.ipynb").notebook_id == known.notebook_id
    assert resolve(store, "/w/other.ipynb").notebook_id != known.notebook_id


def test_a_notebook_that_turns_up_elsewhere_has_moved(store, known):
    """Its file is gone and half of its cells are here."""
    ids = frozenset([*IDS[:4], "new"])
    found = resolve(store, "/w/moved.ipynb", cell_ids=ids, exists=there("/w/moved.ipynb"))
    assert found.notebook_id == known.notebook_id
    assert found.path == "/w/moved.ipynb"


def test_a_notebook_whose_original_is_there_is_a_copy(store, known):
    """Both go on by themselves; the copy says where it began."""
    exists = there("/w/book.ipynb", "/w/copy.ipynb")
    found = resolve(store, "/w/copy.ipynb", cell_ids=frozenset(IDS), exists=exists)
    assert found.notebook_id != known.notebook_id
    assert found.copied_from == known.notebook_id


def test_few_common_cells_are_no_origin(store, known):
    """A third of the cells may be pasted."""
    ids = frozenset([*IDS[:2], "p", "q", "r", "s"])
    found = resolve(store, "/w/new.ipynb", cell_ids=ids, exists=there())
    assert found.notebook_id != known.notebook_id
    assert found.copied_from is None


def test_a_gone_original_goes_before_one_that_is_there(store, known, take):
    """Of two candidates the one whose file is gone is the one that moved."""
    other = resolve(store, "/w/twin.ipynb")
    take(other.notebook_id, BOOK)
    exists = there("/w/twin.ipynb", "/w/moved.ipynb")
    found = resolve(store, "/w/moved.ipynb", cell_ids=frozenset(IDS), exists=exists)
    assert found.notebook_id == known.notebook_id


def test_a_renamed_folder_takes_its_notebooks_along(store):
    """Those below it, not those whose path merely begins alike."""
    inside = resolve(store, "/w/a/deep/x.ipynb")
    beside = resolve(store, "/w/ab/x.ipynb")
    assert follow_rename(store, "/w/a", "/w/b") == [inside.notebook_id]
    assert store.get_notebook(inside.notebook_id).path == "/w/b/deep/x.ipynb"
    assert store.get_notebook(beside.notebook_id).path == "/w/ab/x.ipynb"


def test_a_rename_over_another_notebook_ends_that_one(store):
    """The path belongs to the one that came; the other's history stays."""
    one, two = resolve(store, "/w/1.ipynb"), resolve(store, "/w/2.ipynb")
    follow_rename(store, "/w/1.ipynb", "/w/2.ipynb")
    assert store.find_notebook("/w/2.ipynb").notebook_id == one.notebook_id
    assert store.get_notebook(two.notebook_id).deleted_at is not None


def test_a_copy_is_followed_once(store, known):
    """Hearing of a copy twice changes nothing."""
    copy = follow_copy(store, "/w/book.ipynb", "/w/copy.ipynb")
    assert copy.copied_from == known.notebook_id
    assert follow_copy(store, "/w/book.ipynb", "/w/copy.ipynb") == copy
    assert follow_copy(store, "/w/unknown.ipynb", "/w/copy-2.ipynb") is None


def test_deleting_a_folder_ends_its_notebooks(store):
    """A new file at such a path is another notebook."""
    old = resolve(store, "/w/a/x.ipynb")
    assert follow_delete(store, "/w/a") == [old.notebook_id]
    assert resolve(store, "/w/a/x.ipynb").notebook_id != old.notebook_id


def test_only_ids_of_the_document_itself_tell_its_origin():
    """Ids that were made for cells without one say nothing about where they come from."""
    encoded = encode(notebook(code("a"), code("b", "own")))
    assert encoded.own_ids == {"own"}


def test_an_open_document_takes_its_identity_along(store, known):
    """Under another path it is the same notebook, or with the old file still there a copy."""
    moved = resolve(store, "/w/b.ipynb", was=known.notebook_id, exists=there("/w/b.ipynb"))
    assert moved.notebook_id == known.notebook_id
    exists = there("/w/b.ipynb", "/w/saved-as.ipynb")
    copy = resolve(store, "/w/saved-as.ipynb", was=known.notebook_id, exists=exists)
    assert (copy.copied_from, copy.notebook_id == known.notebook_id) == (known.notebook_id, False)


def test_a_new_notebook_is_named_once(store):
    """A kernel, a save and two browsers may all meet it first."""
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: resolve(store, "/w/fresh.ipynb").notebook_id, range(24)))
    assert len(set(found)) == 1
