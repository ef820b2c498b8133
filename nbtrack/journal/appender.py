"""What appends to a mapped journal file and publishes what it appended.

`Appender` is ``_appender.c`` where that could be compiled when nbtrack was installed, and
`PythonAppender` where not: they differ in speed only. ``NBTRACK_PURE_PYTHON=1`` takes the latter.
"""

from __future__ import annotations

import os
import struct
import threading
from importlib import import_module
from typing import TYPE_CHECKING, Any
from zlib import crc32

from nbtrack.journal.layout import POINT_BYTES, POINT_TAG, W_END, pack_point, publish_point

if TYPE_CHECKING:
    from nbtrack.journal.clock import Clock


class PythonAppender:
    """A place in a mapped file; any thread, and signal handlers, append to it.

    Attributes:
        memory: the mapped file; None while there is none.
        header: its header's words.
        position: where the next record goes, an offset in the file.
        limit: how far the file may be filled; 0 while there is none.
        start: where the records start in the file.
        base: bytes that the journal had taken before those.
        clock: gives the instants of points.
        clock_id: of the system's clock that ``clock`` reads; -1 where it reads another one.
    """

    __slots__ = (
        "_turn",
        "base",
        "clock",
        "clock_id",
        "header",
        "limit",
        "memory",
        "position",
        "start",
    )

    memory: Any
    header: Any
    position: int
    limit: int
    start: int
    base: int
    clock: Clock
    clock_id: int

    def __init__(self) -> None:
        self._turn = threading.RLock()

    def append_now(self, entry: list[int], step: int | None, value: float) -> bool:
        """Append a metric point at this moment, if there is room; the entry's step goes on.

        Args:
            entry: the series' number, and the step of the next point.
            step: of this point; None for the entry's.
            value: a float.

        Returns:
            False where there is no room: nothing was appended.

        Raises:
            TypeError: the step is no int of at most 64 bits.
        """
        clock, turn = self.clock, self._turn
        # What ``with`` does, in half its time.
        try:
            turn.acquire()
            while True:
                position = self.position
                at = entry[1] if step is None else step
                ns = clock.read(clock.source) + clock.offset_ns
                try:
                    rest = pack_point(POINT_TAG, entry[0], at, ns, value)
                except struct.error as error:
                    raise TypeError("a step is an int of at most 64 bits") from error
                checksum = crc32(rest)
                # A signal handler or finalizer that logs can come in at any call: then this
                # point stands after it, and takes the step after its.
                if self.position != position:
                    continue
                if position + POINT_BYTES > self.limit:
                    return False
                publish_point(self.memory, position, checksum, rest)
                if self.position == position:
                    break
            self.position = position = position + POINT_BYTES
            self.header[W_END] = position
            entry[1] = at + 1
            return True
        finally:
            try:  # noqa: SIM105 - suppress() costs as much as the lock
                turn.release()
            except RuntimeError:
                # An interrupt came while another thread had it.
                pass

    def publish(self, block: bytes) -> bool:
        """Append whole records, if there is room for them; whether there was."""
        size = len(block)
        with self._turn:
            # There is no call between looking at the position and moving it.
            if self.position + size > self.limit:
                return False
            begin = self.position
            self.memory[begin : begin + size] = block
            self.position = begin + size
            self.header[W_END] = begin + size
            return True

    def move(
        self,
        copied: int,
        memory: Any,
        header: Any,
        position: int,
        limit: int,
        start: int,
        base: int,
    ) -> bool:
        """Go on in another file, unless something was appended since ``copied``; whether so.

        Args:
            copied: the position up to which the other file has everything.
            memory, header, position, limit, start, base: of the other file, as above.
        """
        with self._turn:
            if self.position != copied:
                return False
            self.memory, self.header, self.position = memory, header, position
            self.limit, self.start, self.base = limit, start, base
            return True


if TYPE_CHECKING:
    Appender = PythonAppender
else:
    try:
        if os.environ.get("NBTRACK_PURE_PYTHON"):
            raise ImportError("asked not to use it")
        Appender = import_module("nbtrack.journal._appender").Appender
    except ImportError:
        Appender = PythonAppender
