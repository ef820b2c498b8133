"""Making the rows of a sound database fit together again; nothing recorded is thrown away.

What lost its owner gets a new one that says so; what refers to nothing refers no more.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Column, Connection, delete, func, insert, select, update

from nbtrack.entities import EndReason, Lifecycle, RunStatus, utc_now
from nbtrack.errors import NbtrackError
from nbtrack.store.database import next_change
from nbtrack.store.manifests import Manifests
from nbtrack.store.placing import DEFAULT_EXPERIMENT_ID
from nbtrack.store.rows import to_us
from nbtrack.store.schema import (
    execution_links,
    executions,
    experiment_tags,
    experiments,
    kernel_bindings,
    notebooks,
    revision_cells,
    revisions,
    runs,
)
from nbtrack.store.upkeep.doomed import run_tables
from nbtrack.store.upkeep.facts import Finding

_DERIVED: tuple[tuple[Column[Any], Column[Any]], ...] = (
    (revision_cells.c.revision_id, revisions.c.revision_id),
    (execution_links.c.revision_id, revisions.c.revision_id),
    (kernel_bindings.c.notebook_id, notebooks.c.notebook_id),
    (experiment_tags.c.experiment_id, experiments.c.experiment_id),
)
_LINKS: tuple[tuple[Column[Any], Column[Any]], ...] = (
    (runs.c.notebook_id, notebooks.c.notebook_id),
    (runs.c.revision_id, revisions.c.revision_id),
    (runs.c.parent_run_id, runs.c.run_id),
    (executions.c.notebook_id, notebooks.c.notebook_id),
    (executions.c.revision_id, revisions.c.revision_id),
    (revisions.c.parent_id, revisions.c.revision_id),
    (revisions.c.restored_from, revisions.c.revision_id),
    (experiments.c.notebook_id, notebooks.c.notebook_id),
    (notebooks.c.copied_from, notebooks.c.notebook_id),
)


def mend_rows(connection: Connection) -> Iterator[Finding]:
    """Find what does not fit together and mend it, in a write transaction."""
    yield from _experiments(connection)
    yield from _runs(connection)
    yield from _notebooks(connection)
    yield from _manifests(connection)
    yield from _links(connection)
    yield from _counters(connection)
    next_change(connection)


def _lost(connection: Connection, column: Column[Any], target: Column[Any]) -> list[Any]:
    """Values of a column that are no value of the one it refers to."""
    other = target.table.alias("other")
    found = (
        select(column)
        .distinct()
        .outerjoin(other, other.c[target.name] == column)
        .where(column.is_not(None), other.c[target.name].is_(None))
    )
    return list(connection.execute(found).scalars())


def _experiments(connection: Connection) -> Iterator[Finding]:
    now = to_us(utc_now())
    wanted = set(_lost(connection, runs.c.experiment_id, experiments.c.experiment_id))
    known = set(connection.execute(select(experiments.c.experiment_id)).scalars())
    wanted |= {DEFAULT_EXPERIMENT_ID} - known
    for number in sorted(wanted):
        name = "Default" if number == DEFAULT_EXPERIMENT_ID else f"Recovered {number}"
        connection.execute(
            insert(experiments).values(
                experiment_id=number,
                name=name,
                created_at=now,
                last_used_at=now,
                lifecycle_stage=Lifecycle.ACTIVE,
            )
        )
    if wanted:
        yield Finding(
            "experiments",
            "mended",
            "Runs named experiments that were gone; these were made anew.",
            tuple(f"experiment {number}" for number in sorted(wanted)),
        )


def _runs(connection: Connection) -> Iterator[Finding]:
    gone = {
        run_id
        for table in run_tables()
        for run_id in _lost(connection, table.c.run_id, runs.c.run_id)
    }
    now = to_us(utc_now())
    for run_id in sorted(gone):
        connection.execute(
            insert(runs).values(
                run_id=run_id,
                experiment_id=DEFAULT_EXPERIMENT_ID,
                run_name="recovered",
                status=RunStatus.KILLED,
                started_at=now,
                ended_at=now,
                end_reason=EndReason.PROCESS_DIED,
                lifecycle_stage=Lifecycle.ACTIVE,
                user_id="",
                source_name="",
                capture_incomplete="the run itself was lost; only this of it could be read",
                changed_seq=next_change(connection),
            )
        )
    if gone:
        yield Finding(
            "runs",
            "mended",
            "Params, metrics or artifacts were left of runs that were gone; these are now runs "
            "named 'recovered'.",
            tuple(f"run {run_id}" for run_id in sorted(gone)),
        )


def _notebooks(connection: Connection) -> Iterator[Finding]:
    gone = _lost(connection, revisions.c.notebook_id, notebooks.c.notebook_id)
    now = to_us(utc_now())
    for notebook_id in gone:
        connection.execute(
            insert(notebooks).values(
                notebook_id=notebook_id,
                path=f"recovered:{notebook_id}",
                created_at=now,
                deleted_at=None,
                revision_count=0,
                updated_at=now,
                changed_seq=next_change(connection),
            )
        )
    if gone:
        yield Finding(
            "notebooks",
            "mended",
            "Revisions were left of notebooks that were gone; these have paths 'recovered:...' "
            "now.",
            tuple(f"notebook {notebook_id}" for notebook_id in gone),
        )


def _manifests(connection: Connection) -> Iterator[Finding]:
    """A revision whose list of cells builds on what is gone cannot be read any more."""
    manifests, gone = Manifests(connection), []
    statement = select(
        revisions.c.revision_id, revisions.c.manifest, revisions.c.number, revisions.c.notebook_id
    ).order_by(revisions.c.notebook_id, revisions.c.number)
    for revision_id, stored, number, notebook_id in connection.execute(statement).all():
        try:
            manifests.text(revision_id, {revision_id: stored})
        except NbtrackError:
            gone.append(f"r{number} of notebook {notebook_id} ({revision_id})")
            for table in (revision_cells, execution_links, revisions):
                connection.execute(delete(table).where(table.c.revision_id == revision_id))
    if gone:
        yield Finding(
            "revisions",
            "lost",
            "The lists of cells of some revisions were damaged, or built on lost ones; these "
            "revisions are gone.",
            tuple(gone),
        )


def _links(connection: Connection) -> Iterator[Finding]:
    said = []
    for column, target in _DERIVED:
        gone = _lost(connection, column, target)
        for value in gone:
            connection.execute(delete(column.table).where(column == value))
        said += [f"{column.table.name}: {column.name} {value}" for value in gone]
    for column, target in _LINKS:
        gone = _lost(connection, column, target)
        for value in gone:
            connection.execute(
                update(column.table).where(column == value).values({column.name: None})
            )
        said += [f"{column.table.name}: {column.name} {value}" for value in gone]
    if said:
        yield Finding(
            "references", "mended", "Some rows named what is gone; they do no more.", tuple(said)
        )


def _counters(connection: Connection) -> Iterator[Finding]:
    said = []
    highest = {
        row.notebook_id: row.number
        for row in connection.execute(
            select(revisions.c.notebook_id, func.max(revisions.c.number).label("number")).group_by(
                revisions.c.notebook_id
            )
        )
    }
    known = set(connection.execute(select(revisions.c.revision_id)).scalars())
    for row in connection.execute(select(notebooks)).all():
        number = highest.get(row.notebook_id, 0)
        values: dict[str, Any] = {}
        if row.revision_count < number:
            values["revision_count"] = number
        if (row.latest_revision_id is None) != (number == 0) or (
            row.latest_revision_id is not None and row.latest_revision_id not in known
        ):
            values["latest_revision_id"] = connection.execute(
                select(revisions.c.revision_id).where(
                    revisions.c.notebook_id == row.notebook_id, revisions.c.number == number
                )
            ).scalar()
        if values:
            connection.execute(
                update(notebooks)
                .where(notebooks.c.notebook_id == row.notebook_id)
                .values(values | {"changed_seq": next_change(connection)})
            )
            said.append(f"{row.path}: {', '.join(values)}")
    if said:
        yield Finding(
            "histories",
            "mended",
            "What notebooks said of their revisions was not so; it is now.",
            tuple(said),
        )
