"""Thinning a curve for drawing without losing its extremes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def kept_points(values: NDArray[np.float64], max_points: int) -> NDArray[np.int64]:
    """Which points to draw: of each stretch the first, least, greatest and last one.

    So a line through them covers the same pixels as one through all (M4, Jugel et al. 2014,
    https://doi.org/10.14778/2732951.2732953, with stretches of equal count).

    Args:
        values: shape (n,); NaN is no extreme, but a stretch that has some keeps the first.
        max_points: at least 8; nothing is left out of a shorter curve.

    Returns:
        Increasing positions, at most ``max_points``.
    """
    import numpy as np

    count = len(values)
    if count <= max_points:
        return np.arange(count)
    buckets = max(1, max_points // 5)
    edges = np.linspace(0, count, buckets + 1).astype(np.int64)
    starts, ends = edges[:-1], edges[1:]
    nan = np.isnan(values)
    chosen = [starts, ends - 1]
    chosen.append(_first_of(np.where(nan, np.inf, values), starts, np.minimum))
    chosen.append(_first_of(np.where(nan, -np.inf, values), starts, np.maximum))
    holed = np.flatnonzero(np.logical_or.reduceat(nan, starts))
    if len(holed):
        chosen.append(_first_of(nan.astype(np.float64), starts, np.maximum)[holed])
    return np.unique(np.concatenate(chosen))


def _first_of(
    values: NDArray[np.float64], starts: NDArray[np.int64], extreme: np.ufunc
) -> NDArray[np.int64]:
    """Position of each stretch's first point that has its extreme value."""
    import numpy as np

    best = extreme.reduceat(values, starts)
    lengths = np.diff(np.append(starts, len(values)))
    hits = np.flatnonzero(values == np.repeat(best, lengths))
    stretch = np.searchsorted(starts, hits, side="right") - 1
    _, first = np.unique(stretch, return_index=True)
    return hits[first]
