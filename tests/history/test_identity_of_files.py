"""Real files that are moved, copied, linked, checked out, deleted and made again."""

import json
import os
import shutil
import subprocess
from datetime import UTC, datetime

import pytest

from nbtrack.entities import RevisionReason
from nbtrack.history.checkpoint import checkpoint_file
from nbtrack.history.commits import note_commit
from nbtrack.history.identity import follow_copy, follow_delete, resolve
from nbtrack.history.kernel import record_kernel_snapshot
from nbtrack.history.manifest import encode
from nbtrack.history.outside import note_written, notice_outside
from nbtrack.history.record import Snapshot, record
from tests.history.documents import code, notebook

NOW = datetime(2100, 1, 1, tzinfo=UTC)
BOOK = notebook(*(code(f"x = {n}", f"cell-{n}") for n in range(4)))
EDITED = notebook(code("x = 'new'", "cell-0"), *BOOK["cells"][1:])
FOREIGN = notebook(*(code(f"y = {n}", f"other-{n}") for n in range(4)))


@pytest.fixture
def save(store):
    """Write a document to a path and record it, as a save does; gives the notebook."""

    def write(path, document):
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(document))
        encoded = encode(document)
        found = resolve(store, str(path), cell_ids=encoded.own_ids)
        taken = Snapshot(encoded, RevisionReason.SAVE, "ada", datetime.now(UTC))
        made = record(store, found.notebook_id, taken)
        note_written(store, found, made.revision.revision_id)
        return store.get_notebook(found.notebook_id)

    return write


@pytest.fixture
def path(tmp_path):
    """Of a notebook's file in a folder."""
    return tmp_path / "work" / "book.ipynb"


def test_a_file_moved_by_hand_is_the_same_notebook(save, path):
    """Also with its folder; the history goes on."""
    before = save(path, BOOK)
    moved = path.parent.rename(path.parent.with_name("elsewhere")) / "book.ipynb"
    after = save(moved, EDITED)
    assert (after.notebook_id, after.path) == (before.notebook_id, str(moved))
    assert after.revision_count == 2


def test_a_file_copied_by_hand_is_another_notebook(save, path):
    """It says what it is a copy of, and both go on by themselves."""
    before = save(path, BOOK)
    copy = path.with_name("copy.ipynb")
    shutil.copy(path, copy)
    after = save(copy, BOOK)
    assert after.notebook_id != before.notebook_id
    assert after.copied_from == before.notebook_id
    assert save(path, EDITED).notebook_id == before.notebook_id


def test_a_duplicate_made_in_jupyter_is_a_copy_at_once(store, save, path):
    """The server tells of it before anything of it was saved."""
    before = save(path, BOOK)
    copy = path.with_name("book-Copy1.ipynb")
    shutil.copy(path, copy)
    made = follow_copy(store, str(path), str(copy))
    assert made.copied_from == before.notebook_id
    assert save(copy, BOOK).notebook_id == made.notebook_id


def test_a_checkout_is_an_edit_of_the_same_notebook(store, save, path):
    """Another branch's state at the same path is a revision from outside."""
    before = save(path, BOOK)
    path.write_text(json.dumps(EDITED))
    made = notice_outside(store, before, author="ada", at=NOW)
    assert (made.notebook_id, made.number) == (before.notebook_id, 2)


def test_a_file_that_a_checkout_takes_and_brings_back_is_the_same(save, path):
    """Nobody tells that it was gone for a while."""
    before = save(path, BOOK)
    path.unlink()
    assert save(path, BOOK).notebook_id == before.notebook_id


def test_a_move_by_git_keeps_the_history(save, path):
    """``git mv`` is a move like any other."""
    before = save(path, BOOK)
    git = ["git", "-C", str(path.parent)]
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "add", path.name], check=True)
    subprocess.run([*git, "mv", path.name, "renamed.ipynb"], check=True)
    after = save(path.with_name("renamed.ipynb"), BOOK)
    assert after.notebook_id == before.notebook_id


def test_what_is_deleted_and_made_again_is_what_it_was(store, save, path):
    """By its cells, at the same path or at another one; its history is there again."""
    before = save(path, BOOK)
    path.unlink()
    follow_delete(store, str(path))
    assert store.find_notebook(str(path)) is None
    again = save(path, EDITED)
    assert (again.notebook_id, again.deleted_at) == (before.notebook_id, None)
    path.unlink()
    follow_delete(store, str(path))
    assert save(path.with_name("back.ipynb"), EDITED).notebook_id == before.notebook_id


def test_another_notebook_at_the_path_of_a_deleted_one_is_new(store, save, path):
    """Its cells are others; the old history stays where it is."""
    before = save(path, BOOK)
    path.unlink()
    follow_delete(store, str(path))
    after = save(path, FOREIGN)
    assert after.notebook_id != before.notebook_id
    assert after.copied_from is None
    assert store.get_notebook(before.notebook_id).deleted_at is not None


@pytest.mark.parametrize("linked_first", [False, True])
def test_one_file_under_two_roots_is_one_notebook(save, path, tmp_path, linked_first):
    """A folder that is a link leads to the same notebook, whichever way it is met first."""
    path.parent.mkdir()
    root = tmp_path / "root"
    root.symlink_to(path.parent, target_is_directory=True)
    ways = [path, root / path.name]
    first, second = ways[::-1] if linked_first else ways
    before = save(first, BOOK)
    after = save(second, EDITED)
    assert after.notebook_id == before.notebook_id
    assert after.revision_count == 2


def test_nothing_is_written_to_the_file(store, save, path):
    """Recording, noticing, naming and looking leave bytes and time as they are."""
    known = save(path, BOOK)
    path.write_text(json.dumps(EDITED, indent=3))
    os.utime(path, (1_900_000_000, 1_900_000_000))
    path.chmod(0o400)
    before = (path.read_bytes(), path.stat().st_mtime_ns)
    notice_outside(store, known, author="ada", at=NOW)
    record_kernel_snapshot(
        store,
        notebook_path=str(path),
        msg_id="m",
        cell_id="cell-1",
        source="x = 'run'",
        author="ada",
        at=NOW,
        origin="headless",
    )
    made = checkpoint_file(store, path, "named", author="ada")
    note_commit(store, made.revision, str(path))
    assert store.get_notebook(known.notebook_id).revision_count == 4
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before
