"""Files beside the database that nobody needs any more."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from nbtrack.store.upkeep.facts import Freed

_UNFINISHED_S = 86_400.0
"""A file in the making is younger."""

_KINDS = {
    "old backups": ("backups/*", "quarantine/*", "journals/*.damaged"),
    "unfinished files": (
        "blobs/??/??/.new-*",
        "backups/*.part",
        "journals/*.journal.new",
        ".part-*",
    ),
}


def leftovers(directory: Path, before_s: float) -> list[tuple[str, Path]]:
    """Files and directories that may go, each with its kind.

    Args:
        directory: of the store.
        before_s: backups and what was set aside since this instant (epoch seconds) stay. The
            newest backup always stays.
    """
    unfinished = sorted(_matching(directory, "unfinished files", time.time() - _UNFINISHED_S))
    found = [("unfinished files", path) for path in unfinished]
    newest = max((directory / "backups").glob("*"), key=_changed_at, default=None)
    found += [
        ("old backups", path)
        for path in sorted(_matching(directory, "old backups", before_s))
        if path != newest and path not in unfinished
    ]
    return found


def freed_by(found: list[tuple[str, Path]]) -> list[Freed]:
    """What removing leftovers frees."""
    lines = []
    for kind in dict.fromkeys(kind for kind, _ in found):
        sizes = [size_of(path) for each, path in found if each == kind]
        lines.append(Freed(kind, len(sizes), sum(sizes)))
    return lines


def remove(found: list[tuple[str, Path]]) -> None:
    """Remove leftovers; one that is gone already is fine."""
    for _, path in found:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def size_of(path: Path) -> int:
    """Bytes of a file, or of all files in a directory."""
    try:
        if not path.is_dir():
            return path.stat().st_size
        return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
    except FileNotFoundError:
        # Its owner may remove it at any time.
        return 0


def _matching(directory: Path, kind: str, before_s: float) -> Iterator[Path]:
    for pattern in _KINDS[kind]:
        for path in directory.glob(pattern):
            if _changed_at(path) < before_s:
                yield path


def _changed_at(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return time.time()
