"""What noting inputs costs: opening a file in and outside of a tracked cell, reading a table."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pandas as pd

from tests.benchmarks.bench_capture import cell, plain_shell, watched_shell
from tests.benchmarks.harness import Figure, paired_medians

OPENS = 2000


def measure() -> list[Figure]:
    """The cost of one open, and of a cell that reads a table."""
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as place:
        os.chdir(place)
        try:
            return _measured()
        finally:
            os.chdir(before)


def _measured() -> list[Figure]:
    Path("a.txt").write_text("x")
    pd.DataFrame({"a": range(20_000), "b": 0.5}).to_csv("t.csv", index=False)
    opening = f"for _ in range({OPENS}): open('a.txt').close()"
    reading = "import pandas as pd\ndf = pd.read_csv('t.csv')"
    figures = []
    with watched_shell() as watched:
        plain = plain_shell()
        # Before the first tracked cell there is no audit hook; it cannot be taken away again.
        bare, _ = paired_medians(cell(plain, opening), cell(plain, opening), repeats=9)
        cell(watched, "%%track\npass")()
        for name, code, goal in (
            ("an open outside of tracked cells", opening, 1.0),
            ("an open in a tracked cell", f"%%track\n{opening}", 30.0),
        ):
            value, _ = paired_medians(cell(watched, code), cell(plain, "pass"), repeats=9)
            figures.append(
                Figure(
                    name,
                    value / OPENS * 1e6,
                    bare / OPENS * 1e6,
                    "µs",
                    "before nbtrack listens",
                    compared="difference",
                    goal=goal,
                )
            )
        value, base = paired_medians(
            cell(watched, f"%%track\n{reading}"), cell(plain, reading), repeats=15
        )
        figures.append(
            Figure(
                "a tracked cell that reads a table of 20,000 rows",
                value * 1e3,
                base * 1e3,
                "ms",
                "the same untracked",
                compared="difference",
                goal=10.0,
            )
        )
    return figures
