"""What ``%track on`` costs on notebooks nobody here wrote: scikit-learn's gallery.

Each example runs in turn in a kernel without nbtrack and in one with ``%track on``, both warm,
the one and the other first. Its figure is the quietest repeat with beside the quietest without;
what counts is the median over the examples, and the worst one. On a machine that others use too,
the time that the kernel's process had a processor says more than the time that went by. nbtrack
leaves part of its work to the pause after the last cell, as JupyterLab's users make one: the
kernels get it, and a figure of its own says what is done in it. Requests carry cell ids, as those
of JupyterLab do.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.harness import Figure, process_clock
from tests.capture.kernel import Kernel, kernel
from tests.corpus.gallery import EXAMPLES, Example, example

_REPEATS = 3
_PAUSE_S = 0.4
_SET_UP = "import warnings; warnings.filterwarnings('ignore')\n%matplotlib inline"
_TIDY = "import matplotlib.pyplot as _p; _p.close('all'); matplotlib.rcdefaults(); %reset -f"


@dataclass(frozen=True)
class Cost:
    """Seconds that one notebook took.

    Args:
        wall_s: from the first request to the last reply.
        cpu_s: of the kernel's process in that time.
        all_cpu_s: with the pause after it.
    """

    wall_s: float
    cpu_s: float
    all_cpu_s: float


def measure() -> list[Figure]:
    """The ratios of the times with and without tracking: the median example, and the worst."""
    pairs: list[tuple[Cost, Cost]] = []
    extra = {"OMP_NUM_THREADS": "1", "PYTHONWARNINGS": "ignore", "JPY_SESSION_NAME": "a.ipynb"}
    with tempfile.TemporaryDirectory() as directory:
        home = Path(directory)
        with kernel(home / "off", **extra) as plain, kernel(home / "on", **extra) as tracked:
            for running, line in ((plain, "%unload_ext nbtrack"), (tracked, "%track on")):
                running.run(f"import matplotlib\n{line}", cell_id="first")
            for name in EXAMPLES:
                pairs.append(_compare(plain, tracked, example(name)))
    figures: list[Figure] = []
    for what, field, goals in (
        ("time", "wall_s", (1.03, 1.10)),
        ("processor time", "cpu_s", (1.03, 1.10)),
        ("processor time with the pause after", "all_cpu_s", (None, None)),
    ):
        found = [(getattr(on, field), getattr(off, field)) for on, off in pairs]
        figures += _figures(what, found, goals)
    return figures


def _compare(plain: Kernel, tracked: Kernel, notebook: Example) -> tuple[Cost, Cost]:
    costs: tuple[list[Cost], list[Cost]] = ([], [])
    for repeat in range(_REPEATS + 1):
        turn = [(tracked, costs[0]), (plain, costs[1])]
        for running, column in turn if repeat % 2 else turn[::-1]:
            cost = _play(running, notebook)
            if repeat:
                column.append(cost)
    return _quietest(costs[0]), _quietest(costs[1])


def _quietest(costs: list[Cost]) -> Cost:
    return Cost(
        min(each.wall_s for each in costs),
        min(each.cpu_s for each in costs),
        min(each.all_cpu_s for each in costs),
    )


def _figures(
    what: str, pairs: list[tuple[float, float]], goals: tuple[float | None, float | None]
) -> list[Figure]:
    pairs = sorted(pairs, key=lambda pair: pair[0] / pair[1])
    middle = statistics.median(on_s / off_s for on_s, off_s in pairs)
    typical_s = statistics.median(off_s for _, off_s in pairs)
    against = f"the same {what} without nbtrack"
    name = f"gallery notebooks with %track on, {what}"
    most, worst = f"the median of {len(pairs)}", "the worst one"
    return [
        Figure(f"{name}, {most}", typical_s * middle, typical_s, "s", against, goal=goals[0]),
        Figure(f"{name}, {worst}", *pairs[-1], "s", against, goal=goals[1]),
    ]


def _play(running: Kernel, notebook: Example) -> Cost:
    running.run(_SET_UP)
    clock = process_clock(running.manager.provisioner.pid)
    stem = notebook.name.replace("/", "-")[-50:]
    began_s, wall_s = clock(), 0.0
    for number, source in enumerate(notebook.cells):
        began_at_s = time.perf_counter()
        running.run(source, cell_id=f"{stem}-{number}")
        wall_s += time.perf_counter() - began_at_s
    cpu_s = clock() - began_s
    running.run("import matplotlib\n" + _TIDY)
    time.sleep(_PAUSE_S)
    return Cost(wall_s, cpu_s, clock() - began_s)
