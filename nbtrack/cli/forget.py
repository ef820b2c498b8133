"""``nbtrack forget``: remove a text, a cell or its outputs from everything that is stored."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nbtrack.cli.finding import find_notebook
from nbtrack.cli.output import Output, common_options, counted, print_json
from nbtrack.errors import StateError, UsageError
from nbtrack.query import find_run

if TYPE_CHECKING:
    from nbtrack.entities import Forgotten
    from nbtrack.store.base import Store


@click.command(epilog="Example: nbtrack forget -   and then type or paste the text")
@click.argument("text", required=False)
@click.option("--notebook", type=click.Path(path_type=Path), metavar="PATH", help="With --cell.")
@click.option("--cell", "cell_id", metavar="ID", help="A cell's text and outputs, ever.")
@click.option("--outputs", is_flag=True, help="With --cell: only its outputs.")
@click.option("--run", "run_text", metavar="RUN", help="With --param, --tag or --artifact.")
@click.option("--param", metavar="KEY", help="The value of a param of the run.")
@click.option("--tag", metavar="KEY", help="A tag of the run.")
@click.option("--artifact", metavar="PATH", help="A file of the run.")
@click.option("--yes", is_flag=True, help="Do it, without asking.")
@common_options
def forget(
    output: Output,
    text: str | None,
    notebook: Path | None,
    cell_id: str | None,
    outputs: bool,
    run_text: str | None,
    param: str | None,
    tag: str | None,
    artifact: str | None,
    yes: bool,
) -> None:
    """Remove TEXT from every revision, run and file of the store, for good.

    Without --yes it says what would be changed, and asks where it can. TEXT as "-" is read from a
    prompt or the standard input, so that a secret is not in the shell's history. Notebooks
    themselves are not touched.
    """
    parts = {"param": param, "tag": tag, "artifact": artifact}
    of_run = [(part, key) for part, key in parts.items() if key is not None]
    given = [text is not None, cell_id is not None, run_text is not None]
    paired = (cell_id is None) == (notebook is None) and len(of_run) == (run_text is not None)
    if sum(given) != 1 or not paired:
        raise click.UsageError(
            "Give a TEXT ('-' asks for it), or --notebook PATH and --cell ID, or --run RUN and "
            "one of --param, --tag, --artifact.",
            click.get_current_context(),
        )
    store = output.open_store()
    _adopt(store)
    texts = [] if text is None else [_asked() if text == "-" else text]
    cell = None
    if cell_id is not None and notebook is not None:
        cell = (find_notebook(store, notebook).notebook_id, cell_id)
    one = None
    if run_text is not None:
        one = (find_run(store, run_text).run_id, *of_run[0])
    forget_it = partial(store.forget, texts, cell=cell, outputs_only=outputs, of_run=one)  # type: ignore[arg-type]
    found = forget_it(dry_run=True)
    if not (found.contents or found.rows):
        _tell(output, found, done=False)
        return
    if not yes:
        _tell(output, found, done=False)
        if output.as_json or not sys.stdin.isatty():
            output.note("Nothing was changed. --yes does it.")
            return
        click.confirm("Remove it for good?", abort=True)
    _tell(output, forget_it(dry_run=False), done=True)


def _asked() -> str:
    if sys.stdin.isatty():
        return str(click.prompt("Text to forget", hide_input=True))
    found = sys.stdin.read().rstrip("\r\n")
    if not found:
        raise UsageError("there is no text to forget on the standard input")
    return found


def _adopt(store: Store) -> None:
    """Take over what dead processes left, and refuse while living ones still write."""
    from nbtrack.tracking.adoption import adopt_journals
    from nbtrack.tracking.places import journal_directories

    adopt_journals(store)
    left = [
        path
        for directory in journal_directories(store.location)
        for path in Path(directory).glob("*")
        if path.is_file()
    ]
    if left:
        raise StateError(
            f"{counted(len(left), 'process', 'processes')} still track into {store.location}, and "
            "may hold it: shut their kernels down first, Jupyter can stay"
        )


def _tell(output: Output, found: Forgotten, *, done: bool) -> None:
    if output.as_json:
        print_json(found)
        return
    if not (found.contents or found.rows):
        output.say("It is nowhere in the store.")
        return
    verb = "Removed" if done else "Would be removed"
    output.say(
        f"{verb}: from {counted(found.contents, 'piece')} of code, output and files, "
        f"{counted(found.revisions, 'revision')}, {counted(found.rows, 'row')} of params, tags "
        "and other facts."
    )
    for path in found.removed_files:
        output.say(f"Removed a copy that held it: {path}")
