"""Endpoints about what is kept of histories: what one costs, and switching recording on and off."""

from __future__ import annotations

from nbtrack.config import load_config
from nbtrack.history.costs import history_costs
from nbtrack.history.switches import is_recorded
from nbtrack.server.base import ApiHandler, endpoint
from nbtrack.store.base import Store
from nbtrack.wire import HistoryCostInfo, HistorySwitch


class NotebookCost(ApiHandler):
    """``notebooks/ID/cost``"""

    @endpoint
    async def get(self, notebook_id: str) -> None:
        """What the history of a notebook takes, and whether it is recorded."""

        def cost(store: Store) -> HistoryCostInfo:
            notebook = store.get_notebook(notebook_id)
            [found] = history_costs(store, [notebook])
            return HistoryCostInfo(
                revisions=found.revisions,
                list_bytes=found.list_bytes,
                content_bytes=found.content_bytes,
                size_bytes=found.size_bytes,
                limit_bytes=load_config().max_notebook_history_bytes,
                recorded=is_recorded(store, notebook.path),
            )

        self.reply(await self.services.access.call(cost))


class Switch(ApiHandler):
    """``history/switch``"""

    @endpoint
    async def post(self) -> None:
        """Record the history of a notebook or of all in a folder, or do not."""
        request = self.body(HistorySwitch)
        path = self.services.paths.stored(request.path)

        def switch(store: Store) -> HistorySwitch:
            store.switch_history(path, request.recorded)
            return HistorySwitch(path=request.path, recorded=is_recorded(store, path))

        self.reply(await self.services.access.call(switch))
