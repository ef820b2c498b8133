"""Which executions a result depends on: its recorded slice, else by the names that were read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from nbtrack.entities import Execution, ExecutionStatus
from nbtrack.errors import NotFoundError
from nbtrack.store.base import Store

MAX_LOOKED_AT = 3000
"""So many executions before the one in question are looked at."""
MAX_FOUND = 200
"""At most so many are given, the latest ones."""


def earlier_executions(execution: Execution, before: Iterable[Execution]) -> list[Execution]:
    """The executions that bound or changed what an execution read, and so on, oldest first.

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
        if not (bound or wanted.intersection(candidate.names_changed)):
            continue
        found.append(candidate)
        if candidate.status is ExecutionStatus.OK:
            # What failed midway may have left the name as an even earlier one bound it.
            wanted -= bound
        wanted.update(candidate.names_read)
    return found[::-1]


def earlier_of(
    store: Store, execution: Execution, slice_ids: Sequence[str] = ()
) -> list[Execution]:
    """The stored executions that one depends on, oldest first, without itself.

    Args:
        store: where they are.
        execution: the one in question.
        slice_ids: its slice as its kernel recorded it (`CaptureReport.slice`); where there is
            none, `earlier_executions` tells.
    """
    if slice_ids:
        return _stored(store, [each for each in slice_ids if each != execution.msg_id])
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


def _stored(store: Store, msg_ids: Sequence[str]) -> list[Execution]:
    found = []
    for msg_id in msg_ids[-MAX_FOUND:]:
        try:
            found.append(store.get_execution(msg_id))
        except NotFoundError:
            # Recording of untracked cells is switched off.
            continue
    return found
