"""What a session knows of its process: who runs it, where, and what happens at its end."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from pathlib import Path


@functools.cache
def user_name() -> str:
    """The system's name of the user; empty where there is none."""
    import getpass

    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""


@functools.cache
def script_path() -> str:
    """The script this process runs; empty in an interactive one."""
    main = sys.modules.get("__main__")
    file = getattr(main, "__file__", None)
    return str(Path(file).absolute()) if file else ""


def working_directory() -> str:
    """The current directory; empty where it was deleted."""
    try:
        return str(Path.cwd())
    except FileNotFoundError:
        return ""


def at_worker_exit(action: Callable[[], object]) -> None:
    """Have something done when this process ends as a worker of `multiprocessing`, joblib or such.

    These leave without Python's usual end, so that what is registered with `atexit` never runs
    in them. Nothing happens in any other process.
    """
    if "multiprocessing.process" not in sys.modules:
        return
    from multiprocessing.process import parent_process
    from multiprocessing.util import Finalize

    if parent_process() is not None:
        # None: tied to no object, it lives until the process ends.
        Finalize(None, action, exitpriority=0)
