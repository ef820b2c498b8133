"""The bytes of a chunk of metric points, and back. Every bit of every point comes back.

A chunk begins with a format byte. A few points are three columns of 8 bytes as they are, steps
and timestamps as differences. More of them have, after the format byte, one header
(`_HEADER`: bytes a value, bytes a step difference, bytes a timestamp difference, first step,
first timestamp) and three columns, little-endian:

- values as float64, or as float32 where that keeps every bit of every value; byte by byte
  (all first bytes, then all second ones ...), which puts the exponents, that resemble each
  other, beside each other;
- steps, then timestamps, as differences to the point before, in the narrowest of 1, 2, 4 or 8
  bytes that holds them all. In a loop they are ones, and noughts and ones.

Differences wrap around at 64 bits, and so do the sums that undo them.
"""

from __future__ import annotations

import struct

import numpy as np
import zstandard
from numpy.typing import NDArray

from nbtrack.errors import StoreError
from nbtrack.store.series import Points

_WIDE_RAW = b"\x00"
_WIDE_ZSTD = b"\x01"
"""Of versions up to schema 0002: three columns of 8 bytes, compressed together."""

_RAW = b"\x02"
_ZSTD = b"\x03"
_POINT = struct.Struct("<qqd")
_HEADER = struct.Struct("<BBBqq")
_WIDTHS = (1, 2, 4, 8)
_NARROW_FROM_POINTS = 5
"""Most metrics of most runs are one point: what is quickly packed is quickly logged."""

_COMPRESS_FROM_BYTES = 256
_LEVEL = 3


def pack(points: Points) -> bytes:
    """The bytes of a chunk of at least one point."""
    if len(points) < _NARROW_FROM_POINTS:
        return _wide(points)
    values = _narrow_values(points.values)
    steps = _narrow_differences(points.steps)
    times = _narrow_differences(points.timestamps_ms)
    header = _HEADER.pack(
        values.itemsize,
        steps.itemsize,
        times.itemsize,
        int(points.steps[0]),
        int(points.timestamps_ms[0]),
    )
    body = b"".join((_split(values), steps.tobytes(), times.tobytes()))
    if len(body) >= _COMPRESS_FROM_BYTES:
        # With a checksum: a bit that flipped on a disk must not look like a measurement.
        packed = zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True).compress(body)
        if len(packed) < len(body):
            return _ZSTD + header + packed
    return _RAW + header + body


def pack_point(step: int, timestamp_ms: int, value: float) -> bytes:
    """What `pack` gives for one point, in a tenth of the time.

    Raises:
        OverflowError: the step or the timestamp has more than 64 bits.
    """
    try:
        return _WIDE_RAW + _POINT.pack(step, timestamp_ms, value)
    except struct.error as error:
        raise OverflowError(str(error)) from None


def unpack(data: bytes, count: int) -> Points:
    """The points of a chunk.

    Args:
        data: what `pack` of this or an earlier version gave.
        count: how many points it holds.

    Raises:
        StoreError: the bytes are no chunk of that many points.
    """
    kind = data[:1]
    try:
        if kind in (_WIDE_RAW, _WIDE_ZSTD):
            return _unpack_wide(data, count)
        if kind in (_RAW, _ZSTD):
            return _unpack(data, count)
    except zstandard.ZstdError as error:
        raise StoreError(f"a chunk of metric points is damaged: {error}") from error
    raise StoreError("a chunk of metric points is damaged, or a newer nbtrack wrote it")


def _unpack(data: bytes, count: int) -> Points:
    if count < 1 or len(data) <= _HEADER.size:
        raise _wrong_length()
    value_width, step_width, time_width, first_step, first_time = _HEADER.unpack_from(data, 1)
    if value_width not in (4, 8) or step_width not in _WIDTHS or time_width not in _WIDTHS:
        raise StoreError("a chunk of metric points is damaged: its header is none")
    ends = np.cumsum([value_width * count, step_width * (count - 1), time_width * (count - 1)])
    body = _body(data, 1 + _HEADER.size, int(ends[-1]), packed=data[:1] == _ZSTD)
    return Points(
        _sums(body[ends[0] : ends[1]], step_width, first_step),
        _sums(body[ends[1] :], time_width, first_time),
        _joined(body[: ends[0]], value_width),
    )


def _unpack_wide(data: bytes, count: int) -> Points:
    body = _body(data, 1, 24 * count, packed=data[:1] == _WIDE_ZSTD)
    columns = body.view("<i8").reshape(3, count)
    return Points(
        np.cumsum(columns[0], dtype=np.int64),
        np.cumsum(columns[1], dtype=np.int64),
        columns[2].view("<f8").astype(np.float64),
    )


def _body(data: bytes, start: int, length: int, *, packed: bool) -> NDArray[np.uint8]:
    body = memoryview(data)[start:]
    if packed:
        # Checked first: damaged bytes must not make us allocate whatever they say.
        if zstandard.frame_content_size(body) != length:
            raise _wrong_length()
        body = memoryview(zstandard.ZstdDecompressor().decompress(body, allow_extra_data=False))
    if len(body) != length:
        raise _wrong_length()
    return np.frombuffer(body, dtype=np.uint8)


def _wrong_length() -> StoreError:
    return StoreError("a chunk of metric points is damaged: it is not as long as it should be")


def _wide(points: Points) -> bytes:
    columns = np.empty((3, len(points)), dtype="<i8")
    for column, whole in zip(columns, (points.steps, points.timestamps_ms), strict=False):
        column[0] = whole[0]
        np.subtract(whole[1:], whole[:-1], out=column[1:])
    columns[2].view("<f8")[:] = points.values
    return _WIDE_RAW + columns.tobytes()


def _narrow_values(values: NDArray[np.float64]) -> NDArray[np.floating]:
    """The values as float32 where nothing is lost: not a bit, be it of a NaN or of -0.0."""
    wide = values.astype("<f8", copy=False)
    with np.errstate(all="ignore"):
        narrow = wide.astype("<f4")
        back = narrow.astype("<f8")
    return narrow if np.array_equal(back.view("<i8"), wide.view("<i8")) else wide


def _narrow_differences(column: NDArray[np.int64]) -> NDArray[np.signedinteger]:
    differences = np.subtract(column[1:], column[:-1])
    if not len(differences):
        return differences.astype("<i1")
    low, high = int(differences.min()), int(differences.max())
    width = next(
        each for each in _WIDTHS if -(1 << 8 * each - 1) <= low and high < 1 << 8 * each - 1
    )
    return differences.astype(f"<i{width}")


def _sums(body: NDArray[np.uint8], width: int, first: int) -> NDArray[np.int64]:
    result = np.empty(len(body) // width + 1, dtype=np.int64)
    result[0] = first
    result[1:] = body.view(f"<i{width}")
    return np.cumsum(result, out=result)


def _split(values: NDArray[np.floating]) -> bytes:
    return np.ascontiguousarray(values).view(np.uint8).reshape(-1, values.itemsize).T.tobytes()


def _joined(body: NDArray[np.uint8], width: int) -> NDArray[np.float64]:
    planes = body.reshape(width, -1)
    together = np.empty((planes.shape[1], width), dtype=np.uint8)
    for position, plane in enumerate(planes):
        together[:, position] = plane
    return together.view(f"<f{width}").reshape(-1).astype(np.float64, copy=False)
