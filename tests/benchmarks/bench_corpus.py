"""What ``%track on`` costs on notebooks nobody here wrote: scikit-learn's gallery.

Each example runs in turn in a kernel without nbtrack and in one with ``%track on``, both warm.
What counts is the median over the examples, and the worst one. Requests carry cell ids, as those
of JupyterLab do.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path

from tests.benchmarks.harness import Figure
from tests.capture.kernel import Kernel, kernel
from tests.corpus.gallery import EXAMPLES, Example, example

_REPEATS = 5
_SET_UP = "import warnings; warnings.filterwarnings('ignore')\n%matplotlib inline"
_TIDY = "import matplotlib.pyplot as _p; _p.close('all'); matplotlib.rcdefaults(); %reset -f"


def measure() -> list[Figure]:
    """The ratio of the times with and without tracking: the median example, and the worst."""
    ratios: list[tuple[float, float, float]] = []
    extra = {"OMP_NUM_THREADS": "1", "PYTHONWARNINGS": "ignore", "JPY_SESSION_NAME": "a.ipynb"}
    with tempfile.TemporaryDirectory() as directory:
        home = Path(directory)
        with kernel(home / "off", **extra) as plain, kernel(home / "on", **extra) as tracked:
            for running, line in ((plain, "%unload_ext nbtrack"), (tracked, "%track on")):
                running.run(f"import matplotlib\n{line}", cell_id="first")
            for name in EXAMPLES:
                notebook = example(name)
                times: tuple[list[float], list[float]] = ([], [])
                for repeat in range(_REPEATS + 1):
                    for running, column in ((plain, times[0]), (tracked, times[1])):
                        elapsed = _play(running, notebook)
                        if repeat:
                            column.append(elapsed)
                off_s, on_s = min(times[0]), min(times[1])
                ratios.append((on_s / off_s, on_s, off_s))
    ratios.sort()
    middle = statistics.median(ratio for ratio, _, _ in ratios)
    _, worst_on_s, worst_off_s = ratios[-1]
    typical_s = statistics.median(off_s for _, _, off_s in ratios)
    return [
        Figure(
            f"gallery notebooks with %track on, the median of {len(ratios)}",
            typical_s * middle,
            typical_s,
            "s",
            "the same without nbtrack",
            goal=1.03,
        ),
        Figure(
            "gallery notebooks with %track on, the worst one",
            worst_on_s,
            worst_off_s,
            "s",
            "the same without nbtrack",
            goal=1.10,
        ),
    ]


def _play(running: Kernel, notebook: Example) -> float:
    running.run(_SET_UP)
    elapsed = 0.0
    for number, source in enumerate(notebook.cells):
        began = time.perf_counter()
        running.run(source, cell_id=f"c{number}")
        elapsed += time.perf_counter() - began
    running.run("import matplotlib\n" + _TIDY)
    return elapsed
