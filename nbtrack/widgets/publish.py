"""One updatable display in the outputs of one cell, from any thread.

A display made by another thread would go to whatever cell runs then, so the cell's request is
noted first and each message names it as its parent.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell


class CellDisplay:
    """A display in the outputs of the cell that runs now.

    Args:
        shell: where it runs. A terminal has no updatable displays: there, only the last state
            is printed.
    """

    def __init__(self, shell: InteractiveShell) -> None:
        publisher: Any = shell.display_pub
        self._publisher = publisher
        self.live = hasattr(publisher, "pub_socket") and hasattr(publisher, "session")
        self._parent = dict(publisher.parent_header) if self.live else {}
        self._display_id = f"nbtrack-{uuid.uuid4().hex}"

    def show(self, bundle: dict[str, Any]) -> None:
        """Display for the first time, or again after the cell cleared its outputs."""
        self._send("display_data", bundle)

    def update(self, bundle: dict[str, Any]) -> None:
        """Change what is displayed."""
        self._send("update_display_data", bundle)

    def _send(self, kind: str, bundle: dict[str, Any]) -> None:
        if not self.live:
            self._publisher.publish(bundle)
            return
        content = {
            "data": bundle,
            "metadata": {},
            "transient": {"display_id": self._display_id},
        }
        session = self._publisher.session
        message = session.msg(kind, content, parent=self._parent)
        session.send(self._publisher.pub_socket, message, ident=self._publisher.topic)
