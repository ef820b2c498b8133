"""The thread for slow work of a session: hashing files, profiling tables.

Apart from the writer's thread, so that a large file does not keep records from the store. What
is not done in time when the session closes is left undone.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections import deque
from collections.abc import Callable

from nbtrack.capture.policy import Guard

_NICE = 10


class Background:
    """Runs tasks one after the other; the thread is there only while there are any."""

    def __init__(self) -> None:
        self._guard = Guard()
        self.renew()

    def renew(self) -> None:
        """Forget the thread and its tasks: a forked child has only its parent's memory."""
        self._tasks: deque[Callable[[], object]] = deque()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._stopping = False

    @property
    def stopping(self) -> bool:
        """Whether the session closes: a long task should come to its end."""
        return self._stopping

    def submit(self, task: Callable[[], object]) -> None:
        """Run a task soon, after those before it."""
        with self._changed:
            if self._stopping:
                return
            self._tasks.append(task)
            if self._thread is None:
                # The name tells capture that what this thread opens is not the cell's.
                self._thread = threading.Thread(
                    target=self._work, name="nbtrack background", daemon=True
                )
                self._thread.start()

    def wait(self, timeout_s: float) -> bool:
        """Wait until everything submitted is done; False if the time ran out."""
        deadline = time.monotonic() + timeout_s
        with self._changed:
            while self._thread is not None:
                left = deadline - time.monotonic()
                if left <= 0:
                    return False
                self._changed.wait(left)
        return True

    def stop(self, timeout_s: float) -> bool:
        """Finish what can be finished in time, and leave the rest; False if there was any."""
        done = self.wait(timeout_s)
        with self._changed:
            self._stopping = True
            self._tasks.clear()
        return done

    def _work(self) -> None:
        if sys.platform == "linux":
            # There a thread has a niceness of its own: the user's cells go first.
            self._guard.run("stepping back", _step_back, None)
        while True:
            with self._changed:
                if not self._tasks:
                    self._thread = None
                    self._changed.notify_all()
                    return
                task = self._tasks.popleft()
            self._guard.run("a task in the background", task, None)


def _step_back() -> None:
    os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICE)
