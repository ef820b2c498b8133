"""A clock that stands still until it is told otherwise."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

START = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)


class FakeClock:
    """Gives instants in order.

    Args:
        now: the first instant.
    """

    def __init__(self, now: datetime = START) -> None:
        self.now = now

    def __call__(self) -> datetime:
        """The present instant."""
        return self.now

    def advance(self, seconds: float) -> datetime:
        """Let time pass; returns the new instant."""
        self.now += timedelta(seconds=seconds)
        return self.now
