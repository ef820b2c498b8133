"""A tracked cell's card while the cell runs: shown in time, updated in the background.

It appears before the cell's first output, or after 0.3 s, or at the end: a quick cell without
outputs shows it once. It stays where it appeared and ends in the run's final state.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from nbtrack.capture.policy import Guard
from nbtrack.widgets.card import card_bundle
from nbtrack.widgets.publish import CellDisplay
from nbtrack.widgets.runcard import Comparison, run_card

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from nbtrack.tracking.cells import CellRun

_FIRST_AFTER_S = 0.3
_EVERY_S = 0.5
_LOOKS_AFTER_S = 1.0
"""The store is asked for what the cell logged itself only where the cell runs for longer."""
_SHARE = 0.01
"""Of one processor, for keeping a card up to date."""


class LiveCard:
    """The card of one run.

    Args:
        shell: where the cell runs.
        cell: the run.
        late: the front end takes a card's last state also after the cell is over, so that the
            cell does not wait for the store to compare its run.
    """

    def __init__(self, shell: InteractiveShell, cell: CellRun, *, late: bool = False) -> None:
        self._cell = cell
        self._late = late
        self._display = CellDisplay(shell)
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._shown = False
        self._lost = False
        self._guard = Guard()
        self._comparison = Comparison(cell)
        if self._display.live:
            self._thread = threading.Thread(target=self._follow, name="nbtrack card", daemon=True)
            self._thread.start()

    def show(self) -> None:
        """Be visible from now on."""
        if self._display.live and not self._shown:
            with self._lock:
                self._put()

    def lost(self) -> None:
        """The cell clears its outputs: it draws its own state, and the card comes at the end."""
        with self._lock:
            self._shown, self._lost = False, True

    def close(self) -> None:
        """Show the run as it ended; how it compares comes when the kernel rests."""
        late = self._late and self._display.live
        if not late:
            self._guard.run("comparing the run", self._comparison.finish, None)
        with self._lock:
            self._lost = False
            self._over.set()
            self._put()
        if late:
            self._cell.session.run_later(self._compare)

    def _put(self) -> None:
        """Show the present state; the lock is held."""
        if self._lost:
            return
        bundle = card_bundle(run_card(self._cell, self._comparison))
        if self._shown:
            self._display.update(bundle)
        else:
            self._display.show(bundle)
            self._shown = True

    def _follow(self) -> None:
        self._over.wait(_FIRST_AFTER_S)
        began_at_s = time.monotonic()
        while not self._over.is_set():
            looks = time.monotonic() - began_at_s >= _LOOKS_AFTER_S
            used_s = -time.thread_time()
            self._guard.run("updating the run's card", lambda: self._update(looks), None)  # noqa: B023 - called at once
            used_s += time.thread_time()
            # A slow front end or a long list never takes more than a small share of the time.
            self._over.wait(max(_EVERY_S, used_s / _SHARE))

    def _compare(self) -> None:
        """In the background, when the store has the run as it ended."""
        self._comparison.finish()
        with self._lock:
            self._put()

    def _update(self, looks: bool) -> None:
        if looks:
            self._comparison.look()
        with self._lock:
            if not self._over.is_set():
                self._put()
