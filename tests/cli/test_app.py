"""What holds for every command: help, documentation, errors, exit codes, lazy imports."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from nbtrack.cli.app import root
from tests.cli.conftest import Command

ROOT = Path(__file__).parents[2]


def commands(
    group: click.Group = root, words: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command that does something, by the words that call it."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from commands(command, (*words, name))
        else:
            yield (*words, name), command


ALL = list(commands())
IDS = [" ".join(words) for words, _ in ALL]


@pytest.mark.parametrize(("words", "command"), ALL, ids=IDS)
def test_every_command_is_documented(words: tuple[str, ...], command: click.Command) -> None:
    """Every command and each of its options has help, and the README shows how to call it."""
    assert command.help
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, parameter.name
    assert f"nbtrack {' '.join(words)}" in (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(("words", "command"), ALL, ids=IDS)
def test_every_command_speaks_json(words: tuple[str, ...], command: click.Command) -> None:
    """Every command has --json and --store."""
    names = {name for parameter in command.params for name in parameter.opts}
    assert {"--json", "--store"} <= names


@pytest.mark.parametrize("words", [(), ("runs",), ("runs", "show")], ids=str)
def test_help_is_printed(nbtrack: Command, words: tuple[str, ...]) -> None:
    """--help prints usage and ends well."""
    answer = nbtrack(*words, "--help")
    assert answer.code == 0
    assert answer.out.startswith("Usage: nbtrack")


@pytest.mark.parametrize(
    "words", [("nope",), ("runs", "nope"), ("runs", "show"), ("runs", "list", "-n", "0")]
)
def test_wrong_usage_exits_2(nbtrack: Command, words: tuple[str, ...]) -> None:
    """Wrong usage exits 2 and says where the right one is described, as text or as JSON."""
    answer = nbtrack(*words)
    assert answer.code == 2
    assert "--help" in answer.err
    assert nbtrack(*words, "--json").json["error"]["code"] == "bad_request"


def test_a_store_that_cannot_be_opened(nbtrack: Command, tmp_path: Path) -> None:
    """A store that cannot be opened is an error in one line, exit code 1."""
    (tmp_path / "file").write_text("not a directory")
    answer = nbtrack("--store", tmp_path / "file" / "store", "runs", "list")
    assert answer.code == 1
    assert answer.err.count("\n") == 1
    assert nbtrack("runs", "list", "--store", tmp_path / "file" / "store", "--json").json == {
        "error": {"code": "store", "message": answer.err.removeprefix("nbtrack: ").strip()}
    }


def test_the_store_option_wins(nbtrack: Command, tmp_path: Path) -> None:
    """--store wins over NBTRACK_STORE."""
    assert nbtrack("runs", "list", "--store", tmp_path / "other").code == 0
    assert (tmp_path / "other" / "nbtrack.db").exists()
    assert not (tmp_path / "store").exists()


def test_help_imports_nothing_heavy(isolated: Path) -> None:
    """Asking for help loads neither the database nor rich nor Jupyter."""
    code = (
        "import sys; sys.argv = ['nbtrack', 'runs', '--help']\n"
        "from nbtrack.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print(sorted({'sqlalchemy', 'rich', 'jupyterlab', 'numpy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_a_closed_pipe_is_quiet(isolated: Path) -> None:
    """A reader that has enough (as head has) brings up no complaint."""
    code = "from nbtrack.cli import main; main()"
    process = subprocess.Popen(
        [sys.executable, "-c", code, "runs", "list"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    errors = process.stderr.read()
    process.wait(timeout=60)
    assert errors == b""
    process.stderr.close()


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_a_terminal_gets_a_table(isolated: Path) -> None:
    """On a terminal an empty list says what to do next instead of printing nothing."""
    import pty

    code = "from nbtrack.cli import main; main()"
    ours, theirs = pty.openpty()
    process = subprocess.Popen([sys.executable, "-c", code, "runs", "list"], stdout=theirs)
    assert process.wait(timeout=60) == 0
    os.close(theirs)
    assert b"%%track" in os.read(ours, 4096)
    os.close(ours)
