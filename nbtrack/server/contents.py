"""What the contents manager does to notebooks, told to the history: saves, renames, copies.

Its hooks and listeners run on the event loop, in the middle of a user's save: they only queue.
One worker thread takes the queue in order, because a rename must come after the save before it.
"""

from __future__ import annotations

import asyncio
import json
import logging
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from nbtrack.entities import RevisionReason, utc_now
from nbtrack.errors import NbtrackError, UsageError
from nbtrack.history.identity import follow_copy, follow_delete, follow_rename, resolve
from nbtrack.history.manifest import encode
from nbtrack.history.outside import file_state, record_outside
from nbtrack.history.record import Snapshot, record
from nbtrack.history.switches import is_recorded
from nbtrack.server.access import StoreAccess
from nbtrack.server.beside import CommitNotes, FileStates
from nbtrack.server.identity import current_author, current_origin, system_user
from nbtrack.server.paths import NotebookPaths
from nbtrack.store.base import Store

CONTENTS_EVENTS = "https://events.jupyter.org/jupyter_server/contents_service/v1"


class ContentsWatcher:
    """Records saves, and follows notebooks to their new paths.

    Args:
        access: the store.
        paths: how notebook paths are mapped.
        files: how notebooks' files looked.
        commits: notes git commits.
        last_author: who told last of the open document at a stored path; None for nobody.
        log: where failures go; a save itself never fails because of them.
        capture: whether revisions are recorded at all.
    """

    def __init__(
        self,
        access: StoreAccess,
        paths: NotebookPaths,
        files: FileStates,
        commits: CommitNotes,
        last_author: Callable[[str], str | None],
        log: logging.Logger,
        *,
        capture: bool,
    ) -> None:
        self._access = access
        self._paths = paths
        self._files = files
        self._commits = commits
        self._last_author = last_author
        self._log = log
        self._capture = capture
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="nbtrack-contents")
        self._lock = threading.Lock()
        self._waiting: dict[str, tuple[Any, str, str]] = {}
        self._written: dict[str, str] = {}

    def before_save(self, model: Mapping[str, Any], path: str, **_: Any) -> None:
        """The contents manager's pre-save hook."""
        content = model.get("content")
        if not self._capture or model.get("type") != "notebook" or not isinstance(content, dict):
            return
        path = path.strip("/")
        self._keep_outside(path)
        with self._lock:
            queued = path in self._waiting
            author = current_author() or self._last_author(self._paths.stored(path))
            state = (copy_json(content), author or system_user(), current_origin())
            self._waiting[path] = state
        if not queued:
            self._submit(lambda store: self._save(store, path))

    async def on_event(self, logger: object, schema_id: str, data: Mapping[str, Any]) -> None:
        """The listener for the contents manager's events."""
        action, path = data["action"], data["path"].strip("/")
        source = data.get("source_path", "").strip("/")
        stored = self._paths.stored
        if action == "rename" and source:
            self._submit(lambda store: follow_rename(store, stored(source), stored(path)))
        elif action == "copy" and source:
            self._submit(lambda store: follow_copy(store, stored(source), stored(path)))
        elif action == "save":
            self._submit(lambda store: self._saved(store, path))
        elif action == "delete":
            self._submit(lambda store: follow_delete(store, stored(path)))

    async def settled(self) -> None:
        """Wait until what was queued before now is done."""
        await asyncio.sleep(0)
        await asyncio.wrap_future(self._worker.submit(lambda: None))

    def close(self) -> None:
        """Finish what is queued. Idempotent."""
        self._worker.shutdown(wait=True)

    def _submit(self, work: Callable[[Store], object]) -> None:
        def run() -> None:
            try:
                work(self._access.store())
            except NbtrackError as error:
                self._log.warning("nbtrack: a notebook's history could not be kept: %s", error)

        self._worker.submit(run).add_done_callback(self._report)

    def _report(self, done: Any) -> None:
        error = done.exception()
        if error is not None:
            self._log.error("nbtrack: following the contents failed", exc_info=error)

    def _keep_outside(self, path: str) -> None:
        """What others wrote into the file is about to be overwritten: it is read before that."""
        stored = self._paths.stored(path)
        if not self._files.was_edited(stored):
            return
        state, author = file_state(stored), current_author() or system_user()
        try:
            encoded = encode(json.loads(Path(stored).read_bytes()))
        except (OSError, ValueError, UsageError) as error:
            self._log.warning("nbtrack: what others wrote into %s is not kept: %s", path, error)
            return

        def keep(store: Store) -> None:
            notebook = store.find_notebook(stored)
            if notebook is not None and state is not None and is_recorded(store, stored):
                record_outside(store, notebook, encoded, state, author=author, at=utc_now())

        self._submit(keep)

    def _saved(self, store: Store, path: str) -> None:
        """The file is written now."""
        notebook = store.find_notebook(self._paths.stored(path))
        revision_id = self._written.get(path)
        if notebook is not None and revision_id is not None:
            self._files.note(store, notebook, revision_id)

    def _save(self, store: Store, path: str) -> None:
        with self._lock:
            content, author, origin = self._waiting.pop(path)
        encoded = encode(content)
        stored = self._paths.stored(path)
        if not encoded.manifest.cells and store.find_notebook(stored) is None:
            return
        if not is_recorded(store, stored):
            return
        notebook = resolve(store, stored, cell_ids=encoded.own_ids)
        snapshot = Snapshot(encoded, RevisionReason.SAVE, author, utc_now(), origin=origin)
        recorded = record(store, notebook.notebook_id, snapshot)
        self._written[path] = recorded.revision.revision_id
        if recorded.created:
            self._commits.note(recorded.revision, stored)


def copy_json(value: Any) -> Any:
    """A copy that later changes of the original do not reach; texts are shared."""
    if isinstance(value, dict):
        return {key: copy_json(item) for key, item in value.items()}
    if isinstance(value, list):
        return [copy_json(item) for item in value]
    return value
