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
        values: shape (n,); NaN is no extreme, but a stretch that has some keeps the first, so
            that the line has a hole there.
        max_points: at least 8; nothing is left out of a shorter curve.

    Returns:
        Increasing positions, at most ``max_points``.
    """
    import numpy as np

    count = len(values)
    if count <= max_points:
        return np.arange(count)
    from tsdownsample import M4Downsampler

    nan = np.flatnonzero(np.isnan(values))
    # One point is for the last of all, which the stretches of the library can just miss.
    stretches = (max_points - 1) // (5 if len(nan) else 4)
    chosen = M4Downsampler().downsample(  # type: ignore[no-untyped-call]
        np.ascontiguousarray(values), n_out=4 * stretches
    )
    holes = nan[np.unique(nan * stretches // count, return_index=True)[1]]
    return np.unique(np.concatenate([chosen.astype(np.int64), holes, [count - 1]]))
