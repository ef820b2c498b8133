"""The nouns: frozen dataclasses for everything in the glossary.

Names, limits and lifecycle of experiments, runs, params, metrics and tags are MLflow's
(https://mlflow.org/docs/latest/tracking.html), so that its wire protocol needs no
translation. Notebooks, revisions, cell versions and cell executions are ours.

Instants are timezone-aware UTC datetimes with microsecond resolution and end in ``_at``.
Digests are lower-case hex SHA-256 of the stored bytes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

T = TypeVar("T")
_NOTHING: Mapping[str, str] = MappingProxyType({})


def utc_now() -> datetime:
    """The present instant, in UTC."""
    return datetime.now(UTC)


class RunStatus(StrEnum):
    """MLflow's run statuses."""

    RUNNING = "RUNNING"
    SCHEDULED = "SCHEDULED"
    FINISHED = "FINISHED"
    FAILED = "FAILED"
    KILLED = "KILLED"


class EndReason(StrEnum):
    """Why a run or an execution is over; finer than MLflow's status."""

    COMPLETED = "completed"
    EXCEPTION = "exception"
    INTERRUPT = "interrupt"
    PROCESS_DIED = "process_died"


class Lifecycle(StrEnum):
    """MLflow's lifecycle stages."""

    ACTIVE = "active"
    DELETED = "deleted"


class ExecutionStatus(StrEnum):
    """How a cell execution stands; ``ok``, ``error`` as in Jupyter's execute_reply."""

    RUNNING = "running"
    OK = "ok"
    ERROR = "error"
    ABORTED = "aborted"


class RevisionReason(StrEnum):
    """What made a revision."""

    OPEN = "open"
    EXECUTE = "execute"
    SAVE = "save"
    RESTORE = "restore"
    CHECKPOINT = "checkpoint"
    BEFORE_RESTORE = "before_restore"
    OUTSIDE = "outside"


class ChangeKind(StrEnum):
    """What happened to a cell between two revisions."""

    ADDED = "added"
    REMOVED = "removed"
    EDITED = "edited"
    MOVED = "moved"
    OUTPUT = "output"


class Direction(StrEnum):
    """Which way a dataset went: read by a run, or written by it."""

    INPUT = "input"
    OUTPUT = "output"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a captured value came from, and by which rule.

    Args:
        rule: a short machine-readable rule name: ``explicit`` (a ``log_*`` call or ``-p``),
            ``literal`` (a name bound to a literal), ``argument`` (an argument of a call),
            ``object`` (a value of a configuration, a setting of an estimator or optimiser),
            ``tagged`` (bound in a cell that is tagged as holding parameters),
            ``bound`` (a computed scalar bound by the cell), ``loop`` (bound in a loop),
            ``printed`` (computed in a ``print`` call), ``expression`` (the cell's last
            expression), ``output`` (a rich output), ``figure`` (a matplotlib figure left open),
            ``system`` (measured on the machine), ``git`` (what was not committed),
            ``autolog:LIBRARY`` (recorded when that library fitted or searched, as
            ``autolog:sklearn``; `nbtrack.integrations` says what by which of its hooks); of
            data: ``file`` (a file that was opened), ``reader`` (given to a library's reader or
            writer), ``query`` (sent to a database), ``request`` (to a URL).
        cell_id: the nbformat id of the cell that bound it, where known.
        line: 1-based line in that cell's source.
        is_default: for a setting of an object (an estimator's), whether its value is the one
            that the object has when nothing is said; None where that is not known.
    """

    rule: str
    cell_id: str | None = None
    line: int | None = None
    is_default: bool | None = None


@dataclass(frozen=True, slots=True)
class Experiment:
    """A named group of runs. A notebook's default one carries its ``notebook_id``."""

    experiment_id: str
    name: str
    created_at: datetime
    lifecycle_stage: Lifecycle = Lifecycle.ACTIVE
    notebook_id: str | None = None
    tags: Mapping[str, str] = field(default_factory=lambda: _NOTHING)


@dataclass(frozen=True, slots=True)
class Param:
    """An input of a run, written once. ``value`` is text, as in MLflow."""

    key: str
    value: str
    origin: Origin | None = None


@dataclass(frozen=True, slots=True)
class MetricSummary:
    """What is indexed of one metric of one run.

    ``min`` and ``max`` ignore NaN; they are NaN if every point is NaN. ``last`` is the value
    with the greatest (step, timestamp, position), as in MLflow.
    """

    key: str
    last: float
    min: float
    max: float
    first: float
    count: int
    last_step: int
    last_at_ms: int
    """Epoch milliseconds: a table of runs holds thousands, of which few are looked at."""
    origin: Origin | None = None

    @property
    def last_at(self) -> datetime:
        """When the last point was logged."""
        return datetime.fromtimestamp(self.last_at_ms // 1000, UTC).replace(
            microsecond=self.last_at_ms % 1000 * 1000
        )


@dataclass(frozen=True, slots=True, eq=False)
class MetricSeries:
    """All points of one metric of one run, in logged order.

    Args:
        key: the metric.
        steps: int64, shape (n,).
        timestamps_ms: int64 epoch milliseconds, shape (n,).
        values: float64, shape (n,).
    """

    key: str
    steps: NDArray[np.int64]
    timestamps_ms: NDArray[np.int64]
    values: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.values)


@dataclass(frozen=True, slots=True)
class Artifact:
    """Named bytes of a run. ``path`` is relative, with forward slashes."""

    path: str
    digest: str
    size_bytes: int
    media_type: str
    created_at: datetime
    origin: Origin | None = None


@dataclass(frozen=True, slots=True)
class RunDataset:
    """Data that a run read or wrote: a file, a table, a query or a URL.

    MLflow's dataset and dataset input in one, with the way it went. A run has one for each
    (direction, name, source).

    Args:
        name: short, for people: the file's name, the table's, or what the user called it.
        source_type: ``local``, ``http``, ``sql`` or an fsspec protocol, as in MLflow.
        source: path or URL, or connection without its password.
        digest: of the content; None while it is computed, or where it cannot be.
        context: MLflow's, for example ``train``.
        document_digest: of the JSON document (`nbtrack.wire.DatasetDocument`) with schema, row
            count and column profile, in the blob store.
        note: why something is missing (too large to hash, query text, ...), for people.
    """

    run_id: str
    direction: Direction
    name: str
    source_type: str
    source: str
    logged_at: datetime
    digest: str | None = None
    size_bytes: int | None = None
    modified_at: datetime | None = None
    context: str = ""
    document_digest: str | None = None
    note: str = ""
    origin: Origin | None = None


MLFLOW_TAGS = {
    "mlflow.parentRunId": "parent_run_id",
    "mlflow.runName": "run_name",
    "mlflow.source.name": "source_name",
    "mlflow.user": "user_id",
}
"""What MLflow keeps as a tag and a `Run` as an attribute."""


class RunData:
    """MLflow's view of what a run holds, made when it is looked at."""

    __slots__ = ("_run",)

    def __init__(self, run: Run) -> None:
        self._run = run

    def __repr__(self) -> str:
        return f"<RunData: metrics={self.metrics}, params={self.params}, tags={self.tags}>"

    @property
    def params(self) -> dict[str, str]:
        """The params, as text."""
        return {key: param.value for key, param in self._run.params.items()}

    @property
    def metrics(self) -> dict[str, float]:
        """The last value of each metric."""
        return {key: metric.last for key, metric in self._run.metrics.items()}

    @property
    def tags(self) -> dict[str, str]:
        """The tags, with MLflow's own ones, as in MLflow."""
        facts = {key: getattr(self._run, name) for key, name in MLFLOW_TAGS.items()}
        return {key: value for key, value in facts.items() if value} | dict(self._run.tags)


@dataclass(frozen=True, slots=True)
class Run:
    """One tracked piece of work.

    Flat, with MLflow's ``.info`` and ``.data`` as views, so that code written for
    ``mlflow.entities.Run`` reads it.
    """

    run_id: str
    experiment_id: str
    run_name: str
    status: RunStatus
    started_at: datetime
    experiment_name: str = ""
    ended_at: datetime | None = None
    end_reason: EndReason | None = None
    error_name: str | None = None
    error_message: str | None = None
    lifecycle_stage: Lifecycle = Lifecycle.ACTIVE
    user_id: str = ""
    parent_run_id: str | None = None
    source_name: str = ""
    """Path of the notebook or script, as it was when the run started."""
    session_id: str | None = None
    msg_id: str | None = None
    cell_id: str | None = None
    notebook_id: str | None = None
    revision_id: str | None = None
    revision_number: int | None = None
    environment_digest: str | None = None
    capture_incomplete: str | None = None
    """Why automatic capture of this run is not complete; None when it is."""
    report_digest: str | None = None
    """Of the JSON document (`nbtrack.wire.CaptureReport`) that explains what was captured."""
    flags: tuple[str, ...] = ()
    """What to know before trusting this run's code: see `nbtrack.wire.FlagInfo`."""
    params: Mapping[str, Param] = field(default_factory=dict)
    metrics: Mapping[str, MetricSummary] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=lambda: _NOTHING)

    @property
    def info(self) -> Run:
        """MLflow's ``run.info``: this object carries those attributes itself."""
        return self

    @property
    def data(self) -> RunData:
        """MLflow's ``run.data``."""
        return RunData(self)

    @property
    def artifact_uri(self) -> str:
        """MLflow's ``artifact_uri``: artifacts are kept by content, so it names the run."""
        return f"runs:/{self.run_id}"

    @property
    def start_time(self) -> int:
        """MLflow's start time, epoch milliseconds."""
        return int(self.started_at.timestamp() * 1000)

    @property
    def end_time(self) -> int | None:
        """MLflow's end time, epoch milliseconds; None while it runs."""
        return None if self.ended_at is None else int(self.ended_at.timestamp() * 1000)

    @property
    def duration_s(self) -> float | None:
        """Wall time in seconds; None while it runs."""
        return None if self.ended_at is None else (self.ended_at - self.started_at).total_seconds()


@dataclass(frozen=True, slots=True)
class KernelSession:
    """One life of one process that tracks: a kernel between restarts, or a script.

    Args:
        session_id: 32 hex, made by the process.
        kernel_id: Jupyter's kernel id where there is one (in the connection file's name).
        notebook_path: absolute path as the process knows it; a hint, stale after a rename.
        front_end: ``lab``, ``vscode``, ``colab``, ``headless``, ``ipython`` or ``script``.
    """

    session_id: str
    started_at: datetime
    kernel_id: str | None = None
    pid: int = 0
    host: str = ""
    cwd: str = ""
    user_id: str = ""
    notebook_path: str | None = None
    front_end: str = ""


@dataclass(frozen=True, slots=True)
class Execution:
    """One cell execution: one execute request that ran.

    Args:
        msg_id: the execute request's id, the join key of every fact about this execution.
        source: the code as executed.
        names_read: global names the code may read, sorted.
        names_written: global names the code binds, sorted.
        names_changed: global names whose values it changed, or may have, without binding them.
    """

    msg_id: str
    session_id: str
    source: str
    started_at: datetime
    cell_id: str | None = None
    execution_count: int | None = None
    status: ExecutionStatus = ExecutionStatus.RUNNING
    duration_s: float | None = None
    error_name: str | None = None
    error_message: str | None = None
    names_read: tuple[str, ...] = ()
    names_written: tuple[str, ...] = ()
    names_changed: tuple[str, ...] = ()
    notebook_id: str | None = None
    revision_id: str | None = None


@dataclass(frozen=True, slots=True)
class Notebook:
    """A document with an identity that outlives its path.

    Args:
        path: absolute path on this machine; ``contents:PATH`` where the contents manager
            does not keep files.
        copied_from: the notebook this one began as a copy of.
        revision_count: the number of the latest revision; thinning leaves gaps below it.
        file_state: tells whether its file was written since it was looked at last.
        file_revision_id: the revision that its file held then.
    """

    notebook_id: str
    path: str
    created_at: datetime
    copied_from: str | None = None
    deleted_at: datetime | None = None
    latest_revision_id: str | None = None
    revision_count: int = 0
    file_state: str | None = None
    file_revision_id: str | None = None


@dataclass(frozen=True, slots=True)
class CellVersion:
    """A cell at one revision; text and outputs by digest."""

    cell_id: str
    cell_type: str
    source_digest: str
    metadata_digest: str
    output_digests: tuple[str, ...] = ()
    attachments_digest: str | None = None
    execution_count: int | None = None


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a revision is made of: an ordered list of cell versions and the metadata."""

    cells: tuple[CellVersion, ...]
    metadata_digest: str
    nbformat: int = 4
    nbformat_minor: int = 5

    def listed_cells(self) -> list[list[Any]]:
        """The cells as JSON values, for what is stored and for digests."""
        return [
            [
                cell.cell_id,
                cell.cell_type,
                cell.source_digest,
                cell.metadata_digest,
                list(cell.output_digests),
                cell.attachments_digest,
                cell.execution_count,
            ]
            for cell in self.cells
        ]


@dataclass(frozen=True, slots=True)
class CellChange:
    """One cell's change against the parent revision. ``preview`` is its first line of code."""

    cell_id: str
    kind: ChangeKind
    preview: str = ""


@dataclass(frozen=True, slots=True)
class Revision:
    """An immutable state of a notebook.

    Args:
        number: counts from 1 within the notebook; what people see (``r12``).
        text_digest: digest of cell ids, types, sources and order only. Two revisions with the
            same one show the same code.
        content_digest: digest of the whole manifest, outputs included.
        author: from the server's identity; the system user where there is no server.
        changes: against the parent, computed once when the revision is written.
        restored_from: for ``restore``, the revision that was brought back.
        origin: from where: a front end (``lab``, ``notebook``, ``vscode``, ``colab``),
            ``headless`` (nbclient, papermill), ``ipython``, ``api`` (another client of the
            Jupyter server), ``cli``, ``outside``; empty where it was not noted.
        git_commit: the commit that was checked out where the notebook's file is.
        git_clean: whether the file was as in that commit; None where that is not known.
    """

    revision_id: str
    notebook_id: str
    number: int
    created_at: datetime
    reason: RevisionReason
    author: str
    text_digest: str
    content_digest: str
    cell_count: int
    parent_id: str | None = None
    label: str | None = None
    cell_id: str | None = None
    restored_from: str | None = None
    changes: tuple[CellChange, ...] = ()
    origin: str = ""
    git_commit: str | None = None
    git_clean: bool | None = None


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What `Store.forget` changed, or would.

    Args:
        contents: pieces of code, outputs and files that held it.
        revisions: how many of them showed one of those.
        rows: of params, tags, names, errors and the like.
        removed_files: copies of the database that were removed, as they held it too.
    """

    contents: int
    revisions: int
    rows: int
    removed_files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A slice of a longer list. ``next_page_token`` is None on the last page."""

    items: Sequence[T]
    next_page_token: str | None = None


@dataclass(frozen=True, slots=True)
class TextMatch:
    """Code or a note that holds what a full-text search looked for.

    Args:
        kind: ``code`` of an execution, or the ``note`` of a run.
        snippet: the line that shows it best, without indentation.
        line: its number, from 1.
        found_at: when the code ran last; when the run of the note began.
        msg_id, cell_id, notebook_id: of the execution that ran the code last, or of the run.
        run_ids: active runs that the code made, newest first; the run of the note.
    """

    kind: Literal["code", "note"]
    snippet: str
    line: int
    found_at: datetime
    msg_id: str | None = None
    cell_id: str | None = None
    notebook_id: str | None = None
    run_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class HistoryMatch:
    """A cell whose text, or what it showed, held at some time what a search looked for.

    Args:
        part: ``source`` or ``output``.
        role: the cell's type, or ``output`` or ``error``.
        snippet: of the newest version that matches, the line that shows it best.
        marks: where in the snippet that is, as pairs of start and end.
        line: its number, from 1.
        version_count: how many different texts of this cell match.
        first_number, last_number: of the first and the last revision that hold a match.
        found_number: of the revision that first held the newest version that matches.
        found_id, found_at: the same revision.
        is_present: the newest revision holds a match, too.
    """

    notebook_id: str
    cell_id: str
    part: Literal["source", "output"]
    role: str
    snippet: str
    marks: tuple[tuple[int, int], ...]
    line: int
    version_count: int
    first_number: int
    last_number: int
    found_number: int
    found_id: str
    found_at: datetime
    is_present: bool


@dataclass(frozen=True, slots=True)
class ShownFigure:
    """A picture that a notebook showed.

    Args:
        digest: of the output that holds it.
        cell_id: the cell that showed it last.
        number, revision_id, shown_at: the revision that it came with, the last time it did.
    """

    digest: str
    cell_id: str
    number: int
    revision_id: str
    shown_at: datetime


@dataclass(frozen=True, slots=True)
class Changes:
    """What changed in the store since a cursor; drives live views."""

    cursor: int
    run_ids: tuple[str, ...] = ()
    notebook_ids: tuple[str, ...] = ()
