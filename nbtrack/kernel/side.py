"""nbtrack's part in a kernel, put together: session, capture, runs, cards, revisions."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbtrack.capture.facts import ExecutionFacts
from nbtrack.capture.hooks import CaptureHooks
from nbtrack.capture.notebook import (
    FileCells,
    front_end,
    kernel_id,
    notebook_hint,
    notebook_with,
)
from nbtrack.capture.policy import Guard
from nbtrack.capture.skipping import SKIP_TAG, TaggedCells
from nbtrack.config import load_config
from nbtrack.entities import Notebook
from nbtrack.errors import UsageError
from nbtrack.integrations.switches import Scope, listen, switches
from nbtrack.kernel.history import (
    ExecutionHistory,
    ask_front_end,
    name_state,
    restore_file,
)
from nbtrack.kernel.tags import ToldTags
from nbtrack.kernel.waiting import WaitOutput
from nbtrack.tracking.cells import Card, CellRecorder, CellRun
from nbtrack.tracking.session import Session, session

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

_GRACE_S = 5.0
"""How long the kernel waits for the front end's snapshot before it records its own."""
_FLUSH_S = 5.0
_ANSWER_S = 3.0
_HOW_TO_TELL = "set NBTRACK_NOTEBOOK to its path before the kernel starts"


class KernelSide:
    """Everything of one kernel.

    Args:
        shell: its IPython shell.
        told: the tags of cells that a front end told.
    """

    def __init__(self, shell: InteractiveShell, told: ToldTags) -> None:
        self.shell = shell
        self._told = told
        self.config = load_config()
        self._described: Session | None = None
        self._notebook: str | None = None
        self._searches_left = 5
        self._front_end = ""
        self._history = ExecutionHistory()
        recorder = CellRecorder(
            lambda: self.session,
            card_for=self.card_for,
            after=self.executed,
        )
        self._cells = FileCells()
        self._tagged = TaggedCells()
        self.hooks = CaptureHooks(
            shell,
            recorder,
            self.config,
            cell_of=self.cell_of,
            is_tagged=self.is_tagged,
            tags_of=self.tags_of,
        )
        Guard().run("listening to libraries", self._listen, None)

    def _listen(self) -> None:
        """Have libraries' fits recorded where a run is active, unless a setting says no."""
        switches.cell = self.hooks.tracked_cell
        if self.config.autolog and switches.scope is Scope.NOWHERE:
            listen(Scope.RUNS, self.config.autolog_exclude)

    @property
    def session(self) -> Session:
        """The process's session, which knows this kernel."""
        current = session()
        if current is not self._described:
            self._described = current
            parent: dict[str, Any] = getattr(self.shell, "get_parent", dict)()
            has_kernel = hasattr(self.shell, "kernel")
            self._front_end = front_end(self.shell.user_ns, parent, has_kernel=has_kernel)
            self._notebook = notebook_hint(self.shell.user_ns)
            if self._front_end == "headless":
                current.pace.patience_s = 0.0
            if has_kernel:
                current.waiting.show = WaitOutput(self.shell)
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

    def cell_of(self, source: str) -> str | None:
        """The id of the cell that is executed, where no front end says it: by its source.

        Where nothing names the notebook either, it is looked for in the same way.
        """
        if self.front_end not in ("headless", "vscode", "colab"):
            return None
        if self._notebook is None and self._searches_left:
            self._searches_left -= 1
            self._notebook = notebook_with(source)
            if self._notebook is not None:
                self.session.describe(notebook_path=self._notebook)
        return None if self._notebook is None else self._cells.cell_id(self._notebook, source)

    def is_tagged(self, source: str, cell_id: str | None) -> bool:
        """Whether a cell has a tag that skips it: as the front end says, else the file."""
        told = self._told.of(cell_id)
        if told is not None:
            return SKIP_TAG in told
        _ = self.session
        path = self._notebook
        return path is not None and self._tagged.holds(path, source, cell_id)

    def tags_of(self, source: str, cell_id: str | None) -> tuple[str, ...]:
        """The tags of a cell: as the front end says, else the notebook's file."""
        told = self._told.of(cell_id)
        if told is not None:
            return told
        _ = self.session
        path = self._notebook
        return () if path is None else self._cells.tags(path, source, cell_id)

    def card_for(self, cell: CellRun) -> Card:
        """The card of a tracked cell's run."""
        from nbtrack.widgets.live import LiveCard

        return LiveCard(self.shell, cell, late=self.front_end == "lab")

    def executed(self, facts: ExecutionFacts) -> None:
        """Have the notebook's state recorded, unless a front end does it."""
        if not self.config.capture_history or self._notebook is None:
            return
        delay_s = _GRACE_S if self._front_end == "lab" else 0.0
        self.session.run_later(lambda: self._snapshot(facts), delay_s)

    def _snapshot(self, facts: ExecutionFacts) -> None:
        from nbtrack.history.switches import is_recorded

        path = self.notebook_path()
        if path is not None and is_recorded(self.session.store, path, self.config):
            self._history.record(self.session.store, path, facts, self._front_end)

    # What the magics ask for

    def say(self, text: str) -> None:
        """Tell the user something, as a cell's output."""
        self.shell.display_pub.publish({"text/plain": text})

    def notebook(self) -> Notebook | None:
        """This kernel's notebook in the store; None while nothing of it is recorded."""
        current = self.session
        current.flush(_FLUSH_S)
        path = self.notebook_path()
        return None if path is None else current.store.find_notebook(path)

    def show_runs(self, limit: int, filter_text: str) -> None:
        """Display this notebook's runs; this kernel's where the notebook is not known."""
        from nbtrack.present import run_summaries
        from nbtrack.store.base import RunQuery
        from nbtrack.widgets.tables import runs_bundle
        from nbtrack.wire import RunTable

        notebook = self.notebook()
        store = self.session.store
        if notebook is not None:
            query = RunQuery(filter=filter_text, notebook_id=notebook.notebook_id, limit=limit)
            runs, total = list(store.search_runs(query).items), store.count_runs(query)
            title = f"Runs of {Path(notebook.path).name}"
        else:
            own = self.session.session_id
            found = store.search_runs(RunQuery(filter=filter_text)).items
            mine = [run for run in found if run.session_id == own]
            runs, total, title = mine[:limit], len(mine), "Runs of this kernel"
        table = RunTable(title=title, runs=run_summaries(store, runs), total=total)
        self.shell.display_pub.publish(runs_bundle(table))

    def explain(self, run_text: str) -> None:
        """Display why a run holds what it holds; the latest one of this kernel by default."""
        from nbtrack.explain import explanation
        from nbtrack.present import run_detail
        from nbtrack.query import find_run
        from nbtrack.widgets.explaining import explanation_bundle

        current = self.session
        text = run_text or current.last_run_id
        if text is None:
            raise UsageError("there is no run of this kernel yet: write %%track above a cell")
        current.flush(_FLUSH_S)
        detail = run_detail(current.store, find_run(current.store, text))
        bundle = explanation_bundle(explanation(detail.run, detail.report))
        self.shell.display_pub.publish(bundle)

    def show_revisions(self, limit: int) -> None:
        """Display this notebook's revisions."""
        from nbtrack.present import revision_infos
        from nbtrack.widgets.tables import revisions_bundle
        from nbtrack.wire import RevisionTable

        notebook = self._known_notebook()
        page = self.session.store.list_revisions(notebook.notebook_id, limit=limit)
        table = RevisionTable(
            title=f"Revisions of {Path(notebook.path).name}",
            notebook_path=notebook.path,
            revisions=revision_infos(self.session.store, page.items),
        )
        self.shell.display_pub.publish(revisions_bundle(table))

    def revert(
        self, revision_text: str, *, whole: bool, cell_id: str | None, with_outputs: bool
    ) -> None:
        """Bring a revision back: as an edit in the front end, else in the file."""
        from nbtrack.history.lookup import resolve_revision

        notebook = self._known_notebook()
        store = self.session.store
        revision = resolve_revision(store, notebook.notebook_id, revision_text)
        facts = self.hooks.executing()
        if not whole and cell_id is None:
            cell_id = facts.cell_id if facts is not None else None
            if cell_id is None:
                raise UsageError("this front end does not say which cell runs: --cell needs an id")
        what = f"r{revision.number}" if whole else f"cell {cell_id} of r{revision.number}"
        if self.front_end == "lab":
            self._require_recorder(facts)
            ask_front_end(
                "restore",
                revision_id=revision.revision_id,
                cell_id=cell_id,
                outputs=with_outputs,
            )
            self.say(
                f"Restoring {what} in the open notebook. "
                "'Undo restore' in the History panel takes it back."
            )
            return
        if self.front_end == "vscode":
            raise UsageError(
                "the notebook is open in an editor that nbtrack cannot edit. Close it there and "
                f"run: nbtrack history restore {notebook.path} r{revision.number}"
            )
        before = store.get_notebook(notebook.notebook_id).revision_count
        restored = restore_file(
            store, notebook, revision, cell_id, self.front_end, with_outputs=with_outputs
        )
        made = restored.revision
        self.say(
            f"Restored {what} into {notebook.path} (now r{made.number}). To take it back: "
            f"%revert r{max(before, made.number - 1)} {restored.warning}".rstrip()
        )

    def _require_recorder(self, facts: ExecutionFacts | None) -> None:
        """Make sure that the front end has our extension, by the snapshot it sends."""
        if facts is not None and not self._is_recorded(facts):
            raise UsageError(
                "nbtrack's JupyterLab extension does not answer, and the notebook is open: "
                "reload the page, or see 'nbtrack doctor'"
            )

    def _is_recorded(self, facts: ExecutionFacts) -> bool:
        """Whether the front end tells of this execution, after some waiting."""
        until_s = time.monotonic() + _ANSWER_S
        while self.session.store.execution_revision(facts.msg_id) is None:
            if time.monotonic() > until_s:
                return False
            time.sleep(0.05)
        return True

    def checkpoint(self, label: str) -> None:
        """Name the notebook as it stands: in the front end, else as it is known here."""
        facts = self.hooks.executing()
        path = self.notebook_path()
        if facts is None or path is None:
            raise UsageError("nbtrack does not know which notebook this is: " + _HOW_TO_TELL)
        if self.front_end == "lab" and self._is_recorded(facts):
            ask_front_end("checkpoint", label=label)
        else:
            self.session.run_later(lambda: self._name(facts, label), 0.0)
        self.say(f"Checkpoint {label!r}: this state of the notebook gets that name.")

    def _name(self, facts: ExecutionFacts, label: str) -> None:
        self._snapshot(facts)
        name_state(self.session.store, facts.msg_id, label, self._front_end)

    def _known_notebook(self) -> Notebook:
        notebook = self.notebook()
        if notebook is None and self.notebook_path() is None:
            raise UsageError("nbtrack does not know which notebook this is: " + _HOW_TO_TELL)
        if notebook is None:
            raise UsageError("nothing of this notebook is recorded yet: run a cell first")
        return notebook

    def close(self) -> None:
        """Nothing more is captured; what was is kept."""
        self.hooks.track_all = False
        switches.cell = lambda: None
        if switches.scope is Scope.RUNS:
            listen(Scope.NOWHERE)
