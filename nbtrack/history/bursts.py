"""Which saves are one: what a person would call one stretch of work is one line of the history.

Front ends save by themselves, collaboration at each pause in typing. So a save takes the place
of the save before it where all of this holds:

- both are by the same author, from the same place;
- they are less than `PAUSE` apart;
- the revision before both of them is at most `LONGEST` old: so of a long stretch of work there is
  a state every so often;
- nothing refers to the earlier save: it bears no name, nothing ran from it, and nobody
  brought it back.

What ran, what was restored, what was named and what came from outside is never taken away.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from nbtrack.entities import Revision, RevisionReason

PAUSE = timedelta(minutes=1)
LONGEST = timedelta(minutes=10)


def is_one_burst(
    reason: RevisionReason,
    author: str,
    origin: str,
    at: datetime,
    *,
    latest: Revision,
    before: Revision,
) -> bool:
    """Whether a state that is about to be recorded continues the latest save.

    Args:
        reason, author, origin, at: of the new state.
        latest: the latest revision.
        before: the one before it.
    """
    return (
        reason is RevisionReason.SAVE
        and (latest.reason, latest.author, latest.origin) == (reason, author, origin)
        and latest.label is None
        and timedelta(0) <= at - latest.created_at < PAUSE
        and at - before.created_at <= LONGEST
    )
