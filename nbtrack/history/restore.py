"""Bringing a revision back into a notebook that is not open: the whole of it, or one cell."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from nbtrack.entities import Notebook, Revision, RevisionReason
from nbtrack.errors import NotFoundError
from nbtrack.history.files import read_notebook, write_notebook
from nbtrack.history.lookup import revision_document
from nbtrack.history.manifest import encode, encode_normal
from nbtrack.history.masks import masked_cells, unmasked
from nbtrack.history.normal import Json, normalise
from nbtrack.history.outside import note_written, notice_outside
from nbtrack.history.record import Snapshot, adopt_ids, record
from nbtrack.store.base import Store


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore did.

    Args:
        revision: holds the restored state.
        masked: ids of cells whose text has masked places in the file now.
    """

    revision: Revision
    masked: tuple[str, ...] = ()

    @property
    def warning(self) -> str:
        """What the user should know of it; empty for nothing."""
        if not self.masked:
            return ""
        cells = ", ".join(self.masked)
        return f"Secrets were masked when this was recorded: type them in again in cell {cells}."


def restored_document(
    present: Mapping[str, Any] | None,
    revision: Mapping[str, Any],
    *,
    cell_id: str | None = None,
    with_outputs: bool = False,
) -> Json:
    """The document after a restore.

    Outputs belong to the code that made them: a cell whose source is the same now keeps what
    it shows now, any other comes back unexecuted unless its stored outputs are asked for. What
    was masked when it was recorded is never written over the secret itself: a text that differs
    from the present one in masked places only stays as it is.

    Args:
        present: the document as it is; None when its file is gone.
        revision: the document of the revision, in normal form, with outputs.
        cell_id: bring back this cell only; the others stay as they are.
        with_outputs: bring outputs back too.

    Raises:
        NotFoundError: the revision has no such cell.
        UsageError: the present document is not a notebook of nbformat 4.
    """
    now = _with_known_ids(present, revision) if present is not None else None
    cells_now = {cell["id"]: cell for cell in now["cells"]} if now is not None else {}
    restored = {
        cell["id"]: _restored_cell(cell, cells_now.get(cell["id"]), with_outputs=with_outputs)
        for cell in revision["cells"]
    }
    if cell_id is None:
        whole = {**copy.deepcopy(dict(revision)), "cells": list(restored.values())}
        if now is not None:
            whole["metadata"] = unmasked(whole["metadata"], now["metadata"])
        return whole
    if cell_id not in restored:
        raise NotFoundError("cell", cell_id, "This revision does not have it.")
    if now is None:
        return {**copy.deepcopy(dict(revision)), "cells": [restored[cell_id]]}
    if cell_id in cells_now:
        cells = [restored[cell_id] if cell["id"] == cell_id else cell for cell in now["cells"]]
    else:
        place = _place(cell_id, list(restored), [cell["id"] for cell in now["cells"]])
        cells = [*now["cells"][:place], restored[cell_id], *now["cells"][place:]]
    return {**now, "cells": cells}


def restore_closed(
    store: Store,
    notebook: Notebook,
    revision: Revision,
    *,
    path: Path,
    author: str,
    at: datetime,
    cell_id: str | None = None,
    with_outputs: bool = False,
    origin: str = "",
) -> Restored:
    """Restore a notebook that no front end has open.

    The present state is recorded first, so that the restore itself can be taken back.

    Args:
        store: where the history is.
        notebook: which one.
        revision: what to bring back.
        path: its file, which is written whole or not at all; it may be gone.
        author: who restores.
        at: when.
        cell_id: this cell only.
        with_outputs: bring outputs back too.
        origin: from where, as `Revision.origin`.

    Returns:
        The revision that holds the restored state, and the cells that came back with masked
        places: their secrets are to be typed in again.

    Raises:
        UsageError: the file is not a notebook.
        StoreError: the file cannot be written; it is as it was.
    """
    present = read_notebook(path)
    if present is not None:
        notice_outside(store, notebook, author=author, at=at)
        reason = RevisionReason.BEFORE_RESTORE
        before = Snapshot(encode(present), reason, author, at, origin=origin)
        record(store, notebook.notebook_id, before)
    document = restored_document(
        present,
        revision_document(store, revision.revision_id),
        cell_id=cell_id,
        with_outputs=with_outputs,
    )
    write_notebook(path, document)
    after = Snapshot(
        encode(document),
        RevisionReason.RESTORE,
        author,
        at,
        cell_id=cell_id,
        restored_from=revision.revision_id,
        origin=origin,
    )
    recorded = record(store, notebook.notebook_id, after)
    note_written(store, notebook, recorded.revision.revision_id)
    return Restored(recorded.revision, masked=tuple(masked_cells(document)))


def _with_known_ids(present: Mapping[str, Any], revision: Mapping[str, Any]) -> Json:
    """The present document; cells that bear no ids get those of their like in the revision."""
    now = normalise(present)
    if now.made_ids:
        encoded, known = encode_normal(now), encode(revision)
        blobs = {**encoded.blobs, **known.blobs}
        adopted = adopt_ids(encoded, known.manifest, lambda _: blobs)
        for cell, version in zip(now.cells, adopted.manifest.cells, strict=True):
            cell["id"] = version.cell_id
    return now.document()


def _restored_cell(cell: Json, now: Json | None, *, with_outputs: bool) -> Json:
    restored: Json = copy.deepcopy(cell)
    if now is not None:
        for part in ("source", "metadata"):
            restored[part] = unmasked(restored[part], now[part])
    if restored["cell_type"] != "code" or with_outputs:
        return restored
    keeps = now is not None and now["cell_type"] == "code" and now["source"] == restored["source"]
    restored["outputs"] = copy.deepcopy(now["outputs"]) if now is not None and keeps else []
    restored["execution_count"] = now["execution_count"] if now is not None and keeps else None
    return restored


def _place(cell_id: str, order: list[str], present: list[str]) -> int:
    """Where a cell that is gone goes back: behind the nearest cell before it that is there."""
    for before in reversed(order[: order.index(cell_id)]):
        if before in present:
            return present.index(before) + 1
    return 0
