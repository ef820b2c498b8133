"""One tracked cell while it runs: what it is watched for, and what it yielded.

Facts are handed to the sink at once. With ``%track on`` the run begins with the first metric,
so what came before it is kept here until then.
"""

from __future__ import annotations

import ast
import builtins
import itertools
import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from nbtrack.capture.bindings import CellFlow, Literal
from nbtrack.capture.facts import (
    Append,
    CapturedOutput,
    CellSink,
    ExecutionFacts,
    Outcome,
    Sink,
)
from nbtrack.capture.figures import left_open, open_figures
from nbtrack.capture.functions import CellFunctions
from nbtrack.capture.given import GivenParams, is_empty
from nbtrack.capture.kinds import UNKNOWN
from nbtrack.capture.leftout import left_out_names
from nbtrack.capture.literals import is_plain
from nbtrack.capture.loops import hook_names, instrument
from nbtrack.capture.objects import CellObjects
from nbtrack.capture.options import TrackOptions
from nbtrack.capture.outputs import OutputObserver
from nbtrack.capture.parts import CellContext, CellPart, parts_of
from nbtrack.capture.plan import CellPlan, Watched, plan_cell
from nbtrack.capture.printed import hook_name, replacements
from nbtrack.capture.report import Report
from nbtrack.capture.scalars import scalars_of
from nbtrack.capture.tables import shown_table
from nbtrack.capture.ticks import CellSeries, LoopState, LoopWatch, PrintWatch
from nbtrack.entities import ExecutionStatus, Origin
from nbtrack.masking import mask_bytes, mask_code

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from nbtrack.capture.policy import Guard
    from nbtrack.config import NbtrackConfig

_MISSING = object()
_numbers = itertools.count()


class TrackedCell:
    """Watches one execution.

    Args:
        shell: where it runs.
        facts: of the execution.
        options: of its ``%%track`` line.
        params: values of its ``-p`` options.
        sink: takes the facts.
        guard: automatic capture runs through it.
        config: limits.
        at_once: begin the run now; else with the first metric.
    """

    def __init__(
        self,
        shell: InteractiveShell,
        facts: ExecutionFacts,
        options: TrackOptions,
        params: dict[str, object],
        sink: Sink,
        guard: Guard,
        config: NbtrackConfig,
        *,
        at_once: bool,
    ) -> None:
        self._shell = shell
        self._namespace: dict[str, Any] = shell.user_ns
        self._facts = facts
        self._options = options
        self._sink_of = sink
        self._sink: CellSink | None = None
        self._waiting: list[Callable[[CellSink], None]] = []
        self._guard = guard
        self._plans: list[tuple[CellPlan, int]] = []
        self._before: dict[str, object] = {}
        self._hooks: list[str] = []
        self._printed: set[str] = set()
        self._loops: list[LoopState] = []
        self._series = CellSeries(self._open_series)
        self._functions = CellFunctions(shell, self._series, self._loops, guard)
        self._figures = {number: id(figure) for number, figure in open_figures().items()}
        self._config = config
        self._read: list[tuple[CellFlow, frozenset[int], int]] = []
        self._observer = OutputObserver(
            shell,
            guard,
            before_output=lambda: None if self._sink is None else self._sink.before_output(),
            cleared=lambda: None if self._sink is None else self._sink.cleared(),
            max_outputs=config.max_auto_artifacts,
            max_output_bytes=config.max_artifact_bytes,
            max_text_bytes=config.max_text_bytes,
        )
        self.report = Report()
        self._params = GivenParams(options, config, self.report, self._give, params)
        self._objects = CellObjects(
            self._namespace, self._params.texts, self._params.once, self.report
        )
        self._undecided: list[tuple[str, object, Literal, int, CellFlow]] = []
        context = CellContext(shell, facts, options, config, self._give, self.report)
        no_parts: list[CellPart] = []
        self._parts = guard.run("watching a cell", lambda: parts_of(context), no_parts)
        if at_once:
            self._begin()
        for key, value in params.items():
            self._params.explicit(key, value, Origin("explicit", facts.cell_id, 1))

    @property
    def sink(self) -> CellSink | None:
        """Where its facts go; None while there is no run."""
        return self._sink

    @property
    def options(self) -> TrackOptions:
        """What its ``%%track`` line asks for."""
        return self._options

    @property
    def cell_id(self) -> str | None:
        """Its nbformat id, where known."""
        return self._facts.cell_id

    @property
    def namespace(self) -> dict[str, Any]:
        """Where its names are bound."""
        return self._namespace

    def begin(self) -> CellSink:
        """Begin the run now, if it has not begun: something outside of capture has a metric."""
        return self._begin()

    def give(self, give: Callable[[CellSink], None]) -> None:
        """Hand over a fact from outside of capture: at once, or when the run begins."""
        self._give(give)

    def start(self) -> None:
        """Begin to observe what the cell shows and does."""
        self._observer.start()
        for part in self._parts:
            self._guard.run("watching a cell", part.start, None)

    def watch(self, tree: ast.Module, flow: CellFlow, line_offset: int) -> ast.Module:
        """Plan what a tree of this cell yields; gives the tree to run in its place.

        Args:
            tree: of the cell, or of the body of a cell magic in it.
            flow: what was read in it.
            line_offset: lines of the cell's source above the tree's first.
        """
        ignored = self._ignored_lines(line_offset)
        plan = plan_cell(tree, flow, self._options, ignored)
        self._plans.append((plan, line_offset))
        self._read.append((flow, ignored, line_offset))
        self._watch_params(tree, flow, plan, line_offset)
        for final in plan.finals:
            value = self._namespace.get(final.name, _MISSING)
            # Only scalars are held on to: an old model must be free to go while a new one trains.
            self._before.setdefault(final.name, value if scalars_of("", value) else _MISSING)
        if not self._config.capture_metrics:
            return tree
        nothing: dict[int, ast.stmt] = {}
        follow = self._functions.watch
        replaced = self._guard.run(
            "following functions",
            lambda: follow(tree, flow, plan, self._options, ignored, line_offset),
            nothing,
        )
        if not plan.loops and not plan.printed and not replaced:
            return tree
        first = next(_numbers)
        for _ in [*plan.loops, *plan.printed][1:]:
            next(_numbers)
        after = first + len(plan.loops)
        replaced |= replacements(plan.printed, after)
        changed = instrument(tree, plan, first, replaced)
        self._hook(plan, first)
        return changed

    def _watch_params(self, tree: ast.Module, flow: CellFlow, plan: CellPlan, offset: int) -> None:
        for literal in plan.params:
            if literal.name not in plan.own:
                self._params.literal(literal, 0, literal.value)
            elif literal.name not in plan.unsure and not literal.conditional:
                self._params.literal(literal, offset, literal.value)
        for name, value, literal in plan.settings:
            above = offset if id(literal) in plan.here else 0
            of_config = self._objects.is_config_call(literal, flow)
            if of_config is None:
                self._undecided.append((name, value, literal, above, flow))
            elif not of_config:
                self._params.setting(name, value, literal, above)
        objects = self._objects.watch
        self._guard.run("reading objects", lambda: objects(tree, flow, plan, offset), None)

    def _ignored_lines(self, offset: int) -> frozenset[int]:
        """Lines of a tree that are marked ``# nbtrack: ignore``."""
        lines = self._facts.source.split("\n")
        return frozenset(
            at - offset for at, text in enumerate(lines, 1) if "nbtrack: ignore" in text
        )

    def _hook(self, plan: CellPlan, first: int) -> None:
        watches: dict[int, LoopWatch] = {}
        for number, loop in enumerate(plan.loops, first):
            state = None
            if loop.outer:
                state = LoopState(loop.label)
                self._loops.append(state)
            watch = LoopWatch(loop, self._namespace, self._series, state)
            watches[id(loop.loop.node)] = watch
            calls: tuple[Callable[..., Any], ...] = (watch.begin, watch.tick, watch.end)
            for name, call in zip(hook_names(number), calls, strict=True):
                self._set_hook(name, "following a loop", call)
        for number, printed in enumerate(plan.printed, first + len(plan.loops)):
            around = None if printed.nested else watches.get(id(printed.loop))
            self._printed.add(printed.key)
            see = PrintWatch(printed, self._series, around).see
            self._set_hook(hook_name(number), "noting a printed value", see)

    def _set_hook(self, name: str, doing: str, call: Callable[..., Any]) -> None:
        setattr(builtins, name, self._guard.shield(doing, call))
        self._hooks.append(name)

    def finish(self, outcome: Outcome, result: object) -> None:
        """The cell is over: its last facts, then the end of its run.

        Args:
            outcome: how it ended.
            result: the value of its last expression, if any.
        """
        run = self._guard.run
        run("ending the output capture", self._observer.stop, None)
        for name in self._hooks:
            run("leaving a loop", lambda name=name: delattr(builtins, name), None)  # type: ignore[misc]
        run("leaving functions", self._functions.finish, None)
        failed = outcome.status is not ExecutionStatus.OK
        run("reading params", self._settle, None)
        objects = self._objects.finish
        run("reading objects", lambda: objects(self._facts.cell_id, failed=failed), None)
        run("reading metrics", lambda: self._finals(failed), None)
        if not failed:
            run("reading the last expression", lambda: self._last(result), None)
        run("keeping outputs", self._keep_outputs, None)
        if not failed:
            run("keeping the table shown", lambda: self._keep_table(result), None)
        for part in self._parts:
            run("watching a cell", lambda part=part: part.finish(outcome), None)  # type: ignore[misc]
        if self._sink is not None:
            run("explaining the capture", self._explain, None)
            self._sink.end(outcome)

    def _explain(self) -> None:
        if self._sink is None:
            return
        self._say_left_out()
        if self._masks and mask_code(self._facts.source) != self._facts.source:
            self.report.masked("the code")
        self._send_report(self._sink)
        if self.report.later:
            self._sink.later(self._complete_report)

    def _send_report(self, sink: CellSink) -> None:
        flags = dict.fromkeys(flag.kind for flag in self.report.all_flags())
        sink.report(self.report.document(), tuple(flags))

    def _complete_report(self) -> None:
        """In the background: what takes too long for the cell's path."""
        sink = self._sink
        if sink is not None:
            for task in self.report.later:
                self._guard.run("explaining the capture", lambda task=task: task(sink), None)  # type: ignore[misc]
            self._send_report(sink)

    def _say_left_out(self) -> None:
        left_out = self.report.left_out
        switched_off = "switched off by NbtrackConfig.capture_{}s"
        for what in ("param", "metric", "output", "figure"):
            if not getattr(self._config, f"capture_{what}s"):
                kind = what if what in ("param", "metric") else "artifact"
                left_out(kind, f"all {what}s", switched_off.format(what))
        for flow, ignored, offset in self._read:
            for found in left_out_names(flow, self._options, ignored, self._namespace):
                left_out(found.what, found.name, found.why, found.line + offset)

    @property
    def _masks(self) -> bool:
        return self._config.mask_secrets

    # Facts on their way to the sink

    def _begin(self) -> CellSink:
        if self._sink is None:
            self._sink = self._sink_of.cell_started(self._facts, self._options, self._loops)
            self._series.explicit = self._sink.explicit
            for give in self._waiting:
                give(self._sink)
            self._waiting.clear()
        return self._sink

    def _give(self, give: Callable[[CellSink], None]) -> None:
        if self._sink is None:
            self._waiting.append(give)
        else:
            give(self._sink)

    def incomplete(self, reason: str) -> None:
        """Automatic capture of this cell failed somewhere."""
        self._give(lambda sink: sink.incomplete(reason))

    def _open_series(self, key: str, line: int) -> Append | None:
        if not self._options.wants(key):
            self.report.left_out("metric", key, "--only or --ignore leaves it out", line)
            return None
        origin = Origin("printed" if key in self._printed else "loop", self._facts.cell_id, line)
        self.report.captured("metric", key, origin)
        return self._begin().series(key, origin)

    # At the end

    def _settle(self) -> None:
        """Params that stood in several places: the namespace knows which it was."""
        for name, setting, argument, offset, flow in self._undecided:
            if not self._objects.is_config_call(argument, flow):
                self._params.setting(name, setting, argument, offset)
        for plan, offset in self._plans:
            for literal in plan.params:
                value = self._namespace.get(literal.name, UNKNOWN)
                if not is_empty(literal.value) and is_plain(value):
                    self._params.literal(literal, offset, value)

    def _finals(self, failed: bool) -> None:
        for plan, offset in self._plans:
            for name, pairs in () if failed else plan.varied.items():
                self._varied(name, pairs, offset)
            for final in plan.finals:
                if final.name in self._objects.configs:
                    continue
                value = self._namespace.get(final.name, _MISSING)
                unsure = final.conditional or failed
                if unsure and value is self._before.get(final.name):
                    continue
                if value is self._series.last_objects.get(final.name, _MISSING):
                    continue
                self._metric(final, value, offset, "bound")

    def _varied(self, name: str, pairs: list[tuple[int, float]], offset: int) -> None:
        """The values of a name that is bound to one number after the other."""
        for step, (line, value) in enumerate(pairs):
            self._series.add(name, line + offset, step, value)

    def _last(self, value: object) -> None:
        plan, offset = self._plans[-1] if self._plans else (None, 0)
        if plan is None or plan.last is None or value is None:
            return
        if plan.last.key not in self._series.by_key:
            self._metric(Watched(plan.last.key, plan.last.line, False), value, offset, "expression")

    def _metric(self, watched: Watched, value: object, offset: int, rule: str) -> None:
        origin = Origin(rule, self._facts.cell_id, watched.line + offset)
        if not self._config.capture_metrics:
            return
        for key, number in scalars_of(watched.name, value):
            if not self._options.wants(key) or key in self._series.explicit:
                continue
            if key in self._printed and key in self._series.by_key:
                continue
            if key in self._series.by_key:
                step = self._series.next_step([watched])
                self._series.add(key, watched.line + offset, step, number)
            else:
                self._series.by_key[key] = None
                self.report.captured("metric", key, origin)
                self._begin().series(key, origin)(0, time.time_ns(), number)

    def _keep_outputs(self) -> None:
        kept = self._observer.outputs() if self._config.capture_outputs else []
        if self._options.figures and self._config.capture_figures:
            kept += self._guard.run("keeping open figures", lambda: left_open(self._figures), [])
        else:
            kept = [output for output in kept if output.rule != "figure"]
        cell_id = self._facts.cell_id
        for output in kept:
            origin = Origin(output.rule, cell_id)
            output = self._without_secrets(output)
            self.report.captured("artifact", output.path, origin)
            self._give(lambda sink, output=output, origin=origin: sink.artifact(output, origin))  # type: ignore[misc]
        for note in self._notes():
            self.report.left_out("artifact", "outputs", note)
            self._give(lambda sink, note=note: sink.note(note))  # type: ignore[misc]

    def _without_secrets(self, output: CapturedOutput) -> CapturedOutput:
        data = mask_bytes(output.data, output.media_type) if self._masks else output.data
        if data is output.data:
            return output
        self.report.masked(output.path)
        return replace(output, data=data)

    def _keep_table(self, value: object) -> None:
        found = shown_table(value, 1) if self._config.capture_outputs else None
        if found is None:
            return
        table, cut = self._without_secrets(found[0]), found[1]
        origin = Origin(table.rule, self._facts.cell_id)
        self.report.captured("artifact", table.path, origin, cut)
        self._give(lambda sink: sink.artifact(table, origin))
        if cut:
            self._give(lambda sink: sink.note(f"{table.path} has {cut}."))

    def _notes(self) -> list[str]:
        notes = []
        if self._observer.skipped_many:
            many = self._observer.skipped_many
            notes.append(
                f"Kept the first {self._config.max_auto_artifacts} outputs; {many} more were shown."
            )
        if self._observer.skipped_large:
            notes.append(f"{self._observer.skipped_large} outputs were too large to keep.")
        notes += [
            f"{stream.name} is cut; only its beginning was kept."
            for stream in self._observer.streams
            if stream.cut
        ]
        if self._series.thinned:
            notes.append("Long series are thinned out: not every iteration has a point.")
        return notes
