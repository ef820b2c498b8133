"""What the README says of names, options, settings and commands is so."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest
from matplotlib.figure import Figure

import nbtrack
from nbtrack.capture.options import parse_options
from nbtrack.cli.app import root
from nbtrack.config import NbtrackConfig
from nbtrack.kernel.magics import documentation
from nbtrack.tracking import session as sessions
from nbtrack.tracking.session import Session

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = README.partition("## On the command line")[2].partition("\n## ")[0]


def test_settings_are_those_there_are() -> None:
    """The table of settings has each setting with its default."""
    section = README.partition("## Settings")[2].partition("\n## ")[0]
    listed = dict(re.findall(r"^\| `(\w+)` \| (.+?) \|", section, re.MULTILINE))
    made = NbtrackConfig()
    defaults = {name: getattr(made, name) for name in NbtrackConfig.class_own_traits()}
    assert set(listed) == set(defaults)
    for name, text in listed.items():
        default = defaults[name]
        shown = "" if text == "empty" else text.strip("`")
        assert shown == (f"{default:g}" if isinstance(default, float) else str(default)), name


def test_python_names_exist() -> None:
    """Each function that the README names is public."""
    section = README.partition("## In Python")[2].partition("\n## ")[0]
    paragraph = section.partition("There are ")[2].partition(" and a few more")[0]
    names = []
    for name in re.findall(r"`([\w()]+)`", paragraph):
        names += [name.replace("(s)", ""), name.replace("(s)", "s")]
    assert len(names) > 20
    assert set(names) | set(re.findall(r"nbtrack\.(\w+)\(", section)) <= set(nbtrack.__all__)


def test_magics_exist() -> None:
    """The table of magics names real ones, with options that can be parsed."""
    section = README.partition("## In a notebook")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (`%.+?) \|", section, re.MULTILINE)
    assert len(rows) >= 9
    for row in rows:
        percent, name = re.findall(r"`(%+)(\w+)", row)[0]
        assert documentation("cell" if percent == "%%" else "line", name)
    for options in re.findall(r"`%%track (-.+?)`", section):
        parse_options(options)


@pytest.mark.parametrize("line", re.findall(r"^nbtrack (.+?)(?: {3,}.*)?$", COMMANDS, re.MULTILINE))
def test_commands_are_understood(line: str) -> None:
    """Each command line of the README is one that the command understands."""
    words = shlex.split(line)
    command: click.Command = root
    context = click.Context(root)
    while isinstance(command, click.Group):
        found = command.get_command(context, words.pop(0))
        assert found is not None
        command = found
    command.make_context(line, words, resilient_parsing=False, parent=context)


def test_files_it_points_to_exist() -> None:
    """Links and pictures lead somewhere."""
    targets = re.findall(r"\]\(([^)#]+)\)", README)
    assert len(targets) >= 5
    for target in targets:
        assert (ROOT / target).is_file(), target


def test_the_python_example_does_what_it_says(tmp_path: Path) -> None:
    """The README's script runs as it stands, and finds the run that it made."""
    (script,) = re.findall(r"```python\n(import nbtrack\n.*?)```", README, re.DOTALL)
    with_store = sessions.use(Session(tmp_path / "store"))
    names = {"losses": [0.5, 0.25], "figure": Figure()}
    exec(script, names)
    with_store.close()
    assert list(names["good"]["run_name"]) == ["boosting"]
    assert list(names["good"]["metrics.loss"]) == [0.25]
    assert names["best"].run_name == "boosting"
