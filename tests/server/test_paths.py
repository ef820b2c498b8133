from types import SimpleNamespace

import pytest
from jupyter_server.services.contents.filemanager import FileContentsManager
from tornado.web import HTTPError

from nbtrack.server.paths import NotebookPaths


def test_paths_below_the_root_go_both_ways(tmp_path):
    """The contents API's path and the file's path name one notebook."""
    paths = NotebookPaths(FileContentsManager(root_dir=str(tmp_path)))
    for given in ("a b/book.ipynb", "/a b/book.ipynb", "RTC:a b/book.ipynb"):
        assert paths.stored(given) == str(tmp_path / "a b" / "book.ipynb")
    assert paths.api(paths.stored("a b/book.ipynb")) == "a b/book.ipynb"


def test_paths_outside_the_root_have_no_name_here(tmp_path):
    """A notebook elsewhere on the machine is not this server's."""
    (tmp_path / "root").mkdir()
    paths = NotebookPaths(FileContentsManager(root_dir=str(tmp_path / "root")))
    assert paths.api(str(tmp_path / "root-2" / "x.ipynb")) is None
    assert paths.api("contents:x.ipynb") is None
    with pytest.raises(HTTPError):
        paths.stored("../x.ipynb")


def test_contents_without_files_keep_their_own_paths():
    """An object store behind the contents API is marked as such."""
    paths = NotebookPaths(SimpleNamespace())
    assert paths.stored("team/x.ipynb") == "contents:team/x.ipynb"
    assert paths.api("contents:team/x.ipynb") == "team/x.ipynb"
    assert paths.api("/home/ada/x.ipynb") is None
