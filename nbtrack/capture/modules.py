"""The user's own modules that are imported: which they are, and their sources.

A module is the user's when its file is below the current directory, the notebook's, or another
directory that is searched for modules, and in no directory of installed packages.
"""

from __future__ import annotations

import os
import sys
import sysconfig
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType

MAX_MODULES = 300
MAX_MODULE_BYTES = 1_000_000
_INSTALLED = ("site-packages", "dist-packages")


@dataclass(frozen=True, slots=True)
class LocalModule:
    """A file of the user's that was imported.

    Args:
        shown: its path for people: relative to the current directory where it is below it.
        state: changes when the file does.
    """

    path: str
    shown: str
    state: tuple[int, int]


class LocalModules:
    """Finds local modules; looks at each imported module once."""

    def __init__(self) -> None:
        self._looked_at: set[str] = set()
        self._paths: dict[str, None] = {}
        self._count = -1

    def find(self) -> list[LocalModule]:
        """The local modules that are imported now, by path; a bounded number of them."""
        if len(sys.modules) != self._count:
            self._look()
        try:
            here = os.path.realpath(Path.cwd()) + os.sep
        except FileNotFoundError:
            here = os.sep
        found = {}
        for path in self._paths:
            try:
                state = os.stat(path)  # noqa: PTH116 - asked at each tracked cell
            except OSError:
                continue
            shown = path[len(here) :] if path.startswith(here) and here != os.sep else path
            found[shown] = LocalModule(path, shown, (state.st_mtime_ns, state.st_size))
        return [found[shown] for shown in sorted(found)]

    def _look(self) -> None:
        modules = dict(sys.modules)
        self._count = len(modules)
        for name, module in modules.items():
            if name not in self._looked_at and isinstance(module, ModuleType):
                self._looked_at.add(name)
                path = _local_file(module)
                if path is not None:
                    self._paths[path] = None


def _local_file(module: ModuleType) -> str | None:
    file = vars(module).get("__file__")
    if not isinstance(file, str) or not file.endswith(".py") or module.__name__ == "__main__":
        return None
    path = os.path.realpath(file)
    if any(part in path for part in _INSTALLED):
        return None
    # As it is named, too: Debian's sitecustomize is a link out of the standard library.
    if path.startswith(_of_python()) or file.startswith(_of_python()):
        return None
    return path if Path(path).is_file() else None


@cache
def _of_python() -> tuple[str, ...]:
    places = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib")}
    own = Path(__file__).parents[1]
    named = {place for place in [*places, str(own)] if place}
    return tuple(f"{place}{os.sep}" for place in named | {*map(os.path.realpath, named)})
