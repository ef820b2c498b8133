"""Reading runs: one, several, a page, with what they hold, their series and artifacts."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Row, Select, delete, select, update

from nbtrack.entities import (
    Artifact,
    Lifecycle,
    MetricSeries,
    MetricSummary,
    Page,
    Param,
    Run,
    RunDataset,
    utc_now,
)
from nbtrack.errors import NotFoundError
from nbtrack.store.base import RunQuery
from nbtrack.store.blobtable import batches
from nbtrack.store.database import Database, next_change
from nbtrack.store.dialect import among_ids, upsert
from nbtrack.store.metrics import read_points
from nbtrack.store.placing import change_notebooks
from nbtrack.store.rows import (
    METRIC_COLUMNS,
    RUN_COLUMNS,
    artifact_of,
    dataset_of,
    metric_of,
    origin_of,
    run_of,
)
from nbtrack.store.run_query import RunSelection
from nbtrack.store.schema import (
    artifacts,
    experiments,
    metrics,
    params,
    revisions,
    run_datasets,
    runs,
    tags,
)

DELETED_TAG = "nbtrack.deleted_at"
"""On a deleted run: when it was deleted, in ISO 8601."""


def select_runs() -> Select[Any]:
    """Rows for `filled`."""
    return (
        select(*RUN_COLUMNS)
        .join(experiments, experiments.c.experiment_id == runs.c.experiment_id)
        .outerjoin(revisions, revisions.c.revision_id == runs.c.revision_id)
    )


_BY_ID = select_runs().where(among_ids(runs.c.run_id))
_PARAMS = select(params.c.run_id, params.c.key, params.c.value, params.c.origin).where(
    among_ids(params.c.run_id)
)
_METRICS = select(metrics.c.run_id, *METRIC_COLUMNS).where(among_ids(metrics.c.run_id))
_TAGS = select(tags.c.run_id, tags.c.key, tags.c.value).where(among_ids(tags.c.run_id))


def runs_by_id(connection: Connection, run_ids: Iterable[str]) -> dict[str, Run]:
    """Runs with all that they hold, in a few queries; unknown ids are left out."""
    ids = json.dumps(list(run_ids))
    rows = connection.execute(_BY_ID, {"ids": ids}).all()
    return {run.run_id: run for run in filled(connection, rows)}


def filled(connection: Connection, rows: Sequence[Row[Any]]) -> list[Run]:
    """Runs from rows of `select_runs`, with params, metrics and tags, in three queries."""
    ids = {"ids": json.dumps([row[0] for row in rows])}
    held_params: dict[str, dict[str, Param]] = {row[0]: {} for row in rows}
    held_metrics: dict[str, dict[str, MetricSummary]] = {row[0]: {} for row in rows}
    held_tags: dict[str, dict[str, str]] = {row[0]: {} for row in rows}
    # Thousands of rows a page: fetched at once, and taken apart by position.
    for run_id, key, value, origin in connection.execute(_PARAMS, ids).all():
        held_params[run_id][key] = Param(key, value, origin_of(origin))
    for run_id, *columns in connection.execute(_METRICS, ids).all():
        held_metrics[run_id][columns[0]] = metric_of(*columns)
    for run_id, key, value in connection.execute(_TAGS, ids).all():
        held_tags[run_id][key] = value
    return [
        run_of(row, held_params[row[0]], held_metrics[row[0]], held_tags[row[0]]) for row in rows
    ]


class RunReads:
    """The part of the store that reads runs."""

    _database: Database

    def get_run(self, run_id: str) -> Run:
        """See `Store.get_run`."""
        return self.get_runs([run_id])[0]

    def get_runs(self, run_ids: Sequence[str]) -> list[Run]:
        """See `Store.get_runs`."""
        with self._database.read() as connection:
            found = runs_by_id(connection, run_ids)
        for run_id in run_ids:
            if run_id not in found:
                raise NotFoundError("run", run_id)
        return [found[run_id] for run_id in run_ids]

    def search_runs(self, query: RunQuery) -> Page[Run]:
        """See `Store.search_runs`."""
        selection = RunSelection(query)
        with self._database.read() as connection:
            run_ids, token = selection.page(connection)
            found = runs_by_id(connection, run_ids)
        return Page([found[run_id] for run_id in run_ids], token)

    def count_runs(self, query: RunQuery) -> int:
        """See `Store.count_runs`."""
        with self._database.read() as connection:
            return RunSelection(query).count(connection)

    def set_lifecycle(self, run_ids: Sequence[str], *, deleted: bool) -> None:
        """See `Store.set_lifecycle`."""
        stage = Lifecycle.DELETED if deleted else Lifecycle.ACTIVE
        with self._database.write() as connection:
            change = next_change(connection)
            for batch in batches(dict.fromkeys(run_ids)):
                known = set(
                    connection.execute(
                        select(runs.c.run_id).where(runs.c.run_id.in_(batch))
                    ).scalars()
                )
                for run_id in batch:
                    if run_id not in known:
                        raise NotFoundError("run", run_id)
                connection.execute(
                    update(runs)
                    .where(runs.c.run_id.in_(batch))
                    .values(lifecycle_stage=stage, changed_seq=change)
                )
                _note_deletion(connection, batch, deleted=deleted)
                places = select(runs.c.notebook_id).where(
                    runs.c.run_id.in_(batch), runs.c.notebook_id.is_not(None)
                )
                change_notebooks(connection, connection.execute(places).scalars().all(), change)

    def metric_series(self, run_id: str, key: str) -> MetricSeries:
        """See `Store.metric_series`."""
        with self._database.read() as connection:
            require_run(connection, run_id)
            points = read_points(connection, run_id, key)
        if not len(points):
            raise NotFoundError("metric", key, f"Run {run_id} has no metric of that name.")
        return points.series(key)

    def list_artifacts(self, run_id: str) -> list[Artifact]:
        """See `Store.list_artifacts`."""
        with self._database.read() as connection:
            require_run(connection, run_id)
            rows = connection.execute(
                select(artifacts).where(artifacts.c.run_id == run_id).order_by(artifacts.c.path)
            ).all()
        return [artifact_of(row) for row in rows]

    def list_datasets(self, run_id: str) -> list[RunDataset]:
        """See `Store.list_datasets`."""
        with self._database.read() as connection:
            require_run(connection, run_id)
            rows = connection.execute(
                select(run_datasets)
                .where(run_datasets.c.run_id == run_id)
                .order_by(run_datasets.c.direction, run_datasets.c.name, run_datasets.c.source)
            ).all()
        return [dataset_of(row) for row in rows]

    def dataset_users(self, digests: Iterable[str]) -> dict[str, list[RunDataset]]:
        """See `Store.dataset_users`."""
        found: dict[str, list[RunDataset]] = {}
        with self._database.read() as connection:
            for batch in batches(dict.fromkeys(digests)):
                rows = connection.execute(
                    select(run_datasets)
                    .join(runs, runs.c.run_id == run_datasets.c.run_id)
                    .where(run_datasets.c.digest.in_(batch))
                    .where(runs.c.lifecycle_stage == Lifecycle.ACTIVE)
                    .order_by(run_datasets.c.logged_at, run_datasets.c.run_id)
                )
                for row in rows:
                    found.setdefault(row.digest, []).append(dataset_of(row))
        return found


def _note_deletion(connection: Connection, run_ids: list[str], *, deleted: bool) -> None:
    if deleted:
        at = utc_now().isoformat()
        rows = [{"run_id": run_id, "key": DELETED_TAG, "value": at} for run_id in run_ids]
        # The first deletion counts.
        upsert(connection, tags, rows, update=())
    else:
        connection.execute(
            delete(tags).where(tags.c.run_id.in_(run_ids), tags.c.key == DELETED_TAG)
        )


def require_run(connection: Connection, run_id: str) -> None:
    """Raise NotFoundError unless there is such a run."""
    if connection.execute(select(runs.c.run_id).where(runs.c.run_id == run_id)).first() is None:
        raise NotFoundError("run", run_id)
