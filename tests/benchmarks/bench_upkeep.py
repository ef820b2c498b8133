"""How long housekeeping of a store of 10 000 runs takes, beside copying its database."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from nbtrack import housekeeping
from nbtrack.records import Record
from nbtrack.store import open_store
from nbtrack.store.base import Store
from nbtrack.testing.builders import execution_started, whole_run
from tests.benchmarks.harness import Figure

RUNS = 10_000
DELETED = 1_000


def measure() -> list[Figure]:
    """Each once: they change what they work on."""
    with tempfile.TemporaryDirectory() as place:
        store = _filled(Path(place) / "store")
        other = open_store(Path(place) / "other")
        archive = Path(place) / "all.zip"
        copied_s = _timed(
            lambda: shutil.copyfile(Path(store.location) / "nbtrack.db", Path(place) / "copy.db")
        )
        steps: dict[str, Callable[[], object]] = {
            "export of 10 000 runs": lambda: housekeeping.export_archive(store, archive),
            "import of 10 000 runs": lambda: housekeeping.import_archive(other, archive),
            "backup of 10 000 runs": lambda: housekeeping.back_up(store),
            "gc of 10 000 runs, looking only": lambda: housekeeping.find_garbage(store),
            "gc of 10 000 runs, 1 000 deleted": lambda: housekeeping.collect_garbage(
                store, older_than=timedelta(0)
            ),
            "repair of 10 000 runs": lambda: housekeeping.repair(other.location),
        }
        figures = [
            Figure(name, _timed(step), copied_s, "s", "copying the database")
            for name, step in steps.items()
        ]
        store.close()
        other.close()
    return figures


def _filled(directory: Path) -> Store:
    store = open_store(directory)
    for start in range(0, RUNS, 500):
        records: list[Record] = []
        for number in range(start, start + 500):
            records.append(execution_started(f"msg-{number}", source=f"x = {number}"))
            records += whole_run(
                f"{number:032x}",
                params={f"p{i}": str(number + i) for i in range(10)},
                metrics={f"m{i}": number / (i + 1) for i in range(10)},
            )
        store.apply(records)
    store.set_lifecycle([f"{number:032x}" for number in range(DELETED)], deleted=True)
    return store


def _timed(step: Callable[[], object]) -> float:
    started = time.perf_counter()
    step()
    return time.perf_counter() - started
