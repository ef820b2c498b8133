"""What surrounds a run: the environment, the notebook, the front end; credentials; options."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import msgspec
import nbformat
import pytest

from nbtrack.capture import packages
from nbtrack.capture.environment import environment_document
from nbtrack.capture.git import git_state
from nbtrack.capture.hooks import is_cell_id
from nbtrack.capture.notebook import front_end, notebook_hint, notebook_with
from nbtrack.capture.options import parse_options
from nbtrack.capture.secrets import masked
from nbtrack.capture.ticks import known_length
from nbtrack.capture.transform import strip_track, track_line
from nbtrack.errors import UsageError
from nbtrack.wire import EnvironmentInfo


def test_environment_has_the_wire_shape(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The stored document is an EnvironmentInfo, and the same each time."""
    document = environment_document(str(tmp_path))
    info = msgspec.json.decode(document, type=EnvironmentInfo)
    assert any(package.name == "ipython" for package in info.packages)
    assert [p.name.lower() for p in info.packages] == sorted(p.name.lower() for p in info.packages)
    monkeypatch.setattr(packages, "_known", None)
    assert environment_document(str(tmp_path)) == document


def test_git_state(tmp_path: Path) -> None:
    """Commit, branch and changes of a work tree; nothing outside of one."""
    assert git_state(str(tmp_path)) is None

    def git(*words: str) -> None:
        identity = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
        subprocess.run(["git", *identity, *words], cwd=tmp_path, check=True, capture_output=True)

    git("init", "-b", "trunk")
    assert git_state(str(tmp_path)) is None
    (tmp_path / "a.py").write_text("1")
    git("add", "a.py")
    git("commit", "-m", "first")
    state = git_state(str(tmp_path))
    assert (state["branch"], state["dirty"], len(state["commit"])) == ("trunk", False, 40)
    (tmp_path / "a.py").write_text("2")
    assert git_state(str(tmp_path))["dirty"] is True


def test_notebook_by_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The setting wins over VS Code's variable, which wins over Jupyter's session name."""
    monkeypatch.setenv("JPY_SESSION_NAME", "/a/jupyter.ipynb")
    assert notebook_hint({}) == "/a/jupyter.ipynb"
    assert notebook_hint({"__vsc_ipynb_file__": "/a/code.ipynb"}) == "/a/code.ipynb"
    monkeypatch.setenv("NBTRACK_NOTEBOOK", str(tmp_path / "set.ipynb"))
    assert notebook_hint({"__vsc_ipynb_file__": "/a/code.ipynb"}) == str(tmp_path / "set.ipynb")


def test_notebook_by_its_code(tmp_path: Path) -> None:
    """The one notebook of the directory with that cell; none when two have it."""
    code = "value = 'something long enough'"

    def write(name: str, *cells: str) -> str:
        made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in cells])
        nbformat.write(made, tmp_path / name)
        return str(tmp_path / name)

    path = write("a.ipynb", "1", code)
    write("b.ipynb", "2")
    (tmp_path / "broken.ipynb").write_text("{")
    assert notebook_with(f"{code}\n", str(tmp_path)) == path
    assert notebook_with("1", str(tmp_path)) is None
    write("c.ipynb", code)
    assert notebook_with(code, str(tmp_path)) is None


def test_front_end_guess(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lab sends a cell id and names the session; VS Code a URI; others nothing."""
    monkeypatch.setenv("JPY_SESSION_NAME", "/a/b.ipynb")
    lab = {"metadata": {"cellId": "0b1e"}}
    code = {"metadata": {"cellId": "vscode-notebook-cell:/a#W0"}}
    assert front_end({}, lab, has_kernel=True) == "lab"
    assert front_end({}, code, has_kernel=True) == "vscode"
    assert front_end({}, {}, has_kernel=True) == "headless"
    assert front_end({}, {}, has_kernel=False) == "ipython"


@pytest.mark.parametrize(
    ("text", "is_id"),
    [("0b1e-a_B", True), ("", False), ("a" * 65, False), ("a b", False), ("x:/y", False)],
)
def test_cell_ids(text: str, is_id: bool) -> None:
    """Only what nbformat allows is a cell id."""
    assert is_cell_id(text) is is_id


def test_options() -> None:
    """All options, with quotes, repeats and lists."""
    options = parse_options(
        "-e 'my study' -n \"two words\" -t a=1 --tag b=2 -p x=lr*2 --only loss,acc* "
        "--ignore=tmp --nested --no-figures"
    )
    assert (options.experiment, options.run_name) == ("my study", "two words")
    assert options.tags == (("a", "1"), ("b", "2"))
    assert options.params == (("x", "lr*2"),)
    assert (options.only, options.ignore) == (("loss", "acc*"), ("tmp",))
    assert options.nested and not options.figures
    assert [options.wants(n) for n in ("loss", "accuracy", "tmp", "other")] == [
        True,
        True,
        False,
        False,
    ]


@pytest.mark.parametrize("text", ["--what", "word", "-n", "-n ''", "-t x", "-p =1", "-n 'open"])
def test_wrong_options(text: str) -> None:
    """Each mistake is told together with the usage."""
    with pytest.raises(UsageError, match="%%track"):
        parse_options(text)


@pytest.mark.parametrize(
    ("cell", "left"),
    [
        ("%%track\nx = 1\n", "\nx = 1\n"),
        ("%%track -n a\n\nx = 1\n", "\n\nx = 1\n"),
        ("%%track\n%%time\nx = 1\n", "%%time\nx = 1\n"),
        ("%%track\n\n%%time\nx = 1\n", "%%time\nx = 1\n"),
        ("%%track\n    x = 1\n", "\nx = 1\n"),
        ("%%track --wrong\nx = 1\n", "%%track --wrong\nx = 1\n"),
        ("%%track\n", "%%track\n"),
        ("%%track?\n", "%%track?\n"),
        ("%%tracking\nx = 1\n", "%%tracking\nx = 1\n"),
        ("x = 1\n%%track\n", "x = 1\n%%track\n"),
    ],
)
def test_the_line_is_taken_away(cell: str, left: str) -> None:
    """The rest of the cell keeps its line numbers; what cannot be done stays for the magic."""
    assert "".join(strip_track(cell.splitlines(keepends=True))) == left


def test_tracked_cells_are_recognised() -> None:
    """Only a first line `%%track` with code below it tracks."""
    assert track_line("\n%%track -n a\nx") == "-n a"
    assert track_line("%%track\n\n") is None
    assert track_line("x\n%%track\n") is None


@pytest.mark.parametrize(
    ("key", "value", "hidden"),
    [
        ("password", "x", True), ("db_password", "x", True), ("apiKey", "x", True),
        ("api_key", "x", True), ("cfg.token", "x", True), ("OPENAI_API_KEY", "x", True),
        ("auth", "x", True), ("url", "https://u:p@h/x", True), ("tokens", 5, False),
        ("max_tokens", 5, False), ("author", "me", False), ("tokenizer", "bpe", False),
        ("url", "https://h/x", False), ("passes", "two", False),
    ],
)  # fmt: skip
def test_credentials(key: str, value: object, hidden: bool) -> None:
    """Values whose name, or whose form, is a credential's are masked; settings are not."""
    assert (masked(key, value, str(value)) == "***") is hidden


def test_lengths_are_known_without_iterating() -> None:
    """A loop's length is told by what it iterates over, which stays untouched."""
    items = iter([1, 2, 3])
    assert known_length(items) == 3
    assert known_length(enumerate(items)) == 3
    assert known_length(zip([1, 2], range(5), strict=False)) == 2
    assert known_length(n for n in [1]) is None
    assert known_length(range(7)) == 7
    assert list(items) == [1, 2, 3]


def test_environment_document_is_json_of_text(tmp_path: Path) -> None:
    """The document can be read by anyone."""
    assert json.loads(environment_document(str(tmp_path)))["implementation"] == "CPython"
