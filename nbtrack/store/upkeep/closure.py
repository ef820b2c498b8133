"""Which rows go into an archive: those selected, and all that they refer to.

A run brings its experiment, the runs it is part of, its session with the executions up to its
end, and its notebook with the history that led to it. A notebook brings its whole history,
its executions and its runs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Column, Connection, select

from nbtrack.errors import NotFoundError
from nbtrack.store.base import RunQuery
from nbtrack.store.blobtable import batches
from nbtrack.store.run_query import MAX_LIMIT, RunSelection
from nbtrack.store.schema import (
    execution_links,
    executions,
    experiments,
    notebooks,
    revisions,
    runs,
    sessions,
)
from nbtrack.store.upkeep.facts import ArchiveSelection

_NO_END = 1 << 62


@dataclass(slots=True)
class Closure:
    """Keys of the rows of an archive."""

    experiments: set[int] = field(default_factory=set)
    sessions: set[str] = field(default_factory=set)
    notebooks: set[str] = field(default_factory=set)
    revisions: set[str] = field(default_factory=set)
    executions: set[str] = field(default_factory=set)
    runs: set[str] = field(default_factory=set)


def closure_of(connection: Connection, selection: ArchiveSelection) -> Closure:
    """What a selection means in the present state of a store.

    Raises:
        NotFoundError: a run or a notebook of the selection does not exist.
        UsageError: its filter cannot be read.
    """
    if selection.everything:
        return Closure(
            *(
                set(connection.execute(select(column)).scalars())
                for column in (
                    experiments.c.experiment_id,
                    sessions.c.session_id,
                    notebooks.c.notebook_id,
                    revisions.c.revision_id,
                    executions.c.msg_id,
                    runs.c.run_id,
                )
            )
        )
    closure = Closure()
    _add_runs(connection, selection, closure)
    ends, msg_ids = _add_what_runs_name(connection, closure)
    _add_executions(connection, closure, selection.notebook_ids, ends, msg_ids)
    _add_history(connection, closure, selection.notebook_ids)
    return closure


def _matching(connection: Connection, column: Column[Any], keys: Iterable[Any]) -> Iterator[Any]:
    """Rows of a table whose column is one of the keys."""
    for batch in batches(keys):
        yield from connection.execute(select(column.table).where(column.in_(batch)))


def _add_runs(connection: Connection, selection: ArchiveSelection, closure: Closure) -> None:
    if selection.runs is not None:
        query: RunQuery | None = replace(selection.runs, limit=MAX_LIMIT, page_token=None)
        while query is not None:
            page, token = RunSelection(query).page(connection)
            closure.runs.update(page)
            query = None if token is None else replace(query, page_token=token)
    known = {row.run_id for row in _matching(connection, runs.c.run_id, selection.run_ids)}
    for run_id in selection.run_ids:
        if run_id not in known:
            raise NotFoundError("run", run_id)
    closure.runs |= known
    for row in _matching(connection, runs.c.notebook_id, selection.notebook_ids):
        closure.runs.add(row.run_id)
    new = closure.runs
    while new:
        parents = {row.parent_run_id for row in _matching(connection, runs.c.run_id, new)}
        found = {row.run_id for row in _matching(connection, runs.c.run_id, parents - {None})}
        new = found - closure.runs
        closure.runs |= new


def _add_what_runs_name(
    connection: Connection, closure: Closure
) -> tuple[dict[str, int], set[str]]:
    """Returns the last instant of each session that matters, and the runs' requests."""
    ends: dict[str, int] = {}
    msg_ids: set[str] = set()
    for row in _matching(connection, runs.c.run_id, sorted(closure.runs)):
        closure.experiments.add(row.experiment_id)
        for value, found in ((row.notebook_id, closure.notebooks), (row.msg_id, msg_ids)):
            if value is not None:
                found.add(value)
        if row.revision_id is not None:
            closure.revisions.add(row.revision_id)
        if row.session_id is not None:
            end = _NO_END if row.ended_at is None else row.ended_at
            ends[row.session_id] = max(end, ends.get(row.session_id, 0))
    return ends, msg_ids


def _add_executions(
    connection: Connection,
    closure: Closure,
    notebook_ids: Iterable[str],
    ends: dict[str, int],
    msg_ids: set[str],
) -> None:
    found = [
        row
        for row in _matching(connection, executions.c.session_id, ends)
        if row.started_at <= ends[row.session_id] or row.msg_id in msg_ids
    ]
    found += _matching(connection, executions.c.notebook_id, notebook_ids)
    for row in found:
        closure.executions.add(row.msg_id)
        if row.notebook_id is not None:
            closure.notebooks.add(row.notebook_id)
        if row.revision_id is not None:
            closure.revisions.add(row.revision_id)
    asked = set(ends) | {row.session_id for row in found}
    closure.sessions |= {
        row.session_id for row in _matching(connection, sessions.c.session_id, asked)
    }
    for row in _matching(connection, execution_links.c.msg_id, closure.executions | msg_ids):
        closure.revisions.add(row.revision_id)


def _add_history(connection: Connection, closure: Closure, notebook_ids: tuple[str, ...]) -> None:
    experiment_rows = _matching(connection, experiments.c.experiment_id, closure.experiments)
    closure.notebooks |= {row.notebook_id for row in experiment_rows} - {None}
    closure.notebooks |= set(notebook_ids)
    closure.notebooks |= {
        row.notebook_id for row in _matching(connection, revisions.c.revision_id, closure.revisions)
    }
    named = set(closure.revisions)
    for batch in batches(sorted(closure.notebooks)):
        rows = connection.execute(
            select(
                revisions.c.revision_id,
                revisions.c.parent_id,
                revisions.c.restored_from,
                revisions.c.notebook_id,
            ).where(revisions.c.notebook_id.in_(batch))
        )
        before = {row.revision_id: row for row in rows}
        waiting = [
            revision_id
            for revision_id, row in before.items()
            if revision_id in named or row.notebook_id in notebook_ids
        ]
        closure.revisions.difference_update(before)
        while waiting:
            revision_id = waiting.pop()
            if revision_id in before and revision_id not in closure.revisions:
                closure.revisions.add(revision_id)
                row = before[revision_id]
                waiting += [key for key in (row.parent_id, row.restored_from) if key is not None]
    _add_origins(connection, closure, notebook_ids)


def _add_origins(connection: Connection, closure: Closure, notebook_ids: Iterable[str]) -> None:
    new = closure.notebooks
    known: set[str] = set()
    while new:
        rows = list(_matching(connection, notebooks.c.notebook_id, sorted(new)))
        known |= {row.notebook_id for row in rows}
        new = {row.copied_from for row in rows if row.copied_from is not None} - known
    for notebook_id in notebook_ids:
        if notebook_id not in known:
            raise NotFoundError("notebook", notebook_id)
    closure.notebooks = known
