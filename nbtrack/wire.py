"""What crosses to a browser: bodies of the JSON API, of live events and of our MIME types.

One schema: the TypeScript types are generated from these structs (``make schema``), and the
checks fail when they drift. Encoded with msgspec; instants are ISO 8601 UTC. JSON has no NaN
and no infinities, so a metric's value is a number or one of three words (`Number`).

    GET    status                                     → Status
    GET    runs?notebook_id&path&experiment_id&cell_id&filter&text&order_by&view&limit&page_token
                                                      → RunPage
    GET    runs/ID                                    → RunDetail
    PATCH  runs/ID              RunPatch              → RunSummary
    POST   runs/delete          RunIds                → Done
    POST   runs/undelete        RunIds                → Done
    GET    runs/ID/series?key=A&key=B&max_points=2000 → SeriesList
    GET    runs/ID/artifacts/PATH                     → the bytes (sandboxed, never sniffed)
    GET    compare?run_id=A&run_id=B                  → Comparison
    GET    search?text=WORDS&path&limit&page_token    → TextMatchPage
    GET    history/search?text=WORDS&path&limit&page_token → HistoryMatchPage
    GET    experiments                                → ExperimentList
    GET    notebooks?path=P | notebook_id=ID          → NotebookInfo
    GET    notebooks/ID/revisions?cell_id&author&named&with_runs&with_errors&before&limit
                                 &page_token&commits  → RevisionPage
    GET    notebooks/ID/timeline?cell_id&author&named&with_runs&with_errors
                                                      → Timeline
    GET    notebooks/ID/cells/CELL?before&limit       → Filmstrip
    GET    notebooks/ID/cost                          → HistoryCostInfo
    POST   history/switch       HistorySwitch         → HistorySwitch, as it is then
    GET    notebooks/ID/figures?limit&page_token      → FigurePage
    GET    notebooks/ID/figures/DIGEST                → the bytes (sandboxed, never sniffed)
    POST   notebooks/ID/checkpoint   CheckpointRequest → RevisionInfo
    GET    revisions/ID                               → RevisionInfo
    PATCH  revisions/ID         RevisionPatch         → RevisionInfo
    GET    revisions/ID/document?outputs=0|1          → RevisionDocument
    POST   revisions/ID/restore RestoreRequest        → RestoreReply, also where it is open
    GET    revisions/ID/export?to=FORMAT              → the file (`history.export.FORMATS`)
    POST   asks/ID              AskAnswer             → Done
    GET    (revisions|documents)/ID/cells/CELL        → CellDocument
    GET    (revisions|documents)/ID/metadata          → MetadataDocument
    GET    diff?old=ID|live&new=ID|live&document_id=D → NotebookDiff
    POST   snapshots            SnapshotRequest       → SnapshotReply; 409 asks for a full one
    POST   documents/ID/close                         → Done

Every answer that is not 2xx has the body ErrorBody. Live events come over Jupyter's own event
stream (``/api/events/subscribe``) under `EVENT_SCHEMA_ID`, with the data ChangeEvent; under
`ASK_SCHEMA_ID`, with the data Ask, the page that holds the document is asked to act.
"""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any, Literal

import msgspec

from nbtrack.entities import (
    ChangeKind,
    Direction,
    EndReason,
    ExecutionStatus,
    Lifecycle,
    RevisionReason,
    RunStatus,
)

EVENT_SCHEMA_ID = "https://events.nbtrack.dev/changes/v1"
ASK_SCHEMA_ID = "https://events.nbtrack.dev/asks/v1"
RUN_MIME = "application/vnd.nbtrack.run+json"
RUNS_MIME = "application/vnd.nbtrack.runs+json"
REVISIONS_MIME = "application/vnd.nbtrack.revisions+json"

Number = float | Literal["NaN", "Infinity", "-Infinity"]


def number(value: float) -> Number:
    """A metric's value as JSON can say it."""
    if math.isfinite(value):
        return value
    if math.isnan(value):
        return "NaN"
    return "Infinity" if value > 0 else "-Infinity"


class ErrorInfo(msgspec.Struct, frozen=True, kw_only=True):
    """What went wrong, and what would be right. ``code`` is for programs."""

    code: Literal[
        "bad_request", "not_found", "conflict", "forbidden", "too_large", "store", "internal"
    ]
    message: str


class ErrorBody(msgspec.Struct, frozen=True, kw_only=True):
    """The one shape of every error."""

    error: ErrorInfo


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """It was done, to so many things."""

    count: int


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """The server's half, for the settings page and ``nbtrack doctor``."""

    version: str
    store: str
    capture_history: bool
    user: str


class OriginInfo(msgspec.Struct, frozen=True, kw_only=True):
    """Where a value came from; see ``entities.Origin`` for the rules."""

    rule: str
    cell_id: str | None = None
    line: int | None = None
    is_default: bool | None = None


class ParamInfo(msgspec.Struct, frozen=True, kw_only=True):
    key: str
    value: str
    origin: OriginInfo | None = None


class MetricInfo(msgspec.Struct, frozen=True, kw_only=True):
    """The indexed facts of one metric. More than one point means it has a curve."""

    key: str
    last: Number
    min: Number
    max: Number
    first: Number
    count: int
    last_step: int
    direction: Literal["max", "min"] | None = None
    """Which way is better, where the metric's name tells."""
    origin: OriginInfo | None = None


class RunSummary(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the run table."""

    run_id: str
    run_name: str
    experiment_id: str
    experiment_name: str
    status: RunStatus
    end_reason: EndReason | None
    lifecycle_stage: Lifecycle
    started_at: datetime
    ended_at: datetime | None
    duration_s: float | None
    user_id: str
    source_name: str
    cell_id: str | None
    msg_id: str | None
    notebook_id: str | None
    notebook_path: str | None
    """The notebook's present path as the contents API names it; None if outside the root."""
    revision_id: str | None
    revision_number: int | None
    parent_run_id: str | None
    error_name: str | None
    error_message: str | None
    capture_incomplete: str | None
    flags: list[str]
    """Kinds of `FlagInfo`: what to know before trusting the run's code."""
    params: list[ParamInfo]
    metrics: list[MetricInfo]
    tags: dict[str, str]


class RunPage(msgspec.Struct, frozen=True, kw_only=True):
    runs: list[RunSummary]
    total: int
    next_page_token: str | None


class TextMatchInfo(msgspec.Struct, frozen=True, kw_only=True):
    """Code that ran, or a run's note, that holds what was looked for."""

    kind: Literal["code", "note"]
    snippet: str
    """The line that shows it best."""
    line: int
    """Its number, from 1."""
    found_at: datetime
    """When the code ran last; when the run of the note began."""
    msg_id: str | None
    cell_id: str | None
    notebook_id: str | None
    notebook_path: str | None
    run_ids: list[str]
    """Active runs of the code, newest first; the run of the note."""


class TextMatchPage(msgspec.Struct, frozen=True, kw_only=True):
    matches: list[TextMatchInfo]
    next_page_token: str | None


class HistoryMatchInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A cell that at some time held what was looked for, in its text or in what it showed."""

    notebook_id: str
    notebook_path: str | None
    cell_id: str
    part: Literal["source", "output"]
    role: str
    """The cell's type, or ``output`` or ``error``."""
    snippet: str
    marks: list[list[int]]
    """Where in the snippet the words are, as starts and ends in Unicode code points."""
    line: int
    version_count: int
    """So many different texts of this cell match."""
    first_number: int
    last_number: int
    found_number: int
    """The revision with which the newest version came that matches."""
    found_id: str
    found_at: datetime
    is_present: bool
    """It still stands in the newest revision."""


class HistoryMatchPage(msgspec.Struct, frozen=True, kw_only=True):
    matches: list[HistoryMatchInfo]
    next_page_token: str | None


class FigureInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A picture that a notebook showed, and the revision it came with the last time."""

    digest: str
    cell_id: str
    number: int
    revision_id: str
    shown_at: datetime


class FigurePage(msgspec.Struct, frozen=True, kw_only=True):
    figures: list[FigureInfo]
    next_page_token: str | None


class ArtifactInfo(msgspec.Struct, frozen=True, kw_only=True):
    path: str
    size_bytes: int
    media_type: str
    digest: str
    created_at: datetime
    origin: OriginInfo | None = None


class ExecutionInfo(msgspec.Struct, frozen=True, kw_only=True):
    """One cell execution. ``source`` is the code exactly as it ran."""

    msg_id: str
    cell_id: str | None
    execution_count: int | None
    status: ExecutionStatus
    source: str
    started_at: datetime
    duration_s: float | None
    error_name: str | None
    names_read: list[str]
    names_written: list[str]


class PackageInfo(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    version: str


class GitInfo(msgspec.Struct, frozen=True, kw_only=True):
    """``remote`` is its URL, without credentials. What is dirty is in `git-diff.patch`."""

    commit: str
    branch: str | None
    dirty: bool
    remote: str | None = None


class EnvironmentInfo(msgspec.Struct, frozen=True, kw_only=True):
    """Python, packages, platform and git state of a run; also the stored document."""

    python: str
    implementation: str
    platform: str
    executable: str
    cpu_count: int | None
    packages: list[PackageInfo]
    git: GitInfo | None = None


class ColumnProfile(msgspec.Struct, frozen=True, kw_only=True):
    """A light profile of one column of a table; over ``profiled_rows`` of the dataset."""

    name: str
    dtype: str
    null_count: int | None = None
    distinct_count: int | None = None
    min: str | None = None
    max: str | None = None
    mean: Number | None = None
    std: Number | None = None


class DatasetDocument(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a dataset's content; also the stored document."""

    kind: str
    """``table``, ``array``, ``query``, ``file`` or ``folder``."""
    row_count: int | None = None
    profiled_rows: int | None = None
    shape: list[int] | None = None
    columns: list[ColumnProfile] = []
    query: str | None = None
    tags: dict[str, str] = {}
    """As given to ``log_input``."""


class RunLink(msgspec.Struct, frozen=True, kw_only=True):
    """Another run, to go to."""

    run_id: str
    run_name: str


class DatasetInfo(msgspec.Struct, frozen=True, kw_only=True):
    """Data that a run read or wrote. ``written_by`` and ``read_by`` are other runs, by digest."""

    direction: Direction
    name: str
    source_type: str
    source: str
    digest: str | None
    size_bytes: int | None
    modified_at: datetime | None
    context: str
    note: str
    origin: OriginInfo | None = None
    document: DatasetDocument | None = None
    written_by: list[RunLink] = []
    read_by: list[RunLink] = []


class CapturedInfo(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was captured: what, under which key, by which rule, from where."""

    what: Literal["param", "metric", "input", "output", "artifact"]
    key: str
    rule: str
    cell_id: str | None = None
    line: int | None = None
    detail: str = ""


class LeftOutInfo(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that could have been captured and was not, and why."""

    what: Literal["param", "metric", "input", "output", "artifact"]
    key: str
    why: str
    line: int | None = None


class FlagInfo(msgspec.Struct, frozen=True, kw_only=True):
    """What to know before trusting that the notebook, as it stands, makes this run again.

    ``kind``: ``edited`` (uses a value from a cell that was edited since it ran), ``deleted``
    (from a cell that is gone), ``out_of_order`` (from a cell below, or from one that ran later
    than a cell it depends on was changed), ``unrecorded`` (from before the kernel's recorded
    history, or from where nbtrack cannot see), ``masked`` (a secret was masked).
    """

    kind: str
    text: str
    names: list[str] = []
    cell_id: str | None = None
    msg_id: str | None = None


class CaptureReport(msgspec.Struct, frozen=True, kw_only=True):
    """Why a run holds what it holds; also the stored document, shown by ``%track explain``.

    ``slice`` holds the ``msg_id`` of the executions that the run depends on, in order, its own
    last.
    """

    captured: list[CapturedInfo] = []
    left_out: list[LeftOutInfo] = []
    slice: list[str] = []
    flags: list[FlagInfo] = []
    imported: list[PackageInfo] = []
    """Packages that the kernel had really imported."""
    local_modules: dict[str, str] = {}
    """Local modules that were imported: path to the digest of the source in the blob store."""


class RunDetail(msgspec.Struct, frozen=True, kw_only=True):
    """A run's page."""

    run: RunSummary
    artifacts: list[ArtifactInfo]
    execution: ExecutionInfo | None
    """The execution that made the run."""
    earlier: list[ExecutionInfo]
    """Executions of the same session that bound what it read, in order."""
    environment: EnvironmentInfo | None
    children: list[RunSummary]
    datasets: list[DatasetInfo]
    report: CaptureReport | None
    """Null for a run that no cell's capture made."""


class RunPatch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Absent members stay as they are; a tag set to null is removed."""

    run_name: str | None = None
    tags: dict[str, str | None] = {}


class RunIds(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    run_ids: list[str]


class SeriesInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A curve. ``total`` points were logged; these were kept for drawing (extremes are kept)."""

    run_id: str
    key: str
    total: int
    steps: list[int]
    timestamps_ms: list[int]
    values: list[Number]


class SeriesList(msgspec.Struct, frozen=True, kw_only=True):
    series: list[SeriesInfo]


class ComparedRow(msgspec.Struct, frozen=True, kw_only=True):
    """One param, metric, tag or the like over the runs, in the runs' order; null is absent.

    ``data`` and ``module`` (a local module that was imported) have digests as their values.
    """

    kind: Literal["param", "metric", "tag", "attribute", "data", "module", "package", "environment"]
    key: str
    values: list[Number | str | None]
    differs: bool
    best: int | None = None
    """For a metric: index of the best run, where a direction is known and values differ."""
    direction: Literal["max", "min"] | None = None


class ComparedCode(msgspec.Struct, frozen=True, kw_only=True):
    """One cell that ran differently for the runs, or not for all of them.

    ``versions`` are its distinct texts; ``choices`` says for each run which one it ran, null
    for none. ``cell_id`` is null for the cells that are the runs' own, which are one here.
    """

    cell_id: str | None
    versions: list[str]
    choices: list[int | None]


class Cause(msgspec.Struct, frozen=True, kw_only=True):
    """Something that may be why the runs' metrics differ."""

    kind: Literal["code", "param", "data", "package", "environment", "unknown", "none"]
    """``unknown``: something was not recorded; ``none``: nothing that was recorded differs."""
    text: str


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """Differences first, then by kind and key; the code in the order it ran.

    ``causes`` says in short why metrics may differ, the likeliest first.
    """

    runs: list[RunSummary]
    rows: list[ComparedRow]
    code: list[ComparedCode]
    causes: list[Cause] = []


class ExperimentInfo(msgspec.Struct, frozen=True, kw_only=True):
    experiment_id: str
    name: str
    notebook_id: str | None


class ExperimentList(msgspec.Struct, frozen=True, kw_only=True):
    experiments: list[ExperimentInfo]


class NotebookInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A notebook as the contents API names it; ``notebook_id`` null: nothing recorded yet."""

    notebook_id: str | None
    path: str
    revision_count: int
    run_count: int
    latest_revision_id: str | None
    copied_from: str | None


class HistoryCostInfo(msgspec.Struct, frozen=True, kw_only=True):
    """What a notebook's history takes in the store; a limit of 0 is none."""

    revisions: int
    list_bytes: int
    content_bytes: int
    size_bytes: int
    limit_bytes: int
    recorded: bool


class HistorySwitch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether the history of a notebook or folder is recorded; null takes the switch back."""

    path: str
    recorded: bool | None


class CellChangeInfo(msgspec.Struct, frozen=True, kw_only=True):
    cell_id: str
    kind: ChangeKind
    preview: str


class RunMark(msgspec.Struct, frozen=True, kw_only=True):
    """A run on the history, with its key metric (see `ranking.key_metric`)."""

    run_id: str
    run_name: str
    status: RunStatus
    end_reason: EndReason | None
    metric: MetricInfo | None


class RevisionInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the history."""

    revision_id: str
    notebook_id: str
    number: int
    parent_id: str | None
    created_at: datetime
    reason: RevisionReason
    author: str
    label: str | None
    cell_id: str | None
    restored_from: str | None
    restored_from_number: int | None
    cell_count: int
    changes: list[CellChangeInfo]
    runs: list[RunMark]
    error_name: str | None
    """Of a cell that was run from it and failed."""
    origin: str = ""
    """From where: ``lab``, ``notebook``, ``vscode``, ``colab``, ``headless``, ``ipython``, ``api``,
    ``cli`` or ``outside``; empty where it was not noted."""
    git_commit: str | None = None
    """The commit that was checked out; ``git_clean`` says whether the file was as in it."""
    git_clean: bool | None = None
    committed_as: str | None = None
    """The latest commit that holds this very revision; only where it was asked for."""


class RevisionPage(msgspec.Struct, frozen=True, kw_only=True):
    revisions: list[RevisionInfo]
    next_page_token: str | None


class Timeline(msgspec.Struct, frozen=True, kw_only=True):
    """All revisions that were asked for, newest first, by number and instant alone.

    Sessions are work without a pause of half an hour or more. ``total`` counts all revisions
    of the notebook.
    """

    total: int
    numbers: list[int]
    created_ms: list[int]
    session_starts: list[int]
    """Indices of the newest revision of each session."""
    authors: list[str]
    """Everybody who made revisions, those with the most first."""


class RevisionPatch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A label of null or blank takes the name away."""

    label: str | None


class CheckpointRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Name the present state: as it is where the notebook is open, else as its file is.

    Without ``document_id`` the page that has the notebook open is asked.
    """

    label: str
    document_id: str | None = None


class RevisionDocument(msgspec.Struct, frozen=True, kw_only=True):
    """The whole notebook at a revision, as nbformat JSON.

    ``masked`` holds the ids of cells in which a secret was masked when they were recorded
    (``***masked***`` stands in its place): such a text is never written over the secret itself.
    """

    revision_id: str
    notebook: dict[str, Any]
    masked: list[str] = []


class CellDocument(msgspec.Struct, frozen=True, kw_only=True):
    """One cell as nbformat JSON, outputs and metadata included."""

    cell: dict[str, Any]


class MetadataDocument(msgspec.Struct, frozen=True, kw_only=True):
    """A notebook's metadata."""

    metadata: dict[str, Any]


class CellFrame(msgspec.Struct, frozen=True, kw_only=True):
    """One text of a cell and what it showed; ``revision`` holds both.

    ``runs`` are the cell's own, oldest first. Outputs are asked for by cell when somebody looks
    at them.
    """

    revision: RevisionInfo
    is_deleted: bool
    """The revision took the cell out of the notebook."""
    cell_type: str
    source: str
    output_count: int
    runs: list[RunMark]


class Filmstrip(msgspec.Struct, frozen=True, kw_only=True):
    """The history of one cell, newest first."""

    cell_id: str
    frames: list[CellFrame]
    next_before: int | None
    """Ask for the next ones with ``before`` this number; null where there are no more."""


class CellDiff(msgspec.Struct, frozen=True, kw_only=True):
    """One cell on both sides; null on a side where it is not there.

    ``cell_id`` is the new side's, or the old one's of a removed cell; ``old_cell_id`` is another
    where cells were matched by their text. Indices count cells from 0. ``moved`` is independent
    of an edit. Outputs and metadata are asked for by cell when somebody looks at them.
    """

    cell_id: str
    old_cell_id: str | None
    cell_type: str
    status: Literal["added", "removed", "edited", "unchanged"]
    moved: bool
    old_index: int | None
    new_index: int | None
    old_source: str | None
    """Null also where it is the new one."""
    new_source: str | None
    outputs_differ: bool
    metadata_differs: bool
    old_output_count: int
    new_output_count: int


class NotebookDiff(msgspec.Struct, frozen=True, kw_only=True):
    """In the new side's order, removed cells where they were."""

    old: RevisionInfo | None
    """Null when this side is the live document."""
    new: RevisionInfo | None
    cells: list[CellDiff]
    metadata_differs: bool
    added: int
    removed: int
    edited: int
    moved: int


class RestoreRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Bring the revision back, or one cell of it; with the stored outputs where asked."""

    cell_id: str | None = None
    outputs: bool = False


class RestoreReply(msgspec.Struct, frozen=True, kw_only=True):
    """``revision`` holds the restored state; null: the notebook was as it was then already.

    ``masked`` names cells that came back with masked places in their text.
    """

    revision: RevisionInfo | None
    masked: list[str]


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """What the page that holds a document is asked to do."""

    ask_id: str
    document_id: str
    command: Literal["restore", "checkpoint"]
    revision_id: str | None = None
    cell_id: str | None = None
    outputs: bool = False
    label: str | None = None


class AskAnswer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What came of it: the revision that was made, or why nothing was done."""

    error: str | None = None
    revision_id: str | None = None
    masked: list[str] = []


class SnapshotRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The live document, whole or as what changed since an earlier sequence number.

    ``document_id`` names one opened document in one browser; ``sequence`` counts its requests
    from 1. With ``notebook`` the whole document is given (nbformat JSON). Otherwise ``base`` is
    the last acknowledged sequence, ``order`` all cell ids, and ``cells`` the changed cells; a
    server that does not hold that base answers 409 and is sent the whole.
    ``reason`` ``sync`` only updates the server's mirror. ``execute`` needs ``msg_id``.
    ``before_restore`` and ``restore`` always make a revision known (a new one when anything
    differs); ``restore`` needs ``restored_from``.
    """

    document_id: str
    sequence: int
    path: str
    reason: Literal["open", "sync", "execute", "save", "before_restore", "restore", "checkpoint"]
    kernel_id: str | None = None
    msg_id: str | None = None
    cell_id: str | None = None
    restored_from: str | None = None
    label: str | None = None
    notebook: dict[str, Any] | None = None
    base: int | None = None
    order: list[str] | None = None
    cells: list[dict[str, Any]] = []
    metadata: dict[str, Any] | None = None


class SnapshotReply(msgspec.Struct, frozen=True, kw_only=True):
    """The server holds this sequence; ``revision`` is the notebook's state in the history."""

    sequence: int
    notebook_id: str | None
    revision: RevisionInfo | None
    created: bool


class ChangeEvent(msgspec.Struct, frozen=True, kw_only=True):
    """Something in the store changed; views that show it should ask again."""

    run_ids: list[str]
    notebook_ids: list[str]


class MetricCard(msgspec.Struct, frozen=True, kw_only=True):
    """One metric on a run's card. Changes are this run minus the other; null where there is none.

    ``points`` holds at most 200 (step, value) pairs of the curve.
    """

    key: str
    last: Number
    count: int
    direction: Literal["max", "min"] | None = None
    change_previous: Number | None = None
    change_best: Number | None = None
    is_best: bool = False
    steps: list[int] = []
    values: list[Number] = []


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """How far the outermost loop is. ``total`` null: length unknown."""

    done: int
    total: int | None
    eta_s: float | None
    label: str


class RunCard(msgspec.Struct, frozen=True, kw_only=True):
    """The MIME bundle's `RUN_MIME` part: everything the card shows, also without a server."""

    run_id: str
    run_name: str
    experiment_name: str
    status: RunStatus
    end_reason: EndReason | None
    started_at: datetime
    duration_s: float
    error_name: str | None
    cell_id: str | None
    msg_id: str | None
    notebook_id: str | None
    revision_id: str | None
    revision_number: int | None
    previous_run_name: str | None
    params: list[ParamInfo]
    metrics: list[MetricCard]
    artifact_count: int
    progress: Progress | None = None
    notes: list[str] = []
    """What the reader should know: something capped, capture incomplete, unsaved store."""


class RunTable(msgspec.Struct, frozen=True, kw_only=True):
    """The MIME bundle's `RUNS_MIME` part (``%runs``)."""

    title: str
    runs: list[RunSummary]
    total: int


class RevisionTable(msgspec.Struct, frozen=True, kw_only=True):
    """The MIME bundle's `REVISIONS_MIME` part (``%revisions``)."""

    title: str
    notebook_path: str
    revisions: list[RevisionInfo]
