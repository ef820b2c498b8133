"""What is known of notebooks' files beside the documents: how they looked, which git commit."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from nbtrack.capture.git import in_work_tree
from nbtrack.entities import Notebook, Revision, utc_now
from nbtrack.errors import NbtrackError
from nbtrack.history.commits import note_commit
from nbtrack.history.identity import CONTENTS_PREFIX
from nbtrack.history.outside import file_state, note_written, notice_outside
from nbtrack.server.access import StoreAccess
from nbtrack.store.base import Store


class FileStates:
    """How files looked when this server last knew what they hold; remembered in the store too.

    What is asked on the event loop costs a look at the file and nothing else.
    """

    def __init__(self) -> None:
        self._known: dict[str, str] = {}

    def is_current(self, path: str) -> bool:
        """Whether nobody else wrote the file of a stored path; False while nothing is known."""
        state = file_state(path)
        return state is None or self._known.get(path) == state

    def was_edited(self, path: str) -> bool:
        """Whether somebody else wrote the file since this server knew what it holds."""
        return path in self._known and not self.is_current(path)

    def note(self, store: Store, notebook: Notebook, revision_id: str) -> None:
        """The file holds a revision now."""
        note_written(store, notebook, revision_id)
        self._remember(notebook.path)

    def notice(self, store: Store, notebook: Notebook, author: str) -> Revision | None:
        """Record what others wrote into the file, if anything."""
        found = notice_outside(store, notebook, author=author, at=utc_now())
        self._remember(notebook.path)
        return found

    def _remember(self, path: str) -> None:
        state = file_state(path)
        if state is not None:
            self._known[path] = state


class CommitNotes:
    """Notes the git commit of new revisions, in the background: git is a process of its own.

    Args:
        access: the store.
        log: where failures go.
    """

    def __init__(self, access: StoreAccess, log: logging.Logger) -> None:
        self._access = access
        self._log = log
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="nbtrack-git")

    def note(self, revision: Revision, path: str) -> None:
        """Have the commit noted, where the file is in a repository."""
        if not path.startswith(CONTENTS_PREFIX) and in_work_tree(Path(path).parent):
            self._worker.submit(self._note, revision, path)

    def close(self) -> None:
        """Finish what is queued. Idempotent."""
        self._worker.shutdown(wait=True)

    def _note(self, revision: Revision, path: str) -> None:
        try:
            note_commit(self._access.store(), revision, path)
        except NbtrackError as error:
            self._log.warning("nbtrack: the commit of a revision could not be noted: %s", error)
