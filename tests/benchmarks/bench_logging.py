"""What a log call costs the loop that makes it, and how soon its points can be read."""

from __future__ import annotations

import os
import sqlite3
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import nbtrack
from nbtrack.tracking import session as sessions
from nbtrack.tracking.session import Session
from tests.benchmarks.harness import Figure

CALLS = 20_000
REPEATS = 9
POINTS = 100_000


def measure() -> list[Figure]:
    """Single calls beside single writes; a whole run beside a bare SQLite table."""
    with tempfile.TemporaryDirectory() as place:
        sessions.use(Session(Path(place) / "store"))
        figures = [*_calls(Path(place)), _whole_run(Path(place)), _short_runs(), _threads()]
        sessions.session().close()
    return figures


def _calls(place: Path) -> list[Figure]:
    handle = os.open(place / "appended", os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
    block = b"x" * 40
    medians: tuple[list[float], list[float]] = ([], [])
    late: list[float] = []
    with nbtrack.start_run():
        nbtrack.log(loss=0.0)
        sessions.session().flush()
        for _ in range(REPEATS):
            writes = _timed(lambda i: os.write(handle, block))
            logs = _timed(lambda i: nbtrack.log(loss=0.5, step=i))
            medians[0].append(statistics.median(logs))
            medians[1].append(statistics.median(writes))
            late.append(sorted(logs)[int(CALLS * 0.99)])
            sessions.session().flush()
    os.close(handle)
    log_ns, write_ns = map(statistics.median, medians)
    return [
        Figure(
            "log(loss=x, step=i)", log_ns / 1e3, write_ns / 1e3, "µs", "os.write of 40 B", goal=1.5
        ),
        Figure(
            "log(loss=x, step=i), 99th of 100",
            statistics.median(late) / 1e3,
            0.0,
            "µs",
            "nothing",
            compared="difference",
            goal=50.0,
        ),
    ]


def _timed(call: Callable[[int], object]) -> list[int]:
    times = []
    clock = time.perf_counter_ns
    for i in range(CALLS):
        started = clock()
        call(i)
        times.append(clock() - started)
    return times


def _whole_run(place: Path) -> Figure:
    ours, bare = [], []
    for repeat in range(5):
        started = time.perf_counter()
        with nbtrack.start_run() as run:
            for i in range(POINTS):
                nbtrack.log(loss=0.5, step=i)
        assert len(nbtrack.metric_history(run.run_id, "loss")) == POINTS
        ours.append(time.perf_counter() - started)
        started = time.perf_counter()
        _executemany(place / f"bare{repeat}.db")
        bare.append(time.perf_counter() - started)
    return Figure(
        "100 000 points logged, ended, read",
        statistics.median(ours),
        statistics.median(bare),
        "s",
        "executemany into SQLite",
        goal=2.0,
    )


def _executemany(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE p (run TEXT, key TEXT, step INT, at INT, value REAL)")
        connection.executemany(
            "INSERT INTO p VALUES (?, ?, ?, ?, ?)",
            (("r" * 32, "loss", i, time.time_ns() // 1_000_000, 0.5) for i in range(POINTS)),
        )
    connection.close()


def _short_runs() -> Figure:
    count = 2000
    started = time.perf_counter()
    for i in range(count):
        with nbtrack.start_run():
            nbtrack.log_params({f"p{k}": i for k in range(5)})
            nbtrack.log({f"m{k}": 0.5 for k in range(5)})
    sessions.session().flush(60)
    rate = count / (time.perf_counter() - started)
    return Figure(
        "short runs (5 params, 5 metrics), until in the store",
        rate,
        0.0,
        "runs/s",
        "",
        compared="value",
        goal=1000.0,
        at_least=True,
    )


def _threads() -> Figure:
    def work(key: str) -> None:
        for i in range(CALLS):
            run.log({key: 0.5}, step=i)

    with nbtrack.start_run() as run:
        threads = [threading.Thread(target=work, args=(f"t{k}",)) for k in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    held = nbtrack.get_run(run.run_id).metrics.values()
    lost = 8 * CALLS - sum(metric.count for metric in held)
    return Figure(
        "8 threads at once: points lost", lost, 0.0, "points", "", compared="value", goal=0.0
    )
