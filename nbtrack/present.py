"""Nouns as the wire says them: the one place that turns entities into `nbtrack.wire` structs.

The server's JSON API, the command line's ``--json`` and the inline tables all show these
shapes. What depends on who asks (how a notebook's path is written) is an argument.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

import msgspec

from nbtrack.entities import (
    Artifact,
    Direction,
    Execution,
    Experiment,
    HistoryMatch,
    MetricSummary,
    Origin,
    Revision,
    Run,
    ShownFigure,
    TextMatch,
)
from nbtrack.errors import NotFoundError
from nbtrack.ranking import key_metric, metric_direction
from nbtrack.wire import (
    ArtifactInfo,
    CaptureReport,
    CellChangeInfo,
    CellDiff,
    CellFrame,
    DatasetDocument,
    DatasetInfo,
    EnvironmentInfo,
    ExecutionInfo,
    ExperimentInfo,
    FigureInfo,
    Filmstrip,
    FlagInfo,
    HistoryMatchInfo,
    MetricInfo,
    NotebookDiff,
    OriginInfo,
    ParamInfo,
    RevisionInfo,
    RunDetail,
    RunLink,
    RunMark,
    RunSummary,
    TextMatchInfo,
    number,
)

MAX_CHILDREN = 500

if TYPE_CHECKING:
    from nbtrack.history.diff import CellDelta, ManifestDiff
    from nbtrack.history.filmstrip import Strip
    from nbtrack.store.base import Store


def run_summaries(
    store: Store, runs: Sequence[Run], *, path: Callable[[str], str | None] = str
) -> list[RunSummary]:
    """Rows of a run table.

    Args:
        store: where the notebooks of the runs are.
        runs: which runs.
        path: how a notebook's stored path is written for who asks; None hides it.
    """
    paths = _notebook_paths(store, (run.notebook_id for run in runs), path)
    return [run_summary(run, paths[run.notebook_id]) for run in runs]


def text_matches(
    store: Store, matches: Sequence[TextMatch], *, path: Callable[[str], str | None] = str
) -> list[TextMatchInfo]:
    """What a full-text search found; see `run_summaries` for the arguments."""
    paths = _notebook_paths(store, (match.notebook_id for match in matches), path)
    return [
        TextMatchInfo(
            kind=match.kind,
            snippet=match.snippet,
            line=match.line,
            found_at=match.found_at,
            msg_id=match.msg_id,
            cell_id=match.cell_id,
            notebook_id=match.notebook_id,
            notebook_path=paths[match.notebook_id],
            run_ids=list(match.run_ids),
        )
        for match in matches
    ]


def history_matches(
    store: Store, matches: Sequence[HistoryMatch], *, path: Callable[[str], str | None] = str
) -> list[HistoryMatchInfo]:
    """Where in histories something was found; see `run_summaries` for the arguments."""
    paths = _notebook_paths(store, (match.notebook_id for match in matches), path)
    return [
        HistoryMatchInfo(
            notebook_id=match.notebook_id,
            notebook_path=paths[match.notebook_id],
            cell_id=match.cell_id,
            part=match.part,
            role=match.role,
            snippet=match.snippet,
            marks=[list(mark) for mark in match.marks],
            line=match.line,
            version_count=match.version_count,
            first_number=match.first_number,
            last_number=match.last_number,
            found_number=match.found_number,
            found_id=match.found_id,
            found_at=match.found_at,
            is_present=match.is_present,
        )
        for match in matches
    ]


def figure_info(figure: ShownFigure) -> FigureInfo:
    """A picture that a notebook showed."""
    return FigureInfo(
        digest=figure.digest,
        cell_id=figure.cell_id,
        number=figure.number,
        revision_id=figure.revision_id,
        shown_at=figure.shown_at,
    )


def _notebook_paths(
    store: Store, notebook_ids: Iterable[str | None], path: Callable[[str], str | None]
) -> dict[str | None, str | None]:
    """Where notebooks are now, as it is written for who asks; None for those that are gone."""
    paths: dict[str | None, str | None] = {None: None}
    for notebook_id in notebook_ids:
        if notebook_id is not None and notebook_id not in paths:
            notebook = store.get_notebook(notebook_id)
            paths[notebook_id] = path(notebook.path) if notebook.deleted_at is None else None
    return paths


def run_summary(run: Run, notebook_path: str | None = None) -> RunSummary:
    """A row of a run table; ``notebook_path`` as it is written for who asks."""
    return RunSummary(
        run_id=run.run_id,
        run_name=run.run_name,
        experiment_id=run.experiment_id,
        experiment_name=run.experiment_name,
        status=run.status,
        end_reason=run.end_reason,
        lifecycle_stage=run.lifecycle_stage,
        started_at=run.started_at,
        ended_at=run.ended_at,
        duration_s=run.duration_s,
        user_id=run.user_id,
        source_name=run.source_name,
        cell_id=run.cell_id,
        msg_id=run.msg_id,
        notebook_id=run.notebook_id,
        notebook_path=notebook_path,
        revision_id=run.revision_id,
        revision_number=run.revision_number,
        parent_run_id=run.parent_run_id,
        error_name=run.error_name,
        error_message=run.error_message,
        capture_incomplete=run.capture_incomplete,
        flags=list(run.flags),
        params=[
            ParamInfo(key=param.key, value=param.value, origin=origin_info(param.origin))
            for param in run.params.values()
        ],
        metrics=[metric_info(metric) for metric in run.metrics.values()],
        tags=dict(run.tags),
    )


def origin_info(origin: Origin | None) -> OriginInfo | None:
    """Where a value came from."""
    if origin is None:
        return None
    return OriginInfo(
        rule=origin.rule, cell_id=origin.cell_id, line=origin.line, is_default=origin.is_default
    )


def metric_info(metric: MetricSummary) -> MetricInfo:
    """The indexed facts of one metric."""
    return MetricInfo(
        key=metric.key,
        last=number(metric.last),
        min=number(metric.min),
        max=number(metric.max),
        first=number(metric.first),
        count=metric.count,
        last_step=metric.last_step,
        direction=metric_direction(metric.key),
        origin=origin_info(metric.origin),
    )


def artifact_info(artifact: Artifact) -> ArtifactInfo:
    """A file of a run."""
    return ArtifactInfo(
        path=artifact.path,
        size_bytes=artifact.size_bytes,
        media_type=artifact.media_type,
        digest=artifact.digest,
        created_at=artifact.created_at,
        origin=origin_info(artifact.origin),
    )


def dataset_infos(store: Store, run_id: str) -> list[DatasetInfo]:
    """What a run read and wrote, each with the other runs that know the same content."""
    datasets = store.list_datasets(run_id)
    users = store.dataset_users(data.digest for data in datasets if data.digest is not None)
    documents = store.get_blobs(
        data.document_digest for data in datasets if data.document_digest is not None
    )
    known = {other.run_id for found in users.values() for other in found} - {run_id}
    links = {
        run.run_id: RunLink(run_id=run.run_id, run_name=run.run_name)
        for run in store.get_runs(sorted(known))
    }
    infos = []
    for data in datasets:
        others: dict[Direction, list[str]] = {Direction.INPUT: [], Direction.OUTPUT: []}
        for other in users.get(data.digest or "", ()):
            if other.run_id != run_id and other.run_id not in others[other.direction]:
                others[other.direction].append(other.run_id)
        document = documents.get(data.document_digest or "")
        infos.append(
            DatasetInfo(
                direction=data.direction,
                name=data.name,
                source_type=data.source_type,
                source=data.source,
                digest=data.digest,
                size_bytes=data.size_bytes,
                modified_at=data.modified_at,
                context=data.context,
                note=data.note,
                origin=origin_info(data.origin),
                document=(
                    None
                    if document is None
                    else msgspec.json.decode(document, type=DatasetDocument)
                ),
                written_by=[links[other] for other in others[Direction.OUTPUT]],
                read_by=[links[other] for other in others[Direction.INPUT]],
            )
        )
    return infos


def capture_report(store: Store, run: Run) -> CaptureReport | None:
    """What explains a run's capture; None for a run that no cell's capture made."""
    if run.report_digest is None:
        return None
    document = store.get_blobs([run.report_digest])[run.report_digest]
    return msgspec.json.decode(document, type=CaptureReport)


def run_detail(store: Store, run: Run, *, path: Callable[[str], str | None] = str) -> RunDetail:
    """Everything a run's page shows.

    Args:
        store: where it is.
        run: whose.
        path: how a notebook's stored path is written for who asks; None hides it.
    """
    from nbtrack.history.earlier import earlier_of
    from nbtrack.history.standing import flags_of
    from nbtrack.store.base import RunQuery

    report = capture_report(store, run)
    execution = run_execution(store, run)
    earlier: Sequence[Execution] = ()
    if execution is not None:
        earlier = earlier_of(store, execution, report.slice if report is not None else ())
        if report is not None:
            report = _with_flags(report, flags_of(store, run, [*earlier, execution]))
    children = store.search_runs(
        RunQuery(
            parent_run_id=run.run_id, order_by=("attributes.start_time ASC",), limit=MAX_CHILDREN
        )
    )
    return RunDetail(
        run=run_summaries(store, [run], path=path)[0],
        artifacts=[artifact_info(artifact) for artifact in store.list_artifacts(run.run_id)],
        execution=None if execution is None else execution_info(execution),
        earlier=[execution_info(each) for each in earlier],
        environment=environment_info(store, run.environment_digest),
        children=run_summaries(store, children.items, path=path),
        datasets=dataset_infos(store, run.run_id),
        report=report,
    )


def run_execution(store: Store, run: Run) -> Execution | None:
    """The execution that made a run; None where it is not known.

    A run can be known before its execution is, and without it where that is switched off.
    """
    if run.msg_id is None:
        return None
    try:
        return store.get_execution(run.msg_id)
    except NotFoundError:
        return None


def environment_info(store: Store, digest: str | None) -> EnvironmentInfo | None:
    """The stored environment document."""
    if digest is None:
        return None
    return msgspec.json.decode(store.get_blobs([digest])[digest], type=EnvironmentInfo)


def _with_flags(report: CaptureReport, now: Sequence[FlagInfo]) -> CaptureReport:
    """A report with what became of the notebook since; what it says already is not said twice."""
    said = {(flag.kind, flag.cell_id) for flag in report.flags}
    fresh = [flag for flag in now if (flag.kind, flag.cell_id) not in said]
    return msgspec.structs.replace(report, flags=[*report.flags, *fresh])


def execution_info(execution: Execution) -> ExecutionInfo:
    """One cell execution."""
    return ExecutionInfo(
        msg_id=execution.msg_id,
        cell_id=execution.cell_id,
        execution_count=execution.execution_count,
        status=execution.status,
        source=execution.source,
        started_at=execution.started_at,
        duration_s=execution.duration_s,
        error_name=execution.error_name,
        names_read=list(execution.names_read),
        names_written=list(execution.names_written),
    )


def experiment_info(experiment: Experiment) -> ExperimentInfo:
    """A group of runs."""
    return ExperimentInfo(
        experiment_id=experiment.experiment_id,
        name=experiment.name,
        notebook_id=experiment.notebook_id,
    )


def run_mark(run: Run) -> RunMark:
    """A run on the history, with its key metric."""
    key = key_metric(
        (metric.key, metric.origin is not None and metric.origin.rule == "explicit")
        for metric in run.metrics.values()
    )
    return RunMark(
        run_id=run.run_id,
        run_name=run.run_name,
        status=run.status,
        end_reason=run.end_reason,
        metric=metric_info(run.metrics[key]) if key is not None else None,
    )


def revision_infos(
    store: Store, revisions: Sequence[Revision], committed: Mapping[str, str] = MappingProxyType({})
) -> list[RevisionInfo]:
    """Lines of a history, each with the runs that ran from it.

    Args:
        store: where they are.
        revisions: which.
        committed: by revision id the commit that holds it (`nbtrack.history.commits`).
    """
    revision_ids = [revision.revision_id for revision in revisions]
    runs, errors = store.revision_runs(revision_ids), store.revision_errors(revision_ids)
    numbers = {revision.revision_id: revision.number for revision in revisions}
    for revision in revisions:
        source = revision.restored_from
        if source is not None and source not in numbers:
            numbers[source] = store.get_revision(source).number
    return [_revision_info(revision, numbers, runs, errors, committed) for revision in revisions]


def revision_info(store: Store, revision: Revision) -> RevisionInfo:
    """One line of a history."""
    return revision_infos(store, [revision])[0]


def _revision_info(
    revision: Revision,
    numbers: Mapping[str, int],
    runs: Mapping[str, Sequence[Run]],
    errors: Mapping[str, str],
    committed: Mapping[str, str],
) -> RevisionInfo:
    source = revision.restored_from
    return RevisionInfo(
        revision_id=revision.revision_id,
        notebook_id=revision.notebook_id,
        number=revision.number,
        parent_id=revision.parent_id,
        created_at=revision.created_at,
        reason=revision.reason,
        author=revision.author,
        label=revision.label,
        cell_id=revision.cell_id,
        restored_from=source,
        restored_from_number=numbers[source] if source is not None else None,
        cell_count=revision.cell_count,
        changes=[
            CellChangeInfo(cell_id=change.cell_id, kind=change.kind, preview=change.preview)
            for change in revision.changes
        ],
        runs=[run_mark(run) for run in runs.get(revision.revision_id, ())],
        error_name=errors.get(revision.revision_id),
        origin=revision.origin,
        git_commit=revision.git_commit,
        git_clean=revision.git_clean,
        committed_as=committed.get(revision.revision_id),
    )


def filmstrip_info(store: Store, strip: Strip) -> Filmstrip:
    """The history of one cell."""
    infos = revision_infos(store, [frame.revision for frame in strip.frames])
    return Filmstrip(
        cell_id=strip.cell_id,
        frames=[
            CellFrame(
                revision=info,
                is_deleted=frame.version is None,
                cell_type="raw" if frame.version is None else frame.version.cell_type,
                source=frame.source,
                output_count=0 if frame.version is None else len(frame.version.output_digests),
                runs=[run_mark(run) for run in frame.runs],
            )
            for info, frame in zip(infos, strip.frames, strict=True)
        ],
        next_before=strip.next_before,
    )


def notebook_diff(
    found: ManifestDiff, old: RevisionInfo | None, new: RevisionInfo | None
) -> NotebookDiff:
    """A diff with texts; a side is None when it is the document as it stands."""
    from nbtrack.history.diff import CellStatus

    return NotebookDiff(
        old=old,
        new=new,
        cells=[_cell_diff(cell) for cell in found.cells],
        metadata_differs=found.metadata_differs,
        added=found.count(CellStatus.ADDED),
        removed=found.count(CellStatus.REMOVED),
        edited=found.count(CellStatus.EDITED),
        moved=found.moved,
    )


def _cell_diff(delta: CellDelta) -> CellDiff:
    return CellDiff(
        cell_id=delta.cell.cell_id,
        old_cell_id=None if delta.old is None else delta.old.cell_id,
        cell_type=delta.cell.cell_type,
        status=delta.status.value,
        moved=delta.moved,
        old_index=delta.old_index,
        new_index=delta.new_index,
        old_source=None if delta.status == "unchanged" else delta.old_source,
        new_source=delta.new_source,
        outputs_differ=delta.outputs_differ,
        metadata_differs=delta.metadata_differs,
        old_output_count=0 if delta.old is None else len(delta.old.output_digests),
        new_output_count=0 if delta.new is None else len(delta.new.output_digests),
    )
