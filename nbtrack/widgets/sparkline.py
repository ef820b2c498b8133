"""A metric's curve as a small picture that needs no script and no theme."""

from __future__ import annotations

import base64
import math
from collections.abc import Sequence

_WIDTH, _HEIGHT, _PAD = 120, 24, 2
# A mid blue: read on white as well as on near-black.
_STROKE = "#4a8fd9"


def sparkline(steps: Sequence[int], values: Sequence[float | str]) -> str:
    """An ``img`` tag with the curve as SVG in a data URI; empty with fewer than two points."""
    points = [
        (step, value)
        for step, value in zip(steps, values, strict=True)
        if not isinstance(value, str) and math.isfinite(value)
    ]
    if len(points) < 2:
        return ""
    left, right = points[0][0], points[-1][0]
    low = min(value for _, value in points)
    high = max(value for _, value in points)
    drawn = " ".join(
        f"{_at(step, left, right, _WIDTH):.1f},{_HEIGHT - _at(value, low, high, _HEIGHT):.1f}"
        for step, value in points
    )
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{_HEIGHT}" '
        f'viewBox="0 0 {_WIDTH} {_HEIGHT}"><polyline points="{drawn}" fill="none" '
        f'stroke="{_STROKE}" stroke-width="1.5"/></svg>'
    )
    encoded = base64.b64encode(svg.encode()).decode()
    return (
        f'<img src="data:image/svg+xml;base64,{encoded}" width="{_WIDTH}" height="{_HEIGHT}" '
        f'alt="curve of {len(points)} points"/>'
    )


def _at(value: float, low: float, high: float, size: int) -> float:
    span = high - low
    share = 0.5 if span == 0 else (value - low) / span
    return _PAD + share * (size - 2 * _PAD)
