"""Which run a log call goes to.

Each thread has its own stack of active runs, as in MLflow. A thread that started none, such as
a worker of a pool inside a tracked cell, logs to the run that is active in the main thread, so
that nothing it logs is lost or ends up in a run of its own.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nbtrack.tracking.run import ActiveRun


class ActiveRuns(threading.local):
    """The active runs of one session; each thread sees its own stack.

    ``top`` is this thread's innermost run, None if it has none of its own.
    """

    _main: list[ActiveRun]

    def __init__(self, main: list[ActiveRun]) -> None:
        # threading.local calls this once in each thread, with the same list for the main one.
        self._main = main
        in_main = threading.current_thread() is threading.main_thread()
        self.stack: list[ActiveRun] = main if in_main else []
        self.top: ActiveRun | None = self.stack[-1] if self.stack else None

    def push(self, run: ActiveRun) -> None:
        """Make a run this thread's innermost one."""
        self.stack.append(run)
        self.top = run

    def remove(self, run: ActiveRun) -> None:
        """Take a run off this thread's stack, wherever it is; fine if it is not there."""
        if run in self.stack:
            self.stack.remove(run)
        self.top = self.stack[-1] if self.stack else None

    def above(self, run: ActiveRun) -> list[ActiveRun]:
        """Runs begun after a run in this thread and still active, innermost first."""
        if run not in self.stack:
            return []
        return self.stack[: self.stack.index(run) : -1]

    def current(self) -> ActiveRun | None:
        """The run that a log call in this thread goes to."""
        if self.top is None:
            return self._main[-1] if self._main else None
        return self.top
