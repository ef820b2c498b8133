"""What importing nbtrack costs every process, and a script's first logged point."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile

from tests.benchmarks.harness import Figure, paired_medians


def measure() -> list[Figure]:
    """Whole processes, each beside ``python -c pass``."""
    with tempfile.TemporaryDirectory() as place:
        env = {**os.environ, "NBTRACK_STORE": place}
        figures = [
            _beside_nothing("import nbtrack", "import nbtrack", env, goal=10.0),
            _beside_nothing(
                "import nbtrack, first point logged",
                "import nbtrack, os; nbtrack.log(loss=0.5); os._exit(0)",
                env,
                goal=150.0,
            ),
        ]
    return figures


def _beside_nothing(name: str, code: str, env: dict[str, str], *, goal: float) -> Figure:
    def run(text: str) -> None:
        subprocess.run([sys.executable, "-c", text], check=True, env=env)

    median_s, nothing_s = paired_medians(lambda: run(code), lambda: run("pass"))
    return Figure(
        name,
        median_s * 1e3,
        nothing_s * 1e3,
        "ms",
        "python -c pass",
        compared="difference",
        goal=goal,
    )
