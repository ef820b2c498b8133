"""Tells when a module has been imported, by a finder that finds nothing itself.

A finder on ``sys.meta_path`` is asked before each first import: for a watched name it lets the
finders after it find the module, and has the module's own loader call back when it has executed
the module (on a reload as well). The spec, the loader and the module are the ones they would
have been; an error in the module is raised as it is, and its traceback has no frame of ours.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import _bootstrap
from importlib.machinery import ModuleSpec
from types import FunctionType, ModuleType
from typing import Any

Imported = Callable[[ModuleType], None]


class ImportWatch:
    """Calls back after the import of some modules.

    Args:
        watched: by a module's full name; called with the module, must not raise.
    """

    def __init__(self, watched: Mapping[str, Imported]) -> None:
        self._watched = watched

    def start(self) -> None:
        """Watch from now on, and call back for what is imported already."""
        if self not in sys.meta_path:
            sys.meta_path.insert(0, self)
        for name, imported in self._watched.items():
            module = sys.modules.get(name)
            spec = getattr(module, "__spec__", None)
            # One that another thread is importing right now is half made: it is left alone.
            if module is not None and not getattr(spec, "_initializing", False):
                imported(module)

    def stop(self) -> None:
        """Watch no longer."""
        if self in sys.meta_path:
            sys.meta_path.remove(self)

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Python's question for a module that is to be imported."""
        imported = self._watched.get(name)
        if imported is None:
            return None
        for finder in sys.meta_path:
            find = getattr(finder, "find_spec", None)
            spec: ModuleSpec | None = (
                None if finder is self or find is None else find(name, path, target)
            )
            if spec is not None:
                _call_after(spec.loader, imported)
                return spec
        return None


def _call_after(loader: Any, imported: Imported) -> None:
    """Have a loader call back when it has executed its module, and be as it was then."""
    if not hasattr(loader, "exec_module") or not hasattr(loader, "__dict__"):
        return
    execute = loader.exec_module

    def exec_module(module: ModuleType) -> None:
        loader.__dict__.pop("exec_module", None)
        execute(module)
        imported(module)

    loader.exec_module = _unseen(exec_module)


def _unseen(function: FunctionType | Any) -> Any:
    """The function as one of the import system's own, which Python leaves out of tracebacks."""
    file = _bootstrap._load_unlocked.__code__.co_filename  # type: ignore[attr-defined]
    function.__code__ = function.__code__.replace(co_filename=file)
    return function
