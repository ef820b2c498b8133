import json
from datetime import UTC, datetime

import pytest

from nbtrack.errors import UsageError
from nbtrack.history.kernel import record_kernel_snapshot
from nbtrack.history.lookup import revision_document
from tests.history.documents import code, notebook

AT = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def execute(store, tmp_path):
    """Execute a source in the kernel of the notebook on disk."""
    path = tmp_path / "book.ipynb"
    path.write_text(json.dumps(notebook(code("a = 1", "a"), code("b = 2", "b"))))

    def run(msg_id, source, cell_id=None, file=path, origin="headless"):
        return record_kernel_snapshot(
            store,
            notebook_path=str(file),
            msg_id=msg_id,
            cell_id=cell_id,
            source=source,
            author="ada",
            at=AT,
            origin=origin,
        )

    return run


def sources(store, recorded):
    """The code of a recorded revision."""
    document = revision_document(store, recorded.revision.revision_id)
    return [cell["source"] for cell in document["cells"]]


def test_a_headless_run_of_a_file_is_one_revision(execute, store):
    """Every execution of an unchanged file leads to the same state."""
    first, second = execute("m1", "a = 1"), execute("m2", "b = 2")
    assert (first.created, second.created) == (True, False)
    assert sources(store, first) == ["a = 1", "b = 2"]
    assert store.execution_revision("m2") == first.revision


def test_the_executed_source_stands_in_its_cell(execute, store):
    """A cell that was edited but not saved is recorded as it ran."""
    assert sources(store, execute("m1", "b = 3", cell_id="b")) == ["a = 1", "b = 3"]


def test_code_of_no_cell_is_put_at_the_end(execute, store):
    """What ran is never missing from the revision it ran from; odd ids do no harm."""
    recorded = execute("m1", "c = 3", cell_id="vscode-notebook-cell:/w#X1")
    assert sources(store, recorded) == ["a = 1", "b = 2", "c = 3"]


def test_the_front_ends_word_stands(execute, store, take):
    """A snapshot that a front end took of this execution is not replaced."""
    book = store.create_notebook("/w/lab.ipynb").notebook_id
    known = take(book, notebook(code("typed", "a")), msg_id="m1").revision
    assert execute("m1", "a = 1") is None
    assert store.execution_revision("m1") == known


def test_a_missing_or_broken_file_makes_no_revision(execute, store, tmp_path):
    """Nothing is recorded without a file; a broken one is named."""
    assert execute("m1", "a", file=tmp_path / "gone.ipynb") is None
    broken = tmp_path / "broken.ipynb"
    broken.write_text("{")
    with pytest.raises(UsageError, match=r"broken\.ipynb is not a notebook"):
        execute("m1", "a", file=broken)
    assert store.list_notebooks() == []
