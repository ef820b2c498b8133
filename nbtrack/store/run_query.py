"""A `RunQuery` as SQL: which runs, in which order, and which page of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, false

from nbtrack.entities import Lifecycle
from nbtrack.errors import UsageError
from nbtrack.store.base import RunQuery
from nbtrack.store.filters import condition_of, orderings_of
from nbtrack.store.paging import Ordering, after, read_token, write_token
from nbtrack.store.rows import experiment_number
from nbtrack.store.schema import runs

MAX_LIMIT = 50_000


class RunSelection:
    """What a query selects.

    Args:
        query: as the caller gave it.

    Raises:
        UsageError: its filter, order, limit, view or page token cannot be used.
    """

    def __init__(self, query: RunQuery) -> None:
        if not 1 <= query.limit <= MAX_LIMIT:
            raise UsageError(f"limit is {query.limit}; it can be 1 to {MAX_LIMIT}")
        if query.view not in ("active", "deleted", "all"):
            raise UsageError(f"view is {query.view!r}; it can be 'active', 'deleted' or 'all'")
        self._query = query
        self._about = replace(query, page_token=None, limit=1)
        self._conditions = self._restrictions()
        if isinstance(query.order_by, str):
            raise UsageError("order_by is a sequence of clauses, such as ('metrics.acc DESC',)")
        chosen, self._joins = orderings_of(tuple(query.order_by))
        self._orderings = [
            *chosen,
            Ordering(runs.c.started_at, descending=True),
            Ordering(runs.c.run_id),
        ]

    def restricted(self, statement: Select[Any]) -> Select[Any]:
        """A statement over runs and experiments, restricted to the query's runs."""
        return statement.where(*self._conditions)

    def page_of(self, statement: Select[Any]) -> Select[Any]:
        """One page in order, and one row more to know whether there is another page.

        The ordering values stand at the end of each row.
        """
        statement = self.restricted(statement)
        for table, condition in self._joins:
            statement = statement.outerjoin(table, condition)
        if self._query.page_token is not None:
            values = read_token(
                self._query.page_token, about=self._about, count=len(self._orderings)
            )
            statement = statement.where(after(self._orderings, values))
        return (
            statement.add_columns(
                *(
                    ordering.expression.label(f"order_{index}")
                    for index, ordering in enumerate(self._orderings)
                )
            )
            .order_by(*(ordering.clause() for ordering in self._orderings))
            .limit(self._query.limit + 1)
        )

    def token_after(self, row: Row[Any]) -> str:
        """The token of the page that begins after a row of `page_of`."""
        return write_token(list(row[-len(self._orderings) :]), about=self._about)

    def _restrictions(self) -> list[ColumnElement[bool]]:
        query = self._query
        conditions: list[ColumnElement[bool]] = []
        if query.experiment_ids is not None:
            asked = (experiment_number(text) for text in query.experiment_ids)
            numbers = [number for number in asked if number is not None]
            conditions.append(runs.c.experiment_id.in_(numbers) if numbers else false())
        for column, value in (
            (runs.c.notebook_id, query.notebook_id),
            (runs.c.cell_id, query.cell_id),
            (runs.c.parent_run_id, query.parent_run_id),
        ):
            if value is not None:
                conditions.append(column == value)
        if query.view != "all":
            stage = Lifecycle.ACTIVE if query.view == "active" else Lifecycle.DELETED
            conditions.append(runs.c.lifecycle_stage == stage)
        if query.filter.strip():
            conditions.append(condition_of(query.filter))
        return conditions
