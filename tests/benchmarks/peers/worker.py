"""One piece of work in one tracker's environment: ``python worker.py TRACKER SETUP PLACE WORK N``.

Prints a line ``RESULT {...}``; libraries print what they like around it. One more argument is the
run that the work ``read`` reads.
"""

from __future__ import annotations

import importlib
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from trackers.base import Tracker, expected, short_metrics, short_params

ROUNDS = 5
PACE_S = 0.001
"""Pause between two points before a SIGKILL: a fast training loop's, the same for all."""
SEARCHES = 9


def value_of(step: int) -> float:
    """What is logged at a step."""
    return step / 8


def call(tracker: Tracker, count: int) -> dict[str, Any]:
    """Time single calls, in turn with single writes of 40 bytes to an O_APPEND file.

    What timing a call that does nothing takes is taken off both.
    """
    run = tracker.begin()
    log = tracker.logger()
    for step in range(5):
        log(step, value_of(step))
    handle, path = tempfile.mkstemp(dir=tracker.place)
    os.close(handle)
    handle = os.open(path, os.O_WRONLY | os.O_APPEND)
    block = b"x" * 40
    each = count // ROUNDS
    logs: list[list[int]] = []
    writes: list[list[int]] = []
    nothings: list[list[int]] = []
    for part in range(ROUNDS):
        steps = range(5 + part * each, 5 + (part + 1) * each)
        nothings.append(_timed(steps, lambda step, value: None))
        writes.append(_timed(steps, lambda step, value: os.write(handle, block)))
        logs.append(_timed(steps, log))
    os.close(handle)
    started = time.perf_counter()
    tracker.end()

    def cost_us(rounds: list[list[int]], share: float = 0.5) -> float:
        ranked = (sorted(times)[int(len(times) * share)] for times in rounds)
        nothing = statistics.median(statistics.median(times) for times in nothings)
        return (statistics.median(ranked) - nothing) / 1e3

    return {
        "run": run,
        "points": 5 + ROUNDS * each,
        "median_us": cost_us(logs),
        "p99_us": cost_us(logs, 0.99),
        "write_us": cost_us(writes),
        "end_s": time.perf_counter() - started,
    }


def _timed(steps: range, work: Callable[[int, float], object]) -> list[int]:
    clock = time.perf_counter_ns
    given = [(step, value_of(step)) for step in steps]
    times = []
    for step, value in given:
        started = clock()
        work(step, value)
        times.append(clock() - started)
    return times


def bulk(tracker: Tracker, count: int) -> dict[str, Any]:
    """Points logged, run ended, all read back in this process."""
    started = time.perf_counter()
    run = tracker.begin()
    log = tracker.logger()
    for step in range(count):
        log(step, value_of(step))
    logged = time.perf_counter()
    tracker.end()
    found = tracker.points(run)
    total = time.perf_counter() - started
    right = sum(found.get(step) == value_of(step) for step in range(count))
    return {"total_s": total, "logged_s": logged - started, "lost": count - right, "points": count}


def kill(tracker: Tracker, count: int) -> dict[str, Any]:
    """Log until killed; a byte in the file ``acknowledged`` for each call that returned."""
    run = tracker.begin()
    log = tracker.logger()
    (tracker.place / "run").write_text(run)
    path = tracker.place / "acknowledged"
    handle = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND)
    for step in range(count):
        log(step, value_of(step))
        os.write(handle, b"x")
        time.sleep(PACE_S)
    raise SystemExit("was not killed")


def read(tracker: Tracker, count: int, run: str) -> dict[str, Any]:
    """How many of a run's first points are there, with the value they were logged with."""
    found = tracker.points(run)
    return {"right": sum(found.get(step) == value_of(step) for step in range(count))}


def short(tracker: Tracker, count: int) -> dict[str, Any]:
    """Short runs one after another, until the store has all."""
    tracker.short_run(0)
    tracker.wait()
    started = time.perf_counter()
    for index in range(1, count + 1):
        tracker.short_run(index)
    tracker.wait()
    return {"total_s": time.perf_counter() - started, "runs": count}


def read_short(tracker: Tracker, count: int) -> dict[str, Any]:
    """How many of the short runs are there with all they logged."""
    found = {
        float(metrics["m0"]): (params, metrics)
        for params, metrics in tracker.short_runs()
        if "m0" in metrics
    }
    right = sum(
        found.get(float(index)) == (short_params(index), short_metrics(index))
        for index in range(count + 1)
    )
    return {"lost": count + 1 - right}


def build(tracker: Tracker, count: int) -> dict[str, Any]:
    """Make the store that is searched."""
    started = time.perf_counter()
    tracker.build(count)
    return {"build_s": time.perf_counter() - started}


def search(tracker: Tracker, count: int) -> dict[str, Any]:
    """The search, in a process that has done it once."""
    if tracker.search() != expected(count):
        raise AssertionError("the search gave other runs than it should")
    times = []
    for _ in range(SEARCHES):
        started = time.perf_counter()
        tracker.search()
        times.append(time.perf_counter() - started)
        if sum(times) > 60:
            break
    return {"median_ms": statistics.median(times) * 1e3, "runs": count}


def start(tracker: Tracker, count: int) -> dict[str, Any]:
    """Import the library, start a run, log a point; the caller times this process."""
    tracker.begin()
    tracker.logger()(0, value_of(0))
    sys.stdout.flush()
    os._exit(0)


WORKS: dict[str, Callable[..., dict[str, Any]]] = {
    work.__name__: work
    for work in (call, bulk, kill, read, short, read_short, build, search, start)
}


def main() -> None:
    """Do what the command line says."""
    name, setup, place, work, count, *rest = sys.argv[1:]
    module = importlib.import_module(f"trackers.{name}_tracker")
    tracker = getattr(module, f"{name.capitalize()}Tracker")(Path(place), setup)
    tracker.open()
    result = WORKS[work](tracker, int(count), *rest)
    print("\nRESULT " + json.dumps(result), flush=True)


if __name__ == "__main__":
    main()
