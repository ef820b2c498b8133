"""Many files of one directory as one dataset: a folder of images is not 60,000 datasets."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from nbtrack.capture.data.seen import Item, file_state
from nbtrack.capture.facts import FileState

MANY = 30
"""A directory with more entries than this is one dataset."""
MAX_HASHED = 10_000
"""A folder of more files has no digest."""


@dataclass(frozen=True, slots=True)
class Folder:
    """Files below one directory.

    Args:
        path: of the directory.
        files: sorted paths, with the states they were seen in.
    """

    path: str
    files: tuple[tuple[str, FileState | None], ...]


def folded(items: Iterable[Item]) -> tuple[list[Item], list[tuple[Folder, Item]]]:
    """Files apart, and folders, each with one of its items for where it was read.

    From the deepest directory up, one with more than `MANY` entries (files, and folders made so
    far) becomes a folder.
    """
    entries: dict[str, list[Item]] = {}
    for item in items:
        entries.setdefault(os.path.dirname(item.source), []).append(item)  # noqa: PTH120 - many
    folders: dict[str, list[Item]] = {}
    waiting: dict[str, tuple[int, list[Item]]] = {
        place: (len(files), files) for place, files in entries.items()
    }
    done: dict[str, tuple[int, list[Item]]] = {}
    while waiting:
        place = max(waiting, key=lambda each: (each.count(os.sep), each))
        count, files = waiting.pop(place)
        above = os.path.dirname(place)  # noqa: PTH120 - text
        if count > MANY and (place not in _wide() or len(entries.get(place, ())) > MANY):
            for below in [path for path in folders if path.startswith(place + os.sep)]:
                del folders[below]
            folders[place] = files
            count = 1
        done[place] = (count, files)
        if above != place:
            had, others = waiting.get(above, (0, []))
            waiting[above] = (had + count, others + files)
    in_folders = {id(item) for files in folders.values() for item in files}
    apart = [item for files in entries.values() for item in files if id(item) not in in_folders]
    return apart, [
        (Folder(path, tuple(sorted((each.source, each.state) for each in files))), files[0])
        for path, files in folders.items()
    ]


def _wide() -> tuple[str, ...]:
    """Directories whose subdirectories have nothing to do with each other."""
    return (os.sep, str(Path.home()), tempfile.gettempdir())


def listed(path: str) -> Folder:
    """The files below a directory that a reader was given as a whole."""
    found = []
    for place, names, files in os.walk(path):
        names.sort()
        found += [os.path.join(place, name) for name in sorted(files)]  # noqa: PTH118 - many
        if len(found) > MAX_HASHED:
            break
    states = [(each, file_state(each)) for each in found[: MAX_HASHED + 1]]
    return Folder(path, tuple(pair for pair in states if pair[1] is not None))


def folder_digest(
    folder: Folder, digest_of: Callable[[str, FileState], tuple[str | None, str]]
) -> tuple[str | None, str]:
    """A digest over the names and contents of a folder's files, or None and why not.

    The same files in another place give the same one.
    """
    if len(folder.files) > MAX_HASHED:
        return None, f"more than {MAX_HASHED:,} files: not hashed"
    found = hashlib.sha256(b"folder\n")
    for path, state in folder.files:
        digest, why = digest_of(path, state) if state is not None else (None, "it is gone")
        if digest is None:
            return None, f"{os.path.basename(path)}: {why}"  # noqa: PTH119 - text
        name = os.path.relpath(path, folder.path).replace(os.sep, "/")
        found.update(f"{digest} {name}\n".encode("utf-8", "surrogateescape"))
    return found.hexdigest(), ""
