"""Recording a state of a notebook as a revision, or finding that it is the latest one already.

What makes a new revision: an execution when the code is another than the latest revision's; a
save when anything is, what the front end notes by itself aside; opening when the code is
another than before; what was edited outside when anything is; a restore always, and a checkpoint
unless the latest revision is that very one. Everything else is the latest revision itself.
Saves that follow each other closely become one revision, see `nbtrack.history.bursts`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime

from nbtrack.entities import CellVersion, Manifest, Revision, RevisionReason
from nbtrack.errors import BlobMissingError, NotFoundError, StateError
from nbtrack.history.blobs import reader
from nbtrack.history.bursts import is_one_burst
from nbtrack.history.diff import changes_of, diff
from nbtrack.history.manifest import EncodedNotebook, manifest_digests
from nbtrack.history.match import Texts, match_cells
from nbtrack.store.base import NewRevision, Store

ATTEMPTS = 20
RECENT = 100
OUTSIDE_ORIGIN = "outside"
_EMPTY = Manifest(cells=(), metadata_digest="")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A state of a notebook, and why it is looked at.

    Args:
        encoded: the document.
        reason: what made it known.
        author: who; from the server's identity.
        at: when.
        msg_id: the execute request that runs from this state; is linked to the revision.
        cell_id: the cell that the reason is about.
        label: names a checkpoint.
        restored_from: the revision that was brought back.
        origin: from where, as `Revision.origin`.
        replace_link: whether this snapshot knows better than an earlier one of the same
            ``msg_id``.
    """

    encoded: EncodedNotebook
    reason: RevisionReason
    author: str
    at: datetime
    msg_id: str | None = None
    cell_id: str | None = None
    label: str | None = None
    restored_from: str | None = None
    origin: str = ""
    replace_link: bool = True


@dataclass(frozen=True, slots=True)
class Recorded:
    """The revision that holds a snapshot's state, and whether it had to be made."""

    revision: Revision
    created: bool


def record(store: Store, notebook_id: str, snapshot: Snapshot) -> Recorded:
    """Record a snapshot of a notebook.

    Safe to call for one notebook from several threads and processes at once: each state is
    compared with the revision it is recorded upon.

    Raises:
        NotFoundError: no such notebook.
        StateError: other writers kept recording revisions of this notebook all the time.
    """
    for _ in range(ATTEMPTS):
        recorded = _attempt(store, notebook_id, snapshot)
        if recorded is not None and (recorded.created or _linked(store, snapshot, recorded)):
            return recorded
    raise StateError("this notebook is being recorded by too many writers at once")


def _linked(store: Store, snapshot: Snapshot, recorded: Recorded) -> bool:
    """Join the execution to a revision that was there; False where a save took its place."""
    if snapshot.msg_id is not None:
        revision_id = recorded.revision.revision_id
        try:
            store.link_execution(snapshot.msg_id, revision_id, replace=snapshot.replace_link)
        except NotFoundError:
            return False
    return True


def adopt_ids(encoded: EncodedNotebook, known: Manifest, texts: Texts) -> EncodedNotebook:
    """Give cells that came without an id the one their like has in a known revision.

    Files of nbformat 4.4 and older bear no ids, while a front end that has one open gives its
    cells some: without this the same notebook would be another one at each save.
    """
    if not encoded.made_ids:
        return encoded
    pairs = match_cells(known, encoded.manifest, texts)
    taken = set(encoded.own_ids)
    cells: list[CellVersion] = []
    for index, cell in enumerate(encoded.manifest.cells):
        like = known.cells[pairs[index]].cell_id if index in pairs else cell.cell_id
        if cell.cell_id in encoded.made_ids and like not in taken:
            cell = replace(cell, cell_id=like)
        taken.add(cell.cell_id)
        cells.append(cell)
    if len({cell.cell_id for cell in cells}) != len(cells):
        return encoded
    manifest = replace(encoded.manifest, cells=tuple(cells))
    return EncodedNotebook(manifest, encoded.blobs, encoded.made_ids)


def _attempt(store: Store, notebook_id: str, snapshot: Snapshot) -> Recorded | None:
    """One try; None when another writer was faster."""
    _, latest, parent = store.present(notebook_id)
    texts = reader(store, snapshot.encoded.blobs)
    if latest is None or parent is None:
        return _add(store, notebook_id, snapshot, snapshot.encoded, None, texts)
    _require_pieces(store, snapshot.encoded, parent)
    encoded = adopt_ids(snapshot.encoded, parent, texts)
    if not _is_new(snapshot, encoded, latest, parent, texts):
        return Recorded(latest, created=False)
    if snapshot.reason is RevisionReason.OPEN and not _was_there(store, notebook_id, encoded):
        snapshot = replace(snapshot, reason=RevisionReason.OUTSIDE, origin=OUTSIDE_ORIGIN)
    if snapshot.reason is RevisionReason.SAVE and latest.parent_id is not None:
        before = store.get_revision(latest.parent_id)
        author, origin = snapshot.author, snapshot.origin
        if is_one_burst(
            snapshot.reason, author, origin, snapshot.at, latest=latest, before=before
        ) and (replaced := _replace(store, notebook_id, snapshot, encoded, latest, before, texts)):
            return replaced
    return _add(store, notebook_id, snapshot, encoded, (latest, parent), texts)


def _replace(
    store: Store,
    notebook_id: str,
    snapshot: Snapshot,
    encoded: EncodedNotebook,
    latest: Revision,
    before: Revision,
    texts: Texts,
) -> Recorded | None:
    """Record a state in the place of the latest revision; None where that one is used."""
    parent = (before, store.get_manifest(before.revision_id))
    return _add(store, notebook_id, snapshot, encoded, parent, texts, replaces=latest.revision_id)


def _require_pieces(store: Store, encoded: EncodedNotebook, parent: Manifest) -> None:
    """Make sure that what a document names is there: some of it may have been forgotten since.

    Raises:
        StateError: a piece is gone; the whole document is needed.
    """
    named = manifest_digests(encoded.manifest) - encoded.blobs.keys() - manifest_digests(parent)
    if named:
        try:
            store.get_blobs(named)
        except BlobMissingError as error:
            raise StateError("a piece of the notebook was forgotten; send it whole") from error


def _is_new(
    snapshot: Snapshot,
    encoded: EncodedNotebook,
    latest: Revision,
    parent: Manifest,
    texts: Texts,
) -> bool:
    match snapshot.reason:
        case RevisionReason.RESTORE:
            return True
        case RevisionReason.CHECKPOINT:
            same = (latest.reason, latest.label) == (snapshot.reason, snapshot.label)
            return not same or encoded.content_digest != latest.content_digest
        case RevisionReason.EXECUTE:
            return encoded.text_digest != latest.text_digest
        case RevisionReason.OPEN:
            return code_of(encoded.manifest) != code_of(parent)
        case RevisionReason.SAVE | RevisionReason.BEFORE_RESTORE | RevisionReason.OUTSIDE:
            if encoded.content_digest == latest.content_digest:
                return False
            return encoded.manifest.cells != parent.cells or _metadata_differs(
                encoded.manifest, parent, texts
            )


def _metadata_differs(new: Manifest, old: Manifest, texts: Texts) -> bool:
    """Whether the notebooks' metadata differ in more than what a front end writes by itself.

    JupyterLab notes the kernel's ``language_info`` when a notebook is first run.
    """
    digests = (new.metadata_digest, old.metadata_digest)
    found = texts(set(digests))
    ours, theirs = (json.loads(found[digest]) for digest in digests)
    for metadata in (ours, theirs):
        metadata.pop("language_info", None)
    return bool(ours != theirs)


def _was_there(store: Store, notebook_id: str, encoded: EncodedNotebook) -> bool:
    """Whether a recent revision shows this code: then unsaved edits were given up, and nobody
    edited the file elsewhere."""
    recent = store.list_revisions(notebook_id, limit=RECENT).items
    return any(revision.text_digest == encoded.text_digest for revision in recent)


def code_of(manifest: Manifest) -> list[tuple[str, str]]:
    """What was written, ids aside: they are made anew each time an old file is opened."""
    return [(cell.cell_type, cell.source_digest) for cell in manifest.cells]


def _add(
    store: Store,
    notebook_id: str,
    snapshot: Snapshot,
    encoded: EncodedNotebook,
    parent: tuple[Revision, Manifest] | None,
    texts: Texts,
    *,
    replaces: str | None = None,
) -> Recorded | None:
    before = _EMPTY if parent is None else parent[1]
    parent_id = None if parent is None else parent[0].revision_id
    try:
        revision = store.add_revision(
            NewRevision(
                notebook_id=notebook_id,
                manifest=encoded.manifest,
                text_digest=encoded.text_digest,
                content_digest=encoded.content_digest,
                reason=snapshot.reason,
                author=snapshot.author,
                created_at=snapshot.at,
                changes=changes_of(diff(before, encoded.manifest, texts), texts),
                cell_id=snapshot.cell_id,
                label=snapshot.label,
                restored_from=snapshot.restored_from,
                origin=snapshot.origin,
                expect_parent=True,
                parent_id=parent_id,
                replaces=replaces,
                msg_id=snapshot.msg_id,
                replace_link=snapshot.replace_link,
            ),
            encoded.blobs.values(),
        )
    except StateError:
        if replaces is None and store.get_notebook(notebook_id).latest_revision_id == parent_id:
            raise
        return None
    return Recorded(revision, created=True)
