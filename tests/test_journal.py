"""The journal: what was appended is read back, also after kill -9, torn bytes and forks."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbtrack.entities import EndReason, KernelSession, Origin, RunStatus, utc_now
from nbtrack.errors import JournalError
from nbtrack.journal import Journal, JournalFile, adopt, decode, held_journals
from nbtrack.records import (
    ExecutionStarted,
    MetricPoints,
    ParamLogged,
    Record,
    RunEnded,
    RunStarted,
    SessionStarted,
    TagSet,
)


def leave(journal: Journal) -> Path:
    """Let go of a journal as a dead process does: unlocked, nothing tidied."""
    path = journal.path
    assert journal._file is not None
    journal.memory = None
    journal._file.release()
    journal.renew()
    return path


def adopted(path: Path) -> JournalFile:
    """Take over a journal that must be free."""
    found = adopt(path)
    assert found is not None
    return found


def read(path: Path) -> list[Record]:
    """All records of a dead journal."""
    file = adopted(path)
    found = file.read(0)
    assert found.damage is None
    file.close()
    return found.records


def test_every_kind_of_record_reads_back_equal(tmp_path: Path) -> None:
    """What goes in comes out, in order, with origins, instants and odd text."""
    journal = Journal(tmp_path)
    at = utc_now()
    written: list[Record] = [
        SessionStarted(KernelSession("s", at, pid=5, notebook_path="/a/ü.ipynb")),
        ExecutionStarted("m", "s", "x = '\N{SNOWMAN}'\n", at, execution_count=3),
        RunStarted("r", "name", at, "s", experiment="e"),
        ParamLogged("r", "lr", "0.1", Origin("literal", "cell", 4)),
        TagSet("r", "t", None),
        RunEnded("r", RunStatus.FAILED, EndReason.EXCEPTION, at, error_name="E"),
    ]
    for record in written:
        journal.append(record)
    assert read(leave(journal)) == written


def test_text_that_utf8_cannot_hold_is_kept_readable(tmp_path: Path) -> None:
    """A lone surrogate in a cell's source is escaped instead of refused."""
    journal = Journal(tmp_path)
    journal.append(ExecutionStarted("m", "s", "x = '\ud800'", utc_now()))
    (record,) = read(leave(journal))
    assert isinstance(record, ExecutionStarted)
    assert record.source == r"x = '\ud800'"


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from("abc"),
            st.integers(-(2**63), 2**63 - 1),
            st.floats(allow_nan=False),
        ),
        max_size=300,
    )
)
def test_any_points_read_back_equal(
    tmp_path_factory: pytest.TempPathFactory, points: list[tuple[str, int, float]]
) -> None:
    """Any sequence of points comes back per series, in order, whatever the values."""
    journal = Journal(tmp_path_factory.mktemp("j"))
    journal.append(TagSet("r", "k", "v"))
    for key, step, value in points:
        journal.append_point(journal.number("r", key), step, 7_000_000, value)
    found = [r for r in read(leave(journal)) if isinstance(r, MetricPoints)]
    for series in found:
        mine = [(step, value) for key, step, value in points if key == series.key]
        assert list(zip(series.steps, series.values, strict=True)) == mine
        assert set(series.timestamps_ms) == {7}
    assert {series.key for series in found} == {key for key, _, _ in points}


def test_long_stretches_are_read_as_arrays_with_the_same_result(tmp_path: Path) -> None:
    """The fast way of reading points gives what the checked, slow way gives."""
    journal = Journal(tmp_path)
    for i in range(5000):
        journal.append_point(journal.number("r", "ab"[i % 3 == 0]), i, i * 1_000_000, i / 7)
        if i % 1000 == 500:
            journal.append(TagSet("r", "at", str(i)))
    data = journal.copy(0, 1 << 30)
    fast = decode(data, dict(journal.series), verify=False)
    slow = decode(data, dict(journal.series), verify=True)

    def columns(found: list[Record]) -> dict[str, list[list[float]]]:
        return {
            r.key: [list(r.steps), list(r.timestamps_ms), list(r.values)]
            for r in found
            if isinstance(r, MetricPoints)
        }

    assert columns(fast.records) == columns(slow.records)
    assert fast.consumed == slow.consumed == len(data)


@pytest.mark.parametrize("as_type", [list, np.asarray])
def test_many_points_at_once_read_back_equal(tmp_path: Path, as_type: type) -> None:
    """A captured loop's points come as lists or arrays, longer than one record may be."""
    count = 50_001
    journal = Journal(tmp_path)
    points = MetricPoints(
        "r",
        "k",
        as_type(range(count)),
        as_type([5] * count),
        as_type([0.5] * count),
        Origin("loop"),
    )
    journal.append(points)
    (found,) = read(leave(journal))
    assert isinstance(found, MetricPoints)
    assert list(found.steps) == list(range(count))
    assert (set(found.timestamps_ms), set(found.values)) == ({5}, {0.5})
    assert found.origin == Origin("loop")


def test_points_come_before_the_end_of_their_run(tmp_path: Path) -> None:
    """Gathering points never moves them behind the record that ends their run."""
    journal = Journal(tmp_path)
    journal.append(RunStarted("r", "n", utc_now(), "s"))
    journal.append_point(journal.number("r", "k"), 0, 0, 1.0)
    journal.append(RunEnded("r", RunStatus.FINISHED, EndReason.COMPLETED, utc_now()))
    assert [type(r).__name__ for r in read(leave(journal))] == [
        "RunStarted",
        "MetricPoints",
        "RunEnded",
    ]


def test_the_file_is_private(tmp_path: Path) -> None:
    """Directory 0700, file 0600."""
    journal = Journal(tmp_path / "store" / "journals")
    journal.append(TagSet("r", "k", "v"))
    assert stat.S_IMODE(journal.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(journal.path.parent.stat().st_mode) == 0o700


def test_a_living_journal_cannot_be_adopted(tmp_path: Path) -> None:
    """The lock tells life from death, also right after the file was replaced by a larger one."""
    journal = Journal(tmp_path)
    journal.append(TagSet("r", "k", "v"))
    assert adopt(journal.path) is None
    number = journal.number("r", "k")
    for i in range(60_000):
        journal.append_point(number, i, 0, 0.0)
    assert journal.path.stat().st_size > 2 << 20
    assert adopt(journal.path) is None
    assert adopt(tmp_path / "none.journal") is None


def test_it_grows_and_shrinks_again(tmp_path: Path) -> None:
    """A backlog makes the file larger; once it is drained the file is small again."""
    journal = Journal(tmp_path)
    number = journal.number("r", "k")
    for i in range(100_000):
        journal.append_point(number, i, 0, float(i))
    assert journal.path.stat().st_size > 4 << 20
    journal.advance(journal.end)
    journal.tidy()
    assert journal.path.stat().st_size <= 2 << 20
    journal.append_point(number, 100_000, 0, 1.0)
    end = journal.end
    file = adopted(leave(journal))
    (rest,) = file.read(file.drained).records
    assert isinstance(rest, MetricPoints)
    assert (rest.key, list(rest.steps), file.end) == ("k", [100_000], end)


def test_it_stays_bounded_when_drained_while_it_is_written(tmp_path: Path) -> None:
    """A million points through a journal that keeps being drained never make a large file."""
    journal = Journal(tmp_path)
    number = journal.number("r", "k")
    for i in range(200_000):
        journal.append_point(number, i, 0, 0.0)
        if i % 1000 == 0:
            journal.advance(journal.end)
    assert journal.path.stat().st_size <= 2 << 20


def test_series_of_runs_that_are_over_are_dropped(tmp_path: Path) -> None:
    """Ten thousand short runs leave no definitions behind."""
    journal = Journal(tmp_path)
    for i in range(1000):
        journal.append_point(journal.number(f"r{i}", "k"), 0, 0, 0.0)
        journal.retire(f"r{i}")
    journal.advance(journal.end)
    assert not journal.series


def test_a_full_journal_waits_for_the_writer_and_says_so_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Back-pressure: an append beyond the cap goes on when the writer has made room."""
    journal = Journal(tmp_path, capacity=8000)
    number = journal.number("r", "k")
    stop = threading.Event()

    def drain() -> None:
        while not stop.wait(0.01):
            journal.advance(journal.end)

    thread = threading.Thread(target=drain)
    thread.start()
    started = time.monotonic()
    for i in range(2000):
        journal.append_point(number, i, 0, 0.0)
    stop.set()
    thread.join()
    assert journal.end > 2000 * 40
    assert time.monotonic() - started > 0.05
    assert len([r for r in caplog.records if "waits for the store" in r.message]) == 1


def test_a_full_journal_without_a_writer_raises_and_keeps_what_it_has(tmp_path: Path) -> None:
    """Nothing is dropped silently: the append that does not fit is a clear error."""
    journal = Journal(tmp_path, capacity=4000, patience_s=0.2)
    number = journal.number("r", "k")
    with pytest.raises(JournalError, match="full"):
        for i in range(1000):
            journal.append_point(number, i, 0, 0.0)
    (points,) = read(leave(journal))
    assert isinstance(points, MetricPoints)
    assert 80 < len(points.steps) < 100


def test_eight_threads_lose_nothing(tmp_path: Path) -> None:
    """Points of threads that append at once are all there, each thread's in order."""
    journal = Journal(tmp_path)

    def work(name: str) -> None:
        number = journal.number("r", name)
        for i in range(3000):
            journal.append_point(number, i, 0, 1.0)

    threads = [threading.Thread(target=work, args=(f"t{i}",)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = read(leave(journal))
    assert len(found) == 8
    for points in found:
        assert isinstance(points, MetricPoints)
        assert list(points.steps) == list(range(3000))


def test_every_flipped_byte_is_detected_and_what_came_before_is_kept(tmp_path: Path) -> None:
    """Whichever byte of the records is damaged: no wrong record, and all before it are read."""
    journal = Journal(tmp_path)
    journal.append(TagSet("r", "first", "v"))
    begin = journal.end
    journal.append_point(journal.number("r", "k"), 1, 0, 0.5)
    end = journal.end
    journal.append(TagSet("r", "last", "v"))
    path = leave(journal)
    whole = path.read_bytes()
    good = read(path)
    for offset in range(4096 + begin, 4096 + end):
        damaged = bytearray(whole)
        damaged[offset] ^= 0x55
        path.write_bytes(damaged)
        file = adopted(path)
        found = file.read(0)
        assert found.damage, offset
        assert all(record in good for record in found.records)
        assert found.records[0] == good[0]
        file.close()


def test_a_flipped_byte_of_the_header_costs_no_record_silently(tmp_path: Path) -> None:
    """Whichever it is: all records are read, at their true positions."""
    journal = Journal(tmp_path)
    journal.append_point(journal.number("r", "k"), 1, 0, 0.5)
    journal.advance(journal.end)
    journal.ensure()
    for i in range(30_000):
        journal.append_point(journal.number("r", "k"), i, 0, 0.5)
    journal.advance(journal.end - 400)
    journal.tidy()
    journal._roll(0)
    drained = journal.drained
    path = leave(journal)
    whole = path.read_bytes()[: 4096 + 1024]
    assert int.from_bytes(whole[24:32], sys.byteorder) == drained
    for offset in [*range(80), *range(2048, 2048 + 80)]:
        damaged = bytearray(whole)
        damaged[offset] ^= 0x55
        path.write_bytes(damaged)
        file = adopted(path)
        (points,) = file.read(drained).records
        assert isinstance(points, MetricPoints)
        assert list(points.steps) == list(range(29_990, 30_000)), offset
        assert file.position(file.read(drained).consumed) == drained + 400
        assert file.last_alive_ns == 0
        file.close()


def test_a_damaged_header_is_a_clear_error(tmp_path: Path) -> None:
    """A file that is no journal is refused, not read."""
    path = tmp_path / "x.journal"
    path.write_bytes(b"not a journal" * 1000)
    with pytest.raises(JournalError, match="no journal"):
        adopt(path)


@pytest.mark.skipif(not Path("/sys/kernel").is_dir(), reason="needs Linux's /sys")
def test_a_directory_that_cannot_be_written_is_a_clear_error() -> None:
    """The message names the place and what helps. Nobody, root included, may write to /sys."""
    with pytest.raises(JournalError, match=r"/sys/nbtrack.* cannot be written.*NBTRACK_STORE"):
        Journal(Path("/sys/nbtrack/journals")).append(TagSet("r", "k", "v"))


def test_a_place_that_is_no_directory_is_a_clear_error(tmp_path: Path) -> None:
    """A file where the directory should be: a journal error with the reason."""
    (tmp_path / "store").write_text("")
    with pytest.raises(JournalError, match="cannot make a journal"):
        Journal(tmp_path / "store" / "journals").append(TagSet("r", "k", "v"))


def test_a_directory_that_is_missing_is_made(tmp_path: Path) -> None:
    """Also when it was deleted while the journal is in use, the next file appears again."""
    journal = Journal(tmp_path / "a" / "b")
    journal.append(TagSet("r", "k", "v"))
    assert journal.path.exists()


def _child_appends(journal: Journal, parents_id: str) -> None:
    journal.renew_in_child()
    assert journal.journal_id != parents_id
    journal.append(TagSet("child", "k", "v"))
    number = journal.number("parent", "k")
    for i in range(100):
        journal.append_point(number, i, 0, 2.0)
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_forked_child_writes_a_journal_of_its_own(tmp_path: Path) -> None:
    """The parent's file stays whole, and is free to be adopted once the parent is gone."""
    journal = Journal(tmp_path)
    number = journal.number("parent", "k")
    journal.append_point(number, 0, 0, 1.0)
    process = multiprocessing.get_context("fork").Process(
        target=_child_appends, args=(journal, journal.journal_id)
    )
    process.start()
    process.join()
    journal.append_point(number, 1, 0, 1.0)
    (childs,) = [path for path in held_journals(tmp_path) if path != journal.path]
    tag, points = read(childs)
    assert tag == TagSet("child", "k", "v")
    assert isinstance(points, MetricPoints)
    assert (points.key, len(points.steps)) == ("k", 100)
    (own,) = read(leave(journal))
    assert isinstance(own, MetricPoints)
    assert list(own.values) == [1.0, 1.0]


_LOGGER = """
import sys, os
from pathlib import Path
from nbtrack.journal import Journal
journal = Journal(Path(sys.argv[1]))
number = journal.number("r", "k")
i = 0
while True:
    journal.append_point(number, i, 0, float(i))
    i += 1
    if i % 500 == 0:
        journal.advance(journal.end - 40 * 100)
    os.write(1, b"x")
"""


@pytest.mark.parametrize("trial", range(10))
def test_kill_9_loses_nothing_that_was_acknowledged(tmp_path: Path, trial: int) -> None:
    """Every point whose append returned before SIGKILL is readable afterwards."""
    process = subprocess.Popen(
        [sys.executable, "-c", _LOGGER, str(tmp_path)], stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    process.stdout.read(1)
    time.sleep(random.Random(trial).uniform(0.01, 0.2))
    process.kill()
    acknowledged = 1 + len(process.stdout.read())
    process.wait()
    process.stdout.close()
    (path,) = held_journals(tmp_path)
    file = adopted(path)
    found = file.read(file.drained)
    assert found.damage is None
    (points,) = found.records
    assert isinstance(points, MetricPoints)
    assert points.steps[-1] >= acknowledged - 1
    assert list(points.steps) == list(range(points.steps[0], points.steps[-1] + 1))
    file.close(remove=True)
    assert not list(held_journals(tmp_path))
