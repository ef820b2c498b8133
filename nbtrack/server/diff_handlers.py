"""Endpoints that compare states of notebooks, and read what a comparison shows when opened.

A state is a recorded revision, or an open document as it was last told.
"""

from __future__ import annotations

from collections.abc import Callable

from nbtrack.errors import UsageError
from nbtrack.history.sides import Side, compare, document_side, revision_side
from nbtrack.present import notebook_diff, revision_info
from nbtrack.server.base import ApiHandler, endpoint
from nbtrack.store.base import Store
from nbtrack.wire import CellDocument, MetadataDocument, NotebookDiff, RevisionInfo

LIVE = "live"


class Diff(ApiHandler):
    """``diff``"""

    @endpoint
    async def get(self) -> None:
        """What differs between two revisions, or between one and the open document."""
        names = [self.text("old"), self.text("new")]
        if None in names:
            raise UsageError("name both sides: old=… and new=…, each a revision's id or 'live'")
        document_id = self.text("document_id")
        sides = [
            _side(self, "documents", document_id or "")
            if name == LIVE
            else _side(self, "revisions", name or "")
            for name in names
        ]

        def present(store: Store) -> NotebookDiff:
            old, new = (side(store) for side in sides)
            return notebook_diff(compare(old, new), _info(store, old), _info(store, new))

        self.reply(await self.services.access.call(present))


class StateCell(ApiHandler):
    """``revisions/ID/cells/CELL``, ``documents/ID/cells/CELL``"""

    @endpoint
    async def get(self, kind: str, state_id: str, cell_id: str) -> None:
        """One cell with its outputs."""
        side = _side(self, kind, state_id)
        self.reply(
            await self.services.access.call(
                lambda store: CellDocument(cell=side(store).cell(cell_id))
            )
        )


class StateMetadata(ApiHandler):
    """``revisions/ID/metadata``, ``documents/ID/metadata``"""

    @endpoint
    async def get(self, kind: str, state_id: str) -> None:
        """The notebook's metadata."""
        side = _side(self, kind, state_id)
        self.reply(
            await self.services.access.call(
                lambda store: MetadataDocument(metadata=side(store).metadata())
            )
        )


def _side(handler: ApiHandler, kind: str, state_id: str) -> Callable[[Store], Side]:
    """How to get at a state. Raises StateError where an open document is not held here."""
    if kind == "documents":
        live = handler.services.snapshots.live(state_id)
        return lambda store: document_side(store, live)
    return lambda store: revision_side(store, state_id)


def _info(store: Store, side: Side) -> RevisionInfo | None:
    return None if side.revision is None else revision_info(store, side.revision)
