from datetime import UTC, datetime, timedelta

from nbtrack.entities import Execution, ExecutionStatus
from nbtrack.history.earlier import earlier_executions


def execution(number, source, read, written, status=ExecutionStatus.OK):
    """An execution in one session."""
    return Execution(
        msg_id=f"m{number}",
        session_id="s",
        source=source,
        started_at=datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=number),
        status=status,
        names_read=tuple(read.split()),
        names_written=tuple(written.split()),
    )


def sources(of, *before):
    """The code an execution depends on."""
    return [item.source for item in earlier_executions(of, reversed(before))]


def test_what_was_bound_again_is_left_out():
    """Only the latest binding of a name counts, and what that needed."""
    assert sources(
        execution(9, "fit", "x model", ""),
        execution(1, "x = 1", "", "x"),
        execution(2, "model = A", "", "model"),
        execution(3, "x = 2", "", "x"),
        execution(4, "z = 3", "", "z"),
    ) == ["model = A", "x = 2"]


def test_a_name_that_is_changed_needs_its_earlier_value():
    """`x += 1` reads x, so the first binding counts too."""
    assert sources(
        execution(9, "print(x)", "x", ""),
        execution(1, "x = 1", "", "x"),
        execution(2, "x += 1", "x", "x"),
    ) == ["x = 1", "x += 1"]


def test_a_failed_execution_may_or_may_not_have_bound():
    """Both it and the binding before it are given."""
    assert sources(
        execution(9, "print(x)", "x", ""),
        execution(1, "x = 1", "", "x"),
        execution(2, "boom; x = 2", "boom", "x", ExecutionStatus.ERROR),
    ) == ["x = 1", "boom; x = 2"]
