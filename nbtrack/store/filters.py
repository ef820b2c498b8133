"""Search trees as SQL: the conditions of a filter and the expressions of an order."""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Table,
    and_,
    case,
    exists,
    func,
    or_,
    select,
    true,
)

from nbtrack.entities import MLFLOW_TAGS, RunStatus
from nbtrack.store.dialect import number_in
from nbtrack.store.paging import Ordering
from nbtrack.store.rows import experiment_number, to_us
from nbtrack.store.schema import experiments, metrics, params, revisions, runs, tags
from nbtrack.store.search import (
    Combination,
    Comparison,
    Identifier,
    Node,
    SearchSyntaxError,
    Value,
    parse_filter,
    parse_order,
)

_ORDER: dict[str, Callable[[Any, Any], Any]] = {
    "=": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}
_REVISION_NUMBER = (
    select(revisions.c.number)
    .where(revisions.c.revision_id == runs.c.revision_id)
    .correlate(runs)
    .scalar_subquery()
)
_TEXT_ATTRIBUTES: dict[str, ColumnElement[Any]] = {
    **{
        name: runs.c[name]
        for name in (
            "run_id",
            "run_name",
            "status",
            "user_id",
            "source_name",
            "notebook_id",
            "revision_id",
            "cell_id",
            "session_id",
            "msg_id",
            "parent_run_id",
            "end_reason",
            "error_name",
            "lifecycle_stage",
        )
    },
    "experiment_name": experiments.c.name,
}
_NUMBER_ATTRIBUTES: dict[str, ColumnElement[Any]] = {
    "start_time": runs.c.started_at // 1000,
    "end_time": runs.c.ended_at // 1000,
    "duration_s": (runs.c.ended_at - runs.c.started_at) / 1_000_000.0,
    "revision_number": _REVISION_NUMBER,
    "experiment_id": runs.c.experiment_id,
}
_ALIASES = {
    "run name": "run_name",
    "name": "run_name",
    "id": "run_id",
    "user": "user_id",
    "created": "start_time",
    "started_at": "start_time",
    "ended_at": "end_time",
    "duration": "duration_s",
    "experiment": "experiment_name",
}
_TIMES = ("start_time", "end_time")


def condition_of(text: str) -> ColumnElement[bool]:
    """The condition on runs (joined with their experiments) that a filter states.

    Raises:
        SearchSyntaxError: the filter cannot be read, or compares what cannot be compared.
    """
    node = parse_filter(text)
    return true() if node is None else _Conditions(text).of(node)


class _Conditions:
    """The conditions of one filter, whose text is kept for messages."""

    def __init__(self, text: str) -> None:
        self._text = text

    def of(self, node: Node) -> ColumnElement[bool]:
        if isinstance(node, Combination):
            parts = [self.of(part) for part in node.parts]
            return and_(*parts) if node.operator == "AND" else or_(*parts)
        node = replace(node, identifier=_resolved(node.identifier))
        kind = node.identifier.kind
        if kind == "attribute":
            return self._attribute(node)
        table, column = _HELD[kind]
        held = [table.c.run_id == runs.c.run_id, table.c.key == node.identifier.key]
        if node.operator == "IS NULL":
            return ~exists().where(*held)
        if node.operator == "IS NOT NULL":
            return exists().where(*held)
        if kind == "metric":
            test = self._numbers(node, column)
        elif kind == "param" and not _is_text(node.value):
            test = self._numbers(node, number_in(column))
        else:
            test = self._texts(node, column)
        return exists().where(*held, test)

    def _attribute(self, node: Comparison) -> ColumnElement[bool]:
        name, column = _attribute(node.identifier, "filter", self._text)
        if node.operator == "IS NULL":
            return column.is_(None)
        if node.operator == "IS NOT NULL":
            return column.is_not(None)
        if name in _TIMES:
            return self._compared(node, column, self._milliseconds)
        if name == "status":
            return self._compared(node, column, self._status)
        if name == "experiment_id":
            return self._compared(node, column, self._identity)
        if name in _NUMBER_ATTRIBUTES:
            return self._numbers(node, column)
        return self._texts(node, column)

    def _fail(self, node: Comparison, reason: str) -> SearchSyntaxError:
        return SearchSyntaxError("filter", self._text, node.position, reason)

    def _numbers(self, node: Comparison, column: ColumnElement[Any]) -> ColumnElement[bool]:
        if _holds_text(node.value):
            name = node.identifier.key
            raise self._fail(node, f"{name} is a number: compare it with one, without quotes")
        return self._compared(node, column, lambda _node, value: value)

    def _texts(self, node: Comparison, column: ColumnElement[Any]) -> ColumnElement[bool]:
        if not _is_text(node.value):
            name = node.identifier.key
            raise self._fail(node, f"{name} is text: put the value in quotes")
        if node.operator in (">", ">=", "<", "<="):
            raise self._fail(
                node,
                f"text is not ordered by {node.operator}: use = != LIKE ILIKE IN, or a number "
                "without quotes to compare params that are numbers",
            )
        return self._compared(node, column, lambda _node, value: value)

    def _compared(
        self,
        node: Comparison,
        column: ColumnElement[Any],
        read: Callable[[Comparison, Value], Any],
    ) -> ColumnElement[bool]:
        if node.operator in ("IN", "NOT IN"):
            listed = node.value if isinstance(node.value, tuple) else ()
            values = [read(node, value) for value in listed]
            return column.in_(values) if node.operator == "IN" else column.not_in(values)
        assert node.value is not None and not isinstance(node.value, tuple)
        if node.operator in ("LIKE", "ILIKE"):
            if not isinstance(node.value, str):
                raise self._fail(node, f"{node.operator} needs a text in quotes")
            like = column.like if node.operator == "LIKE" else column.ilike
            return like(node.value)
        compared: ColumnElement[bool] = _ORDER[node.operator](column, read(node, node.value))
        return compared

    def _milliseconds(self, node: Comparison, value: Value) -> int | float:
        if not isinstance(value, str):
            return value
        try:
            instant = datetime.fromisoformat(value).astimezone()
        except (ValueError, OverflowError) as error:
            raise self._fail(
                node,
                f"{value!r} is no time: give epoch milliseconds, or a date such as "
                "'2026-11-23' or '2026-11-23T14:05'",
            ) from error
        return to_us(instant) // 1000

    def _status(self, node: Comparison, value: Value) -> str:
        name = str(value).upper()
        if name not in RunStatus.__members__:
            known = ", ".join(RunStatus)
            raise self._fail(node, f"{value!r} is no status: it is one of {known}")
        return name

    def _identity(self, node: Comparison, value: Value) -> int | float:
        if not isinstance(value, str):
            return value
        number = experiment_number(value)
        if number is None:
            raise self._fail(node, f"{value!r} is no experiment id: it is a whole number")
        return number


_HELD: dict[Literal["param", "metric", "tag"], tuple[Table, ColumnElement[Any]]] = {
    "param": (params, params.c.value),
    "metric": (metrics, metrics.c.last),
    "tag": (tags, tags.c.value),
}


def _is_text(value: Value | tuple[Value, ...] | None) -> bool:
    if isinstance(value, tuple):
        return all(isinstance(item, str) for item in value)
    return isinstance(value, str)


def _holds_text(value: Value | tuple[Value, ...] | None) -> bool:
    return any(isinstance(item, str) for item in (value if isinstance(value, tuple) else (value,)))


def _resolved(identifier: Identifier) -> Identifier:
    """What MLflow keeps as a tag and we as an attribute, as that attribute."""
    if identifier.kind == "tag" and identifier.key in MLFLOW_TAGS:
        return replace(identifier, kind="attribute", key=MLFLOW_TAGS[identifier.key])
    return identifier


def _attribute(identifier: Identifier, what: str, text: str) -> tuple[str, ColumnElement[Any]]:
    lowered = identifier.key.lower()
    name = _ALIASES.get(lowered, lowered)
    column = _TEXT_ATTRIBUTES.get(name)
    if column is None:
        column = _NUMBER_ATTRIBUTES.get(name)
    if column is None:
        known = ", ".join(sorted({*_TEXT_ATTRIBUTES, *_NUMBER_ATTRIBUTES}))
        raise SearchSyntaxError(
            what,
            text,
            identifier.position,
            f"{identifier.key!r} is no attribute of a run. Attributes are {known}; others need "
            "params., metrics. or tags. in front",
        )
    return name, column


def orderings_of(
    clauses: tuple[str, ...],
) -> tuple[list[Ordering], list[tuple[FromClause, ColumnElement[bool]]]]:
    """The expressions to order by, and the outer joins that they need.

    What a run does not have comes last in either direction, and NaN just before it. Params
    that are numbers are ordered as numbers, before those that are not.

    Raises:
        SearchSyntaxError: a clause cannot be read.
    """
    orderings: list[Ordering] = []
    joins: list[tuple[FromClause, ColumnElement[bool]]] = []
    for text in clauses:
        clause = parse_order(text)
        identifier, down = _resolved(clause.identifier), clause.descending
        if identifier.kind == "attribute":
            name, column = _attribute(identifier, "order_by", text)
            empty: Any = 0 if name in _NUMBER_ATTRIBUTES else ""
            orderings.append(Ordering(case((column.is_(None), 1), else_=0)))
            orderings.append(Ordering(func.coalesce(column, empty), down))
            continue
        table = _HELD[identifier.kind][0].alias(f"order_{len(joins)}")
        joins.append((table, and_(table.c.run_id == runs.c.run_id, table.c.key == identifier.key)))
        orderings += _held_orderings(identifier.kind, table, down)
    return orderings, joins


def _held_orderings(kind: str, table: FromClause, down: bool) -> list[Ordering]:
    missing = table.c.run_id.is_(None)
    if kind == "metric":
        last = table.c.last
        return [
            Ordering(case((missing, 2), (last.is_(None), 1), else_=0)),
            Ordering(func.coalesce(last, 0.0), down),
        ]
    text = Ordering(func.coalesce(table.c.value, ""), down)
    if kind == "tag":
        return [Ordering(case((missing, 1), else_=0)), text]
    number = number_in(table.c.value)
    return [
        Ordering(case((missing, 2), (number.is_(None), 1), else_=0)),
        Ordering(func.coalesce(number, 0.0), down),
        text,
    ]
