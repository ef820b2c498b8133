"""Which executions a result depends on: those of its session that bound what it read."""

from __future__ import annotations

from collections.abc import Iterable

from nbtrack.entities import Execution, ExecutionStatus
from nbtrack.store.base import Store

MAX_LOOKED_AT = 3000
"""So many executions before the one in question are looked at."""
MAX_FOUND = 200
"""At most so many are given, the latest ones."""


def earlier_executions(execution: Execution, before: Iterable[Execution]) -> list[Execution]:
    """The executions that bound what an execution read, and so on back, oldest first.

    Args:
        execution: the one in question.
        before: those of the same session that started before it, newest first.
    """
    wanted = set(execution.names_read)
    found: list[Execution] = []
    for candidate in before:
        if not wanted or len(found) == MAX_FOUND:
            break
        bound = wanted.intersection(candidate.names_written)
        if not bound:
            continue
        found.append(candidate)
        if candidate.status is ExecutionStatus.OK:
            # What failed midway may have left the name as an even earlier one bound it.
            wanted -= bound
        wanted.update(candidate.names_read)
    return found[::-1]


def earlier_of(store: Store, execution: Execution) -> list[Execution]:
    """`earlier_executions` of a stored execution."""
    before: list[Execution] = []
    token: str | None = None
    while len(before) < MAX_LOOKED_AT:
        page = store.list_executions(session_id=execution.session_id, limit=1000, page_token=token)
        before += [
            candidate
            for candidate in page.items
            if candidate.started_at < execution.started_at and candidate.msg_id != execution.msg_id
        ]
        token = page.next_page_token
        if token is None:
            break
    return earlier_executions(execution, before[:MAX_LOOKED_AT])
