"""Edits that were made without Jupyter: noticed when the file is not what it was last.

The store remembers how a notebook's file looked (`file_state`) and which revision it held when
it was last written or opened. A file that looks different is read and compared: one that holds
something else was edited by an editor, a pull or a program, and becomes a revision.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from nbtrack.capture.git import last_author
from nbtrack.entities import CellVersion, Manifest, Notebook, Revision, RevisionReason
from nbtrack.errors import UsageError
from nbtrack.history.files import read_notebook
from nbtrack.history.identity import CONTENTS_PREFIX
from nbtrack.history.manifest import EncodedNotebook, encode
from nbtrack.history.record import OUTSIDE_ORIGIN, Snapshot, record
from nbtrack.store.base import Store


def file_state(path: str) -> str | None:
    """What changes whenever a file is written; None where there is no file to look at."""
    if path.startswith(CONTENTS_PREFIX):
        return None
    try:
        found = Path(path).stat()
    except OSError:
        return None
    return f"{found.st_mtime_ns}:{found.st_size}"


def note_written(store: Store, notebook: Notebook, revision_id: str) -> None:
    """Jupyter or nbtrack has just written, or read, a notebook's file.

    Args:
        store: where that is remembered.
        notebook: whose file.
        revision_id: the revision that it holds.
    """
    state = file_state(notebook.path)
    known = (notebook.file_state, notebook.file_revision_id)
    if state is not None and known != (state, revision_id):
        store.note_file(notebook.notebook_id, state, revision_id)


def was_written(notebook: Notebook) -> bool:
    """Whether a notebook's file was written since it was looked at last."""
    if notebook.file_state is None:
        return False
    state = file_state(notebook.path)
    return state is not None and state != notebook.file_state


def notice_outside(
    store: Store,
    notebook: Notebook,
    *,
    author: str,
    at: datetime,
    reason: RevisionReason = RevisionReason.OUTSIDE,
    origin: str = OUTSIDE_ORIGIN,
) -> Revision | None:
    """Record what others wrote into a notebook's file since it was looked at last.

    Args:
        store: where the history is.
        notebook: as it is now in the store.
        author: who is taken to have edited it where git does not say: a file that is as it was
            committed was written by the author of that commit.
        at: when it is noticed; the file's own time goes before, where it fits in.
        reason, origin: of the revision; others where a front end is known to write the file.

    Returns:
        The revision of the edit; None when there was none.
    """
    if not was_written(notebook) or notebook.file_revision_id is None:
        return None
    state = file_state(notebook.path)
    encoded = _read(Path(notebook.path))
    if state is None or encoded is None:
        return None
    return record_outside(
        store, notebook, encoded, state, author=author, at=at, reason=reason, origin=origin
    )


def record_outside(
    store: Store,
    notebook: Notebook,
    encoded: EncodedNotebook,
    state: str,
    *,
    author: str,
    at: datetime,
    reason: RevisionReason = RevisionReason.OUTSIDE,
    origin: str = OUTSIDE_ORIGIN,
) -> Revision | None:
    """Record what a file was found to hold, unless that is what it held before.

    Args:
        store, notebook, author, at, reason, origin: as for `notice_outside`.
        encoded: what the file holds.
        state: how it looked when it was read.
    """
    held_id = notebook.file_revision_id
    if held_id is not None and is_alike(encoded.manifest, store.get_manifest(held_id)):
        store.note_file(notebook.notebook_id, state, held_id)
        return None
    edited_at, latest_id = at, notebook.latest_revision_id
    if latest_id is not None:
        edited_at = _when(state, store.get_revision(latest_id).created_at, at)
    by = last_author(Path(notebook.path)) if reason is RevisionReason.OUTSIDE else None
    snapshot = Snapshot(encoded, reason, by or author, edited_at, origin=origin)
    recorded = record(store, notebook.notebook_id, snapshot)
    store.note_file(notebook.notebook_id, state, recorded.revision.revision_id)
    return recorded.revision if recorded.created else None


def is_alike(one: Manifest, other: Manifest) -> bool:
    """Whether two states show the same code and the same outputs; ids and counts aside."""
    return _shown(one.cells) == _shown(other.cells)


def _shown(cells: tuple[CellVersion, ...]) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(cell.cell_type, cell.source_digest, cell.output_digests) for cell in cells]


def _when(state: str, earliest: datetime, latest: datetime) -> datetime:
    """When a file was written, between two instants: its own time may have been set to any."""
    seconds = int(state.partition(":")[0]) / 1e9
    try:
        written = datetime.fromtimestamp(seconds, latest.tzinfo)
    except (ValueError, OverflowError, OSError):
        return latest
    return min(max(written, earliest), latest)


def _read(path: Path) -> EncodedNotebook | None:
    """What a file holds; None for one that is no notebook (a merge left marks in it)."""
    try:
        document = read_notebook(path)
        return None if document is None else encode(document)
    except UsageError:
        return None
