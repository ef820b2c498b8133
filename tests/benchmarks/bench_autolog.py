"""What listening to a library costs: a fit that is not recorded, one that is, an import.

One process fits the same tiny models with and without the wrapper, in turn.
"""

from __future__ import annotations

import importlib.util
import tempfile
import time
from collections.abc import Callable

import nbtrack
from nbtrack.integrations.imports import ImportWatch
from nbtrack.integrations.switches import WATCHED, Scope, listen
from nbtrack.tracking import session as sessions
from nbtrack.tracking.session import Session
from tests.benchmarks.harness import Figure, paired_medians

FITS = 20


def measure() -> list[Figure]:
    """The figures of autologging."""
    figures = [_import()]
    if importlib.util.find_spec("sklearn") is None:
        return figures
    from sklearn.datasets import load_iris
    from sklearn.naive_bayes import GaussianNB

    inputs, targets = load_iris(return_X_y=True)

    def fits(*, wrapped: bool) -> None:
        fit = GaussianNB.fit if wrapped else GaussianNB.fit.__wrapped__
        for _ in range(FITS):
            fit(GaussianNB(), inputs, targets)

    with tempfile.TemporaryDirectory() as place:
        before = sessions.use(Session(place))
        listen(Scope.RUNS)
        figures.append(_fits("a tiny fit where no run is active", fits, goal=1.05))
        with nbtrack.start_run():
            figures.append(_fits("a tiny fit in a run", fits, goal=1.0, compared="difference"))
        listen(Scope.NOWHERE)
        before.close()
    return figures


def _fits(name: str, fits: Callable[..., None], *, goal: float, compared: str = "ratio") -> Figure:
    value, base = paired_medians(
        lambda: fits(wrapped=True), lambda: fits(wrapped=False), repeats=31
    )
    each, alone = value / FITS * 1e3, base / FITS * 1e3
    return Figure(name, each, alone, "ms", "the fit itself", compared, goal)


def _import() -> Figure:
    """What the watch adds to the import of a module that nobody watches."""
    watch = ImportWatch(dict.fromkeys(WATCHED, lambda module: None))
    count = 20_000

    def asked() -> None:
        for _ in range(count):
            watch.find_spec("some.module")

    started = time.perf_counter()
    asked()
    each = (time.perf_counter() - started) / count
    return Figure(
        "an import of another module", each * 1e6, 0.0, "µs", "nothing", "difference", goal=1.0
    )
