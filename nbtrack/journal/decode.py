"""A journal's bytes back into records, metric points gathered into one record per series.

Points are most of what a training loop writes, so a long stretch of them is read as one NumPy
array: the writer shares the interpreter with the user's code and must be quick.
"""

from __future__ import annotations

import zlib
from array import array
from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

from nbtrack.journal.layout import (
    BULK_HEAD,
    KIND_BULK,
    KIND_DEFINE,
    KINDS,
    MAX_RECORD_BYTES,
    POINT,
    POINT_BYTES,
    POINT_TAG,
    RECORD_HEAD,
    Series,
)
from nbtrack.records import (
    ExecutionEnded,
    ExecutionStarted,
    MetricPoints,
    Record,
    RunEnded,
    RunResumed,
    RunStarted,
    SessionStarted,
)

_STRETCH = 64
"""From this many points in a row on, NumPy is worth its call."""
_WINDOW = 8192

Columns = tuple[Sequence[int], Sequence[int], Sequence[float]]


@dataclass(slots=True)
class Decoded:
    """What `decode` found.

    Args:
        records: in order; a series' points come before the end of their run and may come
            after other records that were written later.
        consumed: the offset after the last whole record.
        last_ns: the latest instant in any record, nanoseconds since the epoch; 0 if none.
        damage: why reading stopped before the end; None when it did not.
    """

    records: list[Record] = field(default_factory=list)
    consumed: int = 0
    last_ns: int = 0
    damage: str | None = None


class _Pending:
    """Points that wait to be put out as one record per series."""

    def __init__(self, series: MutableMapping[int, Series]) -> None:
        self._series = series
        self._chunks: dict[int, list[Columns]] = {}
        self._single: dict[int, tuple[list[int], list[int], list[float]]] = {}

    def add(self, number: int, step: int, timestamp_ms: int, value: float) -> None:
        columns = self._single.get(number)
        if columns is None:
            columns = self._single[number] = ([], [], [])
            self._chunks.setdefault(number, []).append(columns)
        columns[0].append(step)
        columns[1].append(timestamp_ms)
        columns[2].append(value)

    def extend(self, number: int, columns: Columns) -> None:
        self._single.pop(number, None)
        self._chunks.setdefault(number, []).append(columns)

    def put_out(self, found: list[Record], *, run_id: str | None = None) -> None:
        for number in list(self._chunks):
            series = self._series[number]
            if run_id is not None and series.run_id != run_id:
                continue
            self._single.pop(number, None)
            chunks = self._chunks.pop(number)
            steps, stamps, values = chunks[0] if len(chunks) == 1 else _joined(chunks)
            found.append(
                MetricPoints(series.run_id, series.key, steps, stamps, values, series.origin)
            )


def _joined(chunks: list[Columns]) -> Columns:
    import numpy as np

    kinds = (np.int64, np.int64, np.float64)
    joined = [
        np.concatenate([np.asarray(chunk[i], kind) for chunk in chunks])
        for i, kind in enumerate(kinds)
    ]
    return cast(Columns, tuple(joined))


def decode(
    data: bytes,
    series: MutableMapping[int, Series],
    *,
    start: int = 0,
    stop: int | None = None,
    verify: bool,
    whole: bool = True,
    at: int = 0,
) -> Decoded:
    """Read whole records.

    Args:
        data: bytes of a journal.
        series: what series numbers stand for; definitions met on the way are added.
        start: offset of the first record.
        stop: offset to stop at; None for all of ``data``.
        verify: check every checksum. What this process itself just wrote needs none.
        whole: what was verified and ends in the middle of a record is damaged; otherwise more
            is to come.
        at: where ``data`` begins in its file, for messages.
    """
    found = Decoded(consumed=start)
    pending = _Pending(series)
    end = len(data) if stop is None else stop
    view = memoryview(data)
    offset = start
    stretch = 0
    while offset + RECORD_HEAD.size <= end:
        checksum, tag, argument = RECORD_HEAD.unpack_from(data, offset)
        size = tag >> 8 << 3
        if not RECORD_HEAD.size <= size <= MAX_RECORD_BYTES:
            found.damage = f"a record of impossible length at byte {at + offset}"
        elif offset + size > end:
            if verify and whole:
                found.damage = f"a record cut short at byte {at + offset}"
            break
        elif verify and zlib.crc32(view[offset + 4 : offset + size]) != checksum:
            found.damage = f"a torn record at byte {at + offset}"
        if found.damage:
            break
        if tag == POINT_TAG:
            if argument not in series:
                found.damage = f"a point of an unknown series at byte {at + offset}"
                break
            stretch += 1
            if stretch > _STRETCH:
                taken = _window(data, offset, end, series, pending, found, verify)
                offset += taken
                if taken:
                    continue
            _, _, _, step, ns, value = POINT.unpack_from(data, offset)
            found.last_ns = max(found.last_ns, ns)
            pending.add(argument, step, ns // 1_000_000, value)
        else:
            stretch = 0
            body = data[offset + RECORD_HEAD.size : offset + size]
            _other(tag & 0xFF, argument, body, series, pending, found)
        offset += size
    found.consumed = offset
    pending.put_out(found.records)
    return found


def _window(
    data: bytes,
    offset: int,
    end: int,
    series: MutableMapping[int, Series],
    pending: _Pending,
    found: Decoded,
    verify: bool,
) -> int:
    """Take the points in a row from here, up to a window's length; how many bytes they are."""
    import numpy as np

    names = ["crc", "tag", "series", "step", "ns", "value"]
    row = np.dtype({"names": names, "formats": ["<u4", "<u4", "<u8", "<i8", "<i8", "<f8"]})
    count = max(1, min((end - offset) // POINT_BYTES, _WINDOW))
    rows = np.frombuffer(data, row, count, offset)
    others = np.flatnonzero(rows["tag"] != POINT_TAG)
    if len(others):
        rows = rows[: others[0]]
    if verify:
        rows = rows[: _sound_points(data, offset, rows["crc"].tolist())]
    numbers = rows["series"]
    known = np.unique(numbers).tolist()
    if not len(rows) or not all(number in series for number in known):
        return 0
    for number in known:
        mine = rows[numbers == number]
        columns = (mine["step"], mine["ns"] // 1_000_000, mine["value"])
        pending.extend(number, cast(Columns, tuple(map(np.ascontiguousarray, columns))))
    found.last_ns = max(found.last_ns, int(rows["ns"].max()))
    return len(rows) * POINT_BYTES


def _sound_points(data: bytes, offset: int, checksums: list[int]) -> int:
    """How many of the points in a row from here match their checksums."""
    crc32 = zlib.crc32
    for i, checksum in enumerate(checksums):
        begin = offset + i * POINT_BYTES
        if crc32(data[begin + 4 : begin + POINT_BYTES]) != checksum:
            return i
    return len(checksums)


def _other(
    kind: int,
    argument: int,
    body: bytes,
    series: MutableMapping[int, Series],
    pending: _Pending,
    found: Decoded,
) -> None:
    if kind == KIND_BULK:
        number, columns = _bulk(body)
        pending.extend(number, columns)
        return
    import msgspec

    if kind == KIND_DEFINE:
        number, described = msgspec.json.decode(body[:argument], type=tuple[int, Series])
        series[number] = described
        return
    record: Record = msgspec.json.decode(body[:argument], type=KINDS[kind])
    if isinstance(record, RunEnded | RunResumed):
        pending.put_out(found.records, run_id=record.run_id)
    if instant := _instant(record):
        found.last_ns = max(found.last_ns, int(instant.timestamp() * 1e9))
    found.records.append(record)


def _bulk(body: bytes) -> tuple[int, Columns]:
    number, count = BULK_HEAD.unpack_from(body)
    columns: list[array[Any]] = []
    for i, code in enumerate("qqd"):
        column: array[Any] = array(code)
        begin = BULK_HEAD.size + 8 * count * i
        column.frombytes(body[begin : begin + 8 * count])
        columns.append(column)
    return number, cast(Columns, tuple(columns))


def _instant(record: Record) -> datetime | None:
    match record:
        case ExecutionStarted() | RunStarted():
            return record.started_at
        case ExecutionEnded() | RunEnded():
            return record.ended_at
        case RunResumed():
            return record.resumed_at
        case SessionStarted():
            return record.session.started_at
    return None
