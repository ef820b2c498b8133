"""The environment a run ran in: Python, packages, platform, and the git state of its code."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from functools import lru_cache
from importlib import metadata
from pathlib import Path

_GIT_TIMEOUT_S = 2.0


@lru_cache(maxsize=8)
def environment_document(directory: str | None = None) -> bytes:
    """The environment of this process as JSON (`nbtrack.wire.EnvironmentInfo`).

    The same environment gives the same bytes. Computed once for each directory.

    Args:
        directory: whose git state is told; the current one by default.
    """
    document = {
        "python": platform.python_version(),
        "implementation": platform.python_implementation(),
        "platform": platform.platform(),
        "executable": sys.executable,
        "cpu_count": os.cpu_count(),
        "packages": _packages(),
        "git": git_state(directory or _cwd()),
    }
    return json.dumps(document, sort_keys=True, ensure_ascii=False).encode()


def _packages() -> list[dict[str, str]]:
    found: dict[str, str] = {}
    for distribution in metadata.distributions():
        name = distribution.metadata["Name"]
        if name:
            # The first one on the path is the one that is imported.
            found.setdefault(name, distribution.version or "")
    return [{"name": name, "version": found[name]} for name in sorted(found, key=str.lower)]


def git_state(directory: str | None) -> dict[str, object] | None:
    """Commit, branch and whether tracked files differ; None outside of a git work tree."""
    if directory is None:
        return None
    commit = _git(directory, "rev-parse", "HEAD")
    if not commit:
        return None
    branch = _git(directory, "symbolic-ref", "--quiet", "--short", "HEAD")
    changes = _git(directory, "status", "--porcelain", "--untracked-files=no")
    return {"commit": commit, "branch": branch or None, "dirty": changes != ""}


def _git(directory: str, *arguments: str) -> str | None:
    """What a git command says; None where it fails or there is no git."""
    command = ["git", "--no-optional-locks", "-C", directory, *arguments]
    quiet = {**os.environ, "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            text=True,
            timeout=_GIT_TIMEOUT_S,
            env=quiet,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def _cwd() -> str | None:
    try:
        return str(Path.cwd())
    except FileNotFoundError:
        return None
