"""Metric series as columns, and what is summed up of them. `chunks` makes bytes of them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np

from nbtrack.entities import MetricSeries
from nbtrack.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from nbtrack.records import MetricPoints

CHUNK_POINTS = 1 << 17
"""Compaction makes no longer chunk: 3 MB of arrays are quick to read and to rewrite."""


@dataclass(slots=True)
class Points:
    """Points in logged order, as three arrays of equal length."""

    steps: NDArray[np.int64]
    timestamps_ms: NDArray[np.int64]
    values: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.values)

    @classmethod
    def joined(cls, parts: Sequence[Points]) -> Points:
        """All points of several parts, in order."""
        if len(parts) == 1:
            return parts[0]
        if not parts:
            return cls(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.float64))
        return cls(
            np.concatenate([part.steps for part in parts]),
            np.concatenate([part.timestamps_ms for part in parts]),
            np.concatenate([part.values for part in parts]),
        )

    @classmethod
    def of_records(cls, records: Sequence[MetricPoints]) -> Points:
        """The points of records of one metric, in order.

        Raises:
            UsageError: steps, timestamps and values are not equally many.
        """
        joined = cls(
            _column([record.steps for record in records], np.int64),
            _column([record.timestamps_ms for record in records], np.int64),
            _column([record.values for record in records], np.float64),
        )
        lengths = len(joined.steps), len(joined.timestamps_ms), len(joined.values)
        if len(set(lengths)) > 1:
            raise UsageError(
                f"metric {records[0].key!r} has {lengths[0]} steps, {lengths[1]} timestamps and "
                f"{lengths[2]} values; they must be equally many"
            )
        return joined

    def series(self, key: str) -> MetricSeries:
        """The same as the entity."""
        return MetricSeries(key, self.steps, self.timestamps_ms, self.values)


def _column(parts: list[Sequence[Any]], dtype: type[np.generic]) -> NDArray[Any]:
    if len(parts) == 1:
        return np.asarray(parts[0], dtype=dtype)
    if any(isinstance(part, np.ndarray) for part in parts):
        return np.concatenate([np.asarray(part, dtype=dtype) for part in parts])
    # Thousands of one-point records: one array from one list is far faster than joining.
    flat: Iterable[Any] = chain.from_iterable(parts)
    return np.array(list(flat), dtype=dtype)


@dataclass(slots=True)
class Summary:
    """What is indexed of a series; see `entities.MetricSummary`. NaN stands for itself."""

    first: float
    last: float
    last_step: int
    last_at_ms: int
    min: float
    max: float
    count: int

    @classmethod
    def of(cls, points: Points) -> Summary:
        """The summary of at least one point."""
        values = points.values
        at = _last_index(points)
        low, high = _extremes(values)
        return cls(
            first=float(values[0]),
            last=float(values[at]),
            last_step=int(points.steps[at]),
            last_at_ms=int(points.timestamps_ms[at]),
            min=low,
            max=high,
            count=len(values),
        )

    @classmethod
    def of_point(cls, step: int, timestamp_ms: int, value: float) -> Summary:
        """The summary of one point: most metrics of most runs are that."""
        return cls(value, value, int(step), int(timestamp_ms), value, value, 1)

    def followed_by(self, later: Summary) -> Summary:
        """The summary of this series with a later part appended."""
        newer = (later.last_step, later.last_at_ms) >= (self.last_step, self.last_at_ms)
        tip = later if newer else self
        return Summary(
            first=self.first,
            last=tip.last,
            last_step=tip.last_step,
            last_at_ms=tip.last_at_ms,
            min=float(np.fmin(self.min, later.min)),
            max=float(np.fmax(self.max, later.max)),
            count=self.count + later.count,
        )


def _last_index(points: Points) -> int:
    """The position of the greatest (step, timestamp, position)."""
    steps = points.steps
    top = len(steps) - 1
    if top == 0:
        return 0
    candidates = np.flatnonzero(steps == steps.max())
    times = points.timestamps_ms[candidates]
    return int(candidates[np.flatnonzero(times == times.max())[-1]])


def _extremes(values: NDArray[np.float64]) -> tuple[float, float]:
    # fmin and fmax ignore NaN, and give NaN for nothing else.
    return float(np.fmin.reduce(values)), float(np.fmax.reduce(values))
