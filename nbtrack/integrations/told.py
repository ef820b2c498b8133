"""What the fits of one run told so far, and what looking at them may cost.

A loop may fit a thousand small models. Each tells only what is new beside the first of its
class, and looking at all of them stays a small share of the time that the fits took.
"""

from __future__ import annotations

from typing import Any
from weakref import WeakKeyDictionary

_GRACE_S = 0.002
_SHARE = 0.02
_CHILDREN_SHARE = 0.05
"""Of a search's time, for the runs of its candidates: they are what it was done for."""


class Told:
    """What the fits of one run told.

    Attributes:
        settings: of each owner, as first told; plain values and texts only.
        fits_s, spent_s: seconds that the recorded fits took, and that looking at what they
            gave took.
        children: runs that were made for candidates of searches.
    """

    def __init__(self) -> None:
        self.settings: dict[str, dict[str, object]] = {}
        self.fits_s = 0.0
        self.spent_s = 0.0
        self.children = 0
        self._counts: dict[str, int] = {}

    def affords(self, estimate_s: float) -> bool:
        """Whether looking for so long is next to nothing beside the fits.

        Args:
            estimate_s: what it is thought to take.
        """
        return self.spent_s + estimate_s <= _GRACE_S + _SHARE * self.fits_s

    def afforded(self, each_s: float) -> int:
        """How many runs of candidates are little beside the fits.

        Args:
            each_s: what one is thought to take.
        """
        room_s = _GRACE_S + _CHILDREN_SHARE * self.fits_s - self.spent_s
        return max(0, int(room_s / each_s))

    def number(self, owner: str) -> int:
        """How many fits of an owner there were before; counts this one."""
        count = self._counts.get(owner, 0)
        self._counts[owner] = count + 1
        return count

    def is_news(self, owner: str, name: str, value: object) -> bool:
        """Whether a setting is another one than the first of that name, or is the first."""
        known = self.settings.setdefault(owner, {})
        if name in known:
            first = known[name]
            return type(first) is not type(value) or first != value
        known[name] = value
        return True


_told: WeakKeyDictionary[Any, Told] = WeakKeyDictionary()


def told_of(owner: Any) -> Told:
    """What was told of a run.

    Args:
        owner: the run, or the tracked cell whose run it is or will be.
    """
    found = _told.get(owner)
    if found is None:
        found = _told[owner] = Told()
    return found
