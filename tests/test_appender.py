"""Both appenders, the compiled one and Python's: they write the same and lose nothing."""

from __future__ import annotations

import mmap
import os
import shutil
import signal
import subprocess
import sys
import sysconfig
import threading
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbtrack.journal.appender import PythonAppender
from nbtrack.journal.clock import Clock
from nbtrack.journal.decode import decode
from nbtrack.journal.layout import HEADER_BYTES, POINT_BYTES, W_END, Series, encode_series
from nbtrack.records import MetricPoints

try:
    from nbtrack.journal._appender import Appender as CompiledAppender
except ImportError:
    CompiledAppender = None  # type: ignore[assignment, misc]
KINDS = [PythonAppender, *([CompiledAppender] if CompiledAppender is not None else [])]
SIZE = HEADER_BYTES + (1 << 20)


def made(kind: type[PythonAppender], *, size: int = SIZE, now_ns: int | None = None) -> Any:
    """An appender at the beginning of an empty place."""
    appender = kind()
    appender.clock = Clock() if now_ns is None else Clock(lambda: now_ns, lambda: 0)
    appender.clock_id = appender.clock.system_id
    appender.position = 0
    assert appender.move(0, *empty(size), HEADER_BYTES, size, HEADER_BYTES, 0)
    return appender


def empty(size: int = SIZE) -> tuple[mmap.mmap, Any]:
    """A place without records, and its header's words."""
    place = mmap.mmap(-1, size)
    header = memoryview(place)[:64].cast("Q")
    header[W_END] = HEADER_BYTES
    return place, header


def points(appender: Any) -> tuple[list[int], list[float]]:
    """Steps and values in the place, every checksum verified, up to the published end."""
    end = memoryview(appender.memory)[:64].cast("Q")[W_END]
    assert end == appender.position
    series = {7: Series("r", "k")}
    found = decode(appender.memory[:end], series, start=HEADER_BYTES, verify=True)
    assert found.damage is None
    records = [each for each in found.records if isinstance(each, MetricPoints)]
    return (
        [int(step) for record in records for step in record.steps],
        [float(value) for record in records for value in record.values],
    )


def test_it_is_compiled_where_there_is_a_compiler() -> None:
    """An installation beside a C compiler and Python's headers has the fast appender."""
    header = Path(sysconfig.get_path("include")) / "Python.h"
    if shutil.which("cc") is None or not header.exists():
        pytest.skip("no C compiler, or no headers of Python")
    assert CompiledAppender is not None


INT64 = st.integers(-(2**63), 2**63 - 1)


@given(st.lists(st.tuples(st.none() | INT64, st.floats(width=64)), max_size=20), INT64)
def test_both_write_the_same_bytes(rows: list[tuple[int | None, float]], now_ns: int) -> None:
    """Whatever the steps, values and instants, the place is the same byte for byte."""
    found = []
    for kind in KINDS:
        appender, entry = made(kind, now_ns=now_ns), [7, -3]
        answers: list[Any] = []
        for step, value in rows:
            try:
                answers.append(appender.append_now(entry, step, value))
            except TypeError:
                # The step after the greatest one.
                answers.append(TypeError)
        assert appender.publish(encode_series(8, Series("r", "ü")))
        found.append((answers, entry, appender.memory[:]))
    assert all(each == found[0] for each in found)


@pytest.mark.parametrize("kind", KINDS)
def test_steps_go_on_after_given_ones(kind: type[PythonAppender]) -> None:
    """A step that is not given is the one after the last."""
    appender, entry = made(kind), [7, 0]
    for step in (None, None, 10, None):
        assert appender.append_now(entry, step, 0.5)
    assert points(appender)[0] == [0, 1, 10, 11]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("step", [1.0, "1", 2**63, -(2**63) - 1, np.float64(3)])
def test_a_step_that_is_no_int_is_refused(kind: type[PythonAppender], step: Any) -> None:
    """Nothing is appended, and the entry stays as it is."""
    appender, entry = made(kind), [7, 4]
    with pytest.raises(TypeError):
        appender.append_now(entry, step, 0.5)
    assert (points(appender), entry) == (([], []), [7, 4])


@pytest.mark.parametrize("kind", KINDS)
def test_without_room_nothing_is_appended(kind: type[PythonAppender]) -> None:
    """The last point that fits is taken, the next one is not, nor a record; with none, neither."""
    appender, entry = made(kind), [7, 0]
    appender.limit = HEADER_BYTES + 2 * POINT_BYTES + 8
    assert [appender.append_now(entry, None, 1.0) for _ in range(3)] == [True, True, False]
    assert not appender.publish(bytes(16))
    assert (points(appender)[0], entry) == ([0, 1], [7, 2])
    appender.memory, appender.limit = None, 0
    assert not appender.append_now(entry, None, 1.0)


@pytest.mark.parametrize("kind", KINDS)
def test_it_moves_only_when_all_was_copied(kind: type[PythonAppender]) -> None:
    """What was appended meanwhile keeps it where it is; afterwards the old place is free."""
    appender, entry = made(kind), [7, 0]
    copied, old = appender.position, appender.memory
    appender.append_now(entry, None, 1.0)
    where = (*empty(), HEADER_BYTES, SIZE, HEADER_BYTES, 5)
    assert not appender.move(copied, *where)
    assert appender.memory is old
    old_header = appender.header
    assert appender.move(appender.position, *where)
    old_header.release()
    del old_header
    appender.append_now(entry, None, 2.0)
    assert (points(appender), appender.base) == (([1], [2.0]), 5)


@pytest.mark.parametrize("kind", KINDS)
def test_threads_lose_nothing(kind: type[PythonAppender]) -> None:
    """Eight threads append at once: every point is there, and no step twice."""
    appender, entry, each = made(kind), [7, 0], 2000
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [
            threading.Thread(
                target=lambda: [appender.append_now(entry, None, 0.5) for _ in range(each)]
            )
            for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert sorted(points(appender)[0]) == list(range(8 * each))


@pytest.fixture
def interrupted() -> Iterator[None]:
    """A KeyboardInterrupt in this thread after a twentieth of a second."""

    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 0.05)
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


def test_an_interrupt_while_waiting_for_another_thread_is_only_that(interrupted: None) -> None:
    """Python's appender, interrupted before its turn, raises KeyboardInterrupt; others go on."""
    appender, entry = made(PythonAppender), [7, 0]
    taken, done = threading.Event(), threading.Event()

    def hold() -> None:
        with appender._turn:
            taken.set()
            done.wait(5)

    thread = threading.Thread(target=hold)
    thread.start()
    taken.wait()
    with pytest.raises(KeyboardInterrupt):
        appender.append_now(entry, None, 1.0)
    done.set()
    thread.join()
    other = threading.Thread(target=lambda: appender.append_now(entry, None, 2.0))
    other.start()
    other.join(5)
    assert points(appender)[1] == [2.0]


def test_without_the_compiled_one_a_run_is_recorded_the_same(tmp_path: Path) -> None:
    """The whole way from a log call to the store, with Python's appender."""
    code = (
        "import nbtrack\n"
        "from nbtrack.journal.appender import Appender, PythonAppender\n"
        "assert Appender is PythonAppender\n"
        "with nbtrack.start_run() as run:\n"
        "    for i in range(3000): nbtrack.log(loss=i / 2)\n"
        "print(nbtrack.metric_history(run.run_id, 'loss').values.sum())\n"
    )
    env = {**os.environ, "NBTRACK_STORE": str(tmp_path), "NBTRACK_PURE_PYTHON": "1"}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True)
    assert done.stdout.strip() == str(float(sum(range(3000)) / 2)), done.stderr
