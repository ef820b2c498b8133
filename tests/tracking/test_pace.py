"""When work in the background may be done beside the cells of a kernel."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from nbtrack.tracking.pace import Pace
from nbtrack.tracking.session import Session


class Seconds:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Seconds:
    """Stands still until it is moved."""
    return Seconds()


@pytest.fixture
def pace(clock: Seconds) -> Pace:
    """Of a process that ran nothing yet."""
    return Pace(clock)


def test_a_process_without_cells_always_rests(pace: Pace) -> None:
    """A script's records are written as soon as they come."""
    pace.spent(10.0)
    assert pace.rests
    assert pace.allows


def test_work_waits_for_a_short_cell(pace: Pace, clock: Seconds) -> None:
    """Not while it runs, nor in the moment after it in which the next one may begin."""
    pace.cell_began()
    clock.now_s += 0.5
    assert not pace.allows
    pace.cell_ended()
    clock.now_s += 0.05
    assert not pace.allows
    clock.now_s += 0.1
    assert pace.allows


def test_cells_in_a_row_are_one_time_of_work(pace: Pace, clock: Seconds) -> None:
    """Running all cells puts work off for so long only, however short each of them is."""
    for _ in range(11):
        pace.cell_began()
        clock.now_s += 0.09
        pace.cell_ended()
        clock.now_s += 0.01
    assert not pace.rests
    assert pace.allows


def test_beside_a_long_cell_work_is_a_small_share(pace: Pace, clock: Seconds) -> None:
    """What took 20 ms may come again after two seconds; something cheap does not shorten that."""
    pace.cell_began()
    clock.now_s += 2.0
    assert pace.allows
    pace.spent(0.02)
    pace.spent(0.0001)
    clock.now_s += 1.9
    assert not pace.allows
    clock.now_s += 0.2
    assert pace.allows


def test_a_very_long_pause_is_not_made(pace: Pace, clock: Seconds) -> None:
    """A slow first write does not keep a long cell's points away for minutes."""
    pace.cell_began()
    clock.now_s += 2.0
    pace.spent(3.0)
    clock.now_s += 5.1
    assert pace.allows


def test_the_writer_leaves_the_processor_to_a_cell(tmp_path: Path) -> None:
    """Records of a cell stay in the journal while it runs, and are written when it is over."""
    session = Session(tmp_path, drain_interval_s=0.01)
    session.pace.cell_began()
    session.journal.ensure()
    time.sleep(0.3)
    assert session.journal.drained == 0
    session.pace.cell_ended()
    until_s = time.monotonic() + 10
    while session.journal.drained == 0 and time.monotonic() < until_s:
        time.sleep(0.01)
    assert session.journal.drained > 0
    session.close()


def test_who_waits_for_the_store_does_not_wait_for_the_cell(tmp_path: Path) -> None:
    """A flush in a cell writes at once."""
    session = Session(tmp_path, drain_interval_s=0.01)
    session.pace.cell_began()
    session.journal.ensure()
    assert session.flush()
    assert session.journal.drained == session.journal.end
    session.close()


def test_without_patience_work_is_done_beside_the_first_cell(pace: Pace, clock: Seconds) -> None:
    """Of a notebook that runs by itself, and then as seldom as beside any cell."""
    pace.patience_s = 0.0
    pace.cell_began()
    assert pace.allows
    pace.spent(0.02)
    clock.now_s += 1.0
    assert not pace.allows


def test_a_cell_does_not_delay_what_a_power_cut_may_cost(tmp_path: Path) -> None:
    """The journal gets to the disk in time, though what is in it is not written yet."""
    session = Session(tmp_path, drain_interval_s=0.01, sync_interval_s=0.05)
    session.pace.cell_began()
    session.journal.ensure()
    until_s = time.monotonic() + 0.9
    while session.journal.synced == 0 and time.monotonic() < until_s:
        time.sleep(0.01)
    assert session.journal.synced > 0
    assert session.journal.drained == 0
    session.close()
