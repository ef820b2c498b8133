"""Installed packages, and which of them a process has imported.

Reading what is installed takes tenths of a second, so it is done once, in the background, and
again when a directory of packages changed: an install in the middle of a session is noticed.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib import metadata

State = tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Installed:
    """The packages of an environment at one time.

    Args:
        state: of the directories that they are in.
        versions: by name, as the distributions spell it, sorted without regard to case.
        owners: top-level modules, and the package that each belongs to.
    """

    state: State
    versions: dict[str, str]
    owners: dict[str, str]


_known: Installed | None = None
_imported: tuple[State, int, dict[str, str]] | None = None


def package_state() -> State:
    """Tells, when it is another one, that packages were installed or removed."""
    found = []
    for directory in sys.path:
        if directory.endswith(("site-packages", "dist-packages")):
            try:
                found.append((directory, os.stat(directory).st_mtime_ns))  # noqa: PTH116 - hot
            except OSError:
                continue
    return tuple(found)


def installed() -> Installed:
    """What is installed now; read again only when a directory of packages changed."""
    global _known
    state = package_state()
    if _known is None or _known.state != state:
        _known = _read(state)
    return _known


def imported_packages(modules: Iterable[str] | None = None) -> dict[str, str] | None:
    """Packages of which a module is imported, with versions, by name.

    Args:
        modules: top-level names; by default those of this process.

    Returns:
        None while nothing is known of what is installed now: `installed` would have to read.
    """
    known = _known
    if known is None or known.state != package_state():
        return None
    global _imported
    if modules is not None:
        return _packages_of(known, modules)
    count = len(sys.modules)
    if _imported is None or _imported[:2] != (known.state, count):
        names = [name for name in list(sys.modules) if "." not in name]
        _imported = (known.state, count, _packages_of(known, names))
    return _imported[2]


def _packages_of(known: Installed, modules: Iterable[str]) -> dict[str, str]:
    found = {known.owners[name] for name in modules if name in known.owners}
    return {name: known.versions[name] for name in sorted(found, key=str.lower)}


def _read(state: State) -> Installed:
    versions: dict[str, str] = {}
    owners: dict[str, str] = {}
    for distribution in metadata.distributions():
        name = distribution.metadata["Name"]
        # The first one on the path is the one that is imported.
        if name and name not in versions:
            versions[name] = distribution.version or ""
            for module in _modules_of(distribution):
                owners.setdefault(module, name)
    return Installed(
        state, {name: versions[name] for name in sorted(versions, key=str.lower)}, owners
    )


def _modules_of(distribution: metadata.Distribution) -> Iterator[str]:
    """Top-level modules of a distribution, from its list of files."""
    listed = distribution.read_text("top_level.txt")
    if listed is not None:
        yield from listed.split()
        return
    seen = set()
    for line in (distribution.read_text("RECORD") or "").splitlines():
        path = line.partition(",")[0]
        top, slash, _ = path.partition("/")
        if top in seen or top.endswith((".dist-info", ".data")) or top == "..":
            continue
        seen.add(top)
        if slash:
            yield top
        elif top.endswith((".py", ".so", ".pyd")):
            yield top.partition(".")[0]
