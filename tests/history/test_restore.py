import json
from datetime import UTC, datetime

import nbformat
import pytest
from hypothesis import given, settings

from nbtrack.entities import RevisionReason
from nbtrack.errors import NotFoundError
from nbtrack.history.manifest import encode
from nbtrack.history.normal import normalise
from nbtrack.history.restore import restore_closed, restored_document
from tests.history.documents import code, notebook, notebooks


def normal(document):
    """A document as a revision holds it."""
    return normalise(document).document()


@given(notebooks, notebooks)
@settings(max_examples=100, deadline=None)
def test_a_restored_notebook_has_the_code_of_the_revision(present, revision):
    """Cells, ids, order and metadata are the revision's, whatever the present is."""
    restored = restored_document(present, normal(revision))
    assert encode(restored).text_digest == encode(normal(revision)).text_digest
    assert restored["metadata"] == normal(revision)["metadata"]
    with_outputs = restored_document(present, normal(revision), with_outputs=True)
    assert with_outputs == normal(revision)


def test_outputs_stay_with_the_code_that_made_them():
    """Unchanged cells keep what they show now; others come back unexecuted."""
    present = notebook(code("a", "a", "now"), code("b = 2", "b", "two"))
    revision = normal(notebook(code("a", "a", "then"), code("b = 1", "b", "one")))
    first, second = restored_document(present, revision)["cells"]
    assert first["outputs"][0]["text"] == "now"
    assert (second["outputs"], second["execution_count"]) == ([], None)


def test_one_cell_comes_back_alone():
    """The others stay as they are; a deleted one returns behind its old neighbour."""
    present = notebook(code("a = 9", "a"), code("new", "n"), code("c = 9", "c"))
    revision = normal(notebook(code("a = 1", "a"), code("b = 1", "b"), code("c = 1", "c")))
    changed = restored_document(present, revision, cell_id="c")
    assert [cell["source"] for cell in changed["cells"]] == ["a = 9", "new", "c = 1"]
    returned = restored_document(present, revision, cell_id="b")
    assert [cell["id"] for cell in returned["cells"]] == ["a", "b", "n", "c"]
    with pytest.raises(NotFoundError):
        restored_document(present, revision, cell_id="n")


def test_a_file_without_ids_is_restored_cell_for_cell():
    """Its cells are known by what they hold: one comes back in place, others keep outputs."""
    present = notebook(code("a", None, "now"), code("b = compute(data, 2)"))
    revision = normal(notebook(code("a", "lab-1", "then"), code("b = compute(data, 1)", "lab-2")))
    restored = restored_document(present, revision, cell_id="lab-2")
    assert [cell["source"] for cell in restored["cells"]] == ["a", "b = compute(data, 1)"]
    whole = restored_document(present, revision)
    assert whole["cells"][0]["outputs"][0]["text"] == "now"


def test_a_closed_notebook_is_restored_with_its_present_recorded_first(store, take, tmp_path):
    """The file holds the old code, and the history both the state before and the restore."""
    path = tmp_path / "book.ipynb"
    book = store.create_notebook(str(path))
    old = take(book.notebook_id, notebook(code("a = 1", "a"))).revision
    path.write_text(json.dumps(notebook(code("a = 'unrecorded'", "a"))))
    restored = restore_closed(
        store,
        book,
        old,
        path=path,
        author="ada",
        at=datetime.now(UTC),
    ).revision
    assert nbformat.read(path, as_version=4).cells[0].source == "a = 1"
    newest, before, _ = store.list_revisions(book.notebook_id).items
    assert newest == restored
    assert (newest.reason, newest.restored_from) == (RevisionReason.RESTORE, old.revision_id)
    assert before.reason is RevisionReason.BEFORE_RESTORE


def test_a_lost_file_is_brought_back(store, take, tmp_path):
    """Without a present document the revision is written as it was."""
    path = tmp_path / "gone.ipynb"
    book = store.create_notebook(str(path))
    document = notebook(code("a = 1", "a"))
    old = take(book.notebook_id, document).revision
    restore_closed(
        store,
        book,
        old,
        path=path,
        author="ada",
        at=datetime.now(UTC),
    )
    assert normal(json.loads(path.read_text())) == normal(document)
