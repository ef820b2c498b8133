"""Which objects are scalars that a metric can take: numbers, and arrays of no dimension."""

from __future__ import annotations

import sys
from enum import Enum
from numbers import Real
from typing import Any

from nbtrack.capture.policy import attempt

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
        if tuple(value.shape) or "bool" in str(getattr(value, "dtype", "")):
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
    """(key, value) pairs of a scalar, or of a small dict of scalars with dotted keys.

    Returns:
        Nothing when the value is neither.
    """
    number = as_number(value)
    if number is not None:
        return [(key, number)]
    if type(value) is not dict or not value:
        return []
    pairs = _of_dict(key, value, _MAX_DEPTH)
    return [] if pairs is None or len(pairs) > _MAX_KEYS else pairs


def _of_dict(key: str, value: dict[object, object], depth: int) -> list[tuple[str, float]] | None:
    pairs: list[tuple[str, float]] = []
    if len(value) > _MAX_KEYS:
        return None
    for part, inner in list(value.items()):
        if not isinstance(part, (str, int, float, Enum)):
            return None
        name = f"{key}.{part}"
        number = as_number(inner)
        if number is not None:
            pairs.append((name, number))
            continue
        nested = _of_dict(name, inner, depth - 1) if type(inner) is dict and depth > 1 else None
        if nested is None:
            return None
        pairs += nested
    return pairs
