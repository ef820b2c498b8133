"""Endpoints about notebooks, their revisions, and snapshots of open ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jupyter_core.utils import ensure_async

from nbtrack.entities import Notebook
from nbtrack.errors import StateError, UsageError
from nbtrack.history.checkpoint import checkpoint
from nbtrack.history.commits import committed
from nbtrack.history.filmstrip import filmstrip
from nbtrack.history.lookup import revision_document
from nbtrack.history.manifest import EncodedNotebook, encode
from nbtrack.history.masks import masked_cells
from nbtrack.history.timeline import timeline
from nbtrack.present import filmstrip_info, revision_info, revision_infos
from nbtrack.server.base import ApiError, ApiHandler, decode_json, endpoint
from nbtrack.server.paths import NotebookPaths
from nbtrack.store.base import RevisionFilter, RunQuery, Store
from nbtrack.wire import (
    AskAnswer,
    CheckpointRequest,
    Done,
    Filmstrip,
    NotebookInfo,
    RevisionDocument,
    RevisionInfo,
    RevisionPage,
    RevisionPatch,
    SnapshotRequest,
)

MAX_SNAPSHOT_BYTES = 200_000_000
MAX_NUMBER = 1_000_000_000
INLINE_BODY_BYTES = 200_000
"""A larger body is decoded off the event loop."""


class OneNotebook(ApiHandler):
    """``notebooks?path=P`` or ``notebooks?notebook_id=ID``"""

    @endpoint
    async def get(self) -> None:
        """What is known of the notebook at a path, or of a known notebook."""
        path, notebook_id = self.text("path"), self.text("notebook_id")
        paths, call = self.services.paths, self.services.access.call
        if notebook_id is not None:
            self.reply(await call(notebook_info, notebook_id, paths))
        elif path is not None:
            self.reply(await call(notebook_info_at, path, paths))
        else:
            raise UsageError("name the notebook: path=… or notebook_id=…")


class NotebookRevisions(ApiHandler):
    """``notebooks/ID/revisions``"""

    @endpoint
    async def get(self, notebook_id: str) -> None:
        """A page of the history, newest first; with ``commits=1`` marked where committed."""
        limit = self.integer("limit", 50, least=1, most=1000)
        token, only = self.text("page_token"), asked_revisions(self)
        before = self.integer("before", MAX_NUMBER, least=1, most=MAX_NUMBER)
        with_commits = self.choice("commits", "0", ("0", "1")) == "1"

        def page(store: Store) -> RevisionPage:
            found = store.list_revisions(
                notebook_id, limit=limit, page_token=token, only=only, before=before
            )
            path = Path(store.get_notebook(notebook_id).path)
            in_git = committed(store, path, found.items) if with_commits else {}
            return RevisionPage(
                revisions=revision_infos(store, found.items, in_git),
                next_page_token=found.next_page_token,
            )

        self.reply(await self.services.access.call(page))


class NotebookTimeline(ApiHandler):
    """``notebooks/ID/timeline``"""

    @endpoint
    async def get(self, notebook_id: str) -> None:
        """Number and instant of all revisions, and the sessions."""
        only = asked_revisions(self)
        self.reply(await self.services.access.call(timeline, notebook_id, only))


class CellFilmstrip(ApiHandler):
    """``notebooks/ID/cells/CELL``"""

    @endpoint
    async def get(self, notebook_id: str, cell_id: str) -> None:
        """A page of a cell's texts and outputs, newest first."""
        limit = self.integer("limit", 20, least=1, most=100)
        before = self.integer("before", MAX_NUMBER, least=1, most=MAX_NUMBER)

        def strip(store: Store) -> Filmstrip:
            found = filmstrip(store, notebook_id, cell_id, limit=limit, before=before)
            return filmstrip_info(store, found)

        self.reply(await self.services.access.call(strip))


class NotebookCheckpoint(ApiHandler):
    """``notebooks/ID/checkpoint``"""

    @endpoint
    async def post(self, notebook_id: str) -> None:
        """Name the present state: of the open document, else of the file."""
        request = self.body(CheckpointRequest)
        open_id = self.services.documents.open_id(notebook_id)
        if request.document_id is None and open_id is not None:
            said = await self.services.asks.ask(open_id, command="checkpoint", label=request.label)
            self.reply(await self.services.access.call(_told, said))
            return
        if request.document_id is not None:
            state = self.services.snapshots.live(request.document_id)
        else:
            state = await self._saved_state(notebook_id)
        author, origin = self.author, self.origin

        def name(store: Store) -> RevisionInfo:
            made = checkpoint(
                store, notebook_id, state, request.label, author=author, origin=origin
            )
            return revision_info(store, made.revision)

        self.reply(await self.services.access.call(name))

    async def _saved_state(self, notebook_id: str) -> EncodedNotebook:
        path = await self.services.access.call(present_path, notebook_id, self.services.paths)
        model: dict[str, Any] = await ensure_async(
            self.services.contents_manager.get(path, content=True, type="notebook")
        )
        return await self.services.access.run(lambda: encode(model["content"]))


class OneRevision(ApiHandler):
    """``revisions/ID``"""

    @endpoint
    async def get(self, revision_id: str) -> None:
        """A line of the history."""
        self.reply(
            await self.services.access.call(
                lambda store: revision_info(store, store.get_revision(revision_id))
            )
        )

    @endpoint
    async def patch(self, revision_id: str) -> None:
        """Name a revision, or take the name away."""
        label = (self.body(RevisionPatch).label or "").strip() or None
        self.reply(
            await self.services.access.call(
                lambda store: revision_info(store, store.label_revision(revision_id, label))
            )
        )


class RevisionNotebook(ApiHandler):
    """``revisions/ID/document``"""

    @endpoint
    async def get(self, revision_id: str) -> None:
        """The whole notebook at a revision."""
        outputs = self.choice("outputs", "1", ("0", "1")) == "1"
        notebook = await self.services.access.call(revision_document, revision_id, outputs=outputs)
        masked = masked_cells(notebook)
        self.reply(RevisionDocument(revision_id=revision_id, notebook=notebook, masked=masked))


class SnapshotOfDocument(ApiHandler):
    """``snapshots``"""

    @endpoint
    async def post(self) -> None:
        """Take the live document, whole or what changed in it."""
        body = self.request.body
        if len(body) > MAX_SNAPSHOT_BYTES:
            raise ApiError(
                413,
                "too_large",
                f"the notebook has {len(body)} bytes; nbtrack keeps the history of notebooks up "
                f"to {MAX_SNAPSHOT_BYTES} bytes",
            )
        if len(body) <= INLINE_BODY_BYTES:
            request = decode_json(body, SnapshotRequest)
        else:
            request = await self.services.access.run(lambda: decode_json(body, SnapshotRequest))
        self.reply(await self.services.snapshots.take(request, self.author, self.origin))


class CloseDocument(ApiHandler):
    """``documents/ID/close``"""

    @endpoint
    async def post(self, document_id: str) -> None:
        """Forget an open document."""
        self.reply(Done(count=int(self.services.documents.close(document_id))))


def asked_revisions(handler: ApiHandler) -> RevisionFilter:
    """Which revisions the query asks for. Raises ApiError (400)."""

    def wanted(name: str) -> bool:
        return handler.choice(name, "0", ("0", "1")) == "1"

    return RevisionFilter(
        cell_id=handler.text("cell_id"),
        author=handler.text("author"),
        named=wanted("named"),
        with_runs=wanted("with_runs"),
        with_errors=wanted("with_errors"),
    )


def _told(store: Store, said: AskAnswer) -> RevisionInfo:
    if said.revision_id is None:
        raise StateError("the page that has the notebook open recorded nothing")
    return revision_info(store, store.get_revision(said.revision_id))


def notebook_info_at(store: Store, path: str, paths: NotebookPaths) -> NotebookInfo:
    """What is known of the notebook at a contents path."""
    notebook = store.find_notebook(paths.stored(path))
    if notebook is not None:
        return _notebook_info(store, notebook, path)
    return NotebookInfo(
        notebook_id=None,
        path=path,
        revision_count=0,
        run_count=0,
        latest_revision_id=None,
        copied_from=None,
    )


def notebook_info(store: Store, notebook_id: str, paths: NotebookPaths) -> NotebookInfo:
    """What is known of a notebook. Raises NotFoundError; StateError if it is not in the root."""
    path = present_path(store, notebook_id, paths)
    return _notebook_info(store, store.get_notebook(notebook_id), path)


def present_path(store: Store, notebook_id: str, paths: NotebookPaths) -> str:
    """Where a notebook is now, as the contents API names it.

    Raises:
        StateError: it is outside of this server's root directory.
    """
    path = paths.api(store.get_notebook(notebook_id).path)
    if path is None:
        raise StateError("this notebook is outside of this server's root directory")
    return path


def _notebook_info(store: Store, notebook: Notebook, path: str) -> NotebookInfo:
    return NotebookInfo(
        notebook_id=notebook.notebook_id,
        path=path,
        revision_count=notebook.revision_count,
        run_count=store.count_runs(RunQuery(notebook_id=notebook.notebook_id)),
        latest_revision_id=notebook.latest_revision_id,
        copied_from=notebook.copied_from,
    )
