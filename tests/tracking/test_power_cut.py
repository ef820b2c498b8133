"""What a power cut can cost: a few seconds; what is older is on the disk."""

from __future__ import annotations

import ctypes
import os
import sys
import threading
import time
from pathlib import Path

import pytest

from nbtrack.journal import Journal
from nbtrack.journal.layout import POINT_BYTES
from nbtrack.tracking.begin import begin_run
from nbtrack.tracking.session import Session

_CACHESTAT = 451


class _Range(ctypes.Structure):
    _fields_ = (("offset", ctypes.c_uint64), ("length", ctypes.c_uint64))


class _Cached(ctypes.Structure):
    _fields_ = tuple(
        (name, ctypes.c_uint64) for name in ("cached", "dirty", "writeback", "evicted", "recently")
    )


def unwritten_pages(path: Path) -> int:
    """How many pages of a file are not on the disk yet, as the kernel says (Linux 6.5)."""
    found = _Cached()
    handle = os.open(path, os.O_RDONLY)
    try:
        libc = ctypes.CDLL(None, use_errno=True)
        whole = _Range(0, 0)
        failed = libc.syscall(_CACHESTAT, handle, ctypes.byref(whole), ctypes.byref(found), 0)
    finally:
        os.close(handle)
    if failed:
        pytest.skip(f"this kernel does not tell: {os.strerror(ctypes.get_errno())}")
    return int(found.dirty + found.writeback)


def eventually(path: Path, *, but: int = 0) -> bool:
    """Whether a file gets to the disk in a few seconds; without help a kernel takes thirty.

    Args:
        path: of the file.
        but: so many pages may be unwritten.
    """
    deadline = time.monotonic() + 8
    while unwritten_pages(path) > but and time.monotonic() < deadline:
        time.sleep(0.05)
    return unwritten_pages(path) <= but


@pytest.fixture(autouse=True)
def _needs_to_see_the_page_cache(tmp_path: Path) -> None:
    if sys.platform != "linux":
        pytest.skip("only Linux tells what is on the disk")
    probe = tmp_path / "probe"
    probe.write_bytes(b"x" * 10_000)
    if not unwritten_pages(probe):
        pytest.skip("this file system keeps no count of what is unwritten")


def test_the_journal_gets_to_the_disk_also_while_the_store_does_not_take_it(tmp_path: Path) -> None:
    """The writer brings what is logged there in the interval, store or no store."""
    (tmp_path / "nbtrack.db").mkdir()
    session = Session(tmp_path, drain_interval_s=0.02, sync_interval_s=0.1)
    begin_run(session).log(x=1.0)
    assert unwritten_pages(session.journal.path) > 1
    # In the header, the process goes on noting that it lives.
    assert eventually(session.journal.path, but=1)
    session.close(timeout_s=1)


def test_what_the_store_took_gets_to_the_disk(tmp_path: Path) -> None:
    """Commits and artifacts alike: the journal may forget them after that."""
    session = Session(tmp_path, drain_interval_s=0.02, sync_interval_s=0.1)
    run = begin_run(session)
    run.log(x=1.0)
    run.log_text("x" * 200_000, "a.txt")
    session.flush()
    assert eventually(tmp_path / "nbtrack.db-wal")
    blobs = [path for path in (tmp_path / "blobs").rglob("*") if path.is_file()]
    assert blobs
    assert all(eventually(path) for path in blobs)
    session.close()


def test_appending_goes_on_and_counts_for_the_next_time(tmp_path: Path) -> None:
    """What is appended while the disk works is not taken for safe."""
    journal = Journal(tmp_path)
    number = journal.number("r", "k")
    stop = threading.Event()

    def append() -> None:
        # Not until the journal is full: nobody drains it here.
        while not stop.is_set() and journal.backlog < 16 << 20:
            journal.append_point(number, 0, 0, 0.0)

    thread = threading.Thread(target=append)
    thread.start()
    for _ in range(20):
        journal.sync()
        assert journal.synced <= journal.end
    stop.set()
    thread.join()
    journal.sync()
    assert journal.synced == journal.end
    assert unwritten_pages(journal.path) == 0


def test_a_new_file_takes_the_place_only_with_all_that_was_safe(tmp_path: Path) -> None:
    """What was on the disk is there in the next file too, before the first one is gone."""
    journal = Journal(tmp_path)
    number = journal.number("r", "k")
    journal.append_point(number, 0, 0, 0.0)
    journal.sync()
    before = journal.path.stat().st_ino
    while journal.path.stat().st_ino == before:
        for _ in range(1000):
            journal.append_point(number, 0, 0, 0.0)
    fresh = journal.position
    assert unwritten_pages(journal.path) <= 2 + 1001 * POINT_BYTES // 4096 < fresh // 4096
