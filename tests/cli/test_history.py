"""``nbtrack history``: log, show, diff and restore over real files."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import nbformat
import pytest
from jupyter_server.serverapp import list_running_servers
from nbdime import nbpatchapp

from nbtrack.store.base import Store
from nbtrack.testing.contract_finding import printed, put_revision
from tests.cli.conftest import Command, document, record_save, write

FIRST = document(load="x = 1\ny = 2", model="fit(x)")
SECOND = document(load="x = 10\ny = 2", model="fit(x)", plot="plot(x)")


@pytest.fixture
def notebook(store: Store, tmp_path: Path) -> Path:
    """A notebook with two revisions, the second one in its file."""
    path = tmp_path / "work.ipynb"
    record_save(store, path, FIRST, minute=1)
    record_save(store, path, SECOND, minute=2)
    return write(path, SECOND)


@pytest.fixture
def jupyter_server(notebook: Path) -> Iterator[str]:
    """The address of a running Jupyter Server in which the notebook has a kernel."""
    command = [
        sys.executable,
        "-m",
        "jupyter_server",
        "--no-browser",
        "--ServerApp.port=0",
        "--allow-root",
    ]
    process = subprocess.Popen(
        [*command, f"--ServerApp.root_dir={notebook.parent}"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + 60
        while not (servers := list(list_running_servers())) and time.monotonic() < deadline:
            time.sleep(0.1)
        (server,) = servers
        body = {
            "path": notebook.name,
            "type": "notebook",
            "kernel": {"name": "python3"},
            "name": "",
        }
        request = Request(
            f"{server['url']}api/sessions",
            data=json.dumps(body).encode(),
            headers={"Authorization": f"token {server['token']}"},
        )
        with urlopen(request, timeout=60):
            pass
        yield server["url"]
    finally:
        process.terminate()
        process.wait(timeout=60)


def sources(path: Path) -> dict[str, str]:
    """The sources in a file, by cell id."""
    return {cell["id"]: cell["source"] for cell in nbformat.read(path, as_version=4).cells}


def test_log_lists_newest_first(nbtrack: Command, notebook: Path) -> None:
    """The log has a line a revision: number, author, reason and what changed."""
    newest, oldest = nbtrack("history", "log", notebook).rows
    assert (newest["Rev"], newest["Who"], newest["Why"]) == ("r2", "ada", "saved")
    assert newest["Changes"] == "1 added, 1 edited"
    assert oldest["Rev"] == "r1"


def test_log_of_one_cell(nbtrack: Command, notebook: Path) -> None:
    """--cell keeps the revisions that changed that cell."""
    page = nbtrack("history", "log", notebook, "--cell", "plot", "--json").json
    assert [revision["number"] for revision in page["revisions"]] == [2]


def test_an_unknown_notebook_names_known_ones(
    nbtrack: Command, notebook: Path, tmp_path: Path
) -> None:
    """A notebook of which nothing is recorded exits 1 and says which ones are known."""
    answer = nbtrack("history", "log", tmp_path / "other.ipynb")
    assert answer.code == 1
    assert str(notebook) in answer.err


@pytest.mark.parametrize("name", ["r1", "1"])
def test_show_gives_the_sources(nbtrack: Command, notebook: Path, name: str) -> None:
    """A revision is named by r1 or 1; its cells are printed with their ids."""
    answer = nbtrack("history", "show", notebook, name)
    assert answer.out == ("# code cell load\nx = 1\ny = 2\n\n# code cell model\nfit(x)\n\n")


def test_show_json_is_a_notebook(nbtrack: Command, notebook: Path) -> None:
    """With --json a revision is printed as a valid notebook."""
    shown = nbformat.reads(nbtrack("history", "show", notebook, "r1", "--json").out, as_version=4)
    nbformat.validate(shown)
    assert [cell["id"] for cell in shown.cells] == ["load", "model"]


def test_diff_between_revisions(nbtrack: Command, notebook: Path) -> None:
    """A diff shows the changed cells with + and - lines, and counts on stderr."""
    answer = nbtrack("history", "diff", notebook, "r1", "r2")
    assert answer.out.splitlines() == [
        "@@ ~ code cell load: edited",
        "- x = 1",
        "+ x = 10",
        "  y = 2",
        "@@ + code cell plot: added",
        "+ plot(x)",
    ]
    assert answer.err == "Between r1 and r2: 1 added, 1 edited.\n"


def test_diff_against_the_file(nbtrack: Command, notebook: Path) -> None:
    """Without a second revision the file is compared with."""
    assert "no difference" in nbtrack("history", "diff", notebook, "r2").err
    write(notebook, document(load="x = 10\ny = 2", model="fit(x, y)", plot="plot(x)"))
    diff = nbtrack("history", "diff", notebook, "r2", "--json").json
    assert (diff["edited"], diff["new"]) == (1, None)


def test_a_diff_of_outputs_and_metadata(nbtrack: Command, store: Store, tmp_path: Path) -> None:
    """--all shows what cells printed, and metadata, on both sides; an image by type and size."""
    path = tmp_path / "outputs.ipynb"
    for minute, (said, tags) in enumerate((("0.5", []), ("0.7", ["slow"])), 1):
        content = document(fit="fit()")
        content["cells"][0] |= {
            "metadata": {"tags": tags},
            "outputs": [
                {"output_type": "stream", "name": "stdout", "text": f"loss\n{said}\n"},
                {
                    "output_type": "display_data",
                    "metadata": {},
                    "data": {"image/png": said, "text/plain": "<Figure>"},
                },
            ],
        }
        record_save(store, path, content, minute=minute)
    write(path, content)
    answer = nbtrack("history", "diff", path, "r1", "r2", "--all").out
    assert "@@   code cell fit: other outputs, other metadata\n" in answer
    assert "  loss\n- 0.5\n+ 0.7\n" in answer
    assert '+   "slow"\n' in answer
    assert answer.count("<image/png, 5 bytes, ") == 2
    assert "0.7" not in nbtrack("history", "diff", path, "r1", "r2").out


def test_a_patch_is_applied_by_nbdime(nbtrack: Command, notebook: Path, tmp_path: Path) -> None:
    """nbpatch makes the newer revision of the older one and the printed patch."""
    old, patch, made = (tmp_path / name for name in ("old.ipynb", "patch.json", "made.ipynb"))
    old.write_text(nbtrack("history", "show", notebook, "r1", "--json").out)
    patch.write_text(nbtrack("history", "diff", notebook, "r1", "r2", "--patch").out)
    assert nbpatchapp.main([str(old), str(patch), "-o", str(made)]) == 0
    assert sources(made) == sources_of(SECOND)
    assert nbtrack("history", "diff", notebook, "r1", "--patch", "--json").code == 2


class TestRestore:
    def test_it_writes_the_file_and_records_both_states(
        self, nbtrack: Command, notebook: Path, store: Store
    ) -> None:
        """Restoring records the present, unrecorded state first, and can be taken back."""
        write(notebook, document(load="x = 99"))
        answer = nbtrack("history", "restore", notebook, "r1", "--yes")
        assert answer.code == 0
        assert sources(notebook) == {"load": "x = 1\ny = 2", "model": "fit(x)"}
        found = store.list_revisions(store.list_notebooks()[0].notebook_id).items
        assert [each.reason.value for each in found[:2]] == ["restore", "before_restore"]
        undo = answer.out.splitlines()[-1].split("nbtrack ")[-1].split()
        assert nbtrack(*undo, "--yes").code == 0
        assert sources(notebook) == {"load": "x = 99"}

    def test_one_cell(self, nbtrack: Command, notebook: Path) -> None:
        """--cell brings one cell back and leaves the others as they are."""
        assert nbtrack("history", "restore", notebook, "r1", "--cell", "load", "--yes").code == 0
        assert sources(notebook) == {**sources_of(SECOND), "load": "x = 1\ny = 2"}

    def test_an_unknown_cell_changes_nothing(self, nbtrack: Command, notebook: Path) -> None:
        """A cell that the revision does not have exits 1; the file is as it was."""
        before = notebook.read_bytes()
        assert nbtrack("history", "restore", notebook, "r1", "--cell", "no", "--yes").code == 1
        assert notebook.read_bytes() == before

    def test_another_file(self, nbtrack: Command, notebook: Path, tmp_path: Path) -> None:
        """--output writes elsewhere; the notebook's own file is as it was."""
        before = notebook.read_bytes()
        target = tmp_path / "old.ipynb"
        assert nbtrack("history", "restore", notebook, "r1", "--output", target).code == 0
        assert sources(target) == sources_of(FIRST)
        assert notebook.read_bytes() == before

    def test_without_a_person_it_wants_yes(self, nbtrack: Command, notebook: Path) -> None:
        """Where nobody can be asked, nothing is written without --yes."""
        before = notebook.read_bytes()
        answer = nbtrack("history", "restore", notebook, "r1")
        assert answer.code == 2
        assert "--yes" in answer.err
        assert notebook.read_bytes() == before

    def test_it_refuses_while_open_in_jupyter(
        self, nbtrack: Command, notebook: Path, jupyter_server: str
    ) -> None:
        """A notebook with a kernel in a running server is not written, unless forced."""
        before = notebook.read_bytes()
        answer = nbtrack("history", "restore", notebook, "r1", "--yes", "--json")
        assert answer.code == 1
        assert answer.json["error"]["code"] == "conflict"
        assert jupyter_server in answer.json["error"]["message"]
        assert notebook.read_bytes() == before
        assert nbtrack("history", "restore", notebook, "r1", "--yes", "--force").code == 0
        assert notebook.read_bytes() != before

    def test_the_files_mode_stays(self, nbtrack: Command, notebook: Path) -> None:
        """The restored file has the mode it had, and ends with a newline."""
        notebook.chmod(0o640)
        nbtrack("history", "restore", notebook, "r1", "--yes")
        assert notebook.stat().st_mode & 0o777 == 0o640
        assert notebook.read_bytes().endswith(b"}\n")
        assert json.loads(notebook.read_bytes())["nbformat"] == 4


def sources_of(content: dict[str, Any]) -> dict[str, str]:
    """The sources of a document, by cell id."""
    return {cell["id"]: cell["source"] for cell in content["cells"]}


class TestCheckpoint:
    def test_it_names_what_stands_in_the_file(
        self, nbtrack: Command, notebook: Path, store: Store
    ) -> None:
        """The state of the file, recorded or not, becomes a revision with that name."""
        write(notebook, document(load="x = 5"))
        answer = nbtrack("history", "checkpoint", notebook, "before cleaning")
        assert "r3, 'before cleaning'" in answer.out
        newest = store.list_revisions(store.list_notebooks()[0].notebook_id).items[0]
        assert (newest.label, newest.reason.value) == ("before cleaning", "checkpoint")
        shown = nbtrack("history", "show", notebook, "before cleaning", "--json").json
        assert [cell["source"] for cell in shown["cells"]] == ["x = 5"]

    def test_it_needs_a_name(self, nbtrack: Command, notebook: Path) -> None:
        """A blank name is wrong usage."""
        assert nbtrack("history", "checkpoint", notebook, " ").code == 2


class TestExport:
    def test_it_writes_beside_the_notebook(self, nbtrack: Command, notebook: Path) -> None:
        """The file is named after notebook, revision and format, and is not overwritten."""
        made = notebook.with_name("work-r1.md")
        assert nbtrack("history", "export", notebook, "r1", "--to", "markdown").code == 0
        assert "x = 1" in made.read_text()
        assert nbtrack("history", "export", notebook, "r1", "--to", "markdown").code == 2
        again = nbtrack("history", "export", notebook, "r2", "--to", "markdown", "--output", made)
        assert (again.code, "x = 1" in made.read_text()) == (2, True)
        forced = ("--to", "markdown", "--output", made, "--yes")
        assert nbtrack("history", "export", notebook, "r2", *forced).code == 0
        assert "plot(x)" in made.read_text()


def test_search_finds_what_once_was(nbtrack: Command, store: Store, tmp_path: Path) -> None:
    """Words of any revision, with the cell and the revisions that held them."""
    path = tmp_path / "old.ipynb"
    book = store.create_notebook(str(path)).notebook_id
    for source in ("momentum = 0.9", "momentum = 0.8", "nothing"):
        put_revision(store, book, ("net", source, [printed("momentum kept")]))
    rows = nbtrack("history", "search", "momentum").rows
    told = ("Cell", "Part", "First", "Last", "Versions", "Line")
    assert [tuple(row[name] for name in told) for row in rows] == [
        ("net", "source", "r1", "r2", "2", "momentum = 0.8"),
        ("net", "output", "r1", "r3", "1", "momentum kept"),
    ]
    found = json.loads(nbtrack("history", "search", "momentum", "0.9", "--json").out)
    [match] = found["matches"]
    assert (match["found_number"], match["is_present"]) == (1, False)
    assert nbtrack("history", "search", "absent").rows == []
