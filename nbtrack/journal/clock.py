"""The time of one process: the wall clock's when a run begins, and steady from there on.

The wall clock is set ahead and back: by hand, by NTP, by a virtual machine that wakes up. What
one run records must not follow it, or points and runs would end before they began, and the
last point would not be the last. So the wall clock is read only while no run is going on, and
time is counted on from there by a clock that only goes forward, through a laptop's sleep too.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _counter() -> tuple[Callable[[int], int], int]:
    """What reads the nanoseconds since some moment, sleep included where the system can say it."""
    if hasattr(time, "CLOCK_BOOTTIME"):
        return time.clock_gettime_ns, time.CLOCK_BOOTTIME
    if sys.platform == "darwin":
        # Unlike time.monotonic, which stands still while a Mac sleeps.
        return time.clock_gettime_ns, time.CLOCK_MONOTONIC
    return lambda _: time.monotonic_ns(), 0


class Clock:
    """Gives the instants of what one process records.

    ``read``, ``source`` and ``offset_ns`` are open to `journal.appender`, which adds up
    ``read(source) + offset_ns`` in place: a call here would cost it more than the clock does.

    Args:
        wall_ns: the nanoseconds since 1970, as the system has them.
        steady_ns: a counter of nanoseconds that never goes back; the system's by default.
    """

    __slots__ = ("_wall_ns", "offset_ns", "read", "source", "system_id")

    def __init__(
        self,
        wall_ns: Callable[[], int] = time.time_ns,
        steady_ns: Callable[[], int] | None = None,
    ) -> None:
        self._wall_ns = wall_ns
        self.read: Callable[[int], int]
        self.read, self.source = _counter() if steady_ns is None else (lambda _: steady_ns(), 0)
        self.system_id = self.source if self.read is time.clock_gettime_ns else -1
        """Of the system's clock that it reads; -1 where it reads none of those."""
        self.offset_ns = 0
        self.set()

    def set(self) -> None:
        """Take over the wall clock's time. Only while nothing is measured."""
        self.offset_ns = self._wall_ns() - self.read(self.source)

    def now_ns(self) -> int:
        """Nanoseconds since 1970."""
        return self.read(self.source) + self.offset_ns

    def now(self) -> datetime:
        """The same as an instant, to the microsecond."""
        return _EPOCH + timedelta(microseconds=self.now_ns() // 1000)
