"""Which objects are scalars that a metric can take: numbers, and arrays of no dimension."""

from __future__ import annotations

import sys
from numbers import Real

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
    try:
        if kind is int or isinstance(value, Real):
            return float(value)  # type: ignore[arg-type]
        if _is_decimal(value) or _is_scalar_array(value):
            return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError, RuntimeError):
        # A number no float can hold, or a tensor that has no value yet.
        return None
    return None


def _is_decimal(value: object) -> bool:
    module = sys.modules.get("decimal")
    return module is not None and isinstance(value, module.Decimal)


def _is_scalar_array(value: object) -> bool:
    kind = type(value)
    # Asked of the type first, so that no user object computes an attribute for us.
    if not hasattr(kind, "__float__") or not hasattr(kind, "shape"):
        return False
    shape = value.shape  # type: ignore[attr-defined]
    if not hasattr(type(shape), "__len__") or len(shape) != 0:
        return False
    return "bool" not in str(getattr(value, "dtype", ""))


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
    for part, inner in value.items():
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
