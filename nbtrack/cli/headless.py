"""The demo without a browser: execute the notebook, edit, run again, restore, show what is kept."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbtrack.cli.output import Output, counted, duration_text, print_json
from nbtrack.cli.revision_tables import revision_line
from nbtrack.cli.texts import run_lines
from nbtrack.entities import Notebook, Revision, RevisionReason, utc_now
from nbtrack.errors import StateError, UsageError
from nbtrack.history.files import read_notebook, write_notebook
from nbtrack.present import revision_infos, run_summaries

if TYPE_CHECKING:
    from nbclient import NotebookClient

_CELL = "forest"
_EDITS = {"n_trees = 20\n": "n_trees = 300\n", "max_depth = 6\n": "max_depth = 12\n"}
_CELL_TIMEOUT_S = 600


def run_headless(output: Output, path: Path) -> int:
    """Go through the demo's story with a real kernel, and print its runs and revisions.

    Raises:
        UsageError: the copy of the notebook was changed too much for the story.
        StateError: a cell failed.
    """
    import nbformat

    began_at = utc_now()
    document: Any = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    edited = _edited_source(document, path)
    output.say(f"Executing {path}")
    with _kernel(document, path) as client:
        for index, cell in enumerate(document.cells):
            if cell.cell_type == "code":
                _execute(output, client, index)
        write_notebook(path, document)
        before = _record_save(output, path)
        output.say(f"Editing cell {_CELL}: {', '.join(text.strip() for text in _EDITS.values())}")
        index = _index(document, path)
        document.cells[index]["source"] = edited
        write_notebook(path, document)
        _execute(output, client, index)
        write_notebook(path, document)
    notebook = _restore(output, path, before)
    _report(output, notebook, began_at)
    return 0


@contextmanager
def _kernel(document: Any, path: Path) -> Iterator[NotebookClient]:
    from nbclient import NotebookClient
    from nbclient.exceptions import DeadKernelError

    client = NotebookClient(
        document,
        timeout=_CELL_TIMEOUT_S,
        kernel_name="python3",
        resources={"metadata": {"path": str(path.parent)}},
    )
    with tempfile.TemporaryFile() as log:
        # JPY_SESSION_NAME is how Jupyter Server tells a kernel its notebook.
        environment = {**os.environ, "JPY_SESSION_NAME": str(path)}
        try:
            with client.setup_kernel(env=environment, stderr=log):
                yield client
        except DeadKernelError as error:
            log.seek(0)
            said = log.read().decode(errors="replace").strip()
            raise StateError(f"the kernel died. It said:\n{said}") from error


def _execute(output: Output, client: NotebookClient, index: int) -> None:
    from nbclient.exceptions import CellExecutionError

    cell = client.nb.cells[index]
    started = time.monotonic()
    try:
        client.execute_cell(cell, index)
    except CellExecutionError as error:
        raise StateError(f"cell {cell['id']} failed: {error.ename}: {error.evalue}") from error
    output.say(f"  {cell['id']:<12} {duration_text(time.monotonic() - started)}")


def _index(document: Any, path: Path) -> int:
    for index, cell in enumerate(document.cells):
        if cell.get("id") == _CELL:
            return index
    raise UsageError(
        f"{path} has no cell {_CELL!r}: it was changed. Delete it, or choose another --directory"
    )


def _edited_source(document: Any, path: Path) -> str:
    source: str = document.cells[_index(document, path)]["source"]
    for old, new in _EDITS.items():
        if old not in source:
            raise UsageError(
                f"cell {_CELL!r} of {path} was changed: it has no {old.strip()!r}. Delete the "
                "file, or choose another --directory"
            )
        source = source.replace(old, new)
    return source


def _record_save(output: Output, path: Path) -> Revision:
    from nbtrack.history.identity import resolve
    from nbtrack.history.manifest import encode
    from nbtrack.history.outside import note_written
    from nbtrack.history.record import Snapshot, record
    from nbtrack.tracking.process import user_name

    store = output.open_store()
    encoded = encode(read_notebook(path) or {})
    notebook = resolve(store, str(path), cell_ids=encoded.own_ids)
    saved = Snapshot(encoded, RevisionReason.SAVE, user_name(), utc_now(), origin="headless")
    revision = record(store, notebook.notebook_id, saved).revision
    note_written(store, notebook, revision.revision_id)
    return revision


def _restore(output: Output, path: Path, revision: Revision) -> Notebook:
    from nbtrack.history.restore import restore_closed
    from nbtrack.tracking.process import user_name

    store = output.open_store()
    notebook = store.get_notebook(revision.notebook_id)
    restored = restore_closed(
        store,
        notebook,
        revision,
        path=path,
        author=user_name(),
        at=utc_now(),
        origin="headless",
    )
    output.say(f"Restored r{revision.number}; that is r{restored.revision.number} now.")
    return notebook


def _report(output: Output, notebook: Notebook, began_at: datetime) -> None:
    from nbtrack.store.base import RunQuery

    store = output.open_store()
    page = store.search_runs(RunQuery(notebook_id=notebook.notebook_id))
    found = [run for run in reversed(page.items) if run.started_at >= began_at]
    runs = run_summaries(store, found, path=str)
    revisions = revision_infos(store, store.list_revisions(notebook.notebook_id).items)
    if output.as_json:
        print_json(
            {
                "notebook_path": notebook.path,
                "store": store.location,
                "runs": runs,
                "revisions": revisions,
            }
        )
        return
    output.say(f"\n{counted(len(runs), 'run')}")
    for run in runs:
        for line in run_lines(run):
            output.say(line)
    output.say(f"\n{counted(len(revisions), 'revision')}, newest first")
    for revision in revisions:
        output.say(f"  {revision_line(revision)}")
    output.say(f"\nLook at them: {_command()} runs list --store {store.location}")


def _command() -> str:
    """How this command can be called again."""
    return "nbtrack" if shutil.which("nbtrack") else sys.argv[0]
