"""Orders as SQL: what runs are ordered by, in general, and stretch by stretch along an index.

What a run does not have comes last in either direction, and NaN just before it, as in MLflow.
Params that are numbers are ordered as numbers, before those that are not. So an order by a
param, metric or tag falls into stretches of runs: those with a number, those without one,
those that have no such thing. Within a stretch an index gives the order, and a page is read
without sorting a hundred thousand runs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, FromClause, and_, case, func, true

from nbtrack.store.attributes import attribute_of, resolved
from nbtrack.store.filters import HELD
from nbtrack.store.paging import Ordering, constant
from nbtrack.store.schema import runs
from nbtrack.store.search import SearchSyntaxError, parse_order


@dataclass(frozen=True, slots=True)
class Stretch:
    """Runs that stand together in an order by a param, metric or tag.

    Args:
        rank: the position of this stretch among the others.
        test: the condition on the table's rows; None for the runs that have none there.
        orderings: the order within, after the rank.
    """

    rank: int
    test: ColumnElement[bool] | None
    orderings: list[Ordering]


@dataclass(frozen=True, slots=True)
class HeldOrder:
    """An order by a param, a metric or a tag."""

    kind: str
    key: str
    descending: bool

    def join(self, table: FromClause, run_id: ColumnElement[str]) -> ColumnElement[bool]:
        """The condition of an outer join with the table or an alias of it."""
        return and_(table.c.run_id == run_id, table.c.key == self.key)

    def general(self, table: FromClause) -> list[Ordering]:
        """The order of runs that are outer-joined with the table."""
        missing = table.c.run_id.is_(None)
        if self.kind == "metric":
            last = table.c.last
            rank = case((missing, 2), (last.is_(None), 1), else_=0)
            return [Ordering(rank), self._way(func.coalesce(last, 0.0))]
        text = self._way(func.coalesce(table.c.value, ""))
        if self.kind == "tag":
            return [Ordering(case((missing, 1), else_=0)), text]
        number = table.c.number
        rank = case((missing, 2), (number.is_(None), 1), else_=0)
        return [Ordering(rank), self._way(func.coalesce(number, 0.0)), text]

    def stretches(self, table: FromClause) -> list[Stretch]:
        """The same order in parts, each along an index of the table; in order."""
        if self.kind == "metric":
            last = table.c.last
            return [
                Stretch(0, last.is_not(None), [self._way(last)]),
                Stretch(1, last.is_(None), [constant(0.0)]),
                Stretch(2, None, [constant(0.0)]),
            ]
        text = self._way(table.c.value)
        if self.kind == "tag":
            return [Stretch(0, true(), [text]), Stretch(1, None, [constant("")])]
        number = table.c.number
        return [
            Stretch(0, number.is_not(None), [self._way(number), text]),
            Stretch(1, number.is_(None), [constant(0.0), text]),
            Stretch(2, None, [constant(0.0), constant("")]),
        ]

    def _way(self, expression: ColumnElement[Any]) -> Ordering:
        return Ordering(expression, self.descending)


Order = HeldOrder | list[Ordering]
"""An order by something held, or by an attribute."""


def order_of(text: str) -> Order:
    """What a clause orders by.

    Raises:
        SearchSyntaxError: the clause cannot be read.
    """
    clause = parse_order(text)
    identifier, down = resolved(clause.identifier), clause.descending
    if identifier.kind == "dataset":
        reason = "runs have several datasets, or none: they cannot be ordered by them"
        raise SearchSyntaxError("order_by", text, identifier.position, reason)
    if identifier.kind in HELD:
        return HeldOrder(identifier.kind, identifier.key, down)
    attribute = attribute_of(identifier, "order_by", text)
    column = attribute.column
    if not attribute.is_nullable:
        return [Ordering(column, down)]
    empty: Any = 0 if attribute.kind in ("number", "time") else ""
    return [
        Ordering(case((column.is_(None), 1), else_=0)),
        Ordering(func.coalesce(column, empty), down),
    ]


def tie_breakers(clauses: list[Order]) -> list[Ordering]:
    """Newest first, then by id, so that every order is one; not twice the same column."""
    ordered = [each.expression for clause in clauses if isinstance(clause, list) for each in clause]
    breakers = [Ordering(runs.c.started_at, descending=True), Ordering(runs.c.run_id)]
    return [
        each
        for each in breakers
        if not any(each.expression is expression for expression in ordered)
    ]
