"""Snapshots of open documents: the mirror is brought up to date, the history written."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from nbtrack.entities import Notebook, RevisionReason, utc_now
from nbtrack.errors import StateError, UsageError
from nbtrack.history.identity import resolve
from nbtrack.history.manifest import EncodedNotebook
from nbtrack.history.record import Snapshot, record
from nbtrack.history.switches import is_recorded
from nbtrack.present import revision_info
from nbtrack.server.access import StoreAccess
from nbtrack.server.beside import CommitNotes, FileStates
from nbtrack.server.documents import Document, Documents, Update
from nbtrack.server.paths import NotebookPaths
from nbtrack.store.base import Store
from nbtrack.wire import SnapshotReply, SnapshotRequest

_ASKED = ("checkpoint", "before_restore", "restore")
"""Reasons that somebody asked for: recorded also where a history is switched off."""
_LOOKING = ("open", "execute", "before_restore")
"""Reasons to look first whether others wrote the file."""


@dataclass(frozen=True, slots=True)
class Snapshots:
    """Takes snapshot requests.

    Args:
        access: the store.
        paths: how notebook paths are mapped.
        documents: the mirror.
        files: how notebooks' files looked.
        commits: notes git commits.
        settle: waits until what happened to files before now is known to the store.
        capture: whether revisions are recorded at all.
    """

    access: StoreAccess
    paths: NotebookPaths
    documents: Documents
    files: FileStates
    commits: CommitNotes
    settle: Callable[[], Awaitable[None]]
    capture: bool = True

    async def take(self, request: SnapshotRequest, author: str, origin: str) -> SnapshotReply:
        """Bring the mirror up to date and record what the reason asks for.

        Args:
            request: the document, or what changed in it.
            author: who sent it.
            origin: from which application.

        Raises:
            UsageError: the request contradicts itself or its notebook is none.
            StateError: the whole document is needed.
        """
        _check(request)
        path = self.paths.stored(request.path)
        document = self.documents.open(request.document_id)
        try:
            async with document.lock:
                return await self._take(document, request, path, author, origin)
        finally:
            self.documents.shrink()

    async def _take(
        self,
        document: Document,
        request: SnapshotRequest,
        path: str,
        author: str,
        origin: str,
    ) -> SnapshotReply:
        update = Update(
            sequence=request.sequence,
            notebook=request.notebook,
            base=request.base,
            order=request.order,
            cells=request.cells,
            metadata=request.metadata,
        )
        edited = request.reason in _LOOKING and not self.files.is_current(path)
        if document.path != path or edited:
            # A rename or a save that the contents manager told of must be followed before.
            await self.settle()
            document.path = path
        document.author = author
        state = await self.access.run(lambda: document.understand(update))
        document.keep(request.sequence, state)
        reply, stored = await self.access.call(
            self._write, document, request, state, path, author, origin
        )
        document.notebook_id = reply.notebook_id
        if stored:
            document.stored(request.sequence)
        return reply

    def live(self, document_id: str | None) -> EncodedNotebook:
        """The newest state of an open document. Raises StateError when none is held."""
        document = self.documents.held(document_id) if document_id else None
        state = document.latest if document is not None else None
        if state is None:
            raise StateError("this document is not held here; send a snapshot of it first")
        return state

    def _write(
        self,
        store: Store,
        document: Document,
        request: SnapshotRequest,
        state: EncodedNotebook,
        path: str,
        author: str,
        origin: str,
    ) -> tuple[SnapshotReply, bool]:
        """Record; says also whether every piece of the state is in the store then."""
        if request.restored_from is not None:
            store.get_revision(request.restored_from)
        notebook = self._notebook(store, document, request, state, path)
        wanted = self.capture and (request.reason in _ASKED or is_recorded(store, path))
        if request.reason == "sync" or not wanted or notebook is None:
            notebook_id = notebook.notebook_id if notebook is not None else None
            return SnapshotReply(
                sequence=request.sequence, notebook_id=notebook_id, revision=None, created=False
            ), False
        if request.reason in _LOOKING:
            self.files.notice(store, notebook, author)
        recorded = record(
            store,
            notebook.notebook_id,
            Snapshot(
                encoded=state,
                reason=RevisionReason(request.reason),
                author=author,
                at=utc_now(),
                msg_id=request.msg_id,
                cell_id=request.cell_id,
                label=(request.label or "").strip() or None,
                restored_from=request.restored_from if request.reason == "restore" else None,
                origin=origin,
            ),
        )
        if request.reason == "open" and notebook.file_state is None:
            self.files.note(store, notebook, recorded.revision.revision_id)
        if recorded.created:
            self.commits.note(recorded.revision, path)
        reply = SnapshotReply(
            sequence=request.sequence,
            notebook_id=notebook.notebook_id,
            revision=revision_info(store, recorded.revision),
            created=recorded.created,
        )
        return reply, recorded.revision.content_digest == state.content_digest

    def _notebook(
        self,
        store: Store,
        document: Document,
        request: SnapshotRequest,
        state: EncodedNotebook,
        path: str,
    ) -> Notebook | None:
        """Which notebook it is; a mere sync makes none."""
        if request.reason == "sync":
            notebook = store.find_notebook(path)
        else:
            notebook = resolve(store, path, cell_ids=state.own_ids, was=document.notebook_id)
        known = (document.kernel_id, document.notebook_id)
        if notebook is not None and request.kernel_id is not None:
            if known != (request.kernel_id, notebook.notebook_id):
                store.bind_kernel(request.kernel_id, notebook.notebook_id)
            document.kernel_id = request.kernel_id
        return notebook


def _check(request: SnapshotRequest) -> None:
    if request.sequence < 1:
        raise UsageError("sequence counts from 1")
    if not request.document_id or not request.path:
        raise UsageError("document_id and path must not be empty")
    if request.reason == "execute" and not request.msg_id:
        raise UsageError("a snapshot for execute needs msg_id")
    if request.reason == "restore" and not request.restored_from:
        raise UsageError("a snapshot for restore needs restored_from")
    if request.reason == "checkpoint" and not (request.label or "").strip():
        raise UsageError("a snapshot for checkpoint needs a label")
