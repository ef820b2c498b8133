"""The system's clock is set while something is tracked: order, times and durations stay right."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from nbtrack.entities import RunStatus
from nbtrack.journal import held_journals
from nbtrack.journal.clock import Clock
from nbtrack.tracking.adoption import adopt_journals
from nbtrack.tracking.begin import begin_run, resume_run
from nbtrack.tracking.session import Session

NOON_S = 1_800_000_000
JUMPS_S = {"an hour back": -3600, "to 1970": -NOON_S, "a century ahead": 100 * 365 * 86400}


class SystemClock:
    """A system's two clocks: both go on by `sleep`, and people set one of them by `jump`."""

    def __init__(self) -> None:
        self.wall_s, self.steady_s = float(NOON_S), 5.0

    def sleep(self, seconds: float) -> None:
        self.wall_s += seconds
        self.steady_s += seconds

    def jump(self, seconds: float) -> None:
        self.wall_s += seconds

    def clock(self) -> Clock:
        return Clock(lambda: int(self.wall_s * 1e9), lambda: int(self.steady_s * 1e9))


@pytest.fixture
def system() -> SystemClock:
    """The clocks of a system."""
    return SystemClock()


@pytest.fixture
def session(tmp_path: Path, system: SystemClock) -> Iterator[Session]:
    """A session on a system whose clock tests set."""
    made = Session(tmp_path / "store", drain_interval_s=0.02, clock=system.clock())
    yield made
    made.close()


@pytest.mark.parametrize("jump_s", JUMPS_S.values(), ids=JUMPS_S)
def test_a_jump_in_a_run_changes_neither_order_nor_times(
    session: Session, system: SystemClock, jump_s: float
) -> None:
    """Steps go on, timestamps rise as time passed, the last point is the last, the run took 3 s."""
    with begin_run(session) as run:
        run.log(loss=3.0)
        run.log_metric("acc", 0.1)
        system.sleep(1)
        system.jump(jump_s)
        run.log(loss=2.0)
        run.log_metric("acc", 0.2)
        system.sleep(2)
        run.log(loss=1.0)
        run.log_metric("acc", 0.3)
    stored = run.stored()
    series = session.store.metric_series(run.run_id, "loss")
    assert series.steps.tolist() == [0, 1, 2]
    assert (series.timestamps_ms - NOON_S * 1000).tolist() == [0, 1000, 3000]
    assert stored.data.metrics == {"loss": 1.0, "acc": 0.3}
    assert stored.started_at == datetime.fromtimestamp(NOON_S, UTC)
    assert stored.duration_s == 3.0


def test_the_next_run_begins_at_the_time_that_the_clock_was_set_to(
    session: Session, system: SystemClock
) -> None:
    """A clock that was wrong is not believed for longer than the run that began by it."""
    with begin_run(session):
        system.jump(3600)
    with begin_run(session) as run:
        pass
    assert run.started_at == datetime.fromtimestamp(NOON_S + 3600, UTC)


def test_a_run_taken_up_by_a_clock_that_is_behind_does_not_end_before_it_began(
    session: Session, system: SystemClock
) -> None:
    """Its duration is never negative."""
    with begin_run(session) as run:
        pass
    system.jump(-3600)
    with resume_run(session, run.run_id) as again:
        again.log(x=1.0)
    stored = again.stored()
    assert stored.status is RunStatus.FINISHED
    assert stored.ended_at == stored.started_at


def test_a_run_whose_process_died_ends_by_its_own_clock(
    session: Session, system: SystemClock
) -> None:
    """The clock jumped far ahead while it ran: it ends when it was last seen, not then."""
    run = begin_run(session)
    run.log(x=1.0)
    system.sleep(1)
    system.jump(JUMPS_S["a century ahead"])
    run.log(x=2.0)
    session.journal.say_alive()
    (path,) = held_journals(session.journal.path.parent)
    left = path.read_bytes()
    session.flush()
    other = Session(session.location + "-other")
    (directory := Path(other.location, "journals")).mkdir(parents=True)
    (directory / path.name).write_bytes(left)
    adopt_journals(other.store)
    found = other.store.get_run(run.run_id)
    assert (found.status, found.duration_s) == (RunStatus.KILLED, 1.0)
    other.close()
