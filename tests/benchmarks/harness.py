"""What every benchmark shares: a figure beside its baseline, and medians of paired repeats.

A benchmark module ``bench_*.py`` has ``measure() -> list[Figure]``. Machines are shared and
noisy: a figure is always measured in turn with its baseline, in the same run, and what counts
is the ratio or difference of medians.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One measured figure.

    Args:
        name: what was measured, a few words.
        value: the median, in ``unit``.
        baseline: the baseline's median in the same unit, measured in the same run.
        unit: ``µs``, ``ms``, ``s``, ``MB`` ...
        compared: ``ratio`` (value / baseline), ``difference`` (value - baseline), or ``value``
            where the figure stands for itself.
        against: what the baseline is, a few words.
        goal: the largest allowed ratio, difference or value; None where there is no goal.
        at_least: the goal is the smallest allowed one instead.
    """

    name: str
    value: float
    baseline: float
    unit: str
    against: str
    compared: str = "ratio"
    goal: float | None = None
    at_least: bool = False

    @property
    def result(self) -> float:
        """The ratio, difference or value that the goal is about."""
        if self.compared == "value":
            return self.value
        if self.compared == "difference":
            return self.value - self.baseline
        return self.value / self.baseline

    @property
    def met(self) -> bool | None:
        """Whether the goal is met; None where there is none."""
        if self.goal is None:
            return None
        return self.result >= self.goal if self.at_least else self.result <= self.goal


def paired_medians(
    measured: Callable[[], object], baseline: Callable[[], object], *, repeats: int = 15
) -> tuple[float, float]:
    """Medians in seconds of two calls, timed in turn after one uncounted pair."""
    times: tuple[list[float], list[float]] = ([], [])
    for repeat in range(repeats + 1):
        for call, column in ((measured, times[0]), (baseline, times[1])):
            started = time.perf_counter()
            call()
            elapsed = time.perf_counter() - started
            if repeat:
                column.append(elapsed)
    return statistics.median(times[0]), statistics.median(times[1])


def process_clock(pid: int) -> Callable[[], float]:
    """A clock of the seconds that a process had a processor, all its threads together.

    To the nanosecond on Linux, where each process has a clock
    (https://man7.org/linux/man-pages/man3/clock_getcpuclockid.3.html); elsewhere as the system
    counts.
    """
    if sys.platform == "linux":
        number = (~pid << 3) | 2
        return lambda: time.clock_gettime(number)
    import psutil

    process = psutil.Process(pid)
    return lambda: sum(process.cpu_times()[:2])
