"""The git state of a directory: commit, branch, remote, and what is not committed."""

from __future__ import annotations

import os
import re
import subprocess
from urllib.parse import urlsplit, urlunsplit

_TIMEOUT_S = 5.0
_NO_NOTEBOOKS = ("--", ":(top)", ":(top,exclude)*.ipynb")
"""Notebooks are left out of diffs: their revisions are recorded, and outputs make them long."""


def git_state(directory: str | None) -> dict[str, object] | None:
    """Commit, branch, remote and whether tracked files differ; None outside of a git work tree."""
    if directory is None:
        return None
    commit = _git(directory, "rev-parse", "HEAD")
    if not commit:
        return None
    branch = _git(directory, "symbolic-ref", "--quiet", "--short", "HEAD") or None
    changes = _git(directory, "status", "--porcelain", "--untracked-files=no")
    return {
        "commit": commit,
        "branch": branch,
        "remote": _remote(directory, branch),
        "dirty": changes != "",
    }


def git_diff(directory: str, max_bytes: int) -> str | None:
    """What is not committed, staged or not, as a patch; None where there is nothing.

    New files that git does not know are not in it, nor are notebooks.

    Args:
        directory: in the work tree; the whole of which is compared.
        max_bytes: a longer diff is cut there, and ends in a line that says so.
    """
    command = _command(directory, "diff", "HEAD", "--no-color", "--no-ext-diff", *_NO_NOTEBOOKS)
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_environment(),
        )
    except OSError:
        return None
    with process:
        assert process.stdout is not None
        data = process.stdout.read(max_bytes + 1)
        process.kill()
    if len(data) <= max_bytes:
        return data.decode(errors="replace") or None
    text = data[:max_bytes].decode(errors="replace").rpartition("\n")[0]
    return f"{text}\n[nbtrack: the diff is longer; only its first {max_bytes:,} bytes are kept]\n"


def without_credentials(url: str) -> str:
    """A remote's URL without user and password; ``git@host:path`` has none to take away."""
    if "://" not in url:
        return url
    try:
        parts = urlsplit(url)
    except ValueError:
        return re.sub(r"://[^/@]*@", "://", url)
    user, at, host = parts.netloc.rpartition("@")
    if parts.scheme == "ssh" and at:
        # The user of SSH is an account, as a rule git, and no secret.
        host = f"{user.partition(':')[0]}@{host}"
    return urlunsplit(parts._replace(netloc=host, query="", fragment=""))


def _remote(directory: str, branch: str | None) -> str | None:
    name = branch and _git(directory, "config", "--get", f"branch.{branch}.remote")
    url = _git(directory, "config", "--get", f"remote.{name or 'origin'}.url")
    return without_credentials(url) if url else None


def _git(directory: str, *arguments: str) -> str | None:
    """What a git command says; None where it fails or there is no git."""
    try:
        done = subprocess.run(
            _command(directory, *arguments),
            capture_output=True,
            stdin=subprocess.DEVNULL,
            text=True,
            errors="replace",
            timeout=_TIMEOUT_S,
            env=_environment(),
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def _command(directory: str, *arguments: str) -> list[str]:
    return ["git", "--no-optional-locks", "-C", directory, *arguments]


def _environment() -> dict[str, str]:
    return {**os.environ, "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
