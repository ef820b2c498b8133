"""Which runs and executions a collection of garbage takes, and taking them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, delete, false, func, or_, select

from nbtrack.entities import Lifecycle, RunStatus
from nbtrack.store.blobtable import batches
from nbtrack.store.rows import from_us, to_us
from nbtrack.store.runs import DELETED_TAG
from nbtrack.store.schema import (
    execution_links,
    executions,
    experiments,
    metadata,
    metric_chunks,
    runs,
    sessions,
    tags,
)
from nbtrack.store.texts import put_notes
from nbtrack.store.upkeep.facts import CollectionRules

KEEP_TAG = "nbtrack.keep"
"""A run with this tag outlives the rule that takes old runs."""


def run_tables() -> list[Table]:
    """The tables whose rows belong to a run, by their foreign keys."""
    return [
        table
        for table in reversed(metadata.sorted_tables)
        if any(key.column is runs.c.run_id for key in table.foreign_keys)
    ]


def doomed_runs(connection: Connection, rules: CollectionRules) -> dict[str, str]:
    """Runs that the rules take, with the kind of rule; never one that a kept run is part of."""
    found = _by_rule(connection, rules)
    if found:
        children = connection.execute(
            select(runs.c.run_id, runs.c.parent_run_id).where(runs.c.parent_run_id.is_not(None))
        )
        parents = {run_id: parent_id for run_id, parent_id in children}  # noqa: C416 - rows
        for run_id, parent_id in parents.items():
            if run_id not in found:
                while parent_id is not None and found.pop(parent_id, ""):
                    parent_id = parents.get(parent_id)
    return found


def _by_rule(connection: Connection, rules: CollectionRules) -> dict[str, str]:
    deleted = tags.alias("deleted")
    keep = tags.alias("keep")
    old: ColumnElement[bool] = false()
    if rules.runs_before is not None:
        old = runs.c.started_at < to_us(rules.runs_before)
    statement = (
        select(runs, deleted.c.value.label("deleted_at"), keep.c.value.label("keep"))
        .outerjoin(deleted, (deleted.c.run_id == runs.c.run_id) & (deleted.c.key == DELETED_TAG))
        .outerjoin(keep, (keep.c.run_id == runs.c.run_id) & (keep.c.key == KEEP_TAG))
        .where(or_(runs.c.lifecycle_stage == Lifecycle.DELETED, old))
        .where(runs.c.status != RunStatus.RUNNING)
    )
    found = {}
    for row in connection.execute(statement):
        last_at = from_us(row.ended_at or row.started_at)
        if row.lifecycle_stage == Lifecycle.DELETED:
            if _instant(row.deleted_at, last_at) < rules.deleted_before:
                found[row.run_id] = "deleted runs"
        elif rules.runs_before and last_at < rules.runs_before and row.keep is None:
            found[row.run_id] = "old runs"
    return found


def _instant(text: str | None, otherwise: datetime) -> datetime:
    """When a run was deleted; runs that earlier versions deleted do not say it."""
    if text is None:
        return otherwise
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return otherwise


def runs_bytes(connection: Connection, run_ids: Iterable[str]) -> int:
    """How many bytes the metric series of runs take."""
    total = 0
    for batch in batches(run_ids):
        size = select(func.sum(func.length(metric_chunks.c.data)))
        total += connection.execute(size.where(metric_chunks.c.run_id.in_(batch))).scalar_one() or 0
    return total


def remove_runs(connection: Connection, run_ids: list[str]) -> int:
    """Delete runs with all that belongs to them; returns how many rows of runs went."""
    put_notes(connection, dict.fromkeys(run_ids))
    for table in run_tables():
        connection.execute(delete(table).where(table.c.run_id.in_(run_ids)))
    return connection.execute(delete(runs).where(runs.c.run_id.in_(run_ids))).rowcount


def doomed_executions(
    connection: Connection, rules: CollectionRules, without_runs: Iterable[str]
) -> list[str]:
    """Old executions, in sessions of which no run stays: a run's slice needs its session's."""
    if rules.executions_before is None:
        return []
    gone = set(without_runs)
    kept_sessions: set[Any] = set()
    kept_requests: set[Any] = set()
    for run_id, session_id, msg_id in connection.execute(
        select(runs.c.run_id, runs.c.session_id, runs.c.msg_id)
    ):
        if run_id not in gone:
            kept_sessions.add(session_id)
            kept_requests.add(msg_id)
    old = select(executions.c.msg_id, executions.c.session_id).where(
        executions.c.started_at < to_us(rules.executions_before), executions.c.status != "running"
    )
    return [
        msg_id
        for msg_id, session_id in connection.execute(old)
        if session_id not in kept_sessions and msg_id not in kept_requests
    ]


def remove_executions(connection: Connection, msg_ids: list[str]) -> int:
    """Delete executions, but for those that runs came to refer to meanwhile."""
    used = set(
        connection.execute(select(runs.c.msg_id).where(runs.c.msg_id.in_(msg_ids))).scalars()
    )
    free = [msg_id for msg_id in msg_ids if msg_id not in used]
    connection.execute(delete(execution_links).where(execution_links.c.msg_id.in_(free)))
    return connection.execute(delete(executions).where(executions.c.msg_id.in_(free))).rowcount


def idle_sessions(before: datetime) -> Any:
    """The condition for sessions that began before an instant and that nothing refers to."""
    return (
        (sessions.c.started_at < to_us(before))
        & sessions.c.session_id.not_in(
            select(runs.c.session_id).where(runs.c.session_id.is_not(None))
        )
        & sessions.c.session_id.not_in(select(executions.c.session_id))
    )


def empty_experiments(before: datetime) -> Any:
    """The condition for deleted experiments that no run is in."""
    return (
        (experiments.c.lifecycle_stage == Lifecycle.DELETED)
        & (experiments.c.last_used_at < to_us(before))
        & (experiments.c.experiment_id != 0)
        & experiments.c.experiment_id.not_in(select(runs.c.experiment_id))
    )
