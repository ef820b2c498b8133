"""What a process writes: the records of the journal, and of one `Store.apply` batch.

Each is a fact that happened, complete in itself, so that a dead process's journal can be
drained by any other. A store applies them in order and idempotently by
(journal id, position).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from nbtrack.entities import (
    EndReason,
    ExecutionStatus,
    KernelSession,
    Origin,
    RunDataset,
    RunStatus,
)


@dataclass(frozen=True, slots=True)
class SessionStarted:
    """A process began to track."""

    session: KernelSession


@dataclass(frozen=True, slots=True)
class ExecutionStarted:
    """A cell began to execute. ``source`` is the code as sent to the kernel."""

    msg_id: str
    session_id: str
    source: str
    started_at: datetime
    cell_id: str | None = None
    execution_count: int | None = None


@dataclass(frozen=True, slots=True)
class ExecutionEnded:
    """A cell execution is over."""

    msg_id: str
    status: ExecutionStatus
    ended_at: datetime
    duration_s: float
    error_name: str | None = None
    error_message: str | None = None
    names_read: tuple[str, ...] = ()
    names_written: tuple[str, ...] = ()
    names_changed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RunStarted:
    """A run began.

    Args:
        experiment: its name; None means the default one of the notebook (``notebook_path``,
            or what the store knows by ``msg_id`` and ``session_id``), or ``Default``.
        experiment_id: wins over ``experiment`` when given.
    """

    run_id: str
    run_name: str
    started_at: datetime
    session_id: str
    experiment: str | None = None
    experiment_id: str | None = None
    user_id: str = ""
    source_name: str = ""
    msg_id: str | None = None
    cell_id: str | None = None
    parent_run_id: str | None = None


@dataclass(frozen=True, slots=True)
class RunResumed:
    """A run that had ended takes records again (``start_run(run_id=...)``)."""

    run_id: str
    session_id: str
    resumed_at: datetime


@dataclass(frozen=True, slots=True)
class RunEnded:
    """A run is over."""

    run_id: str
    status: RunStatus
    end_reason: EndReason
    ended_at: datetime
    error_name: str | None = None
    error_message: str | None = None


@dataclass(frozen=True, slots=True)
class RunRenamed:
    """A run has a new name."""

    run_id: str
    run_name: str


@dataclass(frozen=True, slots=True)
class ParamLogged:
    """A param of a run. A second, different value for the same key keeps the first.

    Except one that the user logged (``explicit``): it replaces one that was captured.
    """

    run_id: str
    key: str
    value: str
    origin: Origin | None = None


@dataclass(frozen=True, slots=True)
class MetricPoints:
    """Points of one metric of one run, in logged order; three sequences of equal length.

    Sequences are lists or NumPy arrays: int64 steps, int64 epoch milliseconds, float64 values.
    """

    run_id: str
    key: str
    steps: Sequence[int]
    timestamps_ms: Sequence[int]
    values: Sequence[float]
    origin: Origin | None = None


@dataclass(frozen=True, slots=True)
class TagSet:
    """A tag of a run; ``value`` None removes it."""

    run_id: str
    key: str
    value: str | None


@dataclass(frozen=True, slots=True)
class ArtifactLogged:
    """An artifact of a run, whose bytes are already in the blob store. A path replaces itself."""

    run_id: str
    path: str
    digest: str
    size_bytes: int
    media_type: str
    created_at: datetime
    origin: Origin | None = None


@dataclass(frozen=True, slots=True)
class EnvironmentCaptured:
    """The environment document of a run, by digest of its JSON in the blob store."""

    run_id: str
    digest: str


@dataclass(frozen=True, slots=True)
class CaptureIncomplete:
    """Automatic capture of a run failed somewhere; ``reason`` is shown on the run."""

    run_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class DatasetLogged:
    """A run read or wrote data. One of the same direction, name and source replaces it.

    Args:
        document: `nbtrack.wire.DatasetDocument` as JSON, which the store keeps as a blob and
            the dataset then refers to; empty where nothing is known of the content.
    """

    dataset: RunDataset
    document: str = ""

    @property
    def run_id(self) -> str:
        """Whose it is."""
        return self.dataset.run_id


@dataclass(frozen=True, slots=True)
class CaptureReported:
    """What explains a run's capture.

    Args:
        document: `nbtrack.wire.CaptureReport` as JSON, which the store keeps as a blob.
        flags: kinds of the report's flags.
    """

    run_id: str
    document: str
    flags: tuple[str, ...] = ()


Record = (
    SessionStarted
    | ExecutionStarted
    | ExecutionEnded
    | RunStarted
    | RunResumed
    | RunEnded
    | RunRenamed
    | ParamLogged
    | MetricPoints
    | TagSet
    | ArtifactLogged
    | EnvironmentCaptured
    | CaptureIncomplete
    | DatasetLogged
    | CaptureReported
)


@dataclass(frozen=True, slots=True)
class JournalPosition:
    """How far a journal has been applied: all bytes before ``offset`` of that journal.

    Args:
        journal_id: whose records a batch holds.
        offset: where the batch ends.
        begin: where it begins; with it a store refuses a batch whose first part it has already.
    """

    journal_id: str
    offset: int
    begin: int | None = None
