"""nbtrack's part in a kernel, put together: session, capture, runs, cards, revisions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbtrack.capture.facts import ExecutionFacts
from nbtrack.capture.hooks import CaptureHooks
from nbtrack.capture.notebook import front_end, kernel_id, notebook_hint, notebook_with
from nbtrack.config import load_config
from nbtrack.tracking.cells import Card, CellRecorder, CellRun
from nbtrack.tracking.session import Session, session, user_name

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

_GRACE_S = 5.0
"""How long the kernel waits for the front end's snapshot before it records its own."""


class KernelSide:
    """Everything of one kernel.

    Args:
        shell: its IPython shell.
    """

    def __init__(self, shell: InteractiveShell) -> None:
        self.shell = shell
        self.config = load_config()
        self._described: Session | None = None
        self._notebook: str | None = None
        self._searches_left = 5
        self._front_end = ""
        recorder = CellRecorder(
            lambda: self.session,
            card_for=self.card_for,
            before=self.find_notebook,
            after=self.executed,
        )
        self.hooks = CaptureHooks(shell, recorder, self.config)

    @property
    def session(self) -> Session:
        """The process's session, which knows this kernel."""
        current = session()
        if current is not self._described:
            self._described = current
            parent = getattr(self.shell, "get_parent", dict)()
            has_kernel = hasattr(self.shell, "kernel")
            self._front_end = front_end(self.shell.user_ns, parent, has_kernel=has_kernel)
            self._notebook = notebook_hint(self.shell.user_ns)
            current.describe(
                kernel_id=kernel_id() if has_kernel else None,
                front_end=self._front_end,
                notebook_path=self._notebook,
            )
        return current

    @property
    def front_end(self) -> str:
        """What talks to this kernel."""
        _ = self.session
        return self._front_end

    def notebook_path(self) -> str | None:
        """The notebook's path: as the store knows this kernel's, else as the kernel does."""
        current = self.session
        own = kernel_id()
        if own is not None and self._front_end == "lab":
            found = current.store.kernel_notebook(own)
            if found is not None:
                return found.path
        return self._notebook

    def find_notebook(self, facts: ExecutionFacts) -> None:
        """Look for the notebook by what is executed, where nothing else names it."""
        if self.front_end != "headless" or self._notebook is not None or not self._searches_left:
            return
        self._searches_left -= 1
        found = notebook_with(facts.source)
        if found is not None:
            self._notebook = found
            self.session.describe(notebook_path=found)

    def card_for(self, cell: CellRun) -> Card:
        """The card of a tracked cell's run."""
        from nbtrack.widgets.live import LiveCard

        return LiveCard(self.shell, cell)

    def executed(self, facts: ExecutionFacts) -> None:
        """Have the notebook's state recorded, unless a front end does it."""
        if not self.config.capture_history or self._notebook is None:
            return
        delay_s = _GRACE_S if self._front_end == "lab" else 0.0
        self.session.run_later(lambda: self._snapshot(facts), delay_s)

    def _snapshot(self, facts: ExecutionFacts) -> None:
        from nbtrack.history.kernel import record_kernel_snapshot

        store = self.session.store
        path = self.notebook_path()
        if path is None or store.execution_revision(facts.msg_id) is not None:
            return
        record_kernel_snapshot(
            store,
            notebook_path=path,
            msg_id=facts.msg_id,
            cell_id=facts.cell_id,
            source=facts.source,
            author=user_name(),
            at=facts.started_at,
        )

    def close(self) -> None:
        """Nothing more is captured; what was is kept."""
        self.hooks.track_all = False
