"""A run: what is logged to it is in the store as logged, and what cannot be is refused."""

from __future__ import annotations

import math
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
import pytest

from nbtrack.entities import EndReason, Origin, RunStatus
from nbtrack.errors import NotFoundError, StateError, UsageError
from nbtrack.tracking.begin import begin_run, resume_run
from nbtrack.tracking.run import ActiveRun
from nbtrack.tracking.session import Session


def steps(session: Session, run_id: str, key: str) -> list[int]:
    """The steps of a metric, as the store has them."""
    session.flush()
    found: list[int] = session.store.metric_series(run_id, key).steps.tolist()
    return found


def test_what_is_logged_is_in_the_store(session: Session) -> None:
    """Params, metrics with their series, tags, the note and the times of a run read back."""
    with begin_run(session, run_name="one", tags={"a": 1}, description="a note") as run:
        run.log_param("lr", 0.1)
        run.log(loss=0.5, step=0)
        run.log({"val": {"loss": 0.25}}, step=0)
        run.log(loss=0.25, step=1)
    stored = run.stored()
    assert (stored.run_name, stored.status) == ("one", RunStatus.FINISHED)
    assert stored.end_reason is EndReason.COMPLETED
    assert stored.data.params == {"lr": "0.1"}
    assert stored.data.metrics == {"loss": 0.25, "val.loss": 0.25}
    assert stored.tags == {"a": "1", "mlflow.note.content": "a note"}
    assert stored.metrics["loss"].origin == Origin("explicit")
    assert steps(session, run.run_id, "loss") == [0, 1]
    assert stored.session_id == session.session_id


def test_steps_count_by_themselves_and_go_on_after_given_ones(session: Session) -> None:
    """Without a step each metric's own last step plus one is taken, from 0."""
    with begin_run(session) as run:
        run.log(a=1.0)
        run.log(a=2.0, b=1.0)
        run.log(a=3.0, step=10)
        run.log(a=4.0)
    assert steps(session, run.run_id, "a") == [0, 1, 10, 11]
    assert steps(session, run.run_id, "b") == [0]


def test_log_metric_without_a_step_is_at_step_0(session: Session) -> None:
    """As in MLflow."""
    with begin_run(session) as run:
        run.log_metric("a", 1)
        run.log_metric("a", 2, timestamp=1234)
    assert steps(session, run.run_id, "a") == [0, 0]
    assert session.store.metric_series(run.run_id, "a").timestamps_ms[1] == 1234


@pytest.mark.parametrize(
    "value", [3, True, np.float32(3), np.int64(3), np.array(3.0), math.inf, math.nan]
)
def test_whatever_float_takes_is_a_number(session: Session, value: Any) -> None:
    """Integers, NumPy scalars and 0-d arrays, infinities and NaN are all logged."""
    with begin_run(session) as run:
        run.log(x=value, step=np.int32(4))
    session.flush()
    series = session.store.metric_series(run.run_id, "x")
    assert np.array_equal(series.values, [float(value)], equal_nan=True)
    assert series.steps.tolist() == [4]


@pytest.mark.parametrize("value", ["0.5", None, [1.0, 2.0], 1j, np.zeros(3), object()])
def test_what_is_no_number_is_refused_by_name_and_type(session: Session, value: Any) -> None:
    """The error names the metric and the type, and nothing of the call is logged."""
    with begin_run(session) as run:
        with pytest.raises(UsageError, match=rf"'bad' .*{type(value).__name__}"):
            run.log(good=1.0, bad=value)
        with pytest.raises(UsageError, match="'bad'"):
            run.log(bad=value)
        run.log(kept=1.0)
    assert set(run.stored().metrics) == {"kept"}


@pytest.mark.parametrize("key", ["", "a" * 251, "a\nb", "../up", "/abs", "a//b", 5])
def test_keys_have_mlflows_limits(session: Session, key: Any) -> None:
    """Metrics, params and tags take MLflow's keys and no others."""
    with begin_run(session) as run:
        for call in (run.log_metric, run.log_param, run.set_tag):
            with pytest.raises(UsageError):
                call(key, 1)
        run.log({"val/top 5-acc:x.y_z": 1.0})
    assert run.stored().data.params == {}


@pytest.mark.parametrize("step", [1.5, "1", 2**63, math.nan])
def test_a_step_is_a_whole_number(session: Session, step: Any) -> None:
    """Anything else is refused; a float that is whole is not."""
    with begin_run(session) as run:
        with pytest.raises(UsageError, match="step"):
            run.log(x=1.0, step=step)
        run.log(x=1.0, step=2.0)  # type: ignore[arg-type]
    assert steps(session, run.run_id, "x") == [2]


def test_a_param_is_written_once(session: Session) -> None:
    """The same value again is fine; another one is an error that says both."""
    with begin_run(session) as run:
        run.log_params({"lr": 0.1, "model": "rf"})
        run.log_param("lr", 0.1)
        with pytest.raises(UsageError, match=r"'0.1'.*'0.2'"):
            run.log_params({"new": 1, "lr": 0.2})
        with pytest.raises(UsageError, match="6000"):
            run.log_param("long", "x" * 6001)
    assert run.stored().data.params == {"lr": "0.1", "model": "rf"}


def test_a_run_that_ended_takes_no_more(session: Session) -> None:
    """Logging to it says how to take it up again."""
    with begin_run(session) as run:
        run.log(x=1.0)
    for call in (lambda: run.log(x=2.0), lambda: run.log_param("a", 1)):
        with pytest.raises(StateError, match="start_run"):
            call()
    run.end("FAILED")
    assert run.stored().status is RunStatus.FINISHED


def test_a_resumed_run_goes_on(session: Session) -> None:
    """Its params are known, its steps go on, and it ends again."""
    with begin_run(session, run_name="first") as run:
        run.log(x=1.0)
        run.log_param("lr", 1)
    with resume_run(session, run.run_id) as again:
        assert again.stored().status is RunStatus.RUNNING
        again.log(x=2.0)
        with pytest.raises(UsageError, match="already"):
            again.log_param("lr", 2)
    assert steps(session, run.run_id, "x") == [0, 1]
    assert again.stored().status is RunStatus.FINISHED
    with pytest.raises(NotFoundError):
        resume_run(session, "0" * 32)


@pytest.mark.parametrize(
    ("error", "status", "reason"),
    [
        (ZeroDivisionError("by zero"), RunStatus.FAILED, EndReason.EXCEPTION),
        (KeyboardInterrupt(), RunStatus.KILLED, EndReason.INTERRUPT),
    ],
)
def test_an_exception_ends_the_run_and_goes_on(
    session: Session, error: BaseException, status: RunStatus, reason: EndReason
) -> None:
    """FAILED with the error's name, KILLED by an interrupt; the exception is not swallowed."""
    with pytest.raises(type(error)), begin_run(session) as run:
        raise error
    stored = run.stored()
    assert (stored.status, stored.end_reason) == (status, reason)
    assert stored.error_name == type(error).__name__


def test_tags_change_and_go(session: Session) -> None:
    """Set, replaced, removed; the name is a tag of MLflow's."""
    with begin_run(session) as run:
        run.set_tags({"a": 1, "b": 2})
        run.set_tag("a", 3)
        run.delete_tag("b")
        run.set_tag("mlflow.runName", "renamed")
    assert run.stored().tags == {"a": "3"}
    assert run.stored().run_name == "renamed"


def test_threads_log_to_the_main_threads_run_and_lose_nothing(session: Session) -> None:
    """Workers without a run of their own share the active one."""
    run = begin_run(session)
    found = []

    def work(name: str) -> None:
        current = session.active.current()
        assert current is not None
        found.append(current.run_id)
        for _ in range(500):
            current.log({name: 1.0, "shared": 1.0})

    threads = [threading.Thread(target=work, args=(f"t{i}",)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    run.end()
    assert set(found) == {run.run_id}
    assert all(steps(session, run.run_id, f"t{i}") == list(range(500)) for i in range(8))
    assert steps(session, run.run_id, "shared") == list(range(4000))


def test_a_run_begun_in_a_thread_is_that_threads_own(session: Session) -> None:
    """Each thread has its own stack; the main thread's stays as it was."""
    run = begin_run(session)

    def work() -> None:
        with begin_run(session) as own:
            assert session.active.current() is own
        assert session.active.current() is run

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert session.active.current() is run


def test_a_signal_handler_that_logs_disturbs_nothing(session: Session) -> None:
    """Points logged from a handler in the middle of a log call are kept, as are the others."""
    run = begin_run(session)
    handled = 0

    def handle(number: int, frame: FrameType | None) -> None:
        nonlocal handled
        handled += 1
        run.log(handled=1.0)

    before = signal.signal(signal.SIGALRM, handle)
    signal.setitimer(signal.ITIMER_REAL, 0.0005, 0.0005)
    try:
        for i in range(50_000):
            run.log(x=1.0, step=i)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    run.end()
    assert steps(session, run.run_id, "x") == list(range(50_000))
    assert handled > 10
    assert steps(session, run.run_id, "handled") == list(range(handled))


@pytest.fixture
def interrupts() -> Iterator[Callable[[float, float], object]]:
    """Interrupts log calls of this thread: after so many seconds, and then every so many."""

    def interrupt(_signal: int, frame: FrameType | None) -> None:
        if frame is not None and frame.f_code is ActiveRun.add_points.__code__:
            raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    yield lambda after_s, every_s: signal.setitimer(signal.ITIMER_REAL, after_s, every_s)
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


def test_interrupts_at_any_moment_lose_nothing(
    session: Session, interrupts: Callable[[float, float], object]
) -> None:
    """Whatever moment a log call is interrupted at: what returned is kept, and others can log."""
    returned = []
    with begin_run(session) as run:
        run.log(loss=0.0, step=0)
        step, caught = 0, 0
        interrupts(0.0003, 0.0003)
        while caught < 200:
            try:
                step += 1
                run.log(loss=float(step), step=step)
                returned.append(step)
            except KeyboardInterrupt:
                caught += 1
        interrupts(0, 0)
        with ThreadPoolExecutor(1) as pool:
            pool.submit(run.log, {"other": 1.0}).result(5)
        assert set(returned) <= set(steps(session, run.run_id, "loss"))


def test_the_environment_is_recorded_with_every_run(session: Session) -> None:
    """Python and packages, captured once in the background."""
    for _ in range(2):
        with begin_run(session) as run:
            run.log(x=1.0)
    session.run_later(session.flush)
    session.close()
    again = Session(session.location)
    digests = {each.environment_digest for each in again.store.get_runs([run.run_id])}
    (digest,) = digests
    assert digest is not None
    assert b'"packages"' in again.store.get_blobs([digest])[digest]
    again.close()


def test_a_log_call_survives_in_the_journal_when_the_store_cannot_be_opened(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The message says so, logging goes on, and the next process brings it into the store."""
    location = tmp_path / "store"
    (location / "nbtrack.db").mkdir(parents=True)
    session = Session(location, drain_interval_s=0.01)
    with begin_run(session) as run:
        run.log(x=1.0)
    assert session.flush(timeout_s=5) is False
    session.close()
    assert "cannot write to the store" in caplog.text
    assert "journal" in caplog.text
    (location / "nbtrack.db").rmdir()
    from nbtrack.store import open_store
    from nbtrack.tracking.adoption import adopt_journals

    store = open_store(location)
    report = adopt_journals(store)
    assert report.journals == [session_id_of(run.session, report.journals)]
    assert store.get_run(run.run_id).data.metrics == {"x": 1.0}
    store.close()


def session_id_of(session: Session, journals: list[str]) -> str:
    """A closed session has a new id; the journal it left is the only one there."""
    assert session.session_id not in journals
    (left,) = journals
    return left
