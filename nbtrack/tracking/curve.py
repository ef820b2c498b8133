"""A metric's curve in bounded memory, for the card of a run that is going on."""

from __future__ import annotations

import math

from nbtrack.entities import Origin

_KEPT = 400


class Curve:
    """Points of one metric, thinned to a few hundred however many come.

    Attributes:
        last, first, count: of all points, thinned or not.
    """

    __slots__ = ("_stride", "count", "first", "key", "last", "last_step", "origin", "points")

    def __init__(self, key: str, origin: Origin) -> None:
        self.key = key
        self.origin = origin
        self.points: list[tuple[int, float]] = []
        self.count = 0
        self.first = self.last = math.nan
        self.last_step = 0
        self._stride = 1

    def add(self, step: int, value: float) -> None:
        """One more point."""
        if self.count == 0:
            self.first = value
        if self.count % self._stride == 0:
            self.points.append((step, value))
            if len(self.points) >= _KEPT:
                self.points = self.points[::2]
                self._stride *= 2
        self.count += 1
        self.last = value
        self.last_step = step

    def drawn(self, most: int = 200) -> list[tuple[int, float]]:
        """At most so many points, the last one among them."""
        points = list(self.points)
        if points and points[-1][0] != self.last_step:
            points.append((self.last_step, self.last))
        while len(points) > most:
            points = [*points[:-1:2], points[-1]]
        return points
