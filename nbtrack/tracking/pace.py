"""When work in the background may be done: cells go first.

A thread in the background shares Python's lock and the processors with the cell that runs. So
what can wait is done when the kernel rests, between cells. What has waited for a while is done
beside a cell that runs for long, so seldom that it costs the cell next to nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable

_RESTS_AFTER_S = 0.1
"""A kernel that ran no cell for so long rests: running all cells leaves no such gap."""
_PATIENCE_S = 1.0
_SHARE = 0.01
"""Of one processor, for work in the background beside a cell."""

_LONGEST_PAUSE_S = 5.0


class Pace:
    """The pace of the background work of one process.

    A process that runs no cells (a script) always rests.

    Args:
        clock: seconds, counting up.

    Attributes:
        patience_s: how long cells go on before work is done beside them. Where nobody sits at
            the notebook there is no rest between cells, and nothing to wait for.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self.patience_s = _PATIENCE_S
        self._busy = False
        self._ended_at_s = -_RESTS_AFTER_S
        self._busy_since_s = 0.0
        self._not_before_s = 0.0

    def cell_began(self) -> None:
        """A cell is about to run."""
        if self.rests:
            self._busy_since_s = self._clock()
        self._busy = True

    def cell_ended(self) -> None:
        """It is over; the next one may follow at once."""
        self._busy = False
        self._ended_at_s = self._clock()

    @property
    def rests(self) -> bool:
        """Whether no cell runs, nor is one likely to begin right now."""
        return not self._busy and self._clock() - self._ended_at_s >= _RESTS_AFTER_S

    @property
    def allows(self) -> bool:
        """Whether work may be done now: at rest, or where cells have gone on for a while."""
        now_s = self._clock()
        late = now_s - self._busy_since_s >= self.patience_s and now_s >= self._not_before_s
        return late or self.rests

    def spent(self, cpu_s: float) -> None:
        """Work took so much of a processor: the next may come when that is a small share."""
        pause_s = min(cpu_s / _SHARE, _LONGEST_PAUSE_S)
        self._not_before_s = max(self._not_before_s, self._clock() + pause_s)
