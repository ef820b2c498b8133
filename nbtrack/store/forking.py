"""Letting a process that has a store open fork, as ``multiprocessing`` on Linux does.

SQLite keeps track of a process's locks on a file in memory, and POSIX does not hand locks to a
child: a child that inherits an open connection believes in locks that it does not have, and a
later connection of the child to that file shares the belief
(https://www.sqlite.org/howtocorrupt.html, section 2.6). So nothing may be open at the instant
of a fork: running transactions are waited for, new ones wait, and idle connections are closed;
parent and child open new ones when they need them. Where that cannot be had in time, the child
does not touch the store: what it logs waits in its journal for another process.
"""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from nbtrack.errors import StoreError

_WAIT_S = 5.0


class ForkGate:
    """What transactions pass through, and a fork closes.

    Args:
        close_idle: closes all connections that no transaction uses.
    """

    def __init__(self, close_idle: Callable[[], None]) -> None:
        self._close_idle = close_idle
        self._reset()
        _gates.add(self)

    def _reset(self) -> None:
        self.write_lock = threading.Lock()
        """Held by the one thread of this process that writes."""
        self._changed = threading.Condition()
        self._active = 0
        self._forking = False

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Count as running; wait first while the process forks."""
        with self._changed:
            while self._forking:
                self._changed.wait()
            _require_sound()
            self._active += 1
        try:
            yield
        finally:
            with self._changed:
                self._active -= 1
                self._changed.notify_all()

    def close(self) -> bool:
        """Before a fork: have nothing run and nothing open. Whether that is so.

        Bounded: a process that never gets to fork is worse than a child without a store.
        """
        with self._changed:
            self._forking = True
            quiet = self._changed.wait_for(lambda: self._active == 0, timeout=_WAIT_S)
        self._close_idle()
        return quiet

    def open(self) -> None:
        """After a fork, in the parent: go on."""
        with self._changed:
            self._forking = False
            self._changed.notify_all()

    def renew(self) -> None:
        """After a fork, in the child: the threads that held or awaited the locks are not here."""
        self._reset()


_gates: weakref.WeakSet[ForkGate] = weakref.WeakSet()
_opening = threading.Lock()
_held_for_fork = False
_quiet = True
_sound = True
"""Whether this process has no connections of a parent of its."""


@contextmanager
def opening() -> Iterator[None]:
    """While a store is opened, until its gate is there, no fork comes in between.

    Raises:
        StoreError: this process was forked with a connection open, and must not open another.
    """
    _require_sound()
    with _opening:
        yield


def _require_sound() -> None:
    if not _sound:
        raise StoreError(
            "this process was forked while its parent was in the middle of writing, and cannot "
            "use the store. What it logs is taken over by its parent, or by the next process"
        )


def _before() -> None:
    global _held_for_fork, _quiet
    _held_for_fork = _opening.acquire(timeout=_WAIT_S)
    _quiet = _held_for_fork
    for gate in list(_gates):
        _quiet = gate.close() and _quiet


def _in_parent() -> None:
    for gate in list(_gates):
        gate.open()
    if _held_for_fork:
        _opening.release()


def _in_child() -> None:
    global _opening, _sound
    _opening = threading.Lock()
    _sound = _sound and _quiet
    for gate in list(_gates):
        gate.renew()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before, after_in_parent=_in_parent, after_in_child=_in_child)
