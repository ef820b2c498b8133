"""``nbtrack history restore`` and ``checkpoint``: bring a state back, and name the present one.

A notebook that is open in JupyterLab is restored and named there, unsaved edits included.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nbtrack.cli.finding import find_notebook
from nbtrack.cli.output import Output, common_options, print_json
from nbtrack.entities import Notebook, Revision
from nbtrack.errors import NotFoundError, UsageError

if TYPE_CHECKING:
    from nbtrack.notebooks import Brought

_NOTEBOOK = click.argument("path", metavar="NOTEBOOK", type=click.Path(path_type=Path))


@click.command(epilog="Example: nbtrack history restore 01-first-run.ipynb r3 --cell forest")
@_NOTEBOOK
@click.argument("revision_text", metavar="REV")
@click.option(
    "--cell", "cell_id", metavar="ID", help="Bring back this cell only, a deleted one too."
)
@click.option("--with-outputs", is_flag=True, help="Bring the outputs back too.")
@click.option(
    "--output",
    "target",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="PATH",
    help="Write to another file; the notebook stays as it is.",
)
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--force", is_flag=True, help="Write the file also while it is open in Jupyter.")
@common_options
def restore(
    output: Output,
    path: Path,
    revision_text: str,
    cell_id: str | None,
    with_outputs: bool,
    target: Path | None,
    yes: bool,
    force: bool,
) -> None:
    """Bring a revision back, or one cell of it.

    The present state is recorded first, so that nothing is lost. A notebook that is open in
    JupyterLab is restored there, as an edit that can be undone; any other in its file.
    """
    from nbtrack.history.lookup import resolve_revision
    from nbtrack.notebooks import NotebookHistory

    store = output.open_store()
    notebook = find_notebook(store, path)
    revision = resolve_revision(store, notebook.notebook_id, revision_text)
    if target is not None:
        _write_copy(output, path, revision, target, cell_id, with_outputs=with_outputs, yes=yes)
        return
    what = f"cell {cell_id} of r{revision.number}" if cell_id else f"r{revision.number}"
    _confirm(f"Write {what} into {path}?", yes=yes)
    history = NotebookHistory(store, notebook, path, origin="cli")
    done = history.restore(revision.revision_id, cell=cell_id, outputs=with_outputs, force=force)
    _tell(output, notebook, path, revision, done)


@click.command(epilog='Example: nbtrack history checkpoint 01-first-run.ipynb "before cleaning"')
@_NOTEBOOK
@click.argument("name", metavar="NAME")
@common_options
def checkpoint(output: Output, path: Path, name: str) -> None:
    """Name the present state of a notebook.

    Where it is open in JupyterLab, that is what stands there, saved or not; else its file.
    """
    from nbtrack.history.checkpoint import checkpoint_file
    from nbtrack.notebooks import NotebookHistory
    from nbtrack.present import revision_info
    from nbtrack.tracking.process import user_name

    store = output.open_store()
    try:
        history = NotebookHistory(store, find_notebook(store, path), path, origin="cli")
        made = history.checkpoint(name)
    except NotFoundError:
        # Nothing of it is recorded yet: its file is all there is.
        made = checkpoint_file(store, path, name, author=user_name(), origin="cli").revision
    if output.as_json:
        print_json(revision_info(store, made))
    else:
        output.say(f"{path} as it is now is r{made.number}, {name.strip()!r}.")


def _confirm(question: str, *, yes: bool) -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        raise UsageError(f"{question} Add --yes to say so")
    click.confirm(question, abort=True, err=True)


def _write_copy(
    output: Output,
    path: Path,
    revision: Revision,
    target: Path,
    cell_id: str | None,
    *,
    with_outputs: bool,
    yes: bool,
) -> None:
    from nbtrack.history.files import read_notebook, write_notebook
    from nbtrack.history.lookup import revision_document
    from nbtrack.history.restore import restored_document

    if target.exists():
        _confirm(f"{target} exists. Overwrite it?", yes=yes)
    document = restored_document(
        read_notebook(path),
        revision_document(output.open_store(), revision.revision_id),
        cell_id=cell_id,
        with_outputs=with_outputs,
    )
    write_notebook(target, document)
    if output.as_json:
        print_json({"path": str(target.absolute()), "revision": None})
    else:
        output.say(f"Wrote r{revision.number} to {target}. {path} is as it was.")


def _tell(
    output: Output, notebook: Notebook, path: Path, revision: Revision, done: Brought
) -> None:
    """Say what a restore did, and the way back."""
    from nbtrack.history.restore import Restored
    from nbtrack.present import revision_info

    store, made = output.open_store(), done.revision
    if output.as_json:
        info = None if made is None else revision_info(store, made)
        masked = list(done.masked)
        print_json({"path": str(path.absolute()), "revision": info, "masked_cells": masked})
        return
    if made is None:
        output.say(f"Nothing to restore: {path} is as in r{revision.number} where it is open.")
        return
    if done.open_at:
        output.say(
            f"Restored r{revision.number} where {path} is open ({done.open_at}); that is "
            f"r{made.number} now. It is not saved yet, and can be undone there."
        )
    else:
        output.say(f"Restored r{revision.number} into {path}; that is r{made.number} now.")
    if warning := Restored(made, done.masked).warning:
        output.say(warning)
    undo_id = made.parent_id or notebook.latest_revision_id
    if undo_id is not None:
        undo = store.get_revision(undo_id)
        output.say(f"Take it back with: nbtrack history restore {path} r{undo.number}")
