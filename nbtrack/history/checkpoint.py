"""Naming a state of a notebook on purpose.

A checkpoint is a revision of its own, also when nothing changed since the latest one: it says
who named the state, when, and how. No thinning takes it away.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from nbtrack.entities import RevisionReason, utc_now
from nbtrack.errors import NotFoundError, UsageError
from nbtrack.history.commits import note_commit
from nbtrack.history.files import read_notebook
from nbtrack.history.identity import resolve
from nbtrack.history.manifest import EncodedNotebook, encode
from nbtrack.history.outside import note_written
from nbtrack.history.record import Recorded, Snapshot, record
from nbtrack.store.base import Store


def checkpoint(
    store: Store,
    notebook_id: str,
    state: EncodedNotebook,
    label: str,
    *,
    author: str,
    at: datetime | None = None,
    origin: str = "",
) -> Recorded:
    """Record a state of a notebook under a name.

    The same name for the same state twice in a row is one checkpoint.

    Args:
        store: where the history is.
        notebook_id: whose.
        state: what is named.
        label: the name; another revision may bear the same one.
        author: who names it.
        at: when; now by default.
        origin: from where, as `Revision.origin`.

    Raises:
        UsageError: the label is blank.
        NotFoundError: no such notebook.
    """
    name = label.strip()
    if not name:
        raise UsageError("a checkpoint needs a label")
    reason, now = RevisionReason.CHECKPOINT, utc_now()
    snapshot = Snapshot(state, reason, author, at or now, label=name, origin=origin)
    return record(store, notebook_id, snapshot)


def checkpoint_file(
    store: Store, path: Path, label: str, *, author: str, origin: str = ""
) -> Recorded:
    """Record what stands in a notebook's file under a name.

    Args:
        store: where the history is; a notebook that is new to it is made known.
        path: of the file.
        label: as for `checkpoint`.
        author: who names it.
        origin: from where, as `Revision.origin`.

    Raises:
        NotFoundError: there is no such file.
        UsageError: it is not a notebook, or the label is blank.
    """
    document = read_notebook(path)
    if document is None:
        raise NotFoundError("file", str(path))
    state = encode(document)
    notebook = resolve(store, str(path.absolute()), cell_ids=state.own_ids)
    made = checkpoint(store, notebook.notebook_id, state, label, author=author, origin=origin)
    note_written(store, notebook, made.revision.revision_id)
    note_commit(store, made.revision, notebook.path)
    return made
