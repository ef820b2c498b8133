"""What really changed in the namespace: identities before and after, and cheap fingerprints.

Nothing is copied and no data is hashed as a whole: a fingerprint looks at a bounded part of an
object. It can prove that an object changed; that it did not is only as sure as `Fingerprint.exact`
says.
"""

from __future__ import annotations

import sys
import types
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any
from zlib import crc32

from nbtrack.capture.bindings import CellFlow
from nbtrack.capture.effects import Effects
from nbtrack.capture.graph import Touched
from nbtrack.capture.policy import attempt

_MISSING = object()
_ALL_ITEMS = 256
"""A container of so many items is looked at whole, a larger one at places spread over it."""
_SPREAD = 32
_SMALL_BYTES = 4096
_SAMPLED = 64
_FIXED = (
    *(int, float, complex, bool, str, bytes, type(None), range, slice, frozenset, type),
    *(types.FunctionType, types.BuiltinFunctionType, types.ModuleType, types.MethodType),
)
_HIDDEN = frozenset({"In", "Out", "exit", "quit", "get_ipython"})


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """A look at an object.

    Args:
        mark: differs where the object does, as far as it was looked at.
        exact: an equal mark proves that the object is the same as before.
        seen: something could be looked at; of an iterator or a file nothing can.
    """

    mark: object
    exact: bool
    seen: bool = True


def fingerprint(value: object) -> Fingerprint:
    """A bounded look at an object; runs none of its code but that of known libraries."""
    kind = type(value)
    if kind in _FIXED or (kind is tuple and all(type(part) in _FIXED for part in value)):  # type: ignore[attr-defined]
        return Fingerprint(None, True)
    if kind in (list, tuple, set, dict):
        return _of_container(value)
    found, _ = attempt(lambda: _of_library(value, kind))
    if found is not None:
        return found
    held = getattr(value, "__dict__", None) if _looks_plainly(kind) else None
    if isinstance(held, dict):
        marks = tuple((name, id(part)) for name, part in list(held.items())[:_ALL_ITEMS])
        return Fingerprint((len(held), marks), False)
    return Fingerprint(None, False, seen=False)


def _looks_plainly(kind: Any) -> bool:
    """Whether looking at ``__dict__`` runs no code of the class."""
    return bool(kind.__getattribute__ is object.__getattribute__)


def _of_container(value: Any) -> Fingerprint:
    count = len(value)
    if isinstance(value, dict):
        if count <= _ALL_ITEMS:
            places = tuple((id(key), id(part)) for key, part in value.items())
            exact = all(type(part) in _FIXED for part in value.values())
            return Fingerprint((count, places), exact)
        return Fingerprint((count, id(next(iter(value)))), False)
    if isinstance(value, set):
        whole = count <= _ALL_ITEMS
        return Fingerprint((count, frozenset(map(id, value)) if whole else None), whole)
    if count <= _ALL_ITEMS:
        mark = tuple(map(id, value))
        return Fingerprint((count, mark), all(type(part) in _FIXED for part in value))
    step = max(1, count // _SPREAD)
    return Fingerprint((count, tuple(map(id, value[::step])), id(value[-1])), False)


def _of_library(value: Any, kind: type) -> Fingerprint | None:
    """Of arrays, tables and tensors; None for anything else."""
    numpy = sys.modules.get("numpy")
    if numpy is not None and isinstance(value, numpy.ndarray):
        return _of_array(value)
    module = kind.__module__.partition(".")[0]
    if module == "pandas" and hasattr(kind, "columns"):
        # The blocks of a table that changed are others, or hold other values.
        blocks = [_of_array(block.values) for block in value._mgr.blocks[:_SPREAD]]
        marks = tuple(each.mark for each in blocks)
        return Fingerprint((value.shape, id(value.columns), id(value.index), marks), False)
    if module == "pandas" and hasattr(kind, "_mgr"):
        return Fingerprint((len(value), _of_array(value._mgr.array).mark), False)
    if module == "torch" and hasattr(kind, "_version"):
        return Fingerprint((value.data_ptr(), value._version), True)
    return None


def _of_array(values: Any) -> Fingerprint:
    """Of an array's memory: all of a small one, places spread over a large one."""
    dtype = getattr(values, "dtype", None)
    if not hasattr(values, "__array_interface__") or getattr(dtype, "hasobject", True):
        return Fingerprint((id(values), len(values)), False)
    place = values.__array_interface__["data"][0]
    shape = (place, values.shape, str(dtype))
    if values.nbytes <= _SMALL_BYTES:
        return Fingerprint((shape, crc32(values.tobytes())), True)
    flat = values.reshape(-1) if values.flags.c_contiguous else values.flat
    step = max(1, values.size // _SAMPLED)
    sample = flat[::step] if values.flags.c_contiguous else flat[: _SAMPLED * step : step]
    return Fingerprint((shape, crc32(sample.tobytes())), False)


class NamespaceLook:
    """The namespace as it is before a cell; tells afterwards what became of it.

    Args:
        namespace: the user's.
    """

    def __init__(self, namespace: Mapping[str, Any]) -> None:
        self._namespace = namespace
        self._ids = _ids(namespace)
        self._before: dict[str, Fingerprint] = {}

    def look_at(self, names: Iterable[str]) -> None:
        """Remember what the objects of these names are like; those looked at stay as they were."""
        for name in names:
            value = self._namespace.get(name, _MISSING)
            if value is not _MISSING and name not in self._before:
                self._before[name] = fingerprint(value)

    def names(self) -> AbstractSet[str]:
        """The names that there were."""
        return self._ids.keys()

    def touched(self, flow: CellFlow, effects: Effects, *, failed: bool) -> Touched:
        """What a cell did to names: by its code, where that ran, and by what is there now.

        Args:
            flow: what was read in its code, as far as that ran.
            effects: what it may have changed.
            failed: it ended before its end.
        """
        now = _ids(self._namespace)
        rebound = {name for name, place in now.items() if self._ids.get(name) != place}
        gone = {name for name in self._ids if name not in self._namespace}
        bound = [made for made in flow.bindings if not made.mutation]
        certain = {made.name for made in bound if not made.conditional}
        # Bound again to the same object, such as a small number: the code tells, where it ran.
        writes = rebound | {name for name in certain if name in self._namespace}
        changes = self._changed(effects.likely, effects.possible)
        changes |= effects.state & now.keys()
        return Touched(
            reads=frozenset(flow.reads),
            writes=frozenset(writes),
            changes=frozenset(changes - writes),
            deletes=frozenset(gone | {name for name in flow.deletes if name not in now}),
            unsure=frozenset(writes - rebound if failed else ()),
        )

    def _changed(self, likely: Iterable[str], possible: Iterable[str]) -> set[str]:
        """Names whose objects changed, or may have, with the other names of the same objects.

        Args:
            likely: changed, unless the object is proved to be the same.
            possible: the same, unless the object differs or cannot be looked at.
        """
        found = set()
        for names, trusted in ((likely, False), (possible, True)):
            for name in names:
                before = self._before.get(name)
                value = self._namespace.get(name, _MISSING)
                if before is None or value is _MISSING or id(value) != self._ids.get(name):
                    continue
                after = fingerprint(value)
                same = before.mark == after.mark and before.seen
                if not same or not (before.exact or trusted):
                    found.add(name)
        return found | self._aliases(found)

    def _aliases(self, names: set[str]) -> set[str]:
        places = {self._ids[name] for name in names}
        if not places:
            return set()
        return {name for name, place in self._ids.items() if place in places} & set(self._namespace)


def _ids(namespace: Mapping[str, Any]) -> dict[str, int]:
    return {
        name: id(value)
        for name, value in list(namespace.items())
        if name[:1] != "_" and name not in _HIDDEN
    }
