"""Metric points survive packing, whatever they are."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbtrack.errors import StoreError
from nbtrack.store.metrics import _groups
from nbtrack.store.series import CHUNK_POINTS, Points, Summary, pack, unpack
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


@settings(max_examples=30)
@given(st.integers(100, 5000))
def test_regular_series_are_small(count: int) -> None:
    """Steps and times that go on regularly take almost no room beside the values."""
    steps = np.arange(count, dtype=np.int64)
    values = np.random.default_rng(count).random(count)
    packed = pack(Points(steps, 1_700_000_000_000 + steps * 10, values))
    assert len(packed) < 8 * count + 200


def test_damaged_chunk() -> None:
    """Bytes that are no chunk are refused."""
    data = pack(arrays([(1, 2, 3.0)] * 100))
    for damaged in (data[:-5], b"\x00" + data[1:], b"", b"\x07" + data[1:]):
        with pytest.raises(StoreError):
            unpack(damaged, 100)
    with pytest.raises(StoreError):
        unpack(data, 99)


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
