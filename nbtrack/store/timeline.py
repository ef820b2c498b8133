"""Reading a notebook's history: pages of its revisions, all its instants, and who wrote it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import ColumnElement, Connection, exists, func, literal_column, or_, select

from nbtrack.entities import ExecutionStatus, Lifecycle, Page, Revision
from nbtrack.errors import NotFoundError
from nbtrack.store.base import EVERY_REVISION, RevisionFilter, RevisionTime
from nbtrack.store.blobtable import batches
from nbtrack.store.database import Database
from nbtrack.store.paging import Ordering, after, read_token, write_token
from nbtrack.store.rows import revision_of
from nbtrack.store.schema import executions, notebooks, revision_cells, revisions, runs, spans

REVISION_COLUMNS = [column for column in revisions.columns if column.name != "manifest"]


class TimelinePart:
    """The part of the store that reads histories."""

    _database: Database

    def list_revisions(
        self,
        notebook_id: str,
        *,
        limit: int = 200,
        page_token: str | None = None,
        only: RevisionFilter = EVERY_REVISION,
        before: int | None = None,
    ) -> Page[Revision]:
        """See `Store.list_revisions`."""
        about = ("revisions", notebook_id, only)
        orderings = [Ordering(revisions.c.number, descending=True)]
        statement = select(*REVISION_COLUMNS).where(*_conditions(notebook_id, only))
        if before is not None:
            statement = statement.where(revisions.c.number < before)
        if page_token is not None:
            values = read_token(page_token, about=about, count=1)
            statement = statement.where(after(orderings, values))
        statement = statement.order_by(*(item.clause() for item in orderings)).limit(limit + 1)
        with self._database.read() as connection:
            require_notebook(connection, notebook_id)
            rows = connection.execute(statement).all()
        more = len(rows) > limit
        token = write_token([rows[limit - 1].number], about=about) if more else None
        return Page([revision_of(row) for row in rows[:limit]], token)

    def revision_times(
        self, notebook_id: str, only: RevisionFilter = EVERY_REVISION
    ) -> list[RevisionTime]:
        """See `Store.revision_times`."""
        statement = (
            select(revisions.c.number, revisions.c.created_at)
            .where(*_conditions(notebook_id, only))
            .order_by(revisions.c.number.desc())
        )
        with self._database.read() as connection:
            require_notebook(connection, notebook_id)
            rows = connection.execute(statement).all()
        return [RevisionTime(number, at_us // 1000) for number, at_us in rows]

    def revision_authors(self, notebook_id: str) -> list[str]:
        """See `Store.revision_authors`."""
        statement = (
            select(revisions.c.author)
            .where(revisions.c.notebook_id == notebook_id)
            .group_by(revisions.c.author)
            .order_by(func.count().desc(), revisions.c.author)
        )
        with self._database.read() as connection:
            return list(connection.execute(statement).scalars())

    def revision_errors(self, revision_ids: Sequence[str]) -> dict[str, str]:
        """See `Store.revision_errors`."""
        found: dict[str, str] = {}
        with self._database.read() as connection:
            for batch in batches(dict.fromkeys(revision_ids)):
                statement = (
                    select(executions.c.revision_id, executions.c.error_name)
                    .where(executions.c.revision_id.in_(batch), _FAILED)
                    .order_by(executions.c.started_at)
                )
                for revision_id, name in connection.execute(statement):
                    found[revision_id] = name or "Error"
        return found


# A literal: SQLite takes the index of failed ones only where it sees that they are asked for.
_FAILED = executions.c.status == literal_column(f"'{ExecutionStatus.ERROR.value}'")


def _conditions(notebook_id: str, only: RevisionFilter) -> list[ColumnElement[bool]]:
    return [revisions.c.notebook_id == notebook_id, *_asked(notebook_id, only)]


def _asked(notebook_id: str, only: RevisionFilter) -> Iterator[ColumnElement[bool]]:
    if only.cell_id is not None:
        changed = select(revision_cells.c.revision_id).where(
            revision_cells.c.cell_id == only.cell_id
        )
        yield revisions.c.revision_id.in_(changed)
    if only.author is not None:
        yield revisions.c.author == only.author
    if only.named:
        yield revisions.c.label.is_not(None)
    if only.with_runs:
        used = select(runs.c.revision_id).where(
            runs.c.notebook_id == notebook_id, runs.c.lifecycle_stage == Lifecycle.ACTIVE
        )
        yield revisions.c.revision_id.in_(used)
    if only.with_errors:
        shown = select(spans.c.first_number).where(
            spans.c.notebook_id == notebook_id, spans.c.role == "error"
        )
        ran = exists().where(executions.c.revision_id == revisions.c.revision_id, _FAILED)
        yield or_(ran, revisions.c.number.in_(shown))


def require_notebook(connection: Connection, notebook_id: str) -> None:
    """Raise NotFoundError for an unknown notebook."""
    statement = select(notebooks.c.notebook_id).where(notebooks.c.notebook_id == notebook_id)
    if connection.execute(statement).first() is None:
        raise NotFoundError("notebook", notebook_id)
