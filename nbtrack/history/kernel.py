"""What the kernel's side knows of a notebook's state when no front end tells it."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from nbtrack.entities import RevisionReason
from nbtrack.errors import UsageError
from nbtrack.history.commits import note_commit
from nbtrack.history.identity import resolve
from nbtrack.history.manifest import encode_normal
from nbtrack.history.normal import Json, NormalNotebook, is_cell_id, made_id, normalise
from nbtrack.history.outside import note_written, notice_outside
from nbtrack.history.record import OUTSIDE_ORIGIN, Recorded, Snapshot, record
from nbtrack.store.base import Store

_WRITING = ("vscode", "colab", "lab")
"""Front ends that save the file while a kernel runs; where no extension tells, it cannot be told
from an edit by others."""


def record_kernel_snapshot(
    store: Store,
    *,
    notebook_path: str,
    msg_id: str,
    cell_id: str | None,
    source: str,
    author: str,
    at: datetime,
    origin: str,
) -> Recorded | None:
    """Record the file on disk with the cell as it was executed, and link the execution to it.

    A link that a front end made for this execution is left as it is: it saw the unsaved text
    of the other cells too. What was written into the file since it was looked at last is
    recorded first: an edit made outside, or where the front end writes the file without telling
    anybody, its save.

    Args:
        store: where the history is.
        notebook_path: absolute path of the notebook's file.
        msg_id: the execute request.
        cell_id: the executed cell, where the client said so.
        source: the code as executed.
        author: who runs the kernel.
        at: when the execution started.
        origin: what talks to the kernel, as `Revision.origin`.

    Returns:
        None when a front end had already told more, or the file is not there.

    Raises:
        UsageError: the file is not a notebook of nbformat 4.
    """
    if store.execution_revision(msg_id) is not None:
        return None
    document = _read(Path(notebook_path))
    if document is None:
        return None
    notebook = normalise(document)
    executed = with_executed(notebook, cell_id=cell_id, source=source)
    encoded = encode_normal(executed)
    own_ids = frozenset(cell["id"] for cell in notebook.cells) - notebook.made_ids
    known = resolve(store, str(Path(notebook_path).absolute()), cell_ids=own_ids)
    snapshot = Snapshot(
        encoded,
        RevisionReason.EXECUTE,
        author,
        at,
        msg_id=msg_id,
        cell_id=cell_id,
        origin=origin,
        replace_link=False,
    )
    writes = origin in _WRITING
    notice_outside(
        store,
        known,
        author=author,
        at=at,
        reason=RevisionReason.SAVE if writes else RevisionReason.OUTSIDE,
        origin=origin if writes else OUTSIDE_ORIGIN,
    )
    recorded = record(store, known.notebook_id, snapshot)
    if known.file_state is None and encoded.manifest == encode_normal(notebook).manifest:
        note_written(store, known, recorded.revision.revision_id)
    if recorded.created:
        note_commit(store, recorded.revision, known.path)
    return recorded


def with_executed(notebook: NormalNotebook, *, cell_id: str | None, source: str) -> NormalNotebook:
    """A document with one cell as it was executed.

    The cell is found by id, else by its very source; what is in no cell is put at the end.
    """
    cells = list(notebook.cells)
    by_id = [index for index, cell in enumerate(cells) if cell["id"] == cell_id]
    if by_id:
        cells[by_id[0]] = {**cells[by_id[0]], "source": source}
        return NormalNotebook(cells, notebook.metadata, notebook.nbformat_minor, notebook.made_ids)
    stripped = source.strip()
    if any(cell["cell_type"] == "code" and cell["source"].strip() == stripped for cell in cells):
        return notebook
    added: Json = {
        "cell_type": "code",
        "source": source,
        "metadata": {},
        "execution_count": None,
        "outputs": [],
    }
    taken = {cell["id"] for cell in cells}
    made = frozenset[str]()
    if is_cell_id(cell_id):
        added["id"] = cell_id
    else:
        added["id"] = made_id(added, taken)
        made = frozenset({added["id"]})
    return NormalNotebook(
        [*cells, added], notebook.metadata, notebook.nbformat_minor, notebook.made_ids | made
    )


def _read(path: Path) -> dict[str, Any] | None:
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    try:
        document = json.loads(content)
    except ValueError as error:
        raise UsageError(f"{path.name} is not a notebook: {error}") from error
    if not isinstance(document, dict):
        raise UsageError(f"{path.name} is not a notebook")
    return document
