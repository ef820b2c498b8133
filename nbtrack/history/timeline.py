"""A notebook's whole history at a glance: every revision's instant, and where work paused."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from nbtrack.store.base import EVERY_REVISION, RevisionFilter, RevisionTime, Store
from nbtrack.wire import Timeline

SESSION_GAP = timedelta(minutes=30)
"""So long a pause between two revisions parts two sessions of work."""


def timeline(store: Store, notebook_id: str, only: RevisionFilter = EVERY_REVISION) -> Timeline:
    """The instants of a notebook's revisions, newest first, and its sessions.

    A session is work without a pause of half an hour or more between two revisions, whichever
    of them are asked for: a filter leaves out revisions, but makes no new pauses.

    Args:
        store: where the history is.
        notebook_id: whose.
        only: which revisions.

    Raises:
        NotFoundError: no such notebook.
    """
    every = store.revision_times(notebook_id)
    shown = every if only == EVERY_REVISION else store.revision_times(notebook_id, only)
    sessions = session_numbers(every)
    starts: list[int] = []
    latest = None
    for index, (number, _) in enumerate(shown):
        # What was recorded since the first look has no session yet: it is of the newest one.
        session = sessions.get(number, 0)
        if session != latest:
            starts.append(index)
            latest = session
    return Timeline(
        total=len(every),
        numbers=[number for number, _ in shown],
        created_ms=[created_ms for _, created_ms in shown],
        session_starts=starts,
        authors=store.revision_authors(notebook_id),
    )


def session_numbers(times: Sequence[RevisionTime]) -> dict[int, int]:
    """Which session each revision is of, counted from the first one given."""
    found: dict[int, int] = {}
    session = 0
    gap_ms = SESSION_GAP // timedelta(milliseconds=1)
    later_ms: int | None = None
    for number, created_ms in times:
        # Instants go backwards where histories of two machines were merged.
        if later_ms is not None and abs(later_ms - created_ms) >= gap_ms:
            session += 1
        found[number] = session
        later_ms = created_ms
    return found
