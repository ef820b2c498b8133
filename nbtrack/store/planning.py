"""Which way to a page of runs is the shortest, from how many rows meet each condition.

- ``walk``: along an index of the order, looking at each run whether it meets the conditions,
  until the page is full;
- ``list``: the same, after the ids that meet one condition were made a list in memory, in which
  most runs are told apart without reading anything of them;
- ``narrow``: through the rows that meet one condition; what meets the others is sorted.

Rows that meet a condition are counted along its index, up to where it no longer matters. The
costs are microseconds on an ordinary machine, in a store much larger than SQLite's cache; only
how they compare is of interest.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

MOST_CONDITIONS = 8
"""So many conditions are counted; the others are taken to be met by all."""

MOST_ROWS = 20_000
"""Rows are counted up to here: to list or to sort more of them is slower than to walk."""

_LOOKED_UP = 2.5
"""To find a row by its key, somewhere in the file."""

_WALKED = 0.3
"""To go on by one row along an index, and to look for its run in a list."""

_LISTED = 0.35
"""To put an id on a list."""

_SORTED = 6.0
"""To read a run that matches and what it is ordered by, and to sort it."""

Way = Literal["walk", "list", "narrow"]


@dataclass(frozen=True, slots=True)
class Counted:
    """How many rows meet a condition.

    Args:
        count: counted up to `MOST_ROWS`.
        listable: whether its ids come from an index alone.
    """

    count: int
    listable: bool = True


def shortest(conditions: Sequence[Counted], total: int, limit: int) -> tuple[Way, int]:
    """The shortest way, and the position of the condition that it takes.

    Args:
        conditions: what was counted; may be empty.
        total: about how many runs there are.
        limit: how many are wanted.
    """
    total = max(total, 1)
    shares = [_share(each.count, total) for each in conditions]
    share = math.prod(shares)
    walked = min(total, limit / share) if share else float(total)
    others = max(len(conditions) - 1, 0)
    ways: list[tuple[float, Way, int]] = [(walked * _LOOKED_UP * (1 + others / 2), "walk", 0)]
    for position, each in enumerate(conditions):
        if each.count >= MOST_ROWS:
            continue
        met = walked * shares[position]
        if each.listable:
            lookups = met * _LOOKED_UP * others
            ways.append((each.count * _LISTED + walked * _WALKED + lookups, "list", position))
        lookups = each.count * (_WALKED + _LOOKED_UP * min(others, 1))
        ways.append((lookups + total * share * _SORTED, "narrow", position))
    _, way, position = min(ways)
    return way, position


def _share(count: int, total: int) -> float:
    """The share of runs that meet a condition."""
    if count >= MOST_ROWS:
        # It was not counted to the end, which is somewhere between that and all.
        return min(1.0, math.sqrt(MOST_ROWS / total))
    return min(1.0, count / total)
