"""The environment a run ran in: Python, packages, platform, and the git state of its code."""

from __future__ import annotations

import json
import os
import platform
import sys
from pathlib import Path

from nbtrack.capture.git import git_state
from nbtrack.capture.packages import installed


def environment_document(directory: str | None = None) -> bytes:
    """The environment of this process as JSON (`nbtrack.wire.EnvironmentInfo`).

    The same environment gives the same bytes. Git is asked each time, packages are read again
    when some were installed.

    Args:
        directory: whose git state is told; the current one by default.
    """
    document = {
        "python": platform.python_version(),
        "implementation": platform.python_implementation(),
        "platform": platform.platform(),
        "executable": sys.executable,
        "cpu_count": os.cpu_count(),
        "packages": [
            {"name": name, "version": version} for name, version in installed().versions.items()
        ],
        "git": git_state(directory or current_directory()),
    }
    return json.dumps(document, sort_keys=True, ensure_ascii=False).encode()


def current_directory() -> str | None:
    """The current directory; None where it is gone."""
    try:
        return str(Path.cwd())
    except FileNotFoundError:
        return None
