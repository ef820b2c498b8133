"""Processes that fault tests start, kill and count on.

``NBTRACK_FAULT_TRIALS`` says how often each fault is tried; a few times by default.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

_TRIALS = os.environ.get("NBTRACK_FAULT_TRIALS")
LONG = _TRIALS is not None
"""Whether somebody asked for more than what is quick."""


def trials(few: int) -> pytest.MarkDecorator:
    """A test that is repeated, each time with another ``trial``."""
    return pytest.mark.parametrize("trial", range(int(_TRIALS) if _TRIALS else few))


def start(location: Path, code: str, *arguments: str, **env: str) -> subprocess.Popen[bytes]:
    """A process of its own that tracks into a store."""
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        stdout=subprocess.PIPE,
        env={**os.environ, "NBTRACK_STORE": str(location), **env},
    )


def run_script(location: Path, place: Path, text: str, **env: str) -> str:
    """Run a script from a file, as workers that import it need; what it printed."""
    file = place / "script.py"
    file.write_text(text)
    done = subprocess.run(
        [sys.executable, str(file)],
        env={**os.environ, "NBTRACK_STORE": str(location), **env},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def killed(process: subprocess.Popen[bytes], trial: int, *, within_s: float) -> list[str]:
    """Kill -9 a process at a random moment after its first line; the lines it printed."""
    assert process.stdout is not None
    first = process.stdout.readline()
    time.sleep(random.Random(trial).uniform(0, within_s))
    process.kill()
    rest = process.stdout.read()
    process.wait()
    process.stdout.close()
    # A line without its end was not finished: it acknowledges nothing.
    whole, _, _ = (first + rest).rpartition(b"\n")
    return whole.decode().splitlines()
