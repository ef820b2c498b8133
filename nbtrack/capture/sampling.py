"""The part of a tracked cell that samples the machine while the cell runs, if it runs for long.

One thread of the process looks once a second whether a cell has run long enough, and sleeps for
good when no cell has run for a while: a short cell costs an append to a list.
"""

from __future__ import annotations

import os
import threading
import time
from typing import TYPE_CHECKING

from nbtrack.capture.facts import Append, CellSink, Outcome
from nbtrack.capture.machine import Machine
from nbtrack.capture.policy import Guard
from nbtrack.entities import Origin

if TYPE_CHECKING:
    from nbtrack.capture.parts import CellContext

SYSTEM = Origin("system")
_LOOK_EVERY_S = 1.0
_SPREAD = 100
"""A sample is taken each second, and later each hundredth of the time that the cell has run:
some hundred points for any duration."""
_IDLE_AFTER_S = 60.0


class SystemMetrics:
    """Samples the machine for one cell.

    Args:
        context: of the cell.
    """

    def __init__(self, context: CellContext) -> None:
        self._give = context.give
        self._report = context.report
        self._began_s = time.monotonic()
        self._next_s = self._began_s + context.config.system_metrics_after_s
        self._machine: Machine | None = None
        self._series: dict[str, Append] = {}
        self._count = 0

    def start(self) -> None:
        """The cell is about to run."""
        _sampler().add(self)

    def finish(self, outcome: Outcome) -> None:
        """The cell is over: no sample comes after this returned."""
        _sampler().remove(self)

    def look(self, now_s: float) -> dict[str, float] | None:
        """A sample, if one is due."""
        if self._machine is None:
            self._machine = Machine()
            return None
        return self._machine.sample() if now_s >= self._next_s else None

    def keep(self, sample: dict[str, float], now_s: float) -> None:
        """Hand a sample over."""
        step, at_ns = self._count, time.time_ns()
        self._count += 1
        self._next_s = now_s + max(_LOOK_EVERY_S * 0.9, (now_s - self._began_s) / _SPREAD)
        for key in sample:
            if key not in self._series:
                self._report.captured("metric", key, SYSTEM)
        self._give(lambda sink: self._append(sink, sample, step, at_ns))

    def _append(self, sink: CellSink, sample: dict[str, float], step: int, at_ns: int) -> None:
        for key, value in sample.items():
            append = self._series.get(key)
            if append is None:
                append = self._series[key] = sink.series(key, SYSTEM)
            append(step, at_ns, value)


class _Sampler:
    """The thread that looks after the cells that run."""

    def __init__(self) -> None:
        self.pid = os.getpid()
        self._cells: list[SystemMetrics] = []
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._asleep = False
        self._guard = Guard()
        self._thread: threading.Thread | None = None

    def add(self, cell: SystemMetrics) -> None:
        self._cells.append(cell)
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="nbtrack machine", daemon=True)
            self._thread.start()
        elif self._asleep:
            self._wake.set()

    def remove(self, cell: SystemMetrics) -> None:
        with self._lock:
            if cell in self._cells:
                self._cells.remove(cell)

    def _work(self) -> None:
        busy_s = time.monotonic()
        while True:
            self._asleep = time.monotonic() - busy_s > _IDLE_AFTER_S and not self._cells
            self._wake.wait(None if self._asleep else _LOOK_EVERY_S)
            if self._asleep:
                self._wake.clear()
                busy_s = time.monotonic()
            for cell in list(self._cells):
                busy_s = time.monotonic()
                self._guard.run("sampling the machine", lambda cell=cell: self._look(cell), None)  # type: ignore[misc]

    def _look(self, cell: SystemMetrics) -> None:
        now_s = time.monotonic()
        sample = cell.look(now_s)
        with self._lock:
            if sample is not None and cell in self._cells:
                cell.keep(sample, now_s)


_the_sampler: _Sampler | None = None


def _sampler() -> _Sampler:
    """The sampler of this process: a forked child has none of its parent's threads."""
    global _the_sampler
    if _the_sampler is None or _the_sampler.pid != os.getpid():
        _the_sampler = _Sampler()
    return _the_sampler
