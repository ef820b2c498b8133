"""A `RunQuery` as SQL: which runs, in which order, which page of them, and how many.

SQLite keeps no statistics that would tell it how many rows meet a condition, so the way to a
page is chosen here, as `planning` says: so a page costs about the same in a large store as in
a small one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Row,
    Select,
    and_,
    exists,
    false,
    func,
    literal,
    literal_column,
    select,
    true,
)

from nbtrack.entities import Lifecycle
from nbtrack.errors import UsageError
from nbtrack.store.base import RunQuery
from nbtrack.store.filters import HELD, Condition, about_runs, conditions_of
from nbtrack.store.orderings import HeldOrder, Order, Stretch, order_of, tie_breakers
from nbtrack.store.paging import Ordering, after, constant, read_token, write_token
from nbtrack.store.planning import MOST_CONDITIONS, MOST_ROWS, Counted, Way, shortest
from nbtrack.store.rows import experiment_number
from nbtrack.store.schema import runs
from nbtrack.store.texts import run_matches

MAX_LIMIT = 50_000


@dataclass(frozen=True, slots=True)
class _Part:
    """One statement of those that give a page, in order.

    Args:
        statement: selects the run's id, not limited yet.
        orderings: all of them; the first is the part's rank where ``rank`` is set.
        rank: see `orderings.Stretch`.
    """

    statement: Select[Any]
    orderings: list[Ordering]
    rank: int | None = None

    def rows(self, connection: Connection, start: list[Any] | None, limit: int) -> list[Row[Any]]:
        """At most so many rows after the one with the values ``start``: id, ordering values."""
        statement = self.statement
        if start is not None and self.rank is not None and start[0] > self.rank:
            return []
        if start is not None and (self.rank is None or start[0] == self.rank):
            statement = statement.where(after(self.orderings, start))
        values = (each.expression.label(f"o{index}") for index, each in enumerate(self.orderings))
        clauses = (each.clause() for each in self.orderings if not each.is_constant)
        statement = statement.add_columns(*values).order_by(*clauses).limit(limit)
        return list(connection.execute(statement).all())


class RunSelection:
    """What a query selects.

    Args:
        query: as the caller gave it.
        way: how pages are found; None leaves it to `planning`.

    Raises:
        UsageError: its filter, order, limit, view or page token cannot be used.
    """

    def __init__(self, query: RunQuery, *, way: Way | None = None) -> None:
        if not 1 <= query.limit <= MAX_LIMIT:
            raise UsageError(f"limit is {query.limit}; it can be 1 to {MAX_LIMIT}")
        if query.view not in ("active", "deleted", "all"):
            raise UsageError(f"view is {query.view!r}; it can be 'active', 'deleted' or 'all'")
        if isinstance(query.order_by, str):
            raise UsageError("order_by is a sequence of clauses, such as ('metrics.acc DESC',)")
        self._query = query
        self._way = way
        self._about = replace(query, page_token=None, limit=1)
        self._conditions = [*_restrictions(query), *conditions_of(query.filter)]
        self._orders: list[Order] = [order_of(text) for text in query.order_by]

    def page(self, connection: Connection) -> tuple[list[str], str | None]:
        """The ids of one page of runs, in order, and the token of the page after it."""
        wanted = self._query.limit + 1
        start = None
        found: list[Row[Any]] = []
        # One by one: most pages need no more than the first.
        for part in self._parts(connection):
            if start is None and self._query.page_token is not None:
                count = len(part.orderings)
                start = read_token(self._query.page_token, about=self._about, count=count)
            found += part.rows(connection, start, wanted - len(found))
            if len(found) == wanted:
                break
        page = found[: self._query.limit]
        token = None
        if len(found) == wanted:
            token = write_token(list(page[-1][1:]), about=self._about)
        return [row[0] for row in page], token

    def count(self, connection: Connection) -> int:
        """How many runs there are on all pages."""
        driver, first = None, self._smallest(connection)
        run_id: ColumnElement[str] = runs.c.run_id
        tests: list[ColumnElement[bool]] = []
        statement = select(func.count())
        if first is None or first.held is None:
            tests.append(self._stage(runs.c.run_id, joined=True))
            statement = statement.select_from(runs)
        else:
            driver = HELD[first.held.kind].alias("driver")
            run_id = driver.c.run_id
            joined = any(condition.about_runs for condition in self._conditions)
            tests += [first.held.rows(driver), self._stage(run_id, joined=joined)]
            join = driver.join(runs, runs.c.run_id == run_id) if joined else driver
            statement = statement.select_from(join)
        tests += [
            each.on(run_id) for each in self._conditions if driver is None or each is not first
        ]
        return int(connection.execute(statement.where(*tests)).scalar_one())

    def _stage(self, run_id: ColumnElement[str], *, joined: bool) -> ColumnElement[bool]:
        """The condition on the lifecycle, by the list of deleted runs where none are joined."""
        view = self._query.view
        if view == "all":
            return true()
        if joined:
            stage = Lifecycle.ACTIVE if view == "active" else Lifecycle.DELETED
            return runs.c.lifecycle_stage == stage
        deleted = select(runs.c.run_id).where(runs.c.lifecycle_stage == Lifecycle.DELETED)
        return run_id.not_in(deleted) if view == "active" else run_id.in_(deleted)

    def _parts(self, connection: Connection) -> Iterator[_Part]:
        first = self._orders[0] if self._orders else None
        way, condition = self._shortest(connection)
        listed = condition if way == "list" else None
        if way == "narrow" and condition is not None and condition.held is not None:
            driver = HELD[condition.held.kind].alias("driver")
            yield self._part(driver, condition.held.rows(driver), self._orders, [condition])
        elif isinstance(first, HeldOrder) and way != "narrow":
            yield from self._stretches(first, listed)
        else:
            yield self._part(None, None, self._orders, [], listed)

    def _stretches(self, order: HeldOrder, listed: Condition | None) -> Iterator[_Part]:
        """The parts of an order by a param, metric or tag, each along its index."""
        table = HELD[order.kind]
        ordered = table.alias("ordered")
        rest = self._orders[1:]
        same = [
            each
            for each in self._conditions
            if each.held is not None and (each.held.kind, each.held.key) == (order.kind, order.key)
        ]
        for stretch in order.stretches(ordered):
            if stretch.test is not None:
                # Conditions on what is ordered by are met by the rows of the index themselves.
                tests = [ordered.c.key == order.key, stretch.test]
                tests += [each.held.test(ordered) for each in same if each.held is not None]
                yield self._part(ordered, and_(*tests), rest, same, listed, stretch)
            elif not same:
                missing = ~exists().where(order.join(table, runs.c.run_id))
                yield self._part(None, missing, rest, [], listed, stretch)

    def _part(
        self,
        driver: FromClause | None,
        test: ColumnElement[bool] | None,
        orders: Sequence[Order],
        met: Sequence[Condition],
        listed: Condition | None = None,
        stretch: Stretch | None = None,
    ) -> _Part:
        """One statement of a page.

        Args:
            driver: an alias of a table with one row a run, whose rows lead to the runs; None
                where the runs themselves are walked.
            test: which of its rows.
            orders: what is ordered by, after what ``stretch`` orders by.
            met: conditions that ``test`` holds already.
            listed: the condition whose ids are made a list first.
            stretch: of the order, where there are several parts.
        """
        run_id = runs.c.run_id if driver is None else driver.c.run_id
        source: FromClause = runs
        if driver is not None:
            source = driver.join(runs, runs.c.run_id == driver.c.run_id)
        orderings = [] if stretch is None else [constant(stretch.rank), *stretch.orderings]
        for number, order in enumerate(orders):
            if isinstance(order, HeldOrder):
                table = HELD[order.kind].alias(f"order_{number}")
                source = source.outerjoin(table, order.join(table, run_id))
                orderings += order.general(table)
            else:
                orderings += order
        orderings += tie_breakers(self._orders)
        tests = [
            each.listed(run_id) if each is listed else each.on(run_id)
            for each in sorted(self._conditions, key=lambda each: each is not listed)
            if each not in met
        ]
        tests.append(self._stage(run_id, joined=True))
        if test is not None:
            tests.append(test)
        statement = select(runs.c.run_id).select_from(source).where(*tests)
        return _Part(statement, orderings, None if stretch is None else stretch.rank)

    def _shortest(self, connection: Connection) -> tuple[Way, Condition | None]:
        """The shortest way to a page, and the condition that it takes."""
        found = [
            each
            for each in self._conditions
            if each.indexed or (each.held is not None and each.held.indexed)
        ][:MOST_CONDITIONS]
        if not found:
            return "walk", None
        if self._way is not None:
            listable = [each for each in found if each.held is not None or self._way != "list"]
            return self._way, listable[0] if listable else None
        # The greatest row number: cheap, and near the number of runs.
        last: Select[Any] = select(func.max(literal_column("rowid"))).select_from(runs)
        total = int(connection.execute(last).scalar() or 0)
        counted = [
            Counted(_counted(connection, each, MOST_ROWS), each.held is not None) for each in found
        ]
        way, position = shortest(counted, total, self._query.limit)
        return way, found[position]

    def _smallest(self, connection: Connection) -> Condition | None:
        """The condition on something held that fewest runs meet; None where there is none."""
        held = [each for each in self._conditions if each.held is not None]
        if len(held) < 2:
            return held[0] if held else None
        return min(
            held,
            key=lambda each: (
                _counted(connection, each, MOST_ROWS)
                if each.held is not None and each.held.indexed
                else MOST_ROWS
            ),
        )


def _restrictions(query: RunQuery) -> list[Condition]:
    """What a query asks for beside its filter."""
    found: list[Condition] = []
    if query.experiment_ids is not None:
        asked = (experiment_number(text) for text in query.experiment_ids)
        numbers = [number for number in asked if number is not None]
        within = runs.c.experiment_id.in_(numbers) if numbers else false()
        found.append(about_runs(within, indexed=True))
    for column, value in (
        (runs.c.notebook_id, query.notebook_id),
        (runs.c.parent_run_id, query.parent_run_id),
    ):
        if value is not None:
            found.append(about_runs(column == value, indexed=True))
    if query.cell_id is not None:
        found.append(about_runs(runs.c.cell_id == query.cell_id))
    if query.text.strip():
        found.append(about_runs(run_matches(query.text, ("code", "note"))))
    return found


def _counted(connection: Connection, condition: Condition, most: int) -> int:
    """How many rows meet a condition that has an index, counted up to a limit."""
    if condition.held is not None:
        table = HELD[condition.held.kind]
        rows = select(literal(1)).select_from(table).where(condition.held.rows(table))
    else:
        rows = select(literal(1)).select_from(runs).where(condition.on(runs.c.run_id))
    statement = select(func.count()).select_from(rows.limit(most).subquery())
    return int(connection.execute(statement).scalar_one())
