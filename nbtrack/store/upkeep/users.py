"""Who has a store open: nobody may, while its database is replaced."""

from __future__ import annotations

import os
from pathlib import Path

from nbtrack.errors import StateError
from nbtrack.store.dialect import DATABASE_NAME

_PROCESSES = Path("/proc")


def refuse_if_open(directory: Path) -> None:
    """Raise unless no other process has the database or a journal of a store open.

    Where the operating system does not tell (no ``/proc``), nothing is known and nothing raised.

    Raises:
        StateError: some have; says which.
    """
    found = [pid for pid in _pids() if pid != os.getpid() and _has_open(pid, directory)]
    if found:
        names = ", ".join(f"{pid} ({_name(pid)})" for pid in found)
        raise StateError(
            f"the store at {directory} is open in other processes: {names}. Shut down its "
            "kernels and JupyterLab first"
        )


def _pids() -> list[int]:
    if not _PROCESSES.is_dir():
        return []
    return sorted(int(path.name) for path in _PROCESSES.iterdir() if path.name.isdigit())


def _has_open(pid: int, directory: Path) -> bool:
    inside = str(directory.resolve())
    try:
        entries = list((_PROCESSES / str(pid) / "fd").iterdir())
    except OSError:
        # It is over, or another user's.
        return False
    return any(
        _target(entry).startswith((f"{inside}/{DATABASE_NAME}", f"{inside}/journals/"))
        for entry in entries
    )


def _target(entry: Path) -> str:
    try:
        return str(entry.readlink())
    except OSError:
        # Closed meanwhile.
        return ""


def _name(pid: int) -> str:
    try:
        return (_PROCESSES / str(pid) / "comm").read_text().strip()
    except OSError:
        return "ended"
