"""Waiting for the writer: bounded, told when it is long, and never where it is no use."""

from __future__ import annotations

import os
import pty
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from nbtrack.store import open_store
from nbtrack.tracking.begin import begin_run
from nbtrack.tracking.session import Session


@contextmanager
def held(directory: Path) -> Iterator[sqlite3.Connection]:
    """The store's database, locked by another writer."""
    connection = sqlite3.connect(directory / "nbtrack.db", check_same_thread=False)
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield connection
    finally:
        connection.close()


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """The directory of a store that exists."""
    open_store(tmp_path / "store").close()
    return tmp_path / "store"


def test_a_long_wait_says_what_is_left_and_when_it_is_over(store: Path) -> None:
    """A line that changes: how many records the store does not have yet, then that it has all."""
    session = Session(store, drain_interval_s=0.01)
    session.waiting.say_after_s = 0.05
    said: list[tuple[str, bool]] = []
    session.waiting.show = lambda text, last: said.append((text, last))
    with held(store) as other:
        run = begin_run(session)
        for step in range(1000):
            run.log(x=1.0, step=step)
        threading.Timer(1.5, other.rollback).start()
        assert session.flush()
    assert [last for _, last in said] == [False] * (len(said) - 1) + [True]
    assert len(said) >= 3
    assert str(store) in said[0][0]
    left = int(said[0][0].rpartition("about ")[2].split()[0].replace(",", ""))
    assert 1000 <= left <= 1100
    assert "is in the store" in said[-1][0]
    session.close()


def test_a_short_wait_says_nothing(store: Path) -> None:
    """Nobody needs to know."""
    session = Session(store, drain_interval_s=0.01)
    said: list[str] = []
    session.waiting.show = lambda text, last: said.append(text)
    begin_run(session).end()
    assert session.flush()
    session.close()
    assert said == []


def test_a_wait_is_bounded_and_what_is_left_is_said(
    store: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """With a store that another process holds: the time is over, and the journal keeps it all."""
    session = Session(store, drain_interval_s=0.01)
    session.waiting.say_after_s = 0.05
    with held(store) as other:
        begin_run(session).log(x=1.0)
        began_at_s = time.monotonic()
        assert session.flush(timeout_s=0.5) is False
        assert time.monotonic() - began_at_s < 5
        assert "records left" in caplog.text
        assert f"safe in {session.journal.path}" in caplog.text
        other.rollback()
    assert session.flush()
    session.close()


def test_the_end_of_a_run_waits_while_much_is_left(store: Path) -> None:
    """Of a large run, all but the last part is in the store when its end returns."""
    session = Session(store, drain_interval_s=3600)
    run = begin_run(session)
    session.flush()
    while session.journal.backlog < 12 << 20:
        run.log(x=1.0)
    run.end()
    assert session.journal.backlog <= 4 << 20
    session.close()


def test_the_end_of_a_run_does_not_wait_for_a_store_that_fails(tmp_path: Path) -> None:
    """Waiting would be no use: the journal has it, and logging goes on."""
    (tmp_path / "nbtrack.db").mkdir()
    session = Session(tmp_path, drain_interval_s=0.01)
    run = begin_run(session)
    assert session.flush() is False
    while session.journal.backlog < 6 << 20:
        run.log(x=1.0)
    began_at_s = time.monotonic()
    run.end()
    assert time.monotonic() - began_at_s < 3
    session.close(timeout_s=1)


_SCRIPT = """
import nbtrack
from nbtrack.tracking.session import session
session().waiting.say_after_s = 0.3
nbtrack.log(x=1.0)
"""


def test_a_script_on_a_terminal_shows_one_line_at_its_end(store: Path) -> None:
    """The interpreter's exit waits for the writer; the line is written over, not repeated."""
    leader, follower = pty.openpty()
    env = {**os.environ, "NBTRACK_STORE": str(store)}
    with held(store) as other:
        process = subprocess.Popen([sys.executable, "-c", _SCRIPT], stderr=follower, env=env)
        os.close(follower)
        shown = b""
        while shown.count(b"\r") < 2:
            shown += os.read(leader, 1000)
        other.rollback()
        assert process.wait(30) == 0
    shown += os.read(leader, 10_000)
    os.close(leader)
    assert b"records left" in shown
    assert shown.count(b"\n") == 1
    assert shown.rstrip().endswith(b" s.")


def test_a_script_without_a_terminal_logs_it_once(store: Path) -> None:
    """A log file does not fill up with a line for each second."""
    env = {**os.environ, "NBTRACK_STORE": str(store)}
    with held(store) as other:
        threading.Timer(4.5, other.rollback).start()
        done = subprocess.run(
            [sys.executable, "-c", _SCRIPT], capture_output=True, env=env, text=True, check=True
        )
    (line,) = done.stderr.splitlines()
    assert "writing what was logged" in line
