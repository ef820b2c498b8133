"""The hooks in IPython: before a cell, on its syntax tree, and after it.

Each execution has a frame on its thread's stack. A cell run from inside another one (``%run``,
``%%capture``) has a frame of its own; only the outermost one is an execution.
"""

from __future__ import annotations

import ast
import asyncio
import itertools
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from IPython.core.error import InputRejected

from nbtrack.capture.bindings import CellFlow
from nbtrack.capture.cell import TrackedCell
from nbtrack.capture.facts import ExecutionFacts, Outcome, Sink
from nbtrack.capture.flow import Flow
from nbtrack.capture.follow import Follower
from nbtrack.capture.notebook import holds_parameters
from nbtrack.capture.options import TrackOptions, parse_options
from nbtrack.capture.policy import Guard, attempt, text_of
from nbtrack.capture.skipping import hide_literals, is_marked
from nbtrack.capture.touched import Touched
from nbtrack.capture.transform import track_line
from nbtrack.entities import EndReason, ExecutionStatus, utc_now
from nbtrack.errors import UsageError

if TYPE_CHECKING:
    from IPython.core.interactiveshell import ExecutionInfo, ExecutionResult, InteractiveShell

    from nbtrack.config import NbtrackConfig

_CUT = "\n# [nbtrack: the source is longer than max_source_bytes]\n"


class TrackRefusedError(InputRejected, UsageError):
    """The ``%%track`` line of a cell cannot be done; the cell does not run."""

    def _render_traceback_(self) -> list[str]:
        return [f"UsageError: {self}"]


@dataclass(slots=True)
class _Frame:
    """One execution in progress."""

    info: ExecutionInfo
    facts: ExecutionFacts
    began_at_s: float
    nested: bool
    options: TrackOptions | None = None
    params: dict[str, object] = field(default_factory=dict)
    refusal: str | None = None
    tags: Sequence[str] = ()
    guard: Guard = field(default_factory=Guard)
    cell: TrackedCell | None = None
    flow: CellFlow | None = None
    trees: list[tuple[ast.Module, int]] = field(default_factory=list)
    skipped: bool = False
    """Nothing of it is recorded, as the user asked."""


class _Stack(threading.local):
    def __init__(self) -> None:
        self.frames: list[_Frame] = []


class CaptureHooks:
    """Follows the executions of one shell.

    Args:
        shell: whose.
        sink: takes the facts.
        config: what is captured, and limits.
        cell_of: tells a cell's id by its source, where the client does not.
        is_tagged: whether the cell with a source and an id has a tag that skips it.
        tags_of: tells a cell's tags by its source and id, where the client does not.
    """

    def __init__(
        self,
        shell: InteractiveShell,
        sink: Sink,
        config: NbtrackConfig,
        *,
        cell_of: Callable[[str], str | None] = lambda source: None,
        is_tagged: Callable[[str, str | None], bool] = lambda source, cell_id: False,
        tags_of: Callable[[str, str | None], Sequence[str]] = lambda source, cell_id: (),
    ) -> None:
        self._is_tagged = is_tagged
        self._cell_of = cell_of
        self._tags_of = tags_of
        self.shell = shell
        self.track_all = False
        self._sink = sink
        self._config = config
        self._flow = Flow()
        self._names = Follower(shell.user_ns, shell.user_ns_hidden)
        self._guard = Guard()
        self._stack = _Stack()
        self._prefix, self._numbers = uuid.uuid4().hex, itertools.count(1)

    def executing(self) -> ExecutionFacts | None:
        """The execution that this thread is in."""
        outermost = (frame for frame in reversed(self._stack.frames) if not frame.nested)
        return next((frame.facts for frame in outermost), None)

    def tracked_cell(self) -> TrackedCell | None:
        """The tracked cell that this thread is in."""
        cells = (frame.cell for frame in reversed(self._stack.frames))
        return next((cell for cell in cells if cell is not None), None)

    def pre_run_cell(self, info: ExecutionInfo) -> None:
        """IPython's event before a cell runs."""
        self._guard.run("following a cell", lambda: self._enter(info), None)

    def visit(self, tree: ast.Module) -> ast.Module:
        """IPython's call for a cell's syntax tree, as for any AST transformer.

        Raises:
            TrackRefusedError: the cell cannot be tracked as asked, and does not run.
        """
        frame = self._stack.frames[-1] if self._stack.frames else None
        if frame is None:
            return tree
        if frame.refusal is not None:
            raise TrackRefusedError(frame.refusal)
        return frame.guard.run("reading the code", lambda: self._read(frame, tree), tree)

    def post_run_cell(self, result: ExecutionResult | None) -> None:
        """IPython's event after a cell ran."""
        self._guard.run("ending a cell", lambda: self._leave(result), None)

    def _enter(self, info: ExecutionInfo) -> None:
        frames = self._stack.frames
        asked = self._asked_id()
        # Another request than the one below it: that one never told that it was over.
        nested = bool(frames) and asked in (None, frames[-1].facts.msg_id)
        source = info.raw_cell or ""
        if len(source) > self._config.max_source_bytes:
            source = source[: self._config.max_source_bytes] + _CUT
        facts = ExecutionFacts(
            msg_id=frames[-1].facts.msg_id if nested else asked or self._next_id(),
            source=source,
            started_at=utc_now(),
            cell_id=frames[-1].facts.cell_id if nested else self._cell_id(info),
            execution_count=self.shell.execution_count if info.store_history else None,
        )
        frame = _Frame(info, facts, time.perf_counter(), nested)
        frame.skipped = frames[-1].skipped if nested else self._is_skipped(facts)
        frames.append(frame)
        if frame.skipped:
            return
        if not nested:
            frame.tags = self._guard.run("reading tags", lambda: self._tags(facts), ())
            frame.guard.run("noting the names", self._names.enter, None)
        line = track_line(info.raw_cell or "")
        if not nested and (self._config.capture_executions or line is not None or self.track_all):
            self._sink.execution_started(facts)
        if line is not None:
            self._ask(frame, line)

    def _is_skipped(self, facts: ExecutionFacts) -> bool:
        if is_marked(facts.source):
            return True
        tagged = self._is_tagged
        look = self._guard.run
        return look("reading tags", lambda: tagged(facts.source, facts.cell_id), False)

    def _ask(self, frame: _Frame, line: str) -> None:
        """Read the options of a ``%%track`` line, and the values of its params."""
        try:
            options = parse_options(line)
        except UsageError:
            # The line stays in the cell, where the registered magic explains it.
            return
        for key, expression in options.params:
            value, error = attempt(lambda text=expression: eval(text, self.shell.user_ns))  # type: ignore[misc]
            frame.params[key] = value
            if error is not None:
                frame.refusal = (
                    f"%%track -p {key}={expression}: {type(error).__name__}: {text_of(error)}. "
                    "The expression is computed before the cell runs."
                )
                return
        frame.options = options

    def _read(self, frame: _Frame, tree: ast.Module) -> ast.Module:
        if frame.trees and "%timeit" in frame.facts.source:
            # What is timed runs inside a function of its own, and is to be timed as it is.
            return tree
        offset = self._line_offset(frame, tree)
        frame.trees.append((tree, offset))
        source, number = frame.facts.source, len(frame.trees)
        frame.guard.run("reading the names", lambda: self._names.read(tree, source, number), None)
        wanted = frame.options is not None or (self.track_all and not frame.nested)
        if not wanted or frame.skipped:
            return tree
        flow = self._flow.read(tree, cell_id=frame.facts.cell_id)
        frame.flow = flow if frame.flow is None else frame.flow.merge(flow)
        if frame.cell is None:
            frame.cell = TrackedCell(
                self.shell,
                frame.facts,
                frame.options or TrackOptions(),
                frame.params,
                self._sink,
                frame.guard,
                self._config,
                at_once=frame.options is not None,
            )
            frame.guard.on_failure = frame.cell.incomplete
            frame.cell.start()
        return frame.cell.watch(tree, flow, offset)

    def _line_offset(self, frame: _Frame, tree: ast.Module) -> int:
        """Lines of the cell's source above the first line of a tree."""
        if not frame.trees:
            return 0
        # The body of a cell magic: it begins below the last line that starts with %%.
        lines = frame.facts.source.split("\n")
        return max((at + 1 for at, text in enumerate(lines) if text.startswith("%%")), default=0)

    def _leave(self, result: ExecutionResult | None) -> None:
        frames = self._stack.frames
        if not frames:
            return
        info = None if result is None else result.info
        at = len(frames) - 1 if info is None else _frame_of(info, frames)
        if at is None:
            return
        frame = frames[at]
        del frames[at:]
        outcome = _outcome(frame, result)
        touched = Touched()
        if not (frame.nested or frame.skipped):
            touched = frame.guard.run(
                "following names", lambda: self._touched(frame, outcome), touched
            )
        if frame.cell is not None:
            value = None if result is None else result.result
            frame.guard.run("ending a cell", lambda: frame.cell.finish(outcome, value), None)  # type: ignore[union-attr]
        frame.guard.run("reading the code", lambda: self._commit(frame, outcome), None)
        recorded = self._config.capture_executions or frame.cell is not None
        if recorded and not (frame.nested or frame.skipped):
            self._sink.execution_ended(frame.facts, outcome, *touched.public())

    def _touched(self, frame: _Frame, outcome: Outcome) -> Touched:
        """What the execution did to names; a tracked cell is told what it depends on."""
        stopped_at = _line_in_cell(outcome.error, self.shell.user_ns)
        facts = frame.facts
        touched = self._names.leave(facts.msg_id, facts.cell_id, facts.source, stopped_at)
        if frame.cell is not None:
            report = frame.cell.report
            report.slice, flags = self._names.explain(())
            report.flags += flags
        return touched

    def _commit(self, frame: _Frame, outcome: Outcome) -> None:
        """Have later cells know where values came from."""
        stopped_at = _line_in_cell(outcome.error, self.shell.user_ns)
        flow, cell_id = frame.flow, frame.facts.cell_id
        if stopped_at is not None and len(frame.trees) == 1:
            tree, _ = frame.trees[0]
            flow = self._flow.read(tree, cell_id=cell_id, stop_line=stopped_at)
        elif flow is None:
            for tree, _ in frame.trees:
                own = self._flow.read(tree, cell_id=cell_id)
                flow = own if flow is None else flow.merge(own)
        if flow is None:
            return
        if frame.skipped:
            hide_literals(flow)
        alone = not (frame.nested or frame.skipped)
        tagged = alone and holds_parameters(frame.facts.source, frame.tags)
        self._flow.commit(flow, self.shell.user_ns, tagged=tagged)

    def _parent(self) -> dict[str, Any]:
        asked = getattr(self.shell, "get_parent", None)
        parent = asked() if asked is not None else {}
        return parent if isinstance(parent, dict) else {}

    def _tags(self, facts: ExecutionFacts) -> Sequence[str]:
        """The tags of a cell: JupyterLab sends a cell's metadata with its request."""
        sent = (self._parent().get("metadata") or {}).get("tags")
        if isinstance(sent, list):
            return [str(tag) for tag in sent]
        return self._tags_of(facts.source, facts.cell_id)

    def _asked_id(self) -> str | None:
        """The id of the execute request that is handled; None without a kernel."""
        header = self._parent().get("header") or {}
        return str(header["msg_id"]) if header.get("msg_id") else None

    def _next_id(self) -> str:
        return f"{self._prefix}-{next(self._numbers)}"

    def _cell_id(self, info: ExecutionInfo) -> str | None:
        given = (self._parent().get("metadata") or {}).get("cellId") or info.cell_id
        if isinstance(given, str) and is_cell_id(given):
            return given
        return self._guard.run("finding the cell", lambda: self._cell_of(info.raw_cell or ""), None)


def is_cell_id(text: str) -> bool:
    """Whether a text is an nbformat cell id; VS Code sends a document's URI in its place."""
    return 0 < len(text) <= 64 and all(
        letter.isascii() and (letter.isalnum() or letter in "-_") for letter in text
    )


def _frame_of(info: ExecutionInfo, frames: list[_Frame]) -> int | None:
    """Which frame an execution that ended has; None for one that never began."""
    backwards = range(len(frames) - 1, -1, -1)
    same = next((at for at in backwards if frames[at].info is info), None)
    if same is not None:
        return same
    # IPython makes a new description of a cell whose traceback could not be shown.
    return next((at for at in backwards if frames[at].info.raw_cell == info.raw_cell), None)


def _outcome(frame: _Frame, result: ExecutionResult | None) -> Outcome:
    error: BaseException | None = KeyboardInterrupt() if result is None else None
    if result is not None:
        error = result.error_before_exec or result.error_in_exec
    if error is None:
        status, reason = ExecutionStatus.OK, EndReason.COMPLETED
    elif isinstance(error, (KeyboardInterrupt, asyncio.CancelledError)):
        status, reason = ExecutionStatus.ERROR, EndReason.INTERRUPT
    else:
        status, reason = ExecutionStatus.ERROR, EndReason.EXCEPTION
    return Outcome(status, reason, utc_now(), time.perf_counter() - frame.began_at_s, error)


def _line_in_cell(error: BaseException | None, namespace: dict[str, Any]) -> int | None:
    """The line at which a cell stopped."""
    at = None if error is None else error.__traceback__
    while at is not None:
        if at.tb_frame.f_globals is namespace:
            return at.tb_lineno
        at = at.tb_next
    return None
