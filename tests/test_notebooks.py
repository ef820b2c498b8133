"""A notebook's history from Python."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import nbdime
import nbformat
import pytest
from nbdime.diff_utils import to_diffentry_dicts

import nbtrack
from nbtrack.errors import NotFoundError, UsageError
from nbtrack.notebooks import NotebookHistory
from nbtrack.store import open_store
from nbtrack.tracking import session as sessions
from nbtrack.tracking.session import Session
from tests.cli.conftest import document, record_save, write

FIRST = document(load="x = 1\ny = 2", model="fit(x)")
SECOND = document(load="x = 10\ny = 2", plot="import charts")


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Session]:
    """The process-wide session, on a store of its own."""
    yield sessions.use(Session(tmp_path / "store", drain_interval_s=0.02))
    sessions.session().close()


@pytest.fixture
def history(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> NotebookHistory:
    """Two revisions of a notebook, the second one in its file."""
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "runtime"))
    store = open_store(tmp_path / "store")
    path = tmp_path / "work.ipynb"
    for minute, content in enumerate((FIRST, SECOND), 1):
        record_save(store, path, content, minute=minute)
    write(path, SECOND)
    found = store.find_notebook(str(path))
    assert found is not None
    return NotebookHistory(store, found, path)


def test_revisions_are_named_as_everywhere(history: NotebookHistory) -> None:
    """Newest first; by number, label or `latest`, as documents too."""
    assert [revision.number for revision in history] == [2, 1]
    assert history.revision(1).number == history.revision("r1").number == 1
    assert [cell["id"] for cell in history.document("latest")["cells"]] == ["load", "plot"]
    with pytest.raises(NotFoundError):
        history.document("r9")


def test_a_comparison_reads_like_a_diff_and_is_a_patch(history: NotebookHistory) -> None:
    """Printed, it shows lines; its patch, applied by nbdime, makes the new side."""
    found = history.diff("r1", "r2")
    assert "- x = 1\n+ x = 10\n" in str(found)
    assert str(found).endswith("1 added, 1 removed, 1 edited")
    patch = to_diffentry_dicts(found.patch())
    made = nbdime.patch_notebook(nbformat.from_dict(history.document("r1")), patch)
    assert made == history.document("r2")
    assert str(history.diff("r2")) == "no difference"


def test_a_deleted_cell_comes_back_and_can_be_taken_back(history: NotebookHistory) -> None:
    """A restore writes the file, is a revision with a link, and is undone by another."""
    done = history.restore("r1", cell="model")
    assert done.revision is not None
    assert done.revision.restored_from == history.revision("r1").revision_id
    cells = nbformat.read(history.path, as_version=4).cells
    assert [cell["id"] for cell in cells] == ["load", "model", "plot"]
    history.restore("r2")
    cells = nbformat.read(history.path, as_version=4).cells
    assert [cell["id"] for cell in cells] == ["load", "plot"]


def test_a_checkpoint_and_an_export(history: NotebookHistory) -> None:
    """The present gets a name, by which it is exported beside the notebook."""
    assert history.checkpoint("good").label == "good"
    made = history.export("good", "markdown")
    assert made == history.path.with_name("work-r3.md")
    assert "import charts" in made.read_text()


def test_without_a_notebook_the_path_is_asked_for(tmp_path: Path, here: Session) -> None:
    """A script has no notebook of its own; an unknown path has no history."""
    with pytest.raises(UsageError, match="name its path"):
        nbtrack.notebook_history()
    with pytest.raises(NotFoundError):
        nbtrack.notebook_history(tmp_path / "none.ipynb")
