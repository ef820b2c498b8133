"""Metric points survive packing, whatever they are."""

from __future__ import annotations

import math

import numpy as np
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from nbtrack.errors import StoreError
from nbtrack.store.chunks import pack, pack_point, unpack
from nbtrack.store.metrics import _groups
from nbtrack.store.series import CHUNK_POINTS, Points, Summary
from nbtrack.testing.builders import points

INT64 = st.integers(-(2**63), 2**63 - 1)
# Few small numbers, so that steps and times are often equal.
POINT = st.tuples(st.integers(0, 2) | INT64, st.integers(0, 2) | INT64, st.floats(width=64))


def arrays(rows: list[tuple[int, int, float]]) -> Points:
    """Points from (step, timestamp, value)."""
    steps, times, values = zip(*rows, strict=True)
    return Points.of_records([points(values, steps=steps, timestamps_ms=times)])


@given(st.lists(POINT, min_size=1, max_size=60))
def test_chunk_round_trip(rows: list[tuple[int, int, float]]) -> None:
    """Every bit of every point comes back, NaN payloads included."""
    original = arrays(rows)
    back = unpack(pack(original), len(rows))
    assert back.steps.tolist() == original.steps.tolist()
    assert back.timestamps_ms.tolist() == original.timestamps_ms.tolist()
    assert back.values.tobytes() == original.values.tobytes()


@given(POINT)
def test_one_point_has_a_shorter_way(row: tuple[int, int, float]) -> None:
    """A single point packs and sums up as an array of one does."""
    assert pack_point(*row) == pack(arrays([row]))
    assert repr(Summary.of_point(*row)) == repr(Summary.of(arrays([row])))


@given(st.lists(st.lists(POINT, min_size=1, max_size=8), min_size=1, max_size=6))
def test_summary_of_parts(parts: list[list[tuple[int, int, float]]]) -> None:
    """Summing up part by part gives what summing up the whole gives, and what Python says."""
    pieces = [arrays(part) for part in parts]
    summary = Summary.of(pieces[0])
    for piece in pieces[1:]:
        summary = summary.followed_by(Summary.of(piece))
    whole = Summary.of(Points.joined(pieces))
    assert repr(summary) == repr(whole)
    rows = [row for part in parts for row in part]
    last = max(range(len(rows)), key=lambda index: (rows[index][:2], index))
    numbers = [value for _, _, value in rows if not math.isnan(value)]
    assert repr(summary.last) == repr(rows[last][2])
    assert (summary.last_step, summary.last_at_ms) == rows[last][:2]
    if numbers:
        assert (summary.min, summary.max) == (min(numbers), max(numbers))
    else:
        assert math.isnan(summary.min)
        assert math.isnan(summary.max)


@given(st.lists(st.floats(width=32), min_size=1, max_size=60))
def test_narrow_values_round_trip(values: list[float]) -> None:
    """What fits into 32 bits comes back with every bit of its 64."""
    original = arrays([(0, 0, value) for value in values])
    assert unpack(pack(original), len(values)).values.tobytes() == original.values.tobytes()


def loop(values: NDArray[np.float64], pause_ns: int, jitter_ns: int) -> Points:
    """Points as a loop logs them: steps go up by one, times by what an iteration took."""
    count = len(values)
    pauses = np.random.default_rng(1).normal(pause_ns, jitter_ns, count).clip(100).astype(np.int64)
    times = (1_700_000_000_000_000_000 + np.cumsum(pauses)) // 1_000_000
    return Points(np.arange(count, dtype=np.int64), times, values)


@pytest.mark.parametrize("count", [100, 3000, CHUNK_POINTS])
@pytest.mark.parametrize("pause_ns", [1_500, 1_500_000, 300_000_000])
def test_noise_takes_little_more_than_itself(count: int, pause_ns: int) -> None:
    """Beside values that nothing can shorten, steps and times take at most 1.5 bytes a point."""
    noise = np.random.default_rng(count).normal(size=count)
    for values, most in ((noise, 9.5), (noise.astype(np.float32).astype(np.float64), 5.5)):
        original = loop(values, pause_ns, min(pause_ns // 4, 400_000))
        packed = pack(original)
        assert len(packed) <= most * count + 40
        back = unpack(packed, count)
        assert back.timestamps_ms.tolist() == original.timestamps_ms.tolist()
        assert back.values.tobytes() == original.values.tobytes()


def test_regular_series_are_small() -> None:
    """A value that stays, in regular steps, costs almost nothing."""
    steps = np.arange(CHUNK_POINTS, dtype=np.int64)
    packed = pack(Points(steps, 1_700_000_000_000 + steps * 10, np.full(CHUNK_POINTS, 0.1)))
    assert len(packed) < 500


@given(st.lists(POINT, min_size=1, max_size=60))
def test_chunks_of_earlier_versions(rows: list[tuple[int, int, float]]) -> None:
    """Chunks as versions up to schema 0002 wrote them read the same today."""
    points = arrays(rows)
    columns = [
        np.diff(points.steps, prepend=np.int64(0)),
        np.diff(points.timestamps_ms, prepend=np.int64(0)),
        points.values,
    ]
    raw = b"".join(column.tobytes() for column in columns)
    for data in (b"\x00" + raw, b"\x01" + zstandard.compress(raw, 3)):
        back = unpack(data, len(rows))
        assert back.steps.tolist() == points.steps.tolist()
        assert back.timestamps_ms.tolist() == points.timestamps_ms.tolist()
        assert back.values.tobytes() == points.values.tobytes()


def test_damaged_chunk() -> None:
    """Bytes that are no chunk are refused."""
    few = pack(arrays([(1, 2, 3.0)] * 2))
    some = pack(arrays([(1, 2, 3.0)] * 6))
    many = pack(arrays([(index**3, index**2, index / 7) for index in range(300)]))
    for data, count in ((few, 2), (some, 6), (many, 300)):
        others = (bytes([kind]) + data[1:] for kind in (0, 1, 2, 3, 7) if kind != data[0])
        for damaged in (data[:-5], data + b"x", b"", *others):
            with pytest.raises(StoreError):
                unpack(damaged, count)
        for wrong in (0, count - 1, count + 1):
            with pytest.raises(StoreError):
                unpack(data, wrong)


def test_flipped_bit_is_noticed() -> None:
    """A bit that flips anywhere in the columns of a longer chunk is an error, not a value."""
    data = pack(loop(np.random.default_rng(0).normal(size=500), 1000, 100))
    for position in range(20, len(data), 7):
        damaged = bytearray(data)
        damaged[position] ^= 4
        with pytest.raises(StoreError):
            unpack(bytes(damaged), 500)


@given(st.lists(st.integers(1, CHUNK_POINTS), max_size=40))
def test_groups_for_compaction(counts: list[int]) -> None:
    """Compaction merges neighbours only, up to the largest chunk, and leaves nothing to merge."""
    groups = _groups(list(enumerate(counts)))
    flat = [sequence for group in groups for sequence in group]
    assert flat == sorted(set(flat))
    for group in groups:
        assert group == list(range(group[0], group[-1] + 1))
        assert len(group) > 1
        assert sum(counts[sequence] for sequence in group) <= CHUNK_POINTS
