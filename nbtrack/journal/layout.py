"""How records lie in a journal's bytes.

A file is one header page, a preamble of series definitions, then records. Every record is a
multiple of 8 bytes long and begins with

    u32 crc32 of everything after it · u32 tag (length / 8, shifted by 8, plus the kind) ·
    u64 argument

A metric point is 40 bytes: its argument names a series (run, key, origin), defined once by a
record of its own, followed by i64 step, i64 nanoseconds since the epoch, f64 value. The body
of every other record is JSON; its argument is the body's length without padding.

The header's u64 words, in the machine's byte order: 0 magic, 1 end of the published records (an
offset in the file), 2 start of the records (where the preamble ends), 3 how many bytes this
journal had taken before this file's first record, 4 how far the store had taken it, as the
writer last knew, 5 nanoseconds since the epoch when the process last said that it lives, 6 the
crc32 of words 0, 2 and 3, 7 the complement of word 5. Words 0, 2, 3 and 6 never change in a file
and stand again at `COPY_AT`; a file of the first format has neither 6, 7 nor the copy.
"""

from __future__ import annotations

import sys
import zlib
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from struct import Struct
from typing import Any

from nbtrack.entities import Origin
from nbtrack.records import (
    ArtifactLogged,
    CaptureIncomplete,
    CaptureReported,
    DatasetLogged,
    EnvironmentCaptured,
    ExecutionEnded,
    ExecutionStarted,
    MetricPoints,
    ParamLogged,
    Record,
    RunEnded,
    RunRenamed,
    RunResumed,
    RunStarted,
    SessionStarted,
    TagSet,
)

HEADER_BYTES = 4096
COPY_AT = 2048
FIRST_MAGIC = int.from_bytes(b"nbtrjnl1", sys.byteorder)
MAGIC = int.from_bytes(b"nbtrjnl2", sys.byteorder)
W_MAGIC, W_END, W_START, W_BASE, W_DRAINED, W_ALIVE, W_CHECK, W_NOT_ALIVE = range(8)
ALL_ONES = (1 << 64) - 1

KIND_DEFINE = 1
KIND_POINT = 2
KIND_BULK = 3
BODIES: dict[type[Any], int] = {
    SessionStarted: 16,
    ExecutionStarted: 17,
    ExecutionEnded: 18,
    RunStarted: 19,
    RunResumed: 20,
    RunEnded: 21,
    RunRenamed: 22,
    ParamLogged: 23,
    TagSet: 24,
    ArtifactLogged: 25,
    EnvironmentCaptured: 26,
    CaptureIncomplete: 27,
    DatasetLogged: 28,
    CaptureReported: 29,
}
KINDS: dict[int, type[Any]] = {kind: record for record, kind in BODIES.items()}

RECORD_HEAD = Struct("<IIQ")
POINT_BYTES = 40
POINT_TAG = (POINT_BYTES // 8) << 8 | KIND_POINT
pack_point = Struct("<IQqqd").pack
"""Everything of a point after its checksum: tag, series, step, nanoseconds, value."""
publish_point = Struct("<I36s").pack_into
"""Write a checksum and what `pack_point` gave at an offset."""
POINT = Struct("<IIQqqd")
BULK_HEAD = Struct("<QQ")
BULK_POINTS = 20_000
"""Longer sequences of points are split into records of this many."""
MAX_RECORD_BYTES = 64 << 20


@dataclass(frozen=True, slots=True)
class Series:
    """What a point's series number stands for."""

    run_id: str
    key: str
    origin: Origin | None = None


def check_of(words: Sequence[int]) -> int:
    """The checksum of what never changes in a file's header."""
    fixed = (words[W_MAGIC], words[W_START], words[W_BASE])
    return zlib.crc32(b"".join(word.to_bytes(8, "little") for word in fixed))


def frame(kind: int, body: bytes, argument: int | None = None) -> bytes:
    """A whole record around a body."""
    size = RECORD_HEAD.size + len(body)
    padding = -size % 8
    tag = (size + padding) // 8 << 8 | kind
    rest = RECORD_HEAD.pack(0, tag, len(body) if argument is None else argument)[4:]
    rest += body + bytes(padding)
    return zlib.crc32(rest).to_bytes(4, "little") + rest


def encode(record: Record) -> bytes:
    """The bytes of any record but metric points."""
    import msgspec

    try:
        body = msgspec.json.encode(record)
    except UnicodeEncodeError:
        body = msgspec.json.encode(_without_surrogates(record))
    return frame(BODIES[type(record)], body)


def encode_series(number: int, series: Series) -> bytes:
    """The bytes that define a series number."""
    import msgspec

    return frame(KIND_DEFINE, msgspec.json.encode((number, series)))


def encode_bulk(number: int, points: MetricPoints) -> list[bytes]:
    """The bytes of many points of one series."""
    columns = (
        _column(points.steps, "q"),
        _column(points.timestamps_ms, "q"),
        _column(points.values, "d"),
    )
    found = []
    for start in range(0, len(points.values), BULK_POINTS):
        parts = [column[start : start + BULK_POINTS] for column in columns]
        head = BULK_HEAD.pack(number, len(parts[0]))
        found.append(frame(KIND_BULK, head + b"".join(part.tobytes() for part in parts)))
    return found


def _column(values: Sequence[Any], code: str) -> array[Any]:
    # A NumPy array goes through its own buffer; anything else item by item.
    column: array[Any] = array(code)
    if hasattr(values, "astype"):
        column.frombytes(values.astype(f"<{'i8' if code == 'q' else 'f8'}").tobytes())
        return column
    column.extend(values)
    if sys.byteorder == "big":
        column.byteswap()
    return column


def _without_surrogates(record: Record) -> Record:
    # A notebook's source may hold what UTF-8 cannot; it is kept readable instead of refused.
    changed: dict[str, Any] = {
        field.name: value.encode("utf-8", "backslashreplace").decode()
        for field in fields(record)
        if isinstance(value := getattr(record, field.name), str)
    }
    return replace(record, **changed)
