"""Which names one execution read, bound and changed: its code joined with what really happened.

Before the cell the identities of all names are noted, and fingerprints of the few that its code
may change. After it, identities tell what was bound, by whatever code, and the fingerprints
confirm or refute what may have changed.
"""

from __future__ import annotations

import builtins
import re
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field

from nbtrack.capture.effects import Effects, Step
from nbtrack.capture.fingerprints import Change, Fingerprint, is_fixed, is_scalar, is_used_up
from nbtrack.capture.resolve import KnownCode, Resolved, known_after, resolve

_SHELL_NAMES = re.compile(
    r"_i{0,3}\d*\Z|__|_{1,3}\Z|_(ih|oh|dh|exit_code)\Z|(In|Out|exit|quit|get_ipython)\Z"
)
_COPIES = frozenset({"pandas", "polars", "pyarrow"})
"""Libraries in which a part of a table does not share its memory, as far as users see."""


@dataclass(frozen=True, slots=True)
class Touched:
    """What one execution did to names. ``<numpy>`` and the like stand for hidden state.

    Args:
        reads: names whose value before the execution it needed.
        writes: names it bound, and whether the value before is surely out of use.
        changes: names whose objects it changed, or may have, without binding them.
        deletes: names that are gone.
        before: names that were there before it.
        fresh: names that are bound to other objects than before.
    """

    reads: frozenset[str] = frozenset()
    writes: Mapping[str, bool] = field(default_factory=dict)
    changes: frozenset[str] = frozenset()
    deletes: frozenset[str] = frozenset()
    before: Container[str] = frozenset()
    fresh: frozenset[str] = frozenset()

    def public(self) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
        """Names read, bound or deleted, and changed, sorted, without hidden state."""
        return _public(self.reads), _public({*self.writes, *self.deletes}), _public(self.changes)


def _public(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(name for name in names if not name.startswith("<")))


def identities(namespace: Mapping[str, object]) -> dict[str, int]:
    """The identity of what each name is bound to; keeps nothing alive."""
    return dict(zip(namespace, map(id, namespace.values()), strict=True))


def rebound(before: Mapping[str, int], after: Mapping[str, int]) -> set[str]:
    """Names that are bound to other objects, new or gone; IPython's own left out."""
    if before == after:
        return set()
    names = {name for name, _ in before.items() ^ after.items()}
    return {name for name in names if not _SHELL_NAMES.match(name)}


class ExecutionWatch:
    """Watches the names of one execution.

    Args:
        namespace: the user's.
        code: what earlier cells left; gets what this one leaves.
        states: kinds of hidden state that earlier cells set.
        before: `identities` as the execution begins.

    Attributes:
        unsure: names that its code binds, but not each time it runs.
    """

    def __init__(
        self,
        namespace: Mapping[str, object],
        code: KnownCode,
        states: Container[str],
        before: dict[str, int],
    ) -> None:
        self._namespace = namespace
        self._code = code
        self._states = states
        self._before = before
        self._effects: list[Effects] = []
        self._marks: dict[str, Fingerprint] = {}
        self.unsure: set[str] = set()

    def begin(self, effects: Effects) -> None:
        """A tree of the execution is about to run: fingerprint what it may change."""
        self._effects.append(effects)
        found = resolve(effects.until(None), self._namespace, self._code, self._states)
        self.unsure |= {name for name, sure in found.writes.items() if not sure}
        for name in self._may_change(found) | self.unsure:
            if name in self._before and name not in self._marks and name in self._namespace:
                self._marks[name] = Fingerprint(self._namespace[name])

    def _may_change(self, found: Resolved) -> set[str]:
        """Names whose objects may change: by the code, by being used up, or as parts."""
        names = {name for name in found.changes if self._is_live(name)}
        for name in found.reads | found.reads_after:
            if name in self._before and is_used_up(self._namespace.get(name)):
                names.add(name)
        return names | self._related(names, found)

    def _is_live(self, name: str) -> bool:
        value = self._namespace.get(name)
        return value is not None and not is_fixed(value) and not is_scalar(value)

    def _related(self, names: set[str], found: Resolved) -> set[str]:
        """Names that may share their objects with others."""
        if not names:
            return set()
        shares = {name: set(sources) for name, sources in self._code.shares.items()}
        for name, sources in found.shares.items():
            shares.setdefault(name, set()).update(sources)
        related: set[str] = set()
        pending = list(names)
        while pending:
            name = pending.pop()
            near = set(shares.get(name, ()))
            near |= {other for other, sources in shares.items() if name in sources}
            for other in near - related - names:
                if self._is_live(other):
                    related.add(other)
                    pending.append(other)
        ids = {id(self._namespace.get(name)) for name in names}
        related |= {name for name, its in self._before.items() if its in ids} - names
        return {name for name in related if not _SHELL_NAMES.match(name)}

    def end(self, stopped_at: int | None) -> tuple[Touched, dict[str, int]]:
        """The execution is over.

        Args:
            stopped_at: the line of the tree at which it failed; None if it did not, or where
                there are several trees.

        Returns:
            What it did, and the identities after it.
        """
        groups = self._ran(stopped_at)
        found = resolve(groups, self._namespace, self._code, self._states)
        after = identities(self._namespace)
        other = rebound(self._before, after)
        writes = self._writes(found, other, after)
        deletes = {name for name in found.deletes | other if name not in after}
        deletes &= self._before.keys()
        changes = {name for name in self._changed(found) if name not in writes} - deletes
        changes |= {name for name in found.changes if name.startswith("<")}
        changes |= {name for name in found.states if name in self._before and name not in writes}
        reads = found.reads | {
            name
            for name in found.reads_after
            if name in self._before and name not in other and not writes.get(name, False)
        }
        known_after(found, self._code, self._namespace, {*writes, *deletes})
        touched = Touched(
            frozenset(name for name in reads if self._is_users(name, writes)),
            writes,
            frozenset(changes),
            frozenset(deletes),
            self._before.keys(),
            frozenset(other),
        )
        return touched, after

    def _is_users(self, name: str, writes: Mapping[str, bool]) -> bool:
        """Whether a name that is read is one of the user's, and not Python's or IPython's."""
        if name not in self._before and (name in writes or hasattr(builtins, name)):
            # Bound by code that is not seen before it is read: ``from math import *``.
            return False
        return not _SHELL_NAMES.match(name)

    def _ran(self, stopped_at: int | None) -> list[tuple[Step, ...]]:
        one = len(self._effects) == 1
        stopped = stopped_at if one else None
        groups = [group for effects in self._effects for group in effects.until(stopped)]
        if stopped is not None and groups:
            # The statement that failed may not have come to what it would have bound.
            groups[-1] = tuple(step._replace(sure=False) for step in groups[-1])
        return groups

    def _writes(self, found: Resolved, other: set[str], after: dict[str, int]) -> dict[str, bool]:
        writes = {}
        for name, sure in found.writes.items():
            if name not in after or _SHELL_NAMES.match(name):
                continue
            mark = self._marks.get(name)
            if sure or name in other:
                writes[name] = True
            elif mark is None or not mark.is_same_object(self._namespace[name]):
                writes[name] = False
        for name in other:
            if name in after:
                writes.setdefault(name, True)
        return writes

    def _changed(self, found: Resolved) -> set[str]:
        """Names whose objects changed, as far as fingerprints can tell, with those they share."""
        possible = {name for name in self._may_change(found) if name in self._marks}
        told = {name: self._tell(name) for name in possible}
        own = {name for name in found.changes if told.get(name, Change.SAME) is not Change.SAME}
        own |= {
            name
            for name in found.reads | found.reads_after
            if name in told and is_used_up(self._namespace.get(name))
        }
        if not own:
            return own
        related = self._related(own, found)
        return own | {
            name
            for name in related
            if told.get(name) is Change.CHANGED
            or (told.get(name) is Change.UNKNOWN and self._shares_memory(name))
        }

    def _tell(self, name: str) -> Change:
        if name not in self._namespace:
            return Change.SAME
        return self._marks[name].against(self._namespace[name])

    def _shares_memory(self, name: str) -> bool:
        kind = type(self._namespace.get(name))
        return kind.__module__.partition(".")[0] not in _COPIES
