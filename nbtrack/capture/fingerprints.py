"""Cheap fingerprints of values: did a cell change what a name is bound to?

Nothing is copied and nothing large is read: shapes, lengths, identities of parts, version counters
where the library has them, and a checksum of small buffers. Where that cannot tell, the answer
is that it cannot. Only objects that are immutable are held on to: an old value must be free to go
while a new one is computed.
"""

from __future__ import annotations

import sys
import weakref
import zlib
from collections.abc import Mapping
from enum import Enum, auto
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Any

_SCALARS = frozenset({int, float, complex, bool, str, bytes, type(None), range})
_FIXED = frozenset({ModuleType, FunctionType, BuiltinFunctionType, type})
_MAX_ITEMS = 256
_MAX_TEXT = 4096
_MAX_SUMMED_BYTES = 65536
_MAX_PARTS = 128


class Change(Enum):
    """What two fingerprints tell: the value is another, the same, or cannot be told."""

    CHANGED = auto()
    SAME = auto()
    UNKNOWN = auto()


class Fingerprint:
    """A value's fingerprint.

    Args:
        value: any object; not kept unless it is a small immutable one.
    """

    __slots__ = ("_alive", "_exact", "_id", "_marks", "_type")

    def __init__(self, value: object) -> None:
        self._type = type(value)
        self._id = id(value)
        self._alive: object = None
        if self._type in _SCALARS:
            small = not isinstance(value, (str, bytes)) or len(value) <= _MAX_TEXT
            self._marks: object = value if small else len(value)  # type: ignore[arg-type]
            self._exact = True
            return
        self._marks, self._exact = _marks(value)
        try:
            self._alive = weakref.ref(value)
        except TypeError:
            # Lists and the like take no references that let them go.
            self._alive = None

    def against(self, value: object) -> Change:
        """What became of it.

        Args:
            value: what the name is bound to now.
        """
        if type(value) is not self._type:
            return Change.CHANGED
        if self._type in _SCALARS:
            return Change.SAME if id(value) == self._id else self._scalar(value)
        if id(value) != self._id or self._is_gone(value):
            return Change.CHANGED
        marks, exact = _marks(value)
        if not _equal(marks, self._marks):
            return Change.CHANGED
        return Change.SAME if exact and self._exact else Change.UNKNOWN

    def is_same_object(self, value: object) -> bool:
        """Whether a value is surely the very object, and none that took its place in memory."""
        return id(value) == self._id and (
            self._type in _SCALARS or (self._alive is not None and not self._is_gone(value))
        )

    def _scalar(self, value: object) -> Change:
        same = repr(value) == repr(self._marks) if self._type is not range else False
        return Change.SAME if same else Change.CHANGED

    def _is_gone(self, value: object) -> bool:
        """Whether another object has taken the place in memory."""
        alive = self._alive
        return isinstance(alive, weakref.ref) and alive() is not value


def is_fixed(value: object) -> bool:
    """Whether a value is a module, function or class: not counted as changed by being used."""
    return type(value) in _FIXED or isinstance(value, type)


def is_scalar(value: object) -> bool:
    """Whether a value cannot change: a number, a text."""
    return type(value) in _SCALARS


def is_used_up(value: object) -> bool:
    """Whether reading a value changes it: iterators, generators, files."""
    return hasattr(type(value), "__next__")


def _equal(one: object, other: object) -> bool:
    return type(one) is type(other) and one == other


def _marks(value: Any) -> tuple[object, bool]:
    """What tells a mutable value from what it becomes, and whether that is all there is to it."""
    kind = type(value)
    if kind in _FIXED:
        return None, True
    if kind in (list, tuple, set, frozenset):
        return _items(value)
    if isinstance(value, dict) and kind.__module__ in ("builtins", "collections"):
        keys, sure = _items(list(dict.keys(value)))
        values, known = _items(list(dict.values(value)) if len(value) <= _MAX_ITEMS else ())
        return (keys, values, len(value)), sure and known and len(value) <= _MAX_ITEMS
    module = kind.__module__.partition(".")[0]
    found = _BY_PACKAGE.get(module) if module in sys.modules else None
    if found is not None:
        return found(value)
    torch = sys.modules.get("torch.nn")
    if torch is not None and isinstance(value, torch.Module):
        return _network(value)
    return _attributes(value)


def _items(items: Any) -> tuple[object, bool]:
    size = len(items)
    if size > _MAX_ITEMS:
        if not isinstance(items, (list, tuple)):
            return size, False
        step = size // 64
        return (size, tuple(map(id, items[::step]))), False
    kinds = set(map(type, items))
    texts = (item for item in items if isinstance(item, (str, bytes)))
    if kinds <= _SCALARS and all(len(text) <= _MAX_TEXT for text in texts):
        # Held, so that no other object takes their identities.
        kept = tuple(items)
        return (_Held(kept), tuple(map(id, kept))), True
    return (size, tuple(map(id, items))), False


class _Held:
    """Keeps small immutable objects alive; says nothing itself."""

    __slots__ = ("_items",)

    def __init__(self, items: tuple[object, ...]) -> None:
        self._items = items

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Held)

    __hash__ = None  # type: ignore[assignment]


def _attributes(value: object) -> tuple[object, bool]:
    try:
        own = object.__getattribute__(value, "__dict__")
    except AttributeError:
        return None, False
    if not isinstance(own, Mapping) or len(own) > _MAX_ITEMS:
        return None, False
    return (tuple(own), tuple(map(id, own.values()))), False


def _array(value: Any) -> tuple[object, bool]:
    import numpy as np

    if not isinstance(value, np.ndarray):
        return (None, True) if isinstance(value, np.generic) else _attributes(value)
    place = value.__array_interface__["data"][0]
    marks = (value.shape, value.dtype.str, place)
    if value.dtype.hasobject:
        return marks, False
    if value.nbytes <= _MAX_SUMMED_BYTES:
        return (*marks, zlib.crc32(value.tobytes())), True
    flat = value.reshape(-1) if value.flags.c_contiguous else None
    if flat is None:
        return marks, False
    return (*marks, zlib.crc32(flat[:: max(1, flat.size // 64)].tobytes())), False


def _table(value: Any) -> tuple[object, bool]:
    manager = getattr(value, "_mgr", None)
    if manager is None:
        return _attributes(value)
    axes = tuple(map(id, manager.axes))
    blocks = manager.blocks
    if len(blocks) > _MAX_PARTS:
        return (value.shape, axes, len(blocks)), False
    parts = [_array(block.values) if _is_array(block.values) else None for block in blocks]
    marks = tuple(id(block.values) if part is None else part[0] for block, part in
                  zip(blocks, parts, strict=True))  # fmt: skip
    exact = all(part is not None and part[1] for part in parts)
    return (value.shape, axes, marks), exact


def _is_array(value: object) -> bool:
    return type(value).__module__ == "numpy"


def _tensor(value: Any) -> tuple[object, bool]:
    torch = sys.modules["torch"]

    if isinstance(value, torch.Tensor):
        return (tuple(value.shape), value._version, value.data_ptr()), True
    if isinstance(value, torch.nn.Module):
        return _network(value)
    return _attributes(value)


def _network(value: Any) -> tuple[object, bool]:
    parts = []
    for part in (*value.parameters(), *value.buffers()):
        parts.append((id(part), part._version))
        if len(parts) > _MAX_PARTS:
            break
    return (value.training, tuple(parts)), len(parts) <= _MAX_PARTS


_BY_PACKAGE = {"numpy": _array, "pandas": _table, "torch": _tensor}
