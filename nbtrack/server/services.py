"""What one server's endpoints work with, made once and stopped with the server."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from nbtrack.config import NbtrackConfig, store_location
from nbtrack.server.access import StoreAccess
from nbtrack.server.asks import ASK_SCHEMA, Asks
from nbtrack.server.beside import CommitNotes, FileStates
from nbtrack.server.contents import CONTENTS_EVENTS, ContentsWatcher
from nbtrack.server.documents import Documents
from nbtrack.server.live import EVENT_SCHEMA, LiveChanges
from nbtrack.server.paths import NotebookPaths
from nbtrack.server.snapshots import Snapshots
from nbtrack.store.base import Store
from nbtrack.wire import ASK_SCHEMA_ID, EVENT_SCHEMA_ID


@dataclass(frozen=True, slots=True)
class Services:
    """The parts, wired together."""

    access: StoreAccess
    paths: NotebookPaths
    documents: Documents
    snapshots: Snapshots
    contents: ContentsWatcher
    commits: CommitNotes
    live: LiveChanges
    asks: Asks
    contents_manager: Any
    capture_history: bool
    location: str

    async def stop(self) -> None:
        """Stop watching, finish what is queued, release the store."""
        await self.live.stop()
        self.contents.close()
        self.commits.close()
        self.access.close()


def build_services(
    *,
    contents_manager: Any,
    event_logger: Any,
    log: logging.Logger,
    config: NbtrackConfig,
    open_store: Callable[[], Store],
    adopt: Callable[[Store], object],
) -> Services:
    """Wire the parts to a server's contents manager and event system."""
    access = StoreAccess(open_store)
    paths = NotebookPaths(contents_manager)
    documents = Documents()
    files, commits = FileStates(), CommitNotes(access, log)
    contents = ContentsWatcher(
        access,
        paths,
        files,
        commits,
        documents.last_author,
        log,
        capture=config.capture_history,
    )
    event_logger.register_event_schema(EVENT_SCHEMA)
    event_logger.register_event_schema(ASK_SCHEMA)
    live = LiveChanges(
        access,
        lambda data: event_logger.emit(schema_id=EVENT_SCHEMA_ID, data=data),
        adopt,
        log,
    )
    contents_manager.register_pre_save_hook(contents.before_save)
    event_logger.add_listener(schema_id=CONTENTS_EVENTS, listener=contents.on_event)
    return Services(
        access=access,
        paths=paths,
        documents=documents,
        snapshots=Snapshots(
            access,
            paths,
            documents,
            files,
            commits,
            contents.settled,
            capture=config.capture_history,
        ),
        contents=contents,
        commits=commits,
        live=live,
        asks=Asks(lambda data: event_logger.emit(schema_id=ASK_SCHEMA_ID, data=data)),
        contents_manager=contents_manager,
        capture_history=config.capture_history,
        location=store_location(),
    )
