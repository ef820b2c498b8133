"""A wait for the writer in a notebook: one output of the cell, which changes as it goes on."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell


class WaitOutput:
    """Shows how a wait goes, for `nbtrack.tracking.waiting`.

    Args:
        shell: whose cell waits.
    """

    def __init__(self, shell: InteractiveShell) -> None:
        self._shell = shell
        self._display_id: str | None = None

    def __call__(self, text: str, last: bool) -> None:
        """Put a text in the place of the one before."""
        update = self._display_id is not None
        self._display_id = self._display_id or uuid.uuid4().hex
        self._shell.display_pub.publish(
            {"text/plain": text}, transient={"display_id": self._display_id}, update=update
        )
        if last:
            self._display_id = None
