"""Rows of the tables as lines of JSON, and back, with everything checked on the way back.

A line is an object with the row's columns; what is NULL is left out. Bytes are base64 text.
Infinite numbers are the texts ``inf`` and ``-inf``, which JSON has no numbers for.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
from collections.abc import Callable, Mapping
from pathlib import PurePosixPath
from typing import Any

import msgspec
import zstandard
from sqlalchemy import Double, Integer, LargeBinary, Table

from nbtrack.entities import (
    Direction,
    EndReason,
    ExecutionStatus,
    Lifecycle,
    RevisionReason,
    RunStatus,
)
from nbtrack.errors import NbtrackError
from nbtrack.store.chunks import unpack
from nbtrack.store.manifests import check_stored
from nbtrack.store.rows import origin_of

Row = dict[str, Any]
_LARGEST = 1 << 63
_NO_VALUE = (ValueError, TypeError, NbtrackError, zstandard.ZstdError)


class RowError(ValueError):
    """A line that is no row of its table; the message says why."""


class RowCodec:
    """Lines of one table.

    Args:
        table: whose rows.
    """

    def __init__(self, table: Table) -> None:
        self.table = table
        self._bytes = {c.name for c in table.columns if isinstance(c.type, LargeBinary)}
        self._floats = {c.name for c in table.columns if isinstance(c.type, Double)}
        self._integers = {c.name for c in table.columns if isinstance(c.type, Integer)}
        self._columns = {c.name: c for c in table.columns}
        self._defaults = {
            c.name: None if c.server_default is None else str(c.server_default.arg)  # type: ignore[attr-defined]
            for c in table.columns
        }
        self._needed = {
            c.name for c in table.columns if not c.nullable and c.server_default is None
        }

    def encode(self, row: Mapping[str, Any]) -> bytes:
        """A line, with its end."""
        values = {name: value for name, value in row.items() if value is not None}
        for name in self._bytes & values.keys():
            values[name] = base64.b64encode(values[name]).decode()
        for name in self._floats & values.keys():
            if math.isinf(values[name]):
                values[name] = str(values[name])
        return msgspec.json.encode(values) + b"\n"

    def decode(self, line: bytes) -> Row:
        """The row of a line.

        Raises:
            RowError: it is none.
        """
        try:
            values = msgspec.json.decode(line)
        except msgspec.DecodeError as error:
            raise RowError(f"no JSON: {error}") from error
        if not isinstance(values, dict):
            raise RowError("no object")
        unknown, missing = values.keys() - self._columns.keys(), self._needed - values.keys()
        if unknown or missing:
            raise RowError(f"columns {sorted(unknown)} are unknown, {sorted(missing)} missing")
        row = self._defaults | {name: self._value(name, value) for name, value in values.items()}
        self._check(row)
        return row

    def wrong(self, row: Row) -> list[str]:
        """Columns of a stored row whose values cannot have been stored."""
        checks = _CHECKS.get(self.table.name, {})
        found = []
        for name, value in row.items():
            if value is None:
                if not self._columns[name].nullable:
                    found.append(name)
                continue
            try:
                if name in self._bytes:
                    if not isinstance(value, bytes):
                        raise RowError("no bytes")
                else:
                    self._value(name, value)
                if name in checks:
                    checks[name](value)
            except _NO_VALUE:
                found.append(name)
        return found

    def _value(self, name: str, value: Any) -> Any:
        if name in self._bytes and isinstance(value, str):
            try:
                return base64.b64decode(value, validate=True)
            except binascii.Error as error:
                raise RowError(f"{name} is no base64") from error
        if name in self._floats:
            if value in ("inf", "-inf"):
                return float(value)
            fits = isinstance(value, int | float) and not isinstance(value, bool)
        elif name in self._integers:
            fits = type(value) is int and -_LARGEST <= value < _LARGEST
        else:
            fits = isinstance(value, str)
        if not fits:
            raise RowError(f"{name} is {value!r:.60}")
        return value

    def _check(self, row: Row) -> None:
        for name, check in _CHECKS.get(self.table.name, {}).items():
            if row.get(name) is not None:
                try:
                    check(row[name])
                except _NO_VALUE as error:
                    raise RowError(f"{name}: {error}") from error
        if self.table.name == "metric_chunks":
            try:
                unpack(row["data"], row["count"])
            except (NbtrackError, ValueError) as error:
                raise RowError(f"data: {error}") from error


def _list(text: str) -> None:
    if not isinstance(json.loads(text), list):
        raise ValueError("no JSON list")


def _path(text: str) -> None:
    pure = PurePosixPath(text)
    if not pure.parts or pure.is_absolute() or ".." in pure.parts or "\\" in text:
        raise ValueError(f"{text!r} leads out of the run")


def _digest(text: str) -> None:
    if len(text) != 64 or not set(text) <= set("0123456789abcdef"):
        raise ValueError(f"{text!r:.80} is no digest")


_CHECKS: dict[str, dict[str, Callable[[Any], object]]] = {
    "experiments": {"lifecycle_stage": Lifecycle},
    "executions": {
        "status": ExecutionStatus,
        "names_read": _list,
        "names_written": _list,
        "names_changed": _list,
        "source_digest": _digest,
    },
    "runs": {
        "status": RunStatus,
        "end_reason": EndReason,
        "lifecycle_stage": Lifecycle,
        "flags": _list,
        "environment_digest": _digest,
        "report_digest": _digest,
    },
    "params": {"origin": origin_of},
    "metrics": {"origin": origin_of},
    "artifacts": {"origin": origin_of, "path": _path, "digest": _digest},
    "run_datasets": {"origin": origin_of, "direction": Direction, "document_digest": _digest},
    "revisions": {"reason": RevisionReason, "changes": _list, "manifest": check_stored},
}
