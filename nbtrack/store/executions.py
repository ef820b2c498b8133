"""Reading cell executions and the sessions they ran in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, select

from nbtrack.entities import Execution, KernelSession, Page
from nbtrack.errors import NotFoundError
from nbtrack.store.blobtable import get_small
from nbtrack.store.database import Database
from nbtrack.store.paging import Ordering, after, read_token, write_token
from nbtrack.store.rows import execution_of, session_of
from nbtrack.store.schema import executions, sessions


class ExecutionReads:
    """The part of the store that reads cell executions."""

    _database: Database

    def get_execution(self, msg_id: str) -> Execution:
        """See `Store.get_execution`."""
        statement = select(executions).where(executions.c.msg_id == msg_id)
        with self._database.read() as connection:
            rows = connection.execute(statement).all()
            if not rows:
                raise NotFoundError("execution", msg_id)
            return _with_sources(connection, rows)[0]

    def list_executions(
        self,
        *,
        notebook_id: str | None = None,
        session_id: str | None = None,
        cell_id: str | None = None,
        limit: int = 1000,
        page_token: str | None = None,
    ) -> Page[Execution]:
        """See `Store.list_executions`."""
        about = ("executions", notebook_id, session_id, cell_id)
        orderings = [
            Ordering(executions.c.started_at, descending=True),
            Ordering(executions.c.msg_id),
        ]
        statement = select(executions)
        for column, value in (
            (executions.c.notebook_id, notebook_id),
            (executions.c.session_id, session_id),
            (executions.c.cell_id, cell_id),
        ):
            if value is not None:
                statement = statement.where(column == value)
        if page_token is not None:
            values = read_token(page_token, about=about, count=2)
            statement = statement.where(after(orderings, values))
        statement = statement.order_by(*(item.clause() for item in orderings)).limit(limit + 1)
        with self._database.read() as connection:
            rows = connection.execute(statement).all()
            items = _with_sources(connection, rows[:limit])
        token = None
        if len(rows) > limit:
            last = rows[limit - 1]
            token = write_token([last.started_at, last.msg_id], about=about)
        return Page(items, token)

    def get_session(self, session_id: str) -> KernelSession:
        """See `Store.get_session`."""
        statement = select(sessions).where(sessions.c.session_id == session_id)
        with self._database.read() as connection:
            row = connection.execute(statement).first()
        if row is None:
            raise NotFoundError("session", session_id)
        return session_of(row)


def _with_sources(connection: Connection, rows: Sequence[Row[Any]]) -> list[Execution]:
    sources = get_small(connection, list({row.source_digest for row in rows}))
    return [
        execution_of(row, sources[row.source_digest].decode("utf-8", "surrogatepass"))
        for row in rows
    ]
