"""The tags of cells as the front end tells them, which the kernel cannot know otherwise.

JupyterLab's extension sends them when a cell is scheduled, ahead of its code; see
``labextension/src/plugins/cellTags.ts``. Where nobody tells, the notebook's file has them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

COMM_TARGET = "nbtrack.cells"


class ToldTags:
    """Tags by cell id, as last told."""

    def __init__(self) -> None:
        self._tags: dict[str, tuple[str, ...]] | None = None

    def listen(self, shell: Any) -> None:
        """Take what front ends send to this shell's kernel; nothing where there is no kernel."""
        comms = getattr(getattr(shell, "kernel", None), "comm_manager", None)
        if comms is not None:
            comms.register_target(COMM_TARGET, self._opened)

    def stop(self, shell: Any) -> None:
        """Take no more."""
        comms = getattr(getattr(shell, "kernel", None), "comm_manager", None)
        if comms is not None:
            comms.unregister_target(COMM_TARGET, self._opened)

    def of(self, cell_id: str | None) -> tuple[str, ...] | None:
        """A cell's tags; None where no front end told any."""
        return None if self._tags is None else self._tags.get(cell_id or "", ())

    def _opened(self, comm: Any, message: Mapping[str, Any]) -> None:
        told = (message.get("content") or {}).get("data", {}).get("cells")
        if isinstance(told, dict):
            self._tags = {
                str(cell_id): tuple(str(tag) for tag in tags)
                for cell_id, tags in told.items()
                if isinstance(tags, list)
            }
        comm.close()
