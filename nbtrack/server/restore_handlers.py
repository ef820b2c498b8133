"""Endpoints that bring a revision back, answer a page that did, and give one as a file."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from nbtrack.entities import utc_now
from nbtrack.errors import StateError
from nbtrack.history.export import export
from nbtrack.history.identity import CONTENTS_PREFIX
from nbtrack.history.lookup import revision_document
from nbtrack.history.restore import restore_closed
from nbtrack.present import revision_info
from nbtrack.server.artifact_handlers import POLICY
from nbtrack.server.base import ApiHandler, endpoint
from nbtrack.store.base import Store
from nbtrack.wire import AskAnswer, Done, RestoreReply, RestoreRequest


class RevisionRestore(ApiHandler):
    """``revisions/ID/restore``"""

    @endpoint
    async def post(self, revision_id: str) -> None:
        """Bring a revision back: as an edit where the notebook is open, else into its file."""
        request = self.body(RestoreRequest)
        revision = await self.services.access.call(lambda store: store.get_revision(revision_id))
        document_id = self.services.documents.open_id(revision.notebook_id)
        if document_id is None:
            self.reply(await self._restore_file(revision_id, request))
            return
        said = await self.services.asks.ask(
            document_id,
            command="restore",
            revision_id=revision_id,
            cell_id=request.cell_id,
            outputs=request.outputs,
        )
        self.reply(await self.services.access.call(_answered, said))

    async def _restore_file(self, revision_id: str, request: RestoreRequest) -> RestoreReply:
        author, origin = self.author, self.origin
        has_session = await self._has_session(revision_id)

        def restore(store: Store) -> RestoreReply:
            revision = store.get_revision(revision_id)
            notebook = store.get_notebook(revision.notebook_id)
            if notebook.path.startswith(CONTENTS_PREFIX):
                raise StateError(
                    "this notebook is no file of this machine: open it, and restore it there"
                )
            if has_session:
                raise StateError(
                    "this notebook has a kernel, and may be open with unsaved edits where nbtrack "
                    "cannot see them: reload its page, or shut its kernel down"
                )
            done = restore_closed(
                store,
                notebook,
                revision,
                path=Path(notebook.path),
                author=author,
                at=utc_now(),
                cell_id=request.cell_id,
                with_outputs=request.outputs,
                origin=origin,
            )
            made = revision_info(store, done.revision)
            return RestoreReply(revision=made, masked=list(done.masked))

        return await self.services.access.call(restore)

    async def _has_session(self, revision_id: str) -> bool:
        """Whether a kernel runs for the notebook: then it is likely open somewhere."""

        def path(store: Store) -> str | None:
            notebook = store.get_notebook(store.get_revision(revision_id).notebook_id)
            return self.services.paths.api(notebook.path)

        here = await self.services.access.call(path)
        sessions = await self.settings["session_manager"].list_sessions()
        return any(session["path"].removeprefix("RTC:").strip("/") == here for session in sessions)


class Answers(ApiHandler):
    """``asks/ID``"""

    @endpoint
    async def post(self, ask_id: str) -> None:
        """What a page says that was asked to do something with its document."""
        waited = self.services.asks.answer(ask_id, self.body(AskAnswer))
        self.reply(Done(count=int(waited)))


class RevisionExport(ApiHandler):
    """``revisions/ID/export?to=FORMAT``"""

    @property
    def content_security_policy(self) -> str:
        """What some code wrote must not act as the user."""
        return POLICY

    @endpoint
    async def get(self, revision_id: str) -> None:
        """A revision as a file to save."""
        to = self.text("to") or "ipynb"

        def make(store: Store) -> tuple[str, bytes, str]:
            revision = store.get_revision(revision_id)
            path = store.get_notebook(revision.notebook_id).path
            stem = f"{PurePosixPath(path).stem}-r{revision.number}"
            made = export(revision_document(store, revision_id), to, name=stem)
            return stem + made.extension, made.content, made.media_type

        name, content, media_type = await self.services.access.call(make)
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_attachment_header(name)
        self.write(content)
        self.finish(set_content_type=media_type)


def _answered(store: Store, said: AskAnswer) -> RestoreReply:
    made = None if said.revision_id is None else store.get_revision(said.revision_id)
    return RestoreReply(
        revision=None if made is None else revision_info(store, made), masked=said.masked
    )
