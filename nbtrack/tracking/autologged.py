"""What the autologging of libraries gives to one run: first come first kept, never twice.

A value that the run has already, from the user's log calls or from the cell, is not recorded
again under a library's name for it; a key that the user logs is the user's from then on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from time import time_ns
from typing import TYPE_CHECKING

from nbtrack.capture.scalars import as_number
from nbtrack.capture.secrets import masked
from nbtrack.entities import Origin
from nbtrack.tracking.checks import MAX_PARAM_VALUE, usable_key

if TYPE_CHECKING:
    from nbtrack.tracking.run import ActiveRun

_LITERAL = "literal"


class Autologged:
    """The autologged facts of one run.

    Args:
        run: takes them.
        wants: whether a key is to be kept (``%%track --only`` and ``--ignore``).
        allowed: false where a cell switched autologging off for its run.

    Attributes:
        taken: metrics that the cell gave to the run.
    """

    def __init__(
        self,
        run: ActiveRun,
        wants: Callable[[str], bool] = lambda key: True,
        *,
        allowed: bool = True,
    ) -> None:
        self.run = run
        self.wants = wants
        self.allowed = allowed
        self.taken: set[str] = set()
        self._last: dict[str, float] = {}
        self._attributes: dict[str, float] = {}
        self._steps: dict[str, int] = {}
        self._names: dict[str, str] = {}
        self._first_owner: str | None = None
        self._counts: dict[str, int] = {}

    def param(self, key: str, value: object, origin: Origin, *, owned: bool = True) -> bool:
        """A param, unless the run has it.

        One that was another value in an earlier fit of this run becomes a series as well,
        where it is a number.

        Args:
            key: ``SVC.C``.
            value: kept as text; masked where its name says that it is a credential.
            origin: of autologging.
            owned: the key's first part says whose setting it is. Else (``max_depth`` of a
                library's function) any captured param of that last part can be the same.

        Returns:
            Whether it was recorded.
        """
        key = usable_key(key)
        if not self.wants(key):
            return False
        text = masked(key, value, str(value))
        if len(text) > MAX_PARAM_VALUE:
            text = text[: MAX_PARAM_VALUE - 1] + "…"
        known = self.run.params.get(key)
        if known is not None:
            if known != text and key in self.run.captured_params:
                self._vary(key, known, value, origin)
            return False
        if not origin.is_default and self._has_by_name(key, text, owned=owned):
            return False
        self.run.log_param(key, text, origin=origin)
        return True

    def _has_by_name(self, key: str, text: str, *, owned: bool) -> bool:
        """Whether the cell's code binds the value to a name that says the same."""
        last = key.rpartition(".")[2]
        return any(
            name.rpartition(".")[2] == last
            and (rule == _LITERAL or (not owned and not rule.startswith("autolog")))
            and self.run.params[name] == text
            for name, rule in self.run.captured_params.items()
        )

    def _vary(self, key: str, first: str, value: object, origin: Origin) -> None:
        number = as_number(value)
        if number is None:
            return
        if key not in self._last:
            try:
                self.point(key, float(first), 0, origin)
            except ValueError:
                return
        self.point(key, number, None, origin)

    def point(
        self,
        key: str,
        value: object,
        step: int | None,
        origin: Origin,
        *,
        attribute: str | None = None,
    ) -> None:
        """A point of a metric; nothing where the user logs that metric.

        Args:
            key: ``validation_0-logloss``. Where the cell has a metric of that name, the
                library's name stands before it.
            value: what is no number is left out.
            step: by default one more than the last one's.
            origin: of autologging.
            attribute: of an object of the user's that holds this value.
        """
        number = as_number(value)
        if number is None or self.run.ended_at is not None:
            return
        name = self._names.get(key) or self._name(key, origin)
        if not self.wants(key) or name in self.run.explicit_keys:
            return
        at = self._steps.get(name, 0) if step is None else step
        journal = self.run.session.journal
        series = journal.number(self.run.run_id, name, replace(origin, is_default=None))
        journal.append_point(series, at, time_ns(), number)
        self._steps[name] = at + 1
        self._last[name] = number
        if attribute is not None:
            self._attributes[attribute] = number

    def _name(self, key: str, origin: Origin) -> str:
        name = usable_key(key)
        if name in self.taken:
            name = usable_key(f"{origin.rule.partition(':')[2]}.{name}")
        self._names[key] = name
        return name

    def first_owner(self, owner: str) -> bool:
        """Whether a class is the first one that was fitted in this run."""
        if self._first_owner is None:
            self._first_owner = owner
        return self._first_owner == owner

    def count(self, what: str, *, add: int = 0) -> int:
        """How many of something the run got so far."""
        self._counts[what] = self._counts.get(what, 0) + add
        return self._counts[what]

    # What the cell asks before it records a metric of its own

    def has(self, key: str) -> bool:
        """Whether a metric is autologged here."""
        return key in self._last

    def has_attribute(self, key: str) -> bool:
        """Whether a name reads as an attribute that holds an autologged value."""
        return "." in key and key.rpartition(".")[2] in self._attributes

    def holds(self, key: str, value: float) -> bool:
        """Whether a value of the cell is one that stands here: ``fit.rsquared``, of ``rsquared``.

        Args:
            key: the cell's name of it.
            value: the number.
        """
        known = self._last.get(key)
        if known is None:
            known = self._attributes.get(key.rpartition(".")[2])
        return known is not None and (known == value or (known != known and value != value))


def autologged(run: ActiveRun) -> Autologged:
    """What is autologged of a run; empty at first."""
    if run.autologged is None:
        run.autologged = Autologged(run)
    return run.autologged
