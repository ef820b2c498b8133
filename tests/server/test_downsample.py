"""Curves are thinned for drawing and look the same."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbtrack.server.downsample import kept_points

VALUE = st.sampled_from([1.0, 2.0, -0.0, 3.5, math.nan, math.inf, -math.inf]) | st.floats()


@given(st.lists(VALUE, max_size=300), st.integers(8, 100))
def test_ends_extremes_and_holes_are_kept(values: list[float], max_points: int) -> None:
    """Whatever the values: increasing positions, not too many, with all that is seen of a line."""
    array = np.array(values, dtype=np.float64)
    kept = kept_points(array, max_points)
    assert len(kept) <= max_points
    assert (np.diff(kept) > 0).all()
    if len(values) <= max_points:
        assert kept.tolist() == list(range(len(values)))
        return
    assert (kept[0], kept[-1]) == (0, len(values) - 1)
    assert np.isnan(array[kept]).any() == np.isnan(array).any()
    if not np.isnan(array).all():
        assert np.nanmin(array[kept]) == np.nanmin(array)
        assert np.nanmax(array[kept]) == np.nanmax(array)


@pytest.mark.parametrize("shape", ["noise", "spike", "walk"])
def test_a_million_points_look_the_same(shape: str) -> None:
    """In each of 500 columns of pixels, what is kept reaches as low and as high as all."""
    count, columns = 1_000_000, 500
    random = np.random.default_rng(5)
    values = random.normal(size=count)
    if shape == "spike":
        values = np.zeros(count)
        values[random.integers(0, count, 40)] = random.normal(size=40) * 100
    elif shape == "walk":
        values = np.cumsum(values)
    kept = kept_points(values, 4 * columns + 1)
    assert len(kept) <= 4 * columns + 1
    column = kept * columns // count
    for reduce in (np.minimum, np.maximum):
        low = reduce.reduceat(values, np.arange(columns) * (count // columns))
        drawn = reduce.reduceat(values[kept], np.searchsorted(column, np.arange(columns)))
        assert drawn.tolist() == low.tolist()


def test_a_hole_stays_where_it_is() -> None:
    """Points that are no number leave a gap in the thinned curve, beside the extremes there."""
    values = np.sin(np.arange(100_000) / 5000)
    values[40_000:41_000] = math.nan
    values[40_500] = 50.0
    kept = kept_points(values, 500)
    assert 50.0 in values[kept].tolist()
    holes = kept[np.isnan(values[kept])]
    assert len(holes)
    assert 40_000 <= holes.min() <= holes.max() < 41_000
