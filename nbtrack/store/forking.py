"""Letting a process that has a store open fork, as ``multiprocessing`` on Linux does.

SQLite keeps track of a process's locks on a file in memory, and POSIX does not hand locks to a
child: a child that inherits an open connection believes in locks that it does not have, and a
later connection of the child to that file shares the belief
(https://www.sqlite.org/howtocorrupt.html, section 2.6). So nothing may be open at the instant
of a fork: running transactions are waited for, new ones wait, and idle connections are closed;
parent and child open new ones when they need them.
"""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager

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
            self._active += 1
        try:
            yield
        finally:
            with self._changed:
                self._active -= 1
                self._changed.notify_all()

    def close(self) -> None:
        """Before a fork: nothing runs and nothing is open when this returns."""
        with self._changed:
            self._forking = True
            # Bounded: to fork with a connection open is bad, to hang for ever is worse.
            self._changed.wait_for(lambda: self._active == 0, timeout=_WAIT_S)
        self._close_idle()

    def open(self) -> None:
        """After a fork, in the parent: go on."""
        with self._changed:
            self._forking = False
            self._changed.notify_all()

    def renew(self) -> None:
        """After a fork, in the child: the threads that held or awaited the locks are not here."""
        self._reset()


_gates: weakref.WeakSet[ForkGate] = weakref.WeakSet()


def _each(action: Callable[[ForkGate], None]) -> None:
    for gate in list(_gates):
        action(gate)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=lambda: _each(ForkGate.close),
        after_in_parent=lambda: _each(ForkGate.open),
        after_in_child=lambda: _each(ForkGate.renew),
    )
