"""What capture costs: a cell with and without nbtrack, an iteration, a captured point.

Two shells in this process run the same cells in turn, one of them with nbtrack in it.
"""

from __future__ import annotations

import contextlib
import io
import tempfile
from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from nbtrack.capture.hooks import CaptureHooks
from nbtrack.capture.transform import strip_track
from nbtrack.config import NbtrackConfig
from nbtrack.tracking.cells import CellRecorder, CellRun
from nbtrack.tracking.session import Session
from tests.benchmarks.harness import Figure, paired_medians

ITERATIONS = 20_000
TYPICAL = """
import math
rate = 0.01
sizes = [2 ** n for n in range(8)]

def loss_of(step, scale=1.0):
    value = scale / (1 + step)
    return value * math.exp(-rate * step)

table = {size: loss_of(size) for size in sizes}
best = min(table.values())
for size, value in table.items():
    if value == best:
        chosen = size
total = sum(table.values())
"""


class _NoCard:
    def show(self) -> None: ...

    def lost(self) -> None: ...

    def close(self) -> None: ...


def plain_shell() -> InteractiveShell:
    """A shell without nbtrack."""
    settings = Config()
    settings.HistoryManager.enabled = False
    return InteractiveShell(config=settings)


@contextlib.contextmanager
def watched_shell(*, track_all: bool = False) -> Iterator[InteractiveShell]:
    """A shell with nbtrack's capture in it, and a store of its own."""
    with tempfile.TemporaryDirectory() as place:
        session = Session(place)

        def no_card(cell: CellRun) -> _NoCard:
            return _NoCard()

        recorder = CellRecorder(lambda: session, card_for=no_card, after=lambda facts: None)
        shell = plain_shell()
        hooks = CaptureHooks(shell, recorder, NbtrackConfig())
        hooks.track_all = track_all
        shell.events.register("pre_run_cell", hooks.pre_run_cell)
        shell.events.register("post_run_cell", hooks.post_run_cell)
        shell.input_transformers_cleanup.append(strip_track)
        shell.ast_transformers.append(hooks)
        try:
            yield shell
        finally:
            session.close()


def cell(shell: InteractiveShell, code: str) -> Callable[[], object]:
    """A function that runs a cell."""

    def run() -> None:
        with contextlib.redirect_stdout(io.StringIO()):
            assert shell.run_cell(code).success

    return run


def _beside(names: dict[str, object], code: str) -> tuple[float, float]:
    """Medians of a tracked and an untracked cell, in a namespace that holds these names."""
    with watched_shell() as watched:
        plain = plain_shell()
        for shell in (watched, plain):
            shell.user_ns.update(names)
        return paired_medians(cell(watched, f"%%track\n{code}"), cell(plain, code), repeats=31)


def _surroundings() -> list[Figure]:
    """Cells in large namespaces, beside large data, and with ``%track on``."""
    many = {f"name_{number}": object() for number in range(1000)}
    table = {"big": pd.DataFrame(np.zeros((5_000_000, 25))), "use": lambda data: data.shape}
    with watched_shell(track_all=True) as watched:
        trivial = paired_medians(cell(watched, "x = 1"), cell(plain_shell(), "x = 1"), repeats=31)
    measured = {
        "a trivial cell with %track on": (trivial, 1.0),
        "a tracked cell in a namespace of 1,000 names": (_beside(many, "x = 1"), 2.0),
        "a tracked cell that uses a table of 1 GB": (_beside(table, "shape = use(big)"), 2.0),
    }
    return [
        Figure(
            name,
            value * 1e3,
            base * 1e3,
            "ms",
            "without nbtrack",
            compared="difference",
            goal=goal,
        )
        for name, ((value, base), goal) in measured.items()
    ]


def _in_function(code: str) -> str:
    inside = code.replace("\n", "\n    ")
    return f"def work():\n    {inside}\nwork()"


def measure() -> list[Figure]:
    """The figures of capture."""
    figures = _surroundings()
    with watched_shell() as watched:
        plain = plain_shell()
        for name, tracked, untracked, goal in (
            ("an untracked cell of 15 lines", TYPICAL, TYPICAL, 1.0),
            ("an empty tracked cell", "%%track\npass", "pass", 1.0),
            ("a tracked cell of 15 lines", f"%%track\n{TYPICAL}", TYPICAL, 5.0),
        ):
            value, base = paired_medians(cell(watched, tracked), cell(plain, untracked), repeats=31)
            figures.append(
                Figure(
                    name,
                    value * 1e3,
                    base * 1e3,
                    "ms",
                    "without nbtrack",
                    compared="difference",
                    goal=goal,
                )
            )
        nothing = f"for x in range({ITERATIONS}):\n    pass"
        point = f"for x in range({ITERATIONS}):\n    y = x * 0.5"
        for name, loop, goal in (
            ("an iteration that binds nothing", nothing, 1.0),
            ("an iteration that yields a point", point, 3.0),
            ("an iteration in a function that binds nothing", _in_function(nothing), 1.0),
            ("an iteration in a function that yields a point", _in_function(point), 3.0),
        ):
            value, base = paired_medians(
                cell(watched, f"%%track\n{loop}"), cell(plain, loop), repeats=9
            )
            figures.append(
                Figure(
                    name,
                    value / ITERATIONS * 1e6,
                    base / ITERATIONS * 1e6,
                    "µs",
                    "the same loop untracked",
                    compared="difference",
                    goal=goal,
                )
            )
    return figures
