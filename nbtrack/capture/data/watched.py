"""Calls of libraries that open files themselves, watched without changing them.

Some readers (Arrow's, polars', HDF5's) open files in C or Rust, which Python does not hear of.
There the library's public function is replaced by one that calls it and then tells what it was
given and what it gave. That function has the same signature and documentation, can be pickled
as the other one, stays out of tracebacks, and bears the library's file name, so that warnings
name the user's line. Nothing is imported: what the user imports later is watched from then on.
"""

from __future__ import annotations

import functools
import importlib.abc
import importlib.util
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.machinery import ModuleSpec
from types import FunctionType, ModuleType
from typing import Any

from nbtrack.capture.data import audit
from nbtrack.capture.policy import attempt

Tell = Callable[[Any, tuple[Any, ...], dict[str, Any], Any], None]
"""Takes the listener, the arguments of a call and its result."""


@dataclass(frozen=True, slots=True)
class Call:
    """A function or method to watch.

    Args:
        module: its public module; watched when that is imported.
        name: in the module, with dots for a method.
        tell: what it says to a listener after the call.
    """

    module: str
    name: str
    tell: Tell


class Watched:
    """What is watched in this process.

    Args:
        calls: functions of libraries.
        others: called with a module, by its name, when the user has imported it; gives what
            takes that back.
    """

    def __init__(
        self,
        calls: Sequence[Call],
        others: dict[str, Callable[[ModuleType], Callable[[], None]]],
    ) -> None:
        self._calls: dict[str, list[Call]] = {}
        for call in calls:
            self._calls.setdefault(call.module, []).append(call)
        self._others = others
        self._undo: list[Callable[[], None]] = []
        self._done: set[str] = set()
        self._finder = _Finder(frozenset({*self._calls, *others}), self._imported)

    def install(self) -> None:
        """Watch what is imported, and what will be; again is fine, and catches up."""
        if self._finder not in sys.meta_path:
            sys.meta_path.insert(0, self._finder)
        for name in self._finder.names - self._done:
            module = sys.modules.get(name)
            if module is not None and not _is_being_imported(module):
                self._watch(module)

    def uninstall(self) -> None:
        """Give every function back its own self."""
        if self._finder in sys.meta_path:
            sys.meta_path.remove(self._finder)
        while self._undo:
            self._undo.pop()()
        self._done.clear()

    def _imported(self, module: ModuleType) -> None:
        # Also again: a module that is reloaded has its own functions back.
        self._done.discard(module.__name__)
        self._watch(module)

    def _watch(self, module: ModuleType) -> None:
        name = module.__name__
        if name in self._done:
            return
        self._done.add(name)
        for call in self._calls.get(name, ()):
            self._replace(module, call)
        if name in self._others:
            undo, _ = attempt(lambda: self._others[name](module))
            if undo is not None:
                self._undo.append(undo)

    def _replace(self, module: ModuleType, call: Call) -> None:
        owner: Any = module
        *above, last = call.name.split(".")
        for part in above:
            owner = getattr(owner, part, None)
        original = getattr(owner, last, None)
        if not callable(original) or isinstance(original, type):
            return
        replacement = _telling(original, call.tell)
        for place, name in _places(owner, last, original):
            _, error = attempt(lambda place=place, name=name: setattr(place, name, replacement))  # type: ignore[misc]
            if error is None:
                self._undo.append(functools.partial(_put_back, place, name, replacement, original))


def _places(owner: Any, name: str, original: Any) -> list[tuple[Any, str]]:
    """Where a function stands: where it was asked for, and where it says that it is from.

    Pickle finds a function by the latter, and wants to find the very one there.
    """
    found = [(owner, name)]
    home = sys.modules.get(getattr(original, "__module__", None) or "")
    there = getattr(original, "__qualname__", "")
    if home is not None and "." not in there and getattr(home, there, None) is original:
        found.append((home, there))
    return found


def _put_back(place: Any, name: str, replacement: Any, original: Any) -> None:
    if getattr(place, name, None) is replacement:
        setattr(place, name, original)


def _telling(original: Callable[..., Any], tell: Tell) -> Callable[..., Any]:
    """A function that calls another one, and tells of it while a tracked cell runs."""

    def watched(*args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        result = original(*args, **kwargs)
        for listener in audit.listeners():
            listener.guard.run(
                "noting what was read",
                lambda: tell(listener, args, kwargs, result),  # noqa: B023 - called at once
                None,
            )
        return result

    file = getattr(getattr(original, "__code__", None), "co_filename", None)
    if file is not None:
        code = watched.__code__.replace(co_filename=file, co_name=original.__name__)
        watched = FunctionType(code, watched.__globals__, None, None, watched.__closure__)
    return functools.update_wrapper(watched, original)


def _is_being_imported(module: ModuleType) -> bool:
    return bool(getattr(getattr(module, "__spec__", None), "_initializing", False))


class _Finder(importlib.abc.MetaPathFinder):
    """Finds nothing itself: it tells when a module of interest was imported."""

    def __init__(self, names: frozenset[str], then: Callable[[ModuleType], None]) -> None:
        self.names = names
        self._then = then
        self._looking: set[str] = set()

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The spec that the other finders give, with a loader that tells."""
        if fullname not in self.names or fullname in self._looking:
            return None
        self._looking.add(fullname)
        try:
            spec = importlib.util.find_spec(fullname)
        finally:
            self._looking.discard(fullname)
        if spec is None or spec.loader is None or not hasattr(spec.loader, "exec_module"):
            return spec
        load, then = spec.loader.exec_module, self._then

        def exec_module(module: ModuleType) -> None:
            __tracebackhide__ = True
            load(module)
            attempt(lambda: then(module))

        # Of this loader object alone; a loader that cannot take it is left as it is.
        attempt(lambda: setattr(spec.loader, "exec_module", exec_module))
        return spec
