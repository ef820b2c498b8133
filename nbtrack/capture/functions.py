"""The functions that one tracked cell defines: their loops are followed until the cell is over."""

from __future__ import annotations

import ast
import itertools
from typing import TYPE_CHECKING

from nbtrack.capture.bindings import CellFlow
from nbtrack.capture.function_loops import followed_functions
from nbtrack.capture.function_plan import plan_functions
from nbtrack.capture.function_ticks import FunctionWatch, follow, leave
from nbtrack.capture.options import TrackOptions
from nbtrack.capture.original import give_back
from nbtrack.capture.plan import CellPlan
from nbtrack.capture.ticks import CellSeries, LoopState

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from nbtrack.capture.policy import Guard

_numbers = itertools.count()


class CellFunctions:
    """Follows the loops in a cell's functions.

    Args:
        shell: where they run.
        series: of the cell.
        states: the cell's outermost loops; those in functions are added.
        guard: automatic capture runs through it.
    """

    def __init__(
        self, shell: InteractiveShell, series: CellSeries, states: list[LoopState], guard: Guard
    ) -> None:
        self._shell = shell
        self._series = series
        self._states = states
        self._guard = guard
        self._watches: dict[int, FunctionWatch] = {}
        self._changed: list[tuple[ast.Module, list[ast.stmt]]] = []

    def watch(
        self,
        tree: ast.Module,
        flow: CellFlow,
        plan: CellPlan,
        options: TrackOptions,
        ignored: frozenset[int],
        offset: int,
    ) -> dict[int, ast.stmt]:
        """Follow the functions of a tree.

        Args:
            tree: of the cell.
            flow: what was read in it.
            plan: what else it is watched for.
            options: of its ``%%track`` line.
            ignored: lines that are left alone.
            offset: lines of the cell's source above the tree's first.

        Returns:
            New definitions, by the ``id`` of the statements that they replace.
        """
        loops = plan_functions(tree, flow, options, ignored, plan.metric_names, plan.explicit)
        if not loops:
            return {}
        first = next(_numbers)
        for _ in loops[1:]:
            next(_numbers)
        replaced = followed_functions(tree, loops, first)
        made: dict[int, FunctionWatch] = {}
        for number, loop in enumerate(loops, first):
            state = LoopState(loop.label) if loop.outer else None
            if state is not None:
                self._states.append(state)
            made[number] = FunctionWatch(loop, self._series, state, offset)
        follow(made.items(), self._guard)
        self._watches |= made
        self._changed.append((tree, list(replaced.values())))
        return replaced

    def finish(self) -> None:
        """The cell is over: the last points, and the functions as they were written."""
        leave(self._watches)
        for watch in self._watches.values():
            watch.finish()
        if len(self._shell.ast_transformers) > 1:
            # Another one may have changed the code as well: what is original is not known.
            return
        flags = self._shell.compile.flags | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        for tree, defined in self._changed:
            give_back(tree, defined, self._shell.user_ns, flags)
