"""The one audit hook of this process: tells listeners of files that are opened.

Python tells audit hooks of every ``open``, wherever in the process it happens
(https://docs.python.org/3/library/audit_events.html). A hook cannot be taken away again, so
this one is installed with the first listener and does next to nothing while there is none.
"""

from __future__ import annotations

import os
import sys
import threading
from typing import Any, Protocol

from nbtrack.capture.policy import Guard

EVENTS = frozenset(
    {"open", "os.rename", "os.remove", "os.chdir", "sqlite3.connect", "http.client.send"}
)
OWN_THREADS = "nbtrack "
"""How the names of threads begin that do nbtrack's own work: what they open is not the cell's."""


class Listener(Protocol):
    """Hears of what happens while a cell runs, in whichever thread it happens."""

    thread_id: int
    """The thread that runs the cell."""
    guard: Guard

    def heard(self, event: str, args: tuple[Any, ...]) -> None:
        """An audit event."""
        ...


_listeners: tuple[Listener, ...] = ()
_lock = threading.Lock()
_installed = False


def listen(listener: Listener) -> None:
    """Tell a listener of events from now on."""
    global _listeners, _installed
    with _lock:
        _listeners = (*_listeners, listener)
        if not _installed:
            _installed = True
            sys.addaudithook(_hook)


def leave(listener: Listener) -> None:
    """Tell a listener no more; fine if it did not listen."""
    global _listeners
    with _lock:
        _listeners = tuple(each for each in _listeners if each is not listener)


def listeners() -> tuple[Listener, ...]:
    """Who is to hear of what this thread does; nobody while no tracked cell runs.

    A thread that runs a tracked cell itself works for that cell alone; another one may work for
    any of them.
    """
    if not _listeners or threading.current_thread().name.startswith(OWN_THREADS):
        return ()
    if len(_listeners) == 1:
        return _listeners
    here = threading.get_ident()
    return tuple(each for each in _listeners if each.thread_id == here) or _listeners


def _hook(event: str, args: tuple[Any, ...]) -> None:
    if not _listeners or event not in EVENTS:
        return
    for listener in listeners():
        listener.guard.run("noting what is opened", lambda: listener.heard(event, args), None)  # noqa: B023 - called at once


def _forget_all() -> None:
    """In a forked child: what it opens is its own matter, and nobody would be told of it."""
    global _listeners, _lock
    _listeners, _lock = (), threading.Lock()


os.register_at_fork(after_in_child=_forget_all)
