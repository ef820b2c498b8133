"""Filters as SQL: which conditions a run has to meet, and which of them find few runs fast."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Table,
    and_,
    exists,
    or_,
    select,
    true,
)

from nbtrack.entities import Direction, RunStatus
from nbtrack.errors import UsageError
from nbtrack.store.attributes import WORDS, Attribute, attribute_of, resolved
from nbtrack.store.rows import experiment_number, number_of, to_us
from nbtrack.store.schema import metrics, notebooks, params, run_datasets, runs, tags
from nbtrack.store.search import (
    Combination,
    Comparison,
    Node,
    SearchSyntaxError,
    Value,
    parse_filter,
)
from nbtrack.store.texts import run_matches

_ORDER: dict[str, Callable[[Any, Any], Any]] = {
    "=": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}
_RANGES = (">", ">=", "<", "<=")
_BY_INDEX = ("=", "IN", *_RANGES)
_LARGEST = (1 << 63) - 1
HELD: dict[str, Table] = {"param": params, "metric": metrics, "tag": tags}
"""Where the params, metrics and tags of runs are."""

_DATASET_COLUMNS = {
    "name": run_datasets.c.name,
    "digest": run_datasets.c.digest,
    "context": run_datasets.c.context,
}


@dataclass(frozen=True, slots=True)
class Held:
    """A condition on one param, metric or tag.

    Args:
        kind, key: which one.
        test: the condition on its row, which is one of `HELD` or an alias of it.
        indexed: the rows that meet it stand together in an index.
    """

    kind: str
    key: str
    test: Callable[[FromClause], ColumnElement[bool]]
    indexed: bool

    def rows(self, table: FromClause) -> ColumnElement[bool]:
        """The rows of a table or its alias that meet it."""
        return and_(table.c.key == self.key, self.test(table))


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition on runs.

    Args:
        on: makes SQL of it, given the column that holds the run's id.
        held: set where it is about one param, metric or tag.
        about_runs: it compares columns of `schema.runs`.
        indexed: the runs that meet it are found by an index of that table.
    """

    on: Callable[[ColumnElement[str]], ColumnElement[bool]]
    held: Held | None = None
    about_runs: bool = False
    indexed: bool = False

    def listed(self, run_id: ColumnElement[str]) -> ColumnElement[bool]:
        """The same as ``on`` by a list of all ids that meet it, where it is about one thing."""
        if self.held is None:
            return self.on(run_id)
        table = HELD[self.held.kind]
        return run_id.in_(select(table.c.run_id).where(self.held.rows(table)))


def about_runs(expression: ColumnElement[bool], *, indexed: bool = False) -> Condition:
    """A condition on columns of `schema.runs`."""
    return Condition(lambda _run_id: expression, about_runs=True, indexed=indexed)


def conditions_of(text: str) -> list[Condition]:
    """The conditions that a filter states; a run has to meet all of them.

    Raises:
        SearchSyntaxError: the filter cannot be read, or compares what cannot be compared.
    """
    node = parse_filter(text)
    return [] if node is None else _Conditions(text).all_of(node)


class _Conditions:
    """The conditions of one filter, whose text is kept for messages."""

    def __init__(self, text: str) -> None:
        self._text = text

    def all_of(self, node: Node) -> list[Condition]:
        if isinstance(node, Combination) and node.operator == "AND":
            return [condition for part in node.parts for condition in self.all_of(part)]
        if isinstance(node, Combination):
            return [self._any_of(node.parts)]
        return [self._comparison(replace(node, identifier=resolved(node.identifier)))]

    def _any_of(self, parts: Sequence[Node]) -> Condition:
        alternatives = [self.all_of(part) for part in parts]

        def on(run_id: ColumnElement[str]) -> ColumnElement[bool]:
            return or_(*(and_(*(each.on(run_id) for each in group)) for group in alternatives))

        return Condition(
            on, about_runs=any(each.about_runs for group in alternatives for each in group)
        )

    def _comparison(self, node: Comparison) -> Condition:
        if node.operator == "MATCH":
            return self._words(node)
        if node.identifier.kind == "attribute":
            return self._attribute(node)
        if node.identifier.kind == "dataset":
            return self._dataset(node)
        held = self._held(node)
        table = HELD[held.kind]

        def on(run_id: ColumnElement[str]) -> ColumnElement[bool]:
            return exists().where(table.c.run_id == run_id, held.rows(table))

        if node.operator == "IS NULL":
            return Condition(lambda run_id: ~on(run_id))
        return Condition(on, held=held)

    def _held(self, node: Comparison) -> Held:
        kind, key = node.identifier.kind, node.identifier.key
        indexed = node.operator in _BY_INDEX
        if node.operator in ("IS NULL", "IS NOT NULL"):
            return Held(kind, key, lambda _table: true(), indexed=False)
        if kind == "metric":
            number = self._numbers(node)
            return Held(kind, key, lambda table: number(table.c.last), indexed)
        if kind == "param" and not _holds_text(node.value):
            number = self._numbers(node)
            return Held(kind, key, lambda table: number(table.c.number), indexed)
        words = self._texts(node)
        if kind == "param" and indexed:
            together = not _is_mixed(node.value)
            return Held(kind, key, lambda table: _param_is(table, node.value), together)
        return Held(kind, key, lambda table: words(table.c.value), indexed)

    def _attribute(self, node: Comparison) -> Condition:
        attribute = attribute_of(node.identifier, "filter", self._text)
        if attribute.kind == "notebook":
            return about_runs(self._notebook(node), indexed=node.operator in ("=", "IN"))
        if node.operator in ("IS NULL", "IS NOT NULL"):
            column = attribute.column
            none = column.is_(None) if node.operator == "IS NULL" else column.is_not(None)
            return about_runs(none)
        test = self._test(node, attribute)(attribute.column)
        return about_runs(test, indexed=attribute.indexed and node.operator in _BY_INDEX)

    def _test(self, node: Comparison, attribute: Attribute) -> _Test:
        if attribute.kind == "time":
            return self._times(node)
        if attribute.kind == "experiment":
            return self._compared(node, self._experiment)
        if attribute.kind == "number":
            return self._numbers(node)
        return self._texts(node, self._status if attribute.kind == "status" else None)

    def _words(self, node: Comparison) -> Condition:
        name = node.identifier.key.lower()
        if node.identifier.kind != "attribute" or name not in WORDS:
            known = ", ".join(WORDS)
            raise self._fail(node, f"MATCH looks for words in {known}; use LIKE for other things")
        if not isinstance(node.value, str):
            raise self._fail(node, "MATCH needs words in quotes")
        try:
            return about_runs(run_matches(node.value, WORDS[name]))
        except UsageError as error:
            raise self._fail(node, str(error)) from error

    def _dataset(self, node: Comparison) -> Condition:
        column = _DATASET_COLUMNS.get(node.identifier.key.lower())
        if column is None:
            reason = f"a dataset has a name, a digest and a context, no {node.identifier.key!r}"
            raise SearchSyntaxError("filter", self._text, node.identifier.position, reason)
        empty = node.operator in ("IS NULL", "IS NOT NULL")
        test = column.is_not(None) if empty else self._texts(node)(column)
        # MLflow's datasets are what a run read.
        read = run_datasets.c.direction == Direction.INPUT

        def on(run_id: ColumnElement[str]) -> ColumnElement[bool]:
            found = exists().where(run_datasets.c.run_id == run_id, read, test)
            return ~found if node.operator == "IS NULL" else found

        return Condition(on)

    def _notebook(self, node: Comparison) -> ColumnElement[bool]:
        """A notebook is named by the end of its path: ``a.ipynb`` or ``models/a.ipynb``."""
        notebook_id = runs.c.notebook_id
        if node.operator == "IS NULL":
            return notebook_id.is_(None)
        if node.operator == "IS NOT NULL":
            return notebook_id.is_not(None)
        compared = self._texts(node)
        path = notebooks.c.path
        if node.operator in ("LIKE", "ILIKE"):
            return notebook_id.in_(select(notebooks.c.notebook_id).where(compared(path)))
        named = or_(*(_ends_with(path, str(value)) for value in _listed(node.value)))
        found = select(notebooks.c.notebook_id).where(named)
        if node.operator in ("=", "IN"):
            return notebook_id.in_(found)
        return notebook_id.not_in(found)

    def _fail(self, node: Comparison, reason: str) -> SearchSyntaxError:
        return SearchSyntaxError("filter", self._text, node.position, reason)

    def _numbers(self, node: Comparison) -> _Test:
        if _holds_text(node.value):
            name = node.identifier.key
            raise self._fail(node, f"{name} is a number: compare it with one, without quotes")
        return self._compared(node, _as_it_is)

    def _texts(self, node: Comparison, read: _Read | None = None) -> _Test:
        if not all(isinstance(value, str) for value in _listed(node.value)):
            name = node.identifier.key
            raise self._fail(node, f"{name} is text: put the value in quotes")
        if node.operator in _RANGES:
            raise self._fail(
                node,
                f"text is not ordered by {node.operator}: use = != LIKE ILIKE IN, or a number "
                "without quotes to compare params that are numbers",
            )
        if node.operator in ("LIKE", "ILIKE"):
            pattern = node.value
            if node.operator == "LIKE":
                return lambda column: column.like(pattern)
            return lambda column: column.ilike(pattern)
        return self._compared(node, read or _as_it_is)

    def _times(self, node: Comparison) -> _Test:
        test = self._compared(node, self._milliseconds)
        if node.operator not in _RANGES:
            return lambda column: test(column // 1000)
        assert node.value is not None and not isinstance(node.value, tuple)
        bound = _first_after(node.operator, self._milliseconds(node, node.value))
        if bound is None:
            return lambda column: test(column // 1000)
        # The column itself, so that its index finds the runs.
        if node.operator in (">", ">="):
            return lambda column: column >= bound
        return lambda column: column < bound

    def _compared(self, node: Comparison, read: _Read) -> _Test:
        if node.operator in ("LIKE", "ILIKE"):
            name = node.identifier.key
            raise self._fail(node, f"{name} is no text: it cannot be compared by {node.operator}")
        values = [read(node, value) for value in _listed(node.value)]
        if node.operator == "IN":
            return lambda column: column.in_(values)
        if node.operator == "NOT IN":
            return lambda column: column.not_in(values)
        compare = _ORDER[node.operator]
        return lambda column: compare(column, values[0])

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

    def _experiment(self, node: Comparison, value: Value) -> int | float:
        if not isinstance(value, str):
            return value
        number = experiment_number(value)
        if number is None:
            raise self._fail(node, f"{value!r} is no experiment id: it is a whole number")
        return number


_Test = Callable[[ColumnElement[Any]], ColumnElement[bool]]
_Read = Callable[[Comparison, Value], Any]


def _as_it_is(_node: Comparison, value: Value) -> Value:
    return value


def _listed(value: Value | tuple[Value, ...] | None) -> tuple[Value, ...]:
    if value is None:
        return ()
    return value if isinstance(value, tuple) else (value,)


def _holds_text(value: Value | tuple[Value, ...] | None) -> bool:
    return any(isinstance(item, str) for item in _listed(value))


def _param_is(table: FromClause, value: Value | tuple[Value, ...] | None) -> ColumnElement[bool]:
    """A param's value is one of these texts, said as its index is ordered: number first."""
    listed = _listed(value)
    same = table.c.value == listed[0] if len(listed) == 1 else table.c.value.in_(listed)
    numbers = [number_of(str(each)) for each in listed]
    if _is_mixed(value):
        return same
    if numbers[0] is None:
        return and_(table.c.number.is_(None), same)
    return and_(table.c.number.in_(numbers), same)


def _is_mixed(value: Value | tuple[Value, ...] | None) -> bool:
    """Some of these texts are numbers and some are not: they are not together in an index."""
    return len({number_of(str(each)) is None for each in _listed(value)}) > 1


def _ends_with(path: ColumnElement[str], name: str) -> ColumnElement[bool]:
    place = name.removeprefix("/")
    whole = [path == name, path == f"contents:{place}"]
    return or_(*whole, path.endswith(f"/{place}", autoescape=True))


def _first_after(comparison: str, milliseconds: int | float) -> int | None:
    """The first microsecond that a comparison with milliseconds is about; None if none can be."""
    if not math.isfinite(milliseconds):
        return None
    whole = math.floor(milliseconds) + 1 if comparison in (">", "<=") else math.ceil(milliseconds)
    return whole * 1000 if abs(whole) * 1000 <= _LARGEST else None
