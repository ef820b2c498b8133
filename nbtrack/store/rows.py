"""Rows to nouns and back: instants, origins, and every entity the store hands out."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import Row

from nbtrack.entities import (
    Artifact,
    CellChange,
    ChangeKind,
    Direction,
    EndReason,
    Execution,
    ExecutionStatus,
    Experiment,
    KernelSession,
    Lifecycle,
    MetricSummary,
    Notebook,
    Origin,
    Param,
    Revision,
    RevisionReason,
    Run,
    RunDataset,
    RunStatus,
)
from nbtrack.store.schema import experiments, metrics, revisions, runs

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def to_us(instant: datetime) -> int:
    """Epoch microseconds; an instant without a time zone is taken as UTC."""
    if instant.tzinfo is None:
        instant = instant.replace(tzinfo=UTC)
    return (instant - _EPOCH) // _MICROSECOND


def from_us(microseconds: int) -> datetime:
    """The instant of epoch microseconds, in UTC."""
    return _EPOCH + timedelta(microseconds=microseconds)


def optional_instant(microseconds: int | None) -> datetime | None:
    """`from_us` where there is something."""
    return None if microseconds is None else from_us(microseconds)


def to_sql(value: float) -> float | None:
    """A float as it is stored: NaN as NULL."""
    return None if math.isnan(value) else value


def from_sql(value: float | None) -> float:
    """A float as it was before `to_sql`."""
    return math.nan if value is None else value


def number_of(text: str) -> float | None:
    """The finite number that a text says; None for one that says none."""
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def experiment_number(experiment_id: str) -> int | None:
    """The number that an experiment's id is in the tables; None for what cannot be one."""
    plain = experiment_id.isascii() and experiment_id.isdigit() and len(experiment_id) < 10
    return int(experiment_id) if plain else None


@lru_cache(maxsize=256)
def origin_text(origin: Origin | None) -> str | None:
    """An origin as it is stored: a JSON list."""
    if origin is None:
        return None
    place = [origin.rule, origin.cell_id, origin.line]
    return json.dumps(place if origin.is_default is None else [*place, origin.is_default])


def origin_of(stored: str | None) -> Origin | None:
    """The origin that `origin_text` wrote."""
    return None if stored is None else _read_origin(stored)


@lru_cache(maxsize=1024)
def _read_origin(stored: str) -> Origin:
    return Origin(*json.loads(stored))


def changes_text(changes: Sequence[CellChange]) -> str:
    """Cell changes as they are stored: a JSON list of lists."""
    return json.dumps([[change.cell_id, change.kind, change.preview] for change in changes])


def experiment_of(row: Row[Any], tags: dict[str, str]) -> Experiment:
    """An experiment from its row."""
    return Experiment(
        experiment_id=str(row.experiment_id),
        name=row.name,
        created_at=from_us(row.created_at),
        lifecycle_stage=Lifecycle(row.lifecycle_stage),
        notebook_id=row.notebook_id,
        tags=tags,
    )


RUN_COLUMNS = (
    runs.c.run_id,
    runs.c.experiment_id,
    runs.c.run_name,
    runs.c.status,
    runs.c.started_at,
    experiments.c.name,
    runs.c.ended_at,
    runs.c.end_reason,
    runs.c.error_name,
    runs.c.error_message,
    runs.c.lifecycle_stage,
    runs.c.user_id,
    runs.c.parent_run_id,
    runs.c.source_name,
    runs.c.session_id,
    runs.c.msg_id,
    runs.c.cell_id,
    runs.c.notebook_id,
    runs.c.revision_id,
    revisions.c.number,
    runs.c.environment_digest,
    runs.c.capture_incomplete,
    runs.c.report_digest,
    runs.c.flags,
)
"""What `run_of` takes, in the order of the fields of `entities.Run`."""
_STATUSES = {each.value: each for each in RunStatus}
_END_REASONS = {each.value: each for each in EndReason}
_STAGES = {each.value: each for each in Lifecycle}


def run_of(
    row: Sequence[Any],
    params: dict[str, Param],
    metrics: dict[str, MetricSummary],
    tags: dict[str, str],
) -> Run:
    """A run from its `RUN_COLUMNS` and what it holds."""
    run_id, experiment_id, run_name, status, started_at, experiment_name, *more = row
    ended_at, end_reason, error_name, error_message, stage, user_id, parent_run_id, *more = more
    source_name, session_id, msg_id, cell_id, notebook_id, revision_id, revision, *more = more
    environment_digest, capture_incomplete, report_digest, flags = more
    # By position: a page of runs is built of these.
    return Run(
        run_id,
        str(experiment_id),
        run_name,
        _STATUSES[status],
        from_us(started_at),
        experiment_name,
        optional_instant(ended_at),
        None if end_reason is None else _END_REASONS[end_reason],
        error_name,
        error_message,
        _STAGES[stage],
        user_id,
        parent_run_id,
        source_name,
        session_id,
        msg_id,
        cell_id,
        notebook_id,
        revision_id,
        revision,
        environment_digest,
        capture_incomplete,
        report_digest,
        () if flags == "[]" else tuple(json.loads(flags)),
        params,
        metrics,
        tags,
    )


METRIC_COLUMNS = (
    metrics.c.key,
    metrics.c.last,
    metrics.c.min,
    metrics.c.max,
    metrics.c.first,
    metrics.c.count,
    metrics.c.last_step,
    metrics.c.last_at_ms,
    metrics.c.origin,
)
"""What `metric_of` takes, in this order."""


def metric_of(
    key: str,
    last: float | None,
    least: float | None,
    most: float | None,
    first: float | None,
    count: int,
    last_step: int,
    last_at_ms: int,
    origin: str | None,
) -> MetricSummary:
    """A metric's summary from its columns."""
    return MetricSummary(
        key,
        math.nan if last is None else last,
        math.nan if least is None else least,
        math.nan if most is None else most,
        math.nan if first is None else first,
        count,
        last_step,
        last_at_ms,
        None if origin is None else origin_of(origin),
    )


def artifact_of(row: Row[Any]) -> Artifact:
    """An artifact from its row."""
    return Artifact(
        path=row.path,
        digest=row.digest,
        size_bytes=row.size_bytes,
        media_type=row.media_type,
        created_at=from_us(row.created_at),
        origin=origin_of(row.origin),
    )


def dataset_of(row: Row[Any]) -> RunDataset:
    """A dataset of a run from its row."""
    return RunDataset(
        run_id=row.run_id,
        direction=Direction(row.direction),
        name=row.name,
        source_type=row.source_type,
        source=row.source,
        logged_at=from_us(row.logged_at),
        digest=row.digest,
        size_bytes=row.size_bytes,
        modified_at=optional_instant(row.modified_at),
        context=row.context,
        document_digest=row.document_digest,
        note=row.note,
        origin=origin_of(row.origin),
    )


def execution_of(row: Row[Any], source: str) -> Execution:
    """A cell execution from its row and its source."""
    return Execution(
        msg_id=row.msg_id,
        session_id=row.session_id,
        source=source,
        started_at=from_us(row.started_at),
        cell_id=row.cell_id,
        execution_count=row.execution_count,
        status=ExecutionStatus(row.status),
        duration_s=row.duration_s,
        error_name=row.error_name,
        error_message=row.error_message,
        names_read=tuple(json.loads(row.names_read)),
        names_written=tuple(json.loads(row.names_written)),
        names_changed=tuple(json.loads(row.names_changed)),
        notebook_id=row.notebook_id,
        revision_id=row.revision_id,
    )


def session_of(row: Row[Any]) -> KernelSession:
    """A kernel session from its row."""
    return KernelSession(
        session_id=row.session_id,
        started_at=from_us(row.started_at),
        kernel_id=row.kernel_id,
        pid=row.pid,
        host=row.host,
        cwd=row.cwd,
        user_id=row.user_id,
        notebook_path=row.notebook_path,
        front_end=row.front_end,
    )


def notebook_of(row: Row[Any]) -> Notebook:
    """A notebook from its row."""
    return Notebook(
        notebook_id=row.notebook_id,
        path=row.path,
        created_at=from_us(row.created_at),
        copied_from=row.copied_from,
        deleted_at=optional_instant(row.deleted_at),
        latest_revision_id=row.latest_revision_id,
        revision_count=row.revision_count,
        file_state=row.file_state,
        file_revision_id=row.file_revision_id,
    )


def revision_of(row: Row[Any]) -> Revision:
    """A revision from its row."""
    return Revision(
        revision_id=row.revision_id,
        notebook_id=row.notebook_id,
        number=row.number,
        created_at=from_us(row.created_at),
        reason=RevisionReason(row.reason),
        author=row.author,
        text_digest=row.text_digest,
        content_digest=row.content_digest,
        cell_count=row.cell_count,
        parent_id=row.parent_id,
        label=row.label,
        cell_id=row.cell_id,
        restored_from=row.restored_from,
        changes=tuple(
            CellChange(cell_id, ChangeKind(kind), preview)
            for cell_id, kind, preview in json.loads(row.changes)
        ),
        origin=row.origin,
        git_commit=row.git_commit,
        git_clean=row.git_clean,
    )
