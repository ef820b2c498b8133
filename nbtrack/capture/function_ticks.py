"""What loops in functions do while they run: points of the names they bind, and progress.

The functions' code calls four built-in names with the number of its loop. They stay when the
cell is over, as the functions do, and then do nothing. A value is held until its iteration ends
(as a number at once, but for an array or tensor: to ask a GPU for a number makes it wait).
Threads have their values apart; calls that interleave (recursion, generators) hand over what is
pending at the next iteration of any of them, so that nothing is lost.
"""

from __future__ import annotations

import builtins
import os
import time
from collections.abc import Callable, Iterable
from threading import get_ident
from typing import Any

from nbtrack.capture.function_loops import BEGIN, END, NOTE, TICK
from nbtrack.capture.function_plan import FunctionLoop
from nbtrack.capture.policy import Guard
from nbtrack.capture.scalars import scalars_of
from nbtrack.capture.ticks import CellSeries, LoopState, known_length


class _Thread:
    """One thread in one loop: the step of its iteration, and what that has bound by slot."""

    __slots__ = ("pending", "step")

    def __init__(self) -> None:
        self.step = 0
        self.pending: dict[int, object] = {}


class FunctionWatch:
    """Follows one loop of a function.

    Args:
        plan: what the loop yields.
        series: of the cell.
        state: kept for the card when no loop of the function is around this one.
        offset: lines of the cell's source above the code.

    Attributes:
        threads: those in the loop, by their identifiers.
    """

    __slots__ = ("_keys", "_series", "_started", "_step", "state", "threads")

    def __init__(
        self, plan: FunctionLoop, series: CellSeries, state: LoopState | None, offset: int
    ) -> None:
        self._keys = tuple(
            (key, watched.line + offset)
            for key, watched in zip(plan.keys, plan.watched, strict=True)
        )
        self._series = series
        self.state = state
        self._started = False
        self._step = -1
        self.threads: dict[int, _Thread] = {}

    def begin(self, iterable: object) -> object:
        """The loop is about to start (a ``while`` loop does not say so). Returns its iterable."""
        self._flush_here()
        self._started = False
        if self.state is not None:
            self._start(self.state, known_length(iterable))
        return iterable

    def _start(self, state: LoopState, total: int | None) -> None:
        state.total = total
        state.done = 0
        state.began_at_s = time.monotonic()
        state.running = True

    def tick(self, counted: object = None) -> None:
        """An iteration begins."""
        if self._keys:
            thread = self.threads.get(get_ident())
            if thread is None:
                thread = self.threads[get_ident()] = _Thread()
            elif thread.pending:
                self._flush(thread)
            # Steps only grow, whatever the counter does: the last point is the latest.
            step = self._step + 1
            if type(counted) is int and counted > step:
                step = counted
            self._step = thread.step = step
        state = self.state
        if self._started:
            if state is not None:
                state.done += 1
            return
        self._started = True
        if state is not None and not state.running:
            self._start(state, None)

    def note(self, slot: int, value: object) -> None:
        """A watched name was bound to what may be a scalar."""
        kind = type(value)
        if hasattr(kind, "shape"):
            if not (hasattr(kind, "__float__") and tuple(value.shape) == ()):  # type: ignore[attr-defined]
                return
        elif kind is not int:
            value = scalars_of(self._keys[slot][0], value)
            if not value:
                return
        thread = self.threads.get(get_ident())
        if thread is not None:
            thread.pending[slot] = value

    def end(self) -> None:
        """The loop is left."""
        self._flush_here()
        if self.state is not None:
            self.state.done += self._started
            self.state.running = False
        self._started = False

    def finish(self) -> None:
        """The cell is over: what loops left by an error had bound."""
        for thread in list(self.threads.values()):
            self._flush(thread)
        if self.state is not None:
            self.state.running = False

    def _flush_here(self) -> None:
        thread = self.threads.get(get_ident())
        if thread is not None:
            self._flush(thread)

    def _flush(self, thread: _Thread) -> None:
        step, pending, series = thread.step, thread.pending, self._series
        for slot, value in pending.items():
            key, line = self._keys[slot]
            if type(value) is float:
                known = series.by_key.get(key)
                if known is not None and key not in series.explicit:
                    known.add(step if step > known.last_step else known.last_step + 1, value)
                    continue
            pairs = value if type(value) is list else scalars_of(key, value)
            for name, number in pairs:
                known = series.by_key.get(name)
                at = step if known is None else max(step, known.last_step + 1)
                series.add(name, line, at, number)
        pending.clear()


_begins: dict[int, Callable[..., Any]] = {}
_ticks: dict[int, Callable[..., Any]] = {}
_notes: dict[int, tuple[dict[int, _Thread], Callable[..., Any]]] = {}
_ends: dict[int, Callable[..., Any]] = {}


def follow(watches: Iterable[tuple[int, FunctionWatch]], guard: Guard) -> None:
    """Make the loops with these numbers call their watches."""
    doing = "following a loop in a function"
    for number, watch in watches:
        _begins[number] = guard.shield(doing, watch.begin)
        _ends[number] = guard.shield(doing, watch.end)
        _ticks[number] = guard.shield(doing, watch.tick)
        _notes[number] = watch.threads, guard.shield(doing, watch.note)
    for name, call in ((BEGIN, _begin), (TICK, _tick), (NOTE, _note), (END, _end)):
        setattr(builtins, name, call)


def leave(numbers: Iterable[int]) -> None:
    """The loops with these numbers are followed no longer."""
    for number in numbers:
        for calls in (_begins, _ticks, _notes, _ends):
            calls.pop(number, None)


def _begin(number: int, iterable: object) -> object:
    __tracebackhide__ = True
    call = _begins.get(number)
    return iterable if call is None else call(iterable)


def _tick(number: int, *counted: object) -> None:
    __tracebackhide__ = True
    call = _ticks.get(number)
    if call is not None:
        call(*counted)


def _note(number: int, slot: int, value: object) -> None:
    __tracebackhide__ = True
    found = _notes.get(number)
    if found is None:
        return
    threads, call = found
    if type(value) is float:
        thread = threads.get(get_ident())
        if thread is not None:
            thread.pending[slot] = value
    else:
        call(slot, value)


def _end(number: int) -> None:
    __tracebackhide__ = True
    call = _ends.get(number)
    if call is not None:
        call()


def _forget() -> None:
    """In a forked child: the journal is its parent's."""
    for calls in (_begins, _ticks, _notes, _ends):
        calls.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
