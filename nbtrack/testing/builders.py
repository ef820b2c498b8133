"""Records and entities for tests, with defaults, so that a test says only what it is about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from nbtrack.entities import (
    CellChange,
    CellVersion,
    ChangeKind,
    Direction,
    EndReason,
    ExecutionStatus,
    KernelSession,
    Manifest,
    RevisionReason,
    RunDataset,
    RunStatus,
)
from nbtrack.records import (
    ExecutionEnded,
    ExecutionStarted,
    MetricPoints,
    ParamLogged,
    Record,
    RunEnded,
    RunStarted,
    SessionStarted,
    TagSet,
)
from nbtrack.store.base import NewRevision
from nbtrack.testing.clock import START

SESSION_ID = "5" * 32
DIGEST = "d" * 64


def session_started(
    session_id: str = SESSION_ID,
    *,
    kernel_id: str | None = "kernel-1",
    notebook_path: str | None = None,
) -> SessionStarted:
    """A kernel began to track."""
    return SessionStarted(
        KernelSession(
            session_id=session_id,
            started_at=START,
            kernel_id=kernel_id,
            pid=4711,
            host="example",
            cwd="/data",
            user_id="ada",
            notebook_path=notebook_path,
            front_end="lab",
        )
    )


def execution_started(
    msg_id: str = "msg-1",
    *,
    source: str = "x = 1",
    session_id: str = SESSION_ID,
    cell_id: str | None = "cell-1",
    started_at: datetime = START,
) -> ExecutionStarted:
    """A cell began to execute."""
    return ExecutionStarted(
        msg_id=msg_id,
        session_id=session_id,
        source=source,
        started_at=started_at,
        cell_id=cell_id,
        execution_count=1,
    )


def execution_ended(
    msg_id: str = "msg-1",
    *,
    status: ExecutionStatus = ExecutionStatus.OK,
    names_read: tuple[str, ...] = (),
    names_written: tuple[str, ...] = (),
    error_name: str | None = None,
) -> ExecutionEnded:
    """A cell execution is over."""
    return ExecutionEnded(
        msg_id=msg_id,
        status=status,
        ended_at=START + timedelta(seconds=1),
        duration_s=1.0,
        names_read=names_read,
        names_written=names_written,
        error_name=error_name,
    )


def dataset(
    run_id: str = "run-1",
    *,
    direction: Direction = Direction.INPUT,
    name: str = "iris.csv",
    digest: str | None = DIGEST,
) -> RunDataset:
    """A file that a run read or wrote."""
    return RunDataset(
        run_id=run_id,
        direction=direction,
        name=name,
        source_type="local",
        source=f"/data/{name}",
        logged_at=START,
        digest=digest,
        size_bytes=5,
        modified_at=START,
    )


def run_started(
    run_id: str = "run-1",
    *,
    run_name: str = "calm-otter",
    started_at: datetime = START,
    experiment: str | None = None,
    experiment_id: str | None = None,
    msg_id: str | None = None,
    session_id: str = SESSION_ID,
    cell_id: str | None = None,
    parent_run_id: str | None = None,
) -> RunStarted:
    """A run began."""
    return RunStarted(
        run_id=run_id,
        run_name=run_name,
        started_at=started_at,
        session_id=session_id,
        experiment=experiment,
        experiment_id=experiment_id,
        user_id="ada",
        source_name="/data/churn.ipynb",
        msg_id=msg_id,
        cell_id=cell_id,
        parent_run_id=parent_run_id,
    )


def run_ended(
    run_id: str = "run-1",
    *,
    status: RunStatus = RunStatus.FINISHED,
    end_reason: EndReason = EndReason.COMPLETED,
    ended_at: datetime = START + timedelta(seconds=2),
    error_name: str | None = None,
) -> RunEnded:
    """A run is over."""
    return RunEnded(
        run_id=run_id,
        status=status,
        end_reason=end_reason,
        ended_at=ended_at,
        error_name=error_name,
        error_message=None if error_name is None else "no such luck",
    )


def points(
    values: Sequence[float],
    *,
    run_id: str = "run-1",
    key: str = "loss",
    steps: Sequence[int] | None = None,
    timestamps_ms: Sequence[int] | None = None,
) -> MetricPoints:
    """Points of one metric, one a step and a millisecond unless said otherwise."""
    return MetricPoints(
        run_id=run_id,
        key=key,
        steps=list(range(len(values))) if steps is None else steps,
        timestamps_ms=(
            [1_700_000_000_000 + index for index in range(len(values))]
            if timestamps_ms is None
            else timestamps_ms
        ),
        values=values,
    )


def whole_run(
    run_id: str = "run-1",
    *,
    params: Mapping[str, str] | None = None,
    metrics: Mapping[str, float] | None = None,
    tags: Mapping[str, str] | None = None,
    started_at: datetime = START,
    experiment: str | None = None,
    run_name: str = "calm-otter",
    msg_id: str | None = None,
    cell_id: str | None = None,
    parent_run_id: str | None = None,
) -> list[Record]:
    """All records of a run that finished two seconds after it began."""
    return [
        run_started(
            run_id,
            run_name=run_name,
            started_at=started_at,
            experiment=experiment,
            msg_id=msg_id,
            cell_id=cell_id,
            parent_run_id=parent_run_id,
        ),
        *(ParamLogged(run_id, key, value) for key, value in (params or {}).items()),
        *(points([value], run_id=run_id, key=key) for key, value in (metrics or {}).items()),
        *(TagSet(run_id, key, value) for key, value in (tags or {}).items()),
        run_ended(run_id, ended_at=started_at + timedelta(seconds=2)),
    ]


def manifest(*cell_ids: str) -> Manifest:
    """A manifest of code cells with these ids."""
    return Manifest(
        cells=tuple(
            CellVersion(
                cell_id=cell_id,
                cell_type="code",
                source_digest=DIGEST,
                metadata_digest=DIGEST,
                output_digests=(DIGEST, DIGEST),
                execution_count=index,
            )
            for index, cell_id in enumerate(cell_ids)
        ),
        metadata_digest=DIGEST,
    )


def new_revision(
    notebook_id: str,
    *cell_ids: str,
    reason: RevisionReason = RevisionReason.EXECUTE,
    created_at: datetime = START,
    changed: Sequence[str] = (),
    label: str | None = None,
    author: str = "ada",
    expect_parent: bool = False,
    parent_id: str | None = None,
) -> NewRevision:
    """A state of a notebook with these cells, of which ``changed`` were edited."""
    return NewRevision(
        notebook_id=notebook_id,
        manifest=manifest(*cell_ids),
        text_digest="a" * 64,
        content_digest="b" * 64,
        reason=reason,
        author=author,
        created_at=created_at,
        changes=tuple(CellChange(cell_id, ChangeKind.EDITED, "x = 1") for cell_id in changed),
        label=label,
        expect_parent=expect_parent,
        parent_id=parent_id,
    )
