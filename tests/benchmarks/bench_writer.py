"""What the writer costs the process it works for: memory, the interpreter's lock, and no points."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from nbtrack.store import open_store
from nbtrack.tracking.adoption import adopt_journals
from tests.benchmarks.harness import Figure

POINTS = 10_000_000
TRIALS = 100

_MEMORY = """
import sys, time
import nbtrack

def resident_mb(name="VmRSS"):
    with open("/proc/self/status") as status:
        (line,) = [line for line in status if line.startswith(name)]
    return int(line.split()[1]) / 1024

with nbtrack.start_run() as run:
    for i in range(1000):
        nbtrack.log(loss=float(i), step=i)
    run.stored()
    time.sleep(1)
    before, most = resident_mb(), 0.0
    for i in range(int(sys.argv[1])):
        nbtrack.log(loss=float(i), step=i)
        if i % 20_000 == 0:
            most = max(most, resident_mb())
    most = max(most, resident_mb())
print(most - before)
"""
_JITTER = """
import sys, time
import nbtrack
from nbtrack.tracking import session as sessions

def longest_pauses_ms(until):
    clock, pauses = time.perf_counter_ns, []
    last = clock()
    while not until():
        for _ in range(200):
            pass
        now = clock()
        pauses.append(now - last)
        last = now
    pauses.sort()
    return pauses[int(len(pauses) * 0.999)] / 1e6

sessions.use(sessions.Session(drain_interval_s=3600, journal_bytes=64 << 20))
run = nbtrack.start_run()
nbtrack.log(loss=0.0)
run.stored()
end = time.monotonic() + 1
quiet = longest_pauses_ms(lambda: time.monotonic() > end)
for i in range(1_000_000):
    nbtrack.log(loss=float(i), step=i)
journal = sessions.session().journal
sessions.session().writer.wake()
draining = longest_pauses_ms(lambda: journal.backlog == 0)
print(draining, quiet)
"""
_LOOP = """
import os
import nbtrack
run = nbtrack.start_run()
os.write(1, run.run_id.encode())
i = 0
while True:
    nbtrack.log(x=float(i), step=i)
    i += 1
    os.write(1, b"x")
"""


def measure() -> list[Figure]:
    """Each in a process of its own, on a store of its own."""
    figures = [_jitter(), _killed()]
    return [_memory(), *figures] if sys.platform == "linux" else figures


def _printed(code: str, *arguments: str) -> list[float]:
    with tempfile.TemporaryDirectory() as place:
        done = subprocess.run(
            [sys.executable, "-c", code, *arguments],
            env={**os.environ, "NBTRACK_STORE": place},
            capture_output=True,
            text=True,
            check=True,
        )
    return [float(word) for word in done.stdout.split()]


def _memory() -> Figure:
    (grown_mb,) = _printed(_MEMORY, str(POINTS))
    return Figure(
        "resident growth, 10 000 000 points logged",
        grown_mb,
        0.0,
        "MB",
        "",
        compared="value",
        goal=50.0,
    )


def _jitter() -> Figure:
    draining_ms, quiet_ms = _printed(_JITTER)
    # CPython lets a thread wait for another one for 5 ms; a person feels a tenth of a second.
    return Figure(
        "a thread's pauses while 1 000 000 points drain, 999th of 1000",
        draining_ms,
        quiet_ms,
        "ms",
        "while nothing drains",
        compared="difference",
        goal=10.0,
    )


def _killed() -> Figure:
    chance, lost = random.Random(4), 0
    with tempfile.TemporaryDirectory() as place:
        store = open_store(place)
        for _ in range(TRIALS):
            run_id, acknowledged = _kill_one(place, chance.uniform(0.0, 0.5))
            adopt_journals(store)
            lost += max(0, acknowledged - len(store.metric_series(run_id, "x")))
        store.close()
    return Figure(
        f"SIGKILL at a random moment, {TRIALS} trials: points lost",
        lost,
        0.0,
        "points",
        "",
        compared="value",
        goal=0.0,
    )


def _kill_one(place: str, after_s: float) -> tuple[str, int]:
    process = subprocess.Popen(
        [sys.executable, "-c", _LOOP],
        stdout=subprocess.PIPE,
        env={**os.environ, "NBTRACK_STORE": str(Path(place))},
    )
    assert process.stdout is not None
    run_id = process.stdout.read(32).decode()
    process.stdout.read(1)
    time.sleep(after_s)
    process.kill()
    acknowledged = 1 + len(process.stdout.read())
    process.wait()
    process.stdout.close()
    return run_id, acknowledged
