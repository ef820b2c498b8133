"""What watches a tracked cell beside its names: files, the machine, the dependency graph.

Each part is made when a tracked cell begins and told when it is over; it says what it saw
through the cell's sink. A new part is a class and a line in `parts_of`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from nbtrack.capture.facts import CellSink, ExecutionFacts, Outcome
from nbtrack.capture.options import TrackOptions
from nbtrack.capture.report import Report

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from nbtrack.config import NbtrackConfig

Give = Callable[[Callable[[CellSink], None]], None]
"""Hands a fact to the sink: at once, or when the run has begun."""


@dataclass(frozen=True, slots=True)
class CellContext:
    """What a part may know of its cell.

    Args:
        give: hands facts over; may be called from any thread until the cell is over.
        report: takes the explanations of what was captured and left out.
    """

    shell: InteractiveShell
    facts: ExecutionFacts
    options: TrackOptions
    config: NbtrackConfig
    give: Give
    report: Report


class CellPart(Protocol):
    """Watches one cell. Both calls run through the cell's guard."""

    def start(self) -> None:
        """The cell is about to run."""
        ...

    def finish(self, outcome: Outcome) -> None:
        """The cell is over: say what was seen."""
        ...


def parts_of(context: CellContext) -> list[CellPart]:
    """The parts that watch a cell."""
    from nbtrack.capture.imports import Imports
    from nbtrack.capture.sampling import SystemMetrics

    parts: list[CellPart] = [Imports(context)]
    if context.config.capture_system_metrics:
        parts.append(SystemMetrics(context))
    if context.config.capture_inputs and context.options.inputs:
        from nbtrack.capture.data.part import DataPart

        parts.append(DataPart(context))
    return parts
