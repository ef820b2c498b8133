"""What may be logged: MLflow's limits on keys and values, and what counts as a number."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, SupportsFloat, cast

from nbtrack.errors import UsageError

MAX_KEY = 250
MAX_PARAM_VALUE = 6000
MAX_TAG_VALUE = 8000
_KEY = re.compile(r"[/\w.\- :]+")


def check_key(kind: str, key: object) -> str:
    """A key of a param, metric or tag, if it is a usable one.

    Raises:
        UsageError: it is not text, empty, too long, or has other characters than MLflow allows.
    """
    if not isinstance(key, str):
        raise UsageError(f"a {kind}'s key must be text, not {type(key).__name__} ({key!r})")
    return _usable(kind, key)


@lru_cache(maxsize=4096)
def _usable(kind: str, key: str) -> str:
    if not key or len(key) > MAX_KEY:
        raise UsageError(f"a {kind}'s key has 1 to {MAX_KEY} characters; {key[:60]!r}... does not")
    if not _KEY.fullmatch(key):
        raise UsageError(
            f"{kind} key {key!r}: only letters, digits, spaces and _ - . : / can be used"
        )
    if posixpath.normpath(key) != key or key.startswith(("/", "..")):
        raise UsageError(f"{kind} key {key!r} cannot be used: it reads as a path outside of a run")
    return key


def usable_key(key: str) -> str:
    """A key within MLflow's limits: other characters become underscores."""
    safe = "".join(letter if letter.isalnum() or letter in "_-.:/ " else "_" for letter in key)
    return (
        "/".join(part for part in safe.split("/") if part not in ("", ".", ".."))[:MAX_KEY] or "_"
    )


def check_value(kind: str, key: str, value: object, limit: int) -> str:
    """The text of a param's or tag's value.

    Raises:
        UsageError: it is longer than MLflow allows.
    """
    text = str(value)
    if len(text) > limit:
        raise UsageError(
            f"{kind} {key!r}: its value has {len(text)} characters, at most {limit} are allowed. "
            "Log long text with nbtrack.log_text."
        )
    return text


def as_number(key: str, value: object) -> float:
    """A metric's value as a float: anything that ``float()`` takes, except text.

    Raises:
        UsageError: names the key and the type.
    """
    if not isinstance(value, str | bytes | bytearray):
        try:
            return float(cast(SupportsFloat, value))
        except (TypeError, ValueError):
            pass
    raise UsageError(
        f"metric {key!r} must be a number, not {type(value).__name__} ({str(value)[:60]!r})"
    )


def as_step(step: object) -> int:
    """A step as an int.

    Raises:
        UsageError: it is not a whole number.
    """
    try:
        whole = int(cast(Any, step))
    except (TypeError, ValueError, OverflowError):
        whole = None
    if whole is None or whole != step or not -(2**63) <= whole < 2**63:
        raise UsageError(f"step must be a whole number of at most 64 bits, not {step!r}")
    return whole


def flatten(values: Mapping[Any, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Nested mappings as dotted keys: ``{"train": {"loss": 1}}`` gives ``train.loss``."""
    for key, value in values.items():
        dotted = f"{prefix}{key}"
        if isinstance(value, Mapping):
            yield from flatten(value, f"{dotted}.")
        else:
            yield dotted, value
