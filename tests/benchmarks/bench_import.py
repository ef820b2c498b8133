"""What loading nbtrack costs every process and kernel, and a script's first logged point."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile

from tests.benchmarks.harness import Figure, paired_medians

# The shell of a kernel, without its sockets: those would only add noise to both sides.
SHELL = """
from ipykernel.zmqshell import ZMQInteractiveShell
shell = ZMQInteractiveShell.instance()
"""
LOADED = SHELL + "shell.extension_manager.load_extension('nbtrack')\n"
LEAVE = "import os; os._exit(0)"


def measure() -> list[Figure]:
    """Whole processes, each beside one without nbtrack."""
    with tempfile.TemporaryDirectory() as place:
        env = {**os.environ, "NBTRACK_STORE": place}
        # The first point of a process is measured on a store that exists.
        subprocess.run(
            [sys.executable, "-c", "import nbtrack; nbtrack.log(x=1)"], check=True, env=env
        )
        figures = [
            _beside("import nbtrack", "import nbtrack", env, goal=60.0),
            _beside(
                "a kernel's shell with the extension",
                LOADED + LEAVE,
                env,
                goal=20.0,
                without=SHELL + LEAVE,
                against="the shell without",
            ),
            _beside(
                "import nbtrack, first point logged",
                "import nbtrack, os; nbtrack.log(loss=0.5); os._exit(0)",
                env,
                goal=150.0,
            ),
        ]
    return figures


def _beside(
    name: str,
    code: str,
    env: dict[str, str],
    *,
    goal: float,
    without: str = "pass",
    against: str = "python -c pass",
) -> Figure:
    def run(text: str) -> None:
        subprocess.run([sys.executable, "-c", text], check=True, env=env)

    median_s, without_s = paired_medians(lambda: run(code), lambda: run(without))
    return Figure(
        name,
        median_s * 1e3,
        without_s * 1e3,
        "ms",
        against,
        compared="difference",
        goal=goal,
    )
