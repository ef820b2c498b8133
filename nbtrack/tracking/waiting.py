"""Waiting for the writer, for a bounded time, and telling a person about it.

Nobody is told of a short wait. A longer one says what is left, again and again, as one line
that changes where there is a terminal or a notebook, and as a few lines of the log elsewhere.
"""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from nbtrack.journal.layout import POINT_BYTES

if TYPE_CHECKING:
    from nbtrack.journal.journal import Journal
    from nbtrack.tracking.writer import Writer

_logger = logging.getLogger("nbtrack")
_SAY_EVERY_S = 1.0
_LOG_EVERY_S = 10.0

Show = Callable[[str, bool], None]
"""Shows how a wait goes: a text in the place of the one before, and whether it is the last."""


class Waiting:
    """How one session waits.

    Args:
        journal: whose records are waited for.
        writer: that takes them into the store.
        location: of the store, for messages.

    ``show`` is how a person is told (a kernel puts its own there), and ``say_after_s`` how long
    a wait is that nobody is told of.
    """

    def __init__(self, journal: Journal, writer: Writer, location: str) -> None:
        self._journal = journal
        self._writer = writer
        self._location = location
        self.show: Show | None = None
        self.say_after_s = 3.0

    def until(self, step: Callable[[float], bool], timeout_s: float) -> bool:
        """Wait for something, and say so if that takes long.

        Args:
            step: waits for up to so many seconds; gives whether it is done.
            timeout_s: the bound.

        Returns:
            Whether it was done in time. False at once where waiting is no use: the store fails.
        """
        started = time.monotonic()
        if step(min(self.say_after_s, timeout_s)):
            return True
        show = self.show or _Console().show
        told = False
        while (left := timeout_s - (time.monotonic() - started)) > 0 and self._writer.working:
            show(f"nbtrack: writing what was logged to {self._location} ... {self._left()}", False)
            told = True
            if step(min(_SAY_EVERY_S, left)):
                took_s = time.monotonic() - started
                show(f"nbtrack: what was logged is in the store, after {took_s:.0f} s.", True)
                return True
        if told:
            show(f"nbtrack: {self._left()}", True)
        return False

    def _left(self) -> str:
        return f"about {self.records_left():,} records left"

    def records_left(self) -> int:
        """About how many records the store does not have yet; most are metric points."""
        return -(-self._journal.backlog // POINT_BYTES)


class _Console:
    """One line that changes on a terminal; elsewhere a line of the log from time to time."""

    def __init__(self) -> None:
        self._logged_at = -_LOG_EVERY_S

    def show(self, text: str, last: bool) -> None:
        stream = sys.stderr
        if stream is not None and stream.isatty():
            stream.write(f"\r\x1b[2K{text}" + ("\n" if last else ""))
            stream.flush()
        elif time.monotonic() - self._logged_at >= _LOG_EVERY_S and not last:
            self._logged_at = time.monotonic()
            _logger.warning("%s", text)
