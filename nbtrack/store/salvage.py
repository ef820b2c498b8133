"""Making records writable that no database takes as they are.

What happened must not be lost over how it is written: half a surrogate pair in a text is
spelled out (``\\ud800``), and a whole number beyond 64 bits becomes the nearest one within.
Called only after a batch was refused, so that the usual batch pays nothing for it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from nbtrack.records import Record

_LARGEST = (1 << 63) - 1


def salvaged(records: Sequence[Record]) -> list[Record]:
    """The same records, with every text and number changed that cannot be stored."""
    return [_clean(record) for record in records]


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        # Subclasses of str are enumerations, which are fine as they are.
        if type(value) is not str:
            return value
        return value.encode("utf-8", "backslashreplace").decode("utf-8")
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        return min(max(value, -_LARGEST - 1), _LARGEST)
    if isinstance(value, list | tuple):
        return [_clean(item) for item in value]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        changed = {
            field.name: _clean(getattr(value, field.name)) for field in dataclasses.fields(value)
        }
        return dataclasses.replace(value, **changed)
    return value
