"""Telling browsers what changed, and adopting what dead processes left behind."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Any

import msgspec

from nbtrack.entities import Changes
from nbtrack.errors import NbtrackError
from nbtrack.server.access import StoreAccess
from nbtrack.store.base import Store
from nbtrack.wire import EVENT_SCHEMA_ID, ChangeEvent

POLL_S = 0.3
ADOPT_S = 10.0
TROUBLE_S = 5.0
MAX_IDS = 500
"""An event names at most so many runs and notebooks; several events carry more."""

EVENT_SCHEMA = {
    "$id": EVENT_SCHEMA_ID,
    "version": "1",
    "title": "nbtrack changes",
    "description": "Runs and notebooks whose records changed; views that show them ask again.",
    "personal-data": False,
    "type": "object",
    "required": ["run_ids", "notebook_ids"],
    "properties": {
        "run_ids": {"type": "array", "items": {"type": "string"}},
        "notebook_ids": {"type": "array", "items": {"type": "string"}},
    },
}


class LiveChanges:
    """Asks the store for changes while the server is in use, and emits them as events.

    Begins with the first request: a server without our front end leaves the store alone.

    Args:
        access: the store.
        emit: sends an event's data.
        adopt: takes over what dead processes logged; may raise `NbtrackError`.
        log: where trouble goes.
    """

    def __init__(
        self,
        access: StoreAccess,
        emit: Callable[[dict[str, Any]], object],
        adopt: Callable[[Store], object],
        log: logging.Logger,
        *,
        poll_s: float = POLL_S,
        adopt_s: float = ADOPT_S,
    ) -> None:
        self._access = access
        self._emit = emit
        self._adopt = adopt
        self._log = log
        self._poll_s = poll_s
        self._adopt_s = adopt_s
        self._task: asyncio.Task[None] | None = None
        self._stopped = False

    def start(self) -> None:
        """Begin to watch, if not yet. On the event loop."""
        if self._task is None and not self._stopped:
            self._task = asyncio.get_running_loop().create_task(self._watch())
            self._task.add_done_callback(self._report)

    async def stop(self) -> None:
        """Stop watching. Idempotent."""
        self._stopped = True
        if self._task is not None and not self._task.done():
            self._task.cancel()
            await asyncio.wait([self._task])

    def _report(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            self._log.error("nbtrack: live changes ended", exc_info=error)

    async def _watch(self) -> None:
        cursor: int | None = None
        adopt_at = 0.0
        in_trouble = False
        while True:
            try:
                if time.monotonic() >= adopt_at:
                    await self._access.call(self._adopt)
                    adopt_at = time.monotonic() + self._adopt_s
                changes = await self._access.call(_changes, cursor)
            except (NbtrackError, OSError) as error:
                if not in_trouble:
                    self._log.warning("nbtrack: live changes pause: %s", error)
                in_trouble = True
                await asyncio.sleep(TROUBLE_S)
                continue
            in_trouble = False
            if cursor is not None:
                self._tell(changes)
            cursor = changes.cursor
            await asyncio.sleep(self._poll_s)

    def _tell(self, changes: Changes) -> None:
        runs, notebooks = list(changes.run_ids), list(changes.notebook_ids)
        while runs or notebooks:
            event = ChangeEvent(run_ids=runs[:MAX_IDS], notebook_ids=notebooks[:MAX_IDS])
            self._emit(msgspec.to_builtins(event))
            runs, notebooks = runs[MAX_IDS:], notebooks[MAX_IDS:]


def _changes(store: Store, since: int | None) -> Changes:
    return store.changes(since)
