"""What a tracked loop does while it runs: points of the names it binds, and its progress.

`LoopWatch.tick` runs once an iteration in the user's thread. It looks at the watched names in
the user's namespace, and gives a point for each that is a scalar. It never keeps an object that
is not a number.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass

from nbtrack.capture.plan import LoopPlan, Watched
from nbtrack.capture.policy import attempt
from nbtrack.capture.printed import Printed
from nbtrack.capture.scalars import scalars_of

Append = Callable[[int, int, float], None]
THIN_AFTER = 100_000
"""Points of one series after which only every 2nd, then every 4th … is kept."""
_MISSING = object()


@dataclass(slots=True)
class LoopState:
    """How far the outermost loop is; read by another thread."""

    label: str
    done: int = 0
    total: int | None = None
    began_at_s: float = 0.0
    running: bool = False


class Series:
    """Points of one metric, over all loops of a cell that bind its name."""

    __slots__ = ("_append", "count", "last_step", "seen", "stride")

    def __init__(self, append: Append) -> None:
        self._append = append
        self.count = 0
        self.seen = 0
        self.stride = 1
        self.last_step = -1

    def add(self, step: int, value: float) -> None:
        """Keep a point, or thin it out."""
        self.seen += 1
        self.last_step = step
        if self.stride == 1 or not self.seen % self.stride:
            self._append(step, time.time_ns(), value)
            self.count += 1
            if self.count % THIN_AFTER == 0:
                self.stride *= 2


class CellSeries:
    """The series of one cell, made on first use.

    Args:
        open_series: (key, line) to a function that appends a point; None to leave it.

    Attributes:
        explicit: keys the user logged; never captured.
    """

    def __init__(self, open_series: Callable[[str, int], Append | None]) -> None:
        self._open = open_series
        self.explicit: Container[str] = ()
        self.by_key: dict[str, Series | None] = {}
        self.last_objects: dict[str, object] = {}

    def add(self, key: str, line: int, step: int, value: float) -> None:
        """A point of a series."""
        if key in self.explicit:
            return
        try:
            series = self.by_key[key]
        except KeyError:
            append = self._open(key, line)
            series = self.by_key[key] = None if append is None else Series(append)
        if series is not None:
            series.add(step, value)

    @property
    def thinned(self) -> bool:
        """Whether any series was too long to keep each point."""
        return any(series is not None and series.stride > 1 for series in self.by_key.values())

    def next_step(self, names: Iterable[Watched]) -> int:
        """The step that continues the series of these names."""
        steps = [
            series.last_step + 1
            for name in names
            if (series := self.by_key.get(name.name)) is not None
        ]
        return max(steps, default=0)


class LoopWatch:
    """Runs one loop's hooks.

    Args:
        plan: what the loop yields.
        namespace: the user's.
        series: of the cell.
        state: kept for the card when this is an outermost loop.
    """

    __slots__ = (
        "_counter",
        "_last",
        "_namespace",
        "_outer",
        "_series",
        "_started",
        "_step",
        "_targets",
        "_watched",
        "state",
    )

    def __init__(
        self,
        plan: LoopPlan,
        namespace: dict[str, object],
        series: CellSeries,
        state: LoopState | None,
    ) -> None:
        self._watched = plan.watched
        self._targets = plan.targets
        self._counter = plan.loop.counter if plan.outer else None
        self._outer = plan.outer
        self._namespace = namespace
        self._series = series
        self.state = state
        self._last: dict[str, object] = {}
        self._step = -1
        self._started = False

    @property
    def step(self) -> int:
        """Of the iteration that runs."""
        return self._step

    def begin(self, iterable: object = None) -> object:
        """The loop is about to start. Returns its iterable untouched."""
        self._started = False
        self._last.clear()
        if self._outer:
            self._step = self._series.next_step(self._watched) - 1
        if self.state is not None:
            self._begin_progress(self.state, iterable)
        return iterable

    def _begin_progress(self, state: LoopState, iterable: object) -> None:
        state.total = known_length(iterable)
        state.done = 0
        state.began_at_s = time.monotonic()
        state.running = True

    def tick(self) -> None:
        """An iteration begins."""
        namespace = self._namespace
        if self._started:
            if self._watched:
                self._capture(certain=True)
            if self.state is not None:
                self.state.done += 1
        else:
            self._started = True
            for watched in self._watched:
                value = namespace.get(watched.name, _MISSING)
                self._last[watched.name] = value if _is_small(value) else _MISSING
        step = self._step + 1
        if self._counter is not None:
            counted = namespace.get(self._counter)
            # Steps only grow, whatever the counter does: the last point is the latest.
            if type(counted) is int and counted > step:
                step = counted
        self._step = step
        for target in self._targets:
            for key, number in scalars_of(target.name, namespace.get(target.name)):
                self._series.add(key, target.line, step, number)

    def end(self, broken: bool = False) -> None:
        """The loop is left, by ``break`` in the middle of an iteration or at its end."""
        if self._started:
            if self._watched:
                self._capture(certain=not broken)
            self._started = False
            if self.state is not None:
                self.state.done += 1
        if self.state is not None:
            self.state.running = False

    def _capture(self, *, certain: bool) -> None:
        namespace, series, step = self._namespace, self._series, self._step
        for watched in self._watched:
            name = watched.name
            value = namespace.get(name, _MISSING)
            if (watched.conditional or not certain) and value is self._last.get(name):
                continue
            if type(value) is float:
                self._last[name] = series.last_objects[name] = value
                known = series.by_key.get(name)
                if known is not None and name not in series.explicit:
                    known.add(step, value)
                else:
                    series.add(name, watched.line, step, value)
                continue
            pairs = scalars_of(name, value)
            self._last[name] = value if pairs else _MISSING
            for key, number in pairs:
                series.add(key, watched.line, step, number)
            if pairs:
                series.last_objects[name] = value


class PrintWatch:
    """Notes one printed value, whenever it is printed.

    Args:
        printed: which.
        series: of the cell.
        loop: the outermost loop around it; its counter is the step.
    """

    __slots__ = ("_loop", "_printed", "_series")

    def __init__(self, printed: Printed, series: CellSeries, loop: LoopWatch | None) -> None:
        self._printed = printed
        self._series = series
        self._loop = loop

    def see(self, value: object) -> object:
        """A value on its way to be printed; given back untouched."""
        key, series = self._printed.key, self._series
        for name, number in scalars_of(key, value):
            if name == key:
                known = series.by_key.get(key)
                step = 0 if known is None else known.last_step + 1
                if self._loop is not None:
                    step = max(step, self._loop.step)
                series.add(key, self._printed.line, step, number)
        return value


def known_length(iterable: object) -> int | None:
    """How many items an iterable will give, where it says so without being iterated."""
    if isinstance(iterable, (enumerate, zip)):
        # What these iterate over tells; asking for it takes nothing from them.
        inner = iterable.__reduce__()[1]
        parts = inner[:1] if isinstance(iterable, enumerate) else inner
        lengths = [known_length(part) for part in parts]
        known = [length for length in lengths if length is not None]
        return min(known) if known and len(known) == len(lengths) else None
    kind = type(iterable)
    measure = getattr(kind, "__len__", None)
    if measure is None and kind.__module__ == "builtins":
        # An iterator of Python's own says it for nothing; another one may compute for it.
        measure = getattr(kind, "__length_hint__", None)
    if measure is None or hasattr(kind, "__dask_graph__"):
        return None
    length, _ = attempt(lambda: measure(iterable))
    return length if isinstance(length, int) and length >= 0 else None


def _is_small(value: object) -> bool:
    return value is _MISSING or bool(scalars_of("", value))
