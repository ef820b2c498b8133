"""Which endpoint answers where: the list in `nbtrack.wire`, as URL patterns."""

from __future__ import annotations

from nbtrack.server.artifact_handlers import RunArtifact
from nbtrack.server.base import ApiHandler, NoSuchEndpoint
from nbtrack.server.diff_handlers import Diff, StateCell, StateMetadata
from nbtrack.server.figure_handlers import NotebookFigures, OneFigure
from nbtrack.server.history_handlers import NotebookCost, Switch
from nbtrack.server.notebook_handlers import (
    CellFilmstrip,
    CloseDocument,
    NotebookCheckpoint,
    NotebookRevisions,
    NotebookTimeline,
    OneNotebook,
    OneRevision,
    RevisionNotebook,
    SnapshotOfDocument,
)
from nbtrack.server.restore_handlers import Answers, RevisionExport, RevisionRestore
from nbtrack.server.run_handlers import Compare, OneRun, RunLifecycle, Runs, RunSeries
from nbtrack.server.search_handlers import HistorySearch, Search
from nbtrack.server.status_handlers import Experiments, ServerStatus

PREFIX = r"/nbtrack/api/"
_ID = r"([0-9a-f]{4,64})"
_STATE = r"(revisions|documents)/([^/]{1,200})"

ROUTES: list[tuple[str, type[ApiHandler]]] = [
    (PREFIX + r"status", ServerStatus),
    (PREFIX + r"experiments", Experiments),
    (PREFIX + r"search", Search),
    (PREFIX + r"history/search", HistorySearch),
    (PREFIX + r"compare", Compare),
    (PREFIX + r"runs", Runs),
    (PREFIX + r"runs/(delete|undelete)", RunLifecycle),
    (PREFIX + rf"runs/{_ID}", OneRun),
    (PREFIX + rf"runs/{_ID}/series", RunSeries),
    (PREFIX + rf"runs/{_ID}/artifacts/(.+)", RunArtifact),
    (PREFIX + r"notebooks", OneNotebook),
    (PREFIX + rf"notebooks/{_ID}/revisions", NotebookRevisions),
    (PREFIX + rf"notebooks/{_ID}/timeline", NotebookTimeline),
    (PREFIX + rf"notebooks/{_ID}/cells/(.{{1,200}})", CellFilmstrip),
    (PREFIX + rf"notebooks/{_ID}/cost", NotebookCost),
    (PREFIX + r"history/switch", Switch),
    (PREFIX + rf"notebooks/{_ID}/figures", NotebookFigures),
    (PREFIX + rf"notebooks/{_ID}/figures/{_ID}", OneFigure),
    (PREFIX + rf"notebooks/{_ID}/checkpoint", NotebookCheckpoint),
    (PREFIX + rf"revisions/{_ID}", OneRevision),
    (PREFIX + rf"revisions/{_ID}/document", RevisionNotebook),
    (PREFIX + rf"revisions/{_ID}/restore", RevisionRestore),
    (PREFIX + rf"revisions/{_ID}/export", RevisionExport),
    (PREFIX + rf"asks/{_ID}", Answers),
    (PREFIX + rf"{_STATE}/cells/(.{{1,200}})", StateCell),
    (PREFIX + rf"{_STATE}/metadata", StateMetadata),
    (PREFIX + r"diff", Diff),
    (PREFIX + r"snapshots", SnapshotOfDocument),
    (PREFIX + r"documents/([^/]{1,200})/close", CloseDocument),
    (PREFIX + r".*", NoSuchEndpoint),
]
