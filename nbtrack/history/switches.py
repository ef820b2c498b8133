"""Whether a notebook's history is recorded: by settings, and by switches of folders and notebooks.

The switch that is nearest to the notebook decides, then the setting ``history_exclude``; where
``capture_history`` is off, nothing is recorded at all. What was recorded stays.
"""

from __future__ import annotations

from fnmatch import fnmatch
from pathlib import Path, PurePath

from nbtrack.config import NbtrackConfig, load_config
from nbtrack.store.base import Store


def is_recorded(store: Store, path: str, config: NbtrackConfig | None = None) -> bool:
    """Whether revisions of the notebook at a path are recorded by themselves.

    Args:
        store: which knows the switches.
        path: as notebooks are stored: absolute, or ``contents:PATH``.
        config: the settings; this process's by default.
    """
    settings = config or load_config()
    if not settings.capture_history:
        return False
    switches = store.history_switches()
    for place in _places(path):
        if place in switches:
            return switches[place]
    return not any(_matches(path, pattern) for pattern in settings.history_exclude)


def follow_switches(store: Store, old: str, new: str) -> None:
    """A file or folder was renamed: its switches, and those below it, go with it."""
    for path, recorded in store.history_switches().items():
        if path == old or path.startswith(f"{old}/"):
            store.switch_history(path, None)
            store.switch_history(new + path[len(old) :], recorded)


def _places(path: str) -> list[str]:
    """The path and the folders it is in, the nearest first."""
    place = PurePath(path)
    return [path, *(str(folder) for folder in place.parents)]


def _matches(path: str, pattern: str) -> bool:
    """Whether a path, or a folder it is in, is what a pattern names."""
    wanted = str(Path(pattern).expanduser())
    return any(fnmatch(place, wanted) for place in _places(path))
