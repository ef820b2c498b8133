"""Records what surrounds the runs of a process: its environment, and code not yet committed.

Asked of git and of the installed packages in the background thread, a moment after each run
began; bytes that are the same as before are stored once.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from nbtrack.config import load_config
from nbtrack.entities import Origin, utc_now
from nbtrack.records import ArtifactLogged, EnvironmentCaptured

if TYPE_CHECKING:
    from nbtrack.tracking.session import Session

DIFF_PATH = "git-diff.patch"
_GIT = Origin("git")
_FRESH_S = 1.0
"""Runs that begin so closely together share what was found for the first of them."""


class Surroundings:
    """What surrounds the runs of one session.

    Args:
        session: whose runs, store and background thread.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._waiting: list[str] = []
        self._digests: dict[bytes, str] = {}
        self._found: tuple[str, bytes | None] | None = None
        self._found_at_s = 0.0

    def capture(self, run_id: str) -> None:
        """Have the surroundings of a run that begins now recorded, later."""
        if not load_config().capture_environment:
            return
        self._waiting.append(run_id)
        if len(self._waiting) == 1:
            self._session.run_later(self._record)

    def forget(self) -> None:
        """A forked child has no runs that wait; what its parent stored is stored."""
        self._waiting.clear()

    def store_again(self) -> None:
        """The store is another one: what was stored is to be stored anew."""
        self._digests.clear()
        self._found = None

    def _record(self) -> None:
        waiting, self._waiting = self._waiting, []
        if self._found is None or time.monotonic() - self._found_at_s > _FRESH_S:
            self._found = self._find()
            self._found_at_s = time.monotonic()
        environment, diff = self._found
        for run_id in waiting:
            self._session.record(EnvironmentCaptured(run_id, environment))
            if diff is not None:
                self._session.record(
                    ArtifactLogged(
                        run_id,
                        DIFF_PATH,
                        self._keep(diff),
                        len(diff),
                        "text/x-diff",
                        utc_now(),
                        _GIT,
                    )
                )

    def _find(self) -> tuple[str, bytes | None]:
        from nbtrack.capture.environment import current_directory, environment_document
        from nbtrack.capture.git import git_diff
        from nbtrack.masking import mask_text

        config = load_config()
        environment = self._keep(environment_document())
        directory = current_directory()
        diff = None
        if config.capture_git_diff and directory is not None:
            diff = git_diff(directory, config.max_diff_bytes)
        if diff is None:
            return environment, None
        return environment, (mask_text(diff) if config.mask_secrets else diff).encode()

    def _keep(self, data: bytes) -> str:
        if data not in self._digests:
            # Only what was found last can come again soon.
            self._digests = dict([*self._digests.items()][-3:])
            self._digests[data] = self._session.put_blob(data)
        return self._digests[data]
