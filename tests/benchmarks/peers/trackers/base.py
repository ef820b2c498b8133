"""What a tracker must do in the comparison, and the work that all of them are given."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from pathlib import Path

SHORT = 5
"""Params, and metrics, of a short run."""
WIDE = 10
"""Params, and metrics, of a run that is searched for."""


def short_params(index: int) -> dict[str, str]:
    """The params of the short run with this number."""
    return {f"p{k}": str(index + k) for k in range(SHORT)}


def short_metrics(index: int) -> dict[str, float]:
    """The metrics of the short run with this number."""
    return {f"m{k}": index + k / 8 for k in range(SHORT)}


def wide_params(index: int) -> dict[str, str]:
    """The params of the searched run with this number."""
    return {f"p{k}": str((index * 7 + k) % 10) for k in range(WIDE)}


def wide_metrics(index: int) -> dict[str, float]:
    """The metrics of the searched run with this number: no two runs have the same m1."""
    return {f"m{k}": (index * 7919 + k * 104_729) % 1_000_003 / 1_000_003 for k in range(WIDE)}


def expected(count: int) -> list[str]:
    """The names of the runs that the search must give, in order, in a store of so many runs.

    The search: param p0 is '3' and metric m0 above 0.5, the largest m1 first, the first 100.
    """
    fitting = [
        (wide_metrics(i)["m1"], i)
        for i in range(count)
        if wide_params(i)["p0"] == "3" and wide_metrics(i)["m0"] > 0.5
    ]
    return [f"run-{i}" for _, i in sorted(fitting, reverse=True)[:100]]


class Tracker(ABC):
    """One tracker in one of its set-ups, on a store in a directory.

    Args:
        place: the directory of the store.
        setup: which set-up, one of those the comparison lists.
    """

    settle_s = 0.0
    """How long after the death of a process its helper processes may need to write."""

    def __init__(self, place: Path, setup: str) -> None:
        self.place = place
        self.setup = setup

    @abstractmethod
    def open(self) -> None:
        """Import the library and point it at the store."""

    @abstractmethod
    def begin(self) -> str:
        """Start a run; gives what `points` finds it by."""

    @abstractmethod
    def logger(self) -> Callable[[int, float], object]:
        """The call that logs one point (step, value) of the metric ``loss``."""

    @abstractmethod
    def end(self) -> None:
        """End the run and wait as long as the library offers to wait."""

    @abstractmethod
    def points(self, run: str) -> Mapping[int, float]:
        """What the store has of a run's ``loss``, by step."""

    @abstractmethod
    def short_run(self, index: int) -> None:
        """A whole run with `short_params` and `short_metrics`, the fastest documented way."""

    def wait(self) -> None:  # noqa: B027
        """Wait until the store has all runs that ended."""

    @abstractmethod
    def short_runs(self) -> list[tuple[dict[str, str], dict[str, float]]]:
        """Params and last metrics of every run of the store."""

    def build(self, count: int) -> None:
        """Make a store of so many runs ``run-0``, ... with wide params and metrics."""
        raise NotImplementedError("has no search without a server")

    def search(self) -> list[str]:
        """The search of `expected`, with all params and metrics of what it gives; names."""
        raise NotImplementedError("has no search without a server")


def checked(found: Mapping[str, tuple[Mapping[str, object], Mapping[str, float]]]) -> list[str]:
    """The names of found runs, after a look that their columns are there."""
    for params, metrics in found.values():
        if len(params) < WIDE or len(metrics) < WIDE:
            raise AssertionError(f"{len(params)} params and {len(metrics)} metrics")
    return list(found)
