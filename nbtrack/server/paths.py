"""Notebook paths: as the contents API names them, and as the store keeps them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Protocol

from nbtrack.history.identity import CONTENTS_PREFIX


class ContentsManager(Protocol):
    """What is needed of Jupyter's contents manager."""

    root_dir: str


class NotebookPaths:
    """Maps between the two, by the contents manager's root directory.

    A contents manager without files on this machine keeps its own paths, as ``contents:PATH``.
    """

    def __init__(self, contents_manager: ContentsManager) -> None:
        self._os_path = getattr(contents_manager, "_get_os_path", None)
        root = getattr(contents_manager, "root_dir", "")
        self._root = Path(os.path.abspath(root)) if self._os_path is not None else None  # noqa: PTH100

    def stored(self, api_path: str) -> str:
        """The path a notebook has in the store.

        Raises:
            tornado.web.HTTPError: 404, the path leads out of the root directory.
        """
        clean = api_path.removeprefix("RTC:").strip("/")
        if self._os_path is None:
            return CONTENTS_PREFIX + clean
        return str(self._os_path(clean))

    def api(self, stored: str) -> str | None:
        """The path the contents API uses; None outside its root."""
        if stored.startswith(CONTENTS_PREFIX):
            return stored.removeprefix(CONTENTS_PREFIX) if self._root is None else None
        if self._root is None:
            return None
        try:
            return Path(stored).relative_to(self._root).as_posix()
        except ValueError:
            return None
