"""Which objects are scalars that a metric can take: numbers, and arrays of no dimension."""

from __future__ import annotations

import re
import sys
from enum import Enum
from numbers import Real
from typing import Any

from nbtrack.capture.policy import attempt

_NO_NUMBERS = re.compile("bool|datetime|timedelta")
"""Types whose items convert to numbers that say something else: nanoseconds since 1970."""
_MAX_KEYS = 50
_MAX_DEPTH = 3


def as_number(value: object) -> float | None:
    """A scalar's value; None for anything that is not one scalar number.

    Taken: int, float, Fraction, Decimal, NumPy scalars, and arrays and tensors of no dimension
    of any library (they have an empty ``shape`` and convert to float). A bool is not a number.
    """
    kind = type(value)
    if kind is float:
        return value  # type: ignore[return-value]
    if kind is bool or value is None or kind is str:
        return None
    # Asked of the type, so that a lazy object (its ``__class__`` may compute) stays lazy.
    if not (hasattr(kind, "__float__") and (_is_number(kind) or hasattr(kind, "shape"))):
        return None
    # A number no float can hold, a tensor without a value, a user's class: any error may come.
    number, _ = attempt(lambda: _number_in(value))
    return number


def _is_number(kind: type) -> bool:
    decimal = sys.modules.get("decimal")
    return issubclass(kind, Real) or (decimal is not None and issubclass(kind, decimal.Decimal))


def _number_in(value: Any) -> float | None:
    kind = type(value)
    if hasattr(kind, "shape"):
        if tuple(value.shape) or _NO_NUMBERS.search(str(getattr(value, "dtype", ""))):
            return None
        if hasattr(kind, "__dask_graph__") and value.__dask_graph__() is not None:
            # Its value is not computed yet, and may take hours.
            return None
        if hasattr(kind, "item"):
            # Libraries warn where `float` leaves something out: a gradient, an imaginary part.
            value = value.item()
            if not _is_number(type(value)) or type(value) is bool:
                return None
    return float(value)


def scalars_of(key: str, value: object) -> list[tuple[str, float]]:
    """(key, value) pairs of a scalar, or of scalars in a small container, with dotted keys.

    Containers are dicts, named tuples and dataclasses. A dict of other things as well is no
    result; the other fields of a named tuple or dataclass are passed over.

    Returns:
        Nothing when the value is neither.
    """
    number = as_number(value)
    if number is not None:
        return [(key, number)]
    parts = _parts(value)
    pairs = _of_parts(key, parts, _MAX_DEPTH, strict=type(value) is dict) if parts else None
    return [] if pairs is None or len(pairs) > _MAX_KEYS else pairs


def _parts(value: object) -> list[tuple[object, object]]:
    """What a container that may hold scalars holds; nothing for any other object."""
    kind = type(value)
    if kind is dict:
        return list(value.items())  # type: ignore[attr-defined]
    if issubclass(kind, tuple):
        names = getattr(kind, "_fields", None)
        return list(zip(names, tuple.__iter__(value), strict=False)) if _is_names(names) else []  # type: ignore[arg-type]
    if not any("__dataclass_fields__" in vars(base) for base in kind.__mro__):
        return []
    names = list(kind.__dataclass_fields__)[: _MAX_KEYS + 1]  # type: ignore[attr-defined]
    values = [(name, attempt(lambda name=name: getattr(value, name))) for name in names]  # type: ignore[misc]
    return [(name, part) for name, (part, error) in values if error is None]


def _is_names(names: object) -> bool:
    return isinstance(names, tuple) and all(type(name) is str for name in names)


def _of_parts(
    key: str, parts: list[tuple[object, object]], depth: int, *, strict: bool = True
) -> list[tuple[str, float]] | None:
    pairs: list[tuple[str, float]] = []
    if len(parts) > _MAX_KEYS:
        return None
    for part, inner in parts:
        if not isinstance(part, (str, int, float, Enum)):
            return None
        name = f"{key}.{part}"
        number = as_number(inner)
        if number is not None:
            pairs.append((name, number))
            continue
        below = _parts(inner) if depth > 1 else []
        nested = _of_parts(name, below, depth - 1, strict=type(inner) is dict) if below else None
        if nested is None and strict:
            return None
        pairs += nested or []
    return pairs
