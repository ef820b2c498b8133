"""What a cell's steps come to in this kernel: functions followed, calls looked up.

Names that the cell itself binds before it uses them need nothing from earlier cells.
"""

from __future__ import annotations

import builtins
import functools
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field
from types import FunctionType, ModuleType
from typing import Any

from nbtrack.capture.effects import Defined, Do, Passed, Step
from nbtrack.capture.fingerprints import is_fixed, is_scalar
from nbtrack.capture.magic_code import OS_STATE
from nbtrack.capture.purity import (
    builtin_looks,
    draws,
    function_looks,
    method_changes,
    method_looks,
    method_spares_arguments,
    sets_state,
)

_NOTHING = object()
_ALIASES = frozenset({"np", "pd", "plt", "torch", "F", "sns", "math", "json"})
"""What modules are usually called, for functions whose globals are not looked up."""


@dataclass(slots=True)
class KnownCode:
    """What the cells that ran so far leave for later ones.

    Attributes:
        functions: functions and classes, and what leads to them, by the name that is bound to it.
        shares: for a name, those whose objects it is a part of, or holds.
    """

    functions: dict[str, Defined] = field(default_factory=dict)
    shares: dict[str, set[str]] = field(default_factory=dict)


@dataclass(slots=True)
class Resolved:
    """What the steps come to.

    Attributes:
        reads: names whose value before the cell is read.
        reads_after: names that are read after the cell may have bound them.
        writes: names that are bound, and whether they surely are.
        changes: names whose objects may be changed, and hidden state that is.
        states: names of modules whose state is changed.
        deletes: names that are deleted.
        functions: as in `KnownCode`, of this cell; None where a name is something else now.
        shares: as in `KnownCode`, of this cell.
        bound: names that are surely bound.
    """

    reads: set[str] = field(default_factory=set)
    reads_after: set[str] = field(default_factory=set)
    writes: dict[str, bool] = field(default_factory=dict)
    changes: set[str] = field(default_factory=set)
    states: set[str] = field(default_factory=set)
    deletes: set[str] = field(default_factory=set)
    functions: dict[str, Defined | None] = field(default_factory=dict)
    shares: dict[str, set[str]] = field(default_factory=dict)
    bound: set[str] = field(default_factory=set)


def resolve(
    groups: Iterable[Iterable[Step]],
    namespace: Mapping[str, object],
    code: KnownCode,
    states: Container[str] = (),
) -> Resolved:
    """Follow a cell's steps.

    Args:
        groups: the steps, statement by statement.
        namespace: the user's; tells modules, classes and instances apart. Before the cell runs
            the answer is what may happen, with the namespace after it a narrower one.
        code: what earlier cells left.
        states: kinds of hidden state (of modules, of the process) that earlier cells set.
    """
    resolver = _Resolver(namespace, code, states)
    for steps in groups:
        for step in steps:
            resolver.take(step)
    return resolver.found


class _Resolver:
    def __init__(
        self, namespace: Mapping[str, object], code: KnownCode, states: Container[str]
    ) -> None:
        self.found = Resolved()
        self._namespace = namespace
        self._code = code
        self._states = states
        self._imports: dict[str, str] = {}
        self._followed: set[int] = set()

    def take(self, step: Step) -> None:
        """Follow one step."""
        found, name, do = self.found, step.name, step.do
        if do is Do.READ:
            self._read(name)
        elif do is Do.WRITE:
            self._write(name, step.sure)
        elif do is Do.IMPORT:
            self._write(name, step.sure)
            self._imports[name] = step.detail
        elif do is Do.DEFINE:
            self._write(name, step.sure)
            found.functions[name] = step.detail.defined
        elif do is Do.DELETE:
            self._read(name)
            found.deletes.add(name)
            found.writes.pop(name, None)
            found.bound.discard(name)
        elif do is Do.CHANGE:
            module = self._module_of(name)
            if module is None:
                found.changes.add(name)
            else:
                self._change_state(name, module)
        elif do is Do.METHOD:
            self._method(name, *step.detail)
        elif do is Do.PASS:
            self._passed(name, step.detail)
        elif do is Do.CALL:
            self._called(name)
        else:
            found.shares.setdefault(step.detail, set()).add(name)

    def _read(self, name: str) -> None:
        found = self.found
        if name not in found.bound:
            (found.reads_after if name in found.writes else found.reads).add(name)
        if self._states:
            module = self._module_of(name) or self._home_of(name)
            if module is not None and _state_of(module) in self._states:
                found.reads.add(_state_of(module))
        defined = self._defined(name)
        if defined is not None and id(defined) not in self._followed:
            self._followed.add(id(defined))
            for step in defined.steps:
                self.take(step)

    def _write(self, name: str, sure: bool) -> None:
        found = self.found
        found.writes[name] = found.writes.get(name, False) or sure
        found.deletes.discard(name)
        self._imports.pop(name, None)
        found.functions[name] = None
        if sure:
            found.bound.add(name)
            found.shares[name] = set()

    def _method(self, name: str, path: tuple[str, ...], through: bool) -> None:
        method = path[-1] if path else ""
        module = self._module_of(name)
        if method.startswith("read_"):
            self._reads_files()
        if module is not None:
            state = _state_of(module)
            drawn = state in self._states and draws(module, path)
            if not through and (sets_state(method) or drawn):
                self._change_state(name, module)
            return
        if through or method_looks(method):
            changes = through and method_changes(method)
        else:
            own = self._of_class(name, path)
            changes = own is None or _changes_parameter(own, 0)
        if changes:
            self.found.changes.add(name)

    def _change_state(self, name: str, module: str) -> None:
        """What a name's module keeps is changed; that outlives the name."""
        self.found.changes.add(_state_of(module))
        self.found.states.add(name)

    def _called(self, name: str) -> None:
        if name == "open" or name.startswith("read_"):
            self._reads_files()
        home = self._home_of(name)
        if home is not None and sets_state(name):
            self._change_state(name, home)

    def _reads_files(self) -> None:
        if OS_STATE in self._states:
            self.found.reads.add(OS_STATE)

    def _passed(self, name: str, passed: Passed) -> None:
        if not self._spared(passed):
            self.found.changes.add(name)

    def _spared(self, passed: Passed) -> bool:
        """Whether a call surely leaves what it is given as it was."""
        path, place = passed
        if not path:
            return False
        root, last = path[0], path[-1]
        module = self._module_of(root) or self._home_of(root)
        if module is not None:
            return function_looks(module, last)
        if len(path) == 1:
            defined = self._defined(root)
            if defined is not None:
                return not _changes_parameter(defined, place)
            unbound = root not in self._namespace and root not in self.found.writes
            return unbound and hasattr(builtins, root) and builtin_looks(root)
        own = self._of_class(root, path[1:])
        if own is not None:
            moved = place + 1 if isinstance(place, int) else place
            return not _changes_parameter(own, moved)
        value = self._namespace.get(root, _NOTHING)
        home = "" if value is _NOTHING else str(getattr(type(value), "__module__", ""))
        return method_spares_arguments(home, last)

    def _module_of(self, name: str) -> str | None:
        """The dotted path of the module that a name stands for, or of what was imported."""
        if name in self._imports:
            return self._imports[name]
        value = self._namespace.get(name)
        return str(value.__name__) if type(value) is ModuleType else None

    def _home_of(self, name: str) -> str | None:
        """The module of a function or class that was imported; None for one of the user's."""
        value = self._namespace.get(name, _NOTHING)
        if value is _NOTHING or not (is_fixed(value) or type(value).__module__ == "numpy"):
            return None
        home = getattr(value, "__module__", None)
        return home if isinstance(home, str) and home != "__main__" else None

    def _defined(self, name: str) -> Defined | None:
        if name in self.found.functions:
            made = self.found.functions[name]
            return made if made is not None else self._by_value(name)
        return self._code.functions.get(name)

    def _by_value(self, name: str) -> Defined | None:
        """What a name that was bound to something unknown leads to, by its value."""
        value = self._namespace.get(name, _NOTHING)
        if value is _NOTHING or is_scalar(value):
            return None
        of_type = type(value)
        if of_type is FunctionType:
            return self._function(value.__name__)  # type: ignore[attr-defined]
        if getattr(of_type, "__module__", None) == "__main__":
            return self._function(of_type.__name__)
        if isinstance(value, functools.partial):
            return self._function(getattr(value.func, "__name__", ""))
        return None

    def _function(self, name: str) -> Defined | None:
        return self.found.functions.get(name) or self._code.functions.get(name)

    def _of_class(self, name: str, path: tuple[str, ...]) -> Defined | None:
        """A method of an instance of a class that a cell defined."""
        if len(path) != 1:
            return None
        value = self._namespace.get(name, _NOTHING)
        if value is _NOTHING or getattr(type(value), "__module__", None) != "__main__":
            return None
        made = self._function(type(value).__name__)
        return None if made is None else made.methods.get(path[0])

    def leads_to(self, name: str) -> Defined | None:
        """The function or class behind a name that this cell bound."""
        self.found.functions.setdefault(name, None)
        return self._defined(name)


def known_after(
    resolved: Resolved, code: KnownCode, namespace: Mapping[str, object], written: Iterable[str]
) -> None:
    """Add what a cell that has run leaves for later ones.

    Args:
        resolved: its steps.
        code: gets the functions and shares of the names it wrote.
        namespace: the user's, after it.
        written: names it really bound.
    """
    resolver = _Resolver(namespace, code, ())
    resolver.found = resolved
    leads = {name: resolver.leads_to(name) for name in written}
    for name, defined in leads.items():
        if defined is None or name not in namespace:
            code.functions.pop(name, None)
        else:
            code.functions[name] = defined
        code.shares.pop(name, None)
    for name, sources in resolved.shares.items():
        value = namespace.get(name)
        if sources and value is not None and not is_scalar(value) and not is_fixed(value):
            code.shares.setdefault(name, set()).update(sources - {name})


def _state_of(module: str) -> str:
    return f"<{module.partition('.')[0]}>"


def _changes_parameter(defined: Defined, place: int | str) -> bool:
    """Whether a function of a cell may change what it is given there."""
    name: Any = place
    if isinstance(place, int):
        name = defined.parameters[place] if place < len(defined.parameters) else None
    if name is None or name not in defined.parameters:
        return bool(defined.on_parameters)
    shared = {name}
    for step in defined.on_parameters:
        if step.do is Do.SHARE and step.name in shared:
            shared.add(step.detail)
    for step in defined.on_parameters:
        if step.name not in shared:
            continue
        if step.do is Do.CHANGE:
            return True
        if step.do is Do.METHOD:
            path, through = step.detail
            method = path[-1] if path else ""
            if method_changes(method) or not (through or method_looks(method)):
                return True
        if step.do is Do.PASS and not _plainly_spared(step.detail):
            return True
    return False


def _plainly_spared(passed: Passed) -> bool:
    """As `_Resolver._spared`, by names alone."""
    last = passed.path[-1] if passed.path else ""
    if len(passed.path) == 1:
        return builtin_looks(last) or function_looks("", last)
    if passed.path and passed.path[0] in _ALIASES:
        return function_looks("numpy", last)
    return method_spares_arguments("", last)
