"""Notebook files: read, and written whole or not at all."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from nbtrack.errors import StoreError, UsageError
from nbtrack.history.files import read_notebook, write_notebook
from tests.history.documents import code, notebook


def test_any_text_comes_back(tmp_path: Path) -> None:
    """Text that JSON can hold is read as it was written, half a surrogate pair included."""
    path = tmp_path / "odd.ipynb"
    document = notebook(code("a = '\ud83d é \U0001f600'", "a"))
    write_notebook(path, document)
    assert "".join(read_notebook(path)["cells"][0]["source"]) == document["cells"][0]["source"]


def test_a_link_and_the_rights_stay(tmp_path: Path) -> None:
    """What a link points to is written, with the rights that it had."""
    target, link = tmp_path / "target.ipynb", tmp_path / "link.ipynb"
    write_notebook(target, notebook(code("a = 1", "a")))
    target.chmod(0o640)
    link.symlink_to(target)
    write_notebook(link, notebook(code("a = 2", "a")))
    assert link.is_symlink()
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    assert "".join(read_notebook(target)["cells"][0]["source"]) == "a = 2"


def test_what_is_no_notebook_is_refused(tmp_path: Path) -> None:
    """A file of something else is named in the error; none at all is None."""
    path = tmp_path / "data.ipynb"
    assert read_notebook(path) is None
    path.write_text("[1, 2]")
    with pytest.raises(UsageError, match=r"data\.ipynb is not a notebook"):
        read_notebook(path)


def test_a_file_that_cannot_be_written_stays(tmp_path: Path) -> None:
    """A failed write leaves the old file and nothing beside it."""
    path = tmp_path / "kept.ipynb"
    path.mkdir()
    with pytest.raises(StoreError, match="cannot write"):
        write_notebook(path, notebook(code("a = 1", "a")))
    assert [each.name for each in tmp_path.iterdir()] == ["kept.ipynb"]
