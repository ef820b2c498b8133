"""The git state of a directory: commit, branch, remote, and what is not committed."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
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
    arguments = ("diff", "HEAD", "--no-color", "--no-ext-diff", *_NO_NOTEBOOKS)
    with _started(directory, *arguments) as process:
        if process is None:
            return None
        assert process.stdout is not None
        data = process.stdout.read(max_bytes + 1)
    if len(data) <= max_bytes:
        return data.decode(errors="replace") or None
    text = data[:max_bytes].decode(errors="replace").rpartition("\n")[0]
    return f"{text}\n[nbtrack: the diff is longer; only its first {max_bytes:,} bytes are kept]\n"


def file_commit(path: Path) -> tuple[str, bool] | None:
    """The commit that is checked out where a file is, and whether the file is as in it.

    Filters that git applies to the file (stripping outputs, line ends) are applied, so that the
    answer is that of ``git status``. None outside of a git work tree, and before its first commit.
    """
    if not in_work_tree(path.parent):
        return None
    commit = _git(str(path.parent), "rev-parse", "HEAD")
    if not commit:
        return None
    status = _git(
        str(path.parent), "status", "--porcelain", "--ignored", "--untracked-files=all",
        "--", f":(literal){path.name}",
    )  # fmt: skip
    return commit, status == ""


def last_author(path: Path) -> str | None:
    """Who made the last commit of a file that is as it was committed; None for any other."""
    found = file_commit(path)
    if found is None or not found[1]:
        return None
    return _git(str(path.parent), "log", "-1", "--format=%an", "--", f":(literal){path.name}")


def file_versions(path: Path, most: int) -> Iterator[tuple[str, bytes]]:
    """The commits that changed a file, latest first, each with what the file held then.

    Args:
        path: of the file; a file that was renamed has no versions under its earlier name.
        most: look at so many commits.
    """
    place, name = str(path.parent), f":(literal){path.name}"
    if not in_work_tree(path.parent):
        return
    commits = (_git(place, "log", f"-{most}", "--format=%H", "--", name) or "").split()
    with _started(place, "cat-file", "--batch") as process:
        if process is None:
            return
        assert process.stdin is not None and process.stdout is not None
        for commit in commits:
            process.stdin.write(f"{commit}:./{path.name}\n".encode())
            process.stdin.flush()
            # "ID blob SIZE", or "NAME missing" where the commit removed it.
            head = process.stdout.readline().split()
            if len(head) == 3 and head[1] == b"blob":
                yield commit, process.stdout.read(int(head[2]))
                process.stdout.read(1)


def in_work_tree(directory: Path) -> bool:
    """Whether a directory is in a git work tree, by looking only: no process is started."""
    return any((place / ".git").exists() for place in (directory, *directory.parents))


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


@contextmanager
def _started(directory: str, *arguments: str) -> Iterator[subprocess.Popen[bytes] | None]:
    """A git command that is written to and read from as it works; None where there is no git."""
    try:
        process = subprocess.Popen(
            _command(directory, *arguments),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_environment(),
        )
    except OSError:
        yield None
        return
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


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
