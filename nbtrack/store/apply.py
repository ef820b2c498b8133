"""Applying a batch of records: read what it touches once, work in memory, write by table."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, delete, literal_column, select, update

from nbtrack.entities import EndReason, ExecutionStatus, Lifecycle, RunStatus
from nbtrack.errors import NotFoundError
from nbtrack.records import (
    ArtifactLogged,
    CaptureIncomplete,
    CaptureReported,
    DatasetLogged,
    EnvironmentCaptured,
    ExecutionEnded,
    ExecutionStarted,
    MetricPoints,
    ParamLogged,
    Record,
    RunEnded,
    RunRenamed,
    RunResumed,
    RunStarted,
    SessionStarted,
    TagSet,
)
from nbtrack.store.blobs import digest_of
from nbtrack.store.blobtable import batches, put_small
from nbtrack.store.dialect import insert_rows, upsert
from nbtrack.store.metrics import append_points, compact_runs
from nbtrack.store.placing import DEFAULT_EXPERIMENT_ID, Placement, change_notebooks
from nbtrack.store.rows import number_of, origin_text, to_us
from nbtrack.store.schema import (
    artifacts,
    executions,
    params,
    run_datasets,
    runs,
    sessions,
    tags,
)
from nbtrack.store.texts import NOTE_TAG, put_notes, put_sources

Row = dict[str, Any]
_RUN_COLUMNS = [column.name for column in runs.columns if column.name != "run_id"]
_UPDATE_RUN = (
    update(runs)
    .where(runs.c.run_id == bindparam("run_id_"))
    .values({name: bindparam(name) for name in _RUN_COLUMNS})
)
_IS_CAPTURED = params.c.origin.not_like(literal_column("'[\"explicit\"%'"))
ASKED_EXPERIMENT_TAG = "nbtrack.experiment_id"
"""Set on a run that asked for an experiment id which does not exist, with that id."""


class Batch:
    """Records on their way into the tables, in one transaction.

    Args:
        connection: in a write transaction.
        change: the number of this write.
    """

    def __init__(self, connection: Connection, change: int) -> None:
        self._connection = connection
        self._change = change
        self._runs: dict[str, Row] = {}
        self._new_runs: set[str] = set()
        self._ended: set[str] = set()
        self._seen_in_history: set[str] = set()
        self._params: dict[tuple[str, str], Row] = {}
        self._explicit_params: dict[tuple[str, str], Row] = {}
        self._tags: dict[tuple[str, str], str | None] = {}
        self._points: dict[tuple[str, str], list[MetricPoints]] = {}
        self._artifacts: dict[tuple[str, str], Row] = {}
        self._datasets: dict[tuple[str, str, str, str], Row] = {}
        self._executions: dict[str, Row] = {}
        self._sessions: dict[str, Row] = {}
        self._sources: dict[str, bytes] = {}
        self._code: set[str] = set()
        self._placement = Placement(connection, change, self._sessions)
        self._handlers: dict[type, Callable[[Any], None]] = {
            SessionStarted: self._session_started,
            ExecutionStarted: self._execution_started,
            ExecutionEnded: self._execution_ended,
            RunStarted: self._run_started,
            RunResumed: self._run_resumed,
            RunEnded: self._run_ended,
            RunRenamed: self._run_renamed,
            ParamLogged: self._param_logged,
            MetricPoints: self._metric_points,
            TagSet: self._tag_set,
            ArtifactLogged: self._artifact_logged,
            EnvironmentCaptured: self._environment_captured,
            CaptureIncomplete: self._capture_incomplete,
            DatasetLogged: self._dataset_logged,
            CaptureReported: self._capture_reported,
        }

    def apply(self, records: Sequence[Record]) -> None:
        """Apply records in order.

        Raises:
            NotFoundError: a record names a run that nothing started.
        """
        self._load(records)
        handlers = self._handlers
        for record in records:
            handlers[type(record)](record)
        self._flush()

    def _load(self, records: Sequence[Record]) -> None:
        """Read every row that the records may change."""
        run_ids: dict[str, None] = {}
        msg_ids: dict[str, None] = {}
        for record in records:
            run_id = getattr(record, "run_id", None)
            if run_id is not None:
                run_ids[run_id] = None
            msg_id = getattr(record, "msg_id", None)
            if msg_id is not None:
                msg_ids[msg_id] = None
        for batch in batches(run_ids):
            for row in self._connection.execute(select(runs).where(runs.c.run_id.in_(batch))):
                self._runs[row.run_id] = dict(row._mapping)
        for batch in batches(msg_ids):
            statement = select(executions).where(executions.c.msg_id.in_(batch))
            for row in self._connection.execute(statement):
                self._executions[row.msg_id] = dict(row._mapping)
        self._placement.load_links(msg_ids)

    def _run(self, run_id: str) -> Row:
        try:
            return self._runs[run_id]
        except KeyError:
            raise NotFoundError("run", run_id, "Its start was never recorded.") from None

    def _session_started(self, record: SessionStarted) -> None:
        session = record.session
        self._sessions[session.session_id] = {
            "session_id": session.session_id,
            "kernel_id": session.kernel_id,
            "started_at": to_us(session.started_at),
            "pid": session.pid,
            "host": session.host,
            "cwd": session.cwd,
            "user_id": session.user_id,
            "notebook_path": session.notebook_path,
            "front_end": session.front_end,
        }
        self._placement.forget_session(session.session_id)

    def _execution_started(self, record: ExecutionStarted) -> None:
        if record.msg_id in self._executions and self._executions[record.msg_id]["session_id"]:
            return
        source = record.source.encode("utf-8", "surrogatepass")
        digest = digest_of(source)
        self._sources[digest] = source
        self._code.add(digest)
        started_at = to_us(record.started_at)
        row = self._new_execution(record.msg_id, record.session_id, digest, started_at)
        ended = self._executions.get(record.msg_id)
        if ended is not None:
            # Its end came first: keep what the end said.
            row |= {
                name: ended[name]
                for name in ("status", "duration_s", "error_name", "error_message")
            } | {name: ended[name] for name in ("names_read", "names_written", "names_changed")}
        row["cell_id"] = record.cell_id
        row["execution_count"] = record.execution_count
        self._executions[record.msg_id] = row

    def _new_execution(self, msg_id: str, session_id: str, digest: str, started_at: int) -> Row:
        notebook_id, revision_id = self._placement.notebook(msg_id, session_id, started_at)
        return {
            "msg_id": msg_id,
            "session_id": session_id,
            "source_digest": digest,
            "started_at": started_at,
            "cell_id": None,
            "execution_count": None,
            "status": ExecutionStatus.RUNNING.value,
            "duration_s": None,
            "error_name": None,
            "error_message": None,
            "names_read": "[]",
            "names_written": "[]",
            "names_changed": "[]",
            "notebook_id": notebook_id,
            "revision_id": revision_id,
        }

    def _execution_ended(self, record: ExecutionEnded) -> None:
        row = self._executions.get(record.msg_id)
        if row is None:
            # Its start was not recorded (capture was switched on meanwhile): keep the end.
            digest = digest_of(b"")
            self._sources[digest] = b""
            started_at = to_us(record.ended_at) - int(record.duration_s * 1_000_000)
            row = self._new_execution(record.msg_id, "", digest, started_at)
            self._executions[record.msg_id] = row
        row["status"] = ExecutionStatus(record.status).value
        row["duration_s"] = record.duration_s
        row["error_name"] = record.error_name
        row["error_message"] = record.error_message
        row["names_read"] = json.dumps(record.names_read)
        row["names_written"] = json.dumps(record.names_written)
        row["names_changed"] = json.dumps(record.names_changed)

    def _run_started(self, record: RunStarted) -> None:
        if record.run_id in self._runs:
            return
        started_at = to_us(record.started_at)
        notebook_id, revision_id = self._placement.notebook(
            record.msg_id, record.session_id, started_at
        )
        experiment_id = self._placement.experiment(record, notebook_id, started_at)
        if experiment_id is None:
            experiment_id = DEFAULT_EXPERIMENT_ID
            self._tags[record.run_id, ASKED_EXPERIMENT_TAG] = record.experiment_id
        self._new_runs.add(record.run_id)
        self._seen_in_history.add(record.run_id)
        self._runs[record.run_id] = {
            "run_id": record.run_id,
            "experiment_id": experiment_id,
            "run_name": record.run_name,
            "status": RunStatus.RUNNING.value,
            "started_at": started_at,
            "ended_at": None,
            "end_reason": None,
            "error_name": None,
            "error_message": None,
            "lifecycle_stage": Lifecycle.ACTIVE.value,
            "user_id": record.user_id,
            "parent_run_id": record.parent_run_id,
            "source_name": record.source_name,
            "session_id": record.session_id,
            "msg_id": record.msg_id,
            "cell_id": record.cell_id,
            "notebook_id": notebook_id,
            "revision_id": revision_id,
            "environment_digest": None,
            "capture_incomplete": None,
            "report_digest": None,
            "flags": "[]",
            "changed_seq": self._change,
        }

    def _run_resumed(self, record: RunResumed) -> None:
        row = self._run(record.run_id)
        row["status"] = RunStatus.RUNNING.value
        row["session_id"] = record.session_id
        for name in ("ended_at", "end_reason", "error_name", "error_message"):
            row[name] = None
        self._ended.discard(record.run_id)
        self._seen_in_history.add(record.run_id)

    def _run_ended(self, record: RunEnded) -> None:
        row = self._run(record.run_id)
        if row["ended_at"] is not None and not _is_better_end(row, record):
            return
        row["status"] = RunStatus(record.status).value
        row["ended_at"] = to_us(record.ended_at)
        row["end_reason"] = EndReason(record.end_reason).value
        row["error_name"] = record.error_name
        row["error_message"] = record.error_message
        self._ended.add(record.run_id)
        self._seen_in_history.add(record.run_id)

    def _run_renamed(self, record: RunRenamed) -> None:
        self._run(record.run_id)["run_name"] = record.run_name
        self._seen_in_history.add(record.run_id)

    def _param_logged(self, record: ParamLogged) -> None:
        self._run(record.run_id)
        place = (record.run_id, record.key)
        row = {
            "run_id": record.run_id,
            "key": record.key,
            "value": record.value,
            "origin": origin_text(record.origin),
            "number": number_of(record.value),
        }
        if record.origin is None or record.origin.rule != "explicit":
            self._params.setdefault(place, row)
        else:
            self._explicit_params.setdefault(place, row)

    def _metric_points(self, record: MetricPoints) -> None:
        self._run(record.run_id)
        self._points.setdefault((record.run_id, record.key), []).append(record)

    def _tag_set(self, record: TagSet) -> None:
        self._run(record.run_id)
        self._tags[record.run_id, record.key] = record.value

    def _artifact_logged(self, record: ArtifactLogged) -> None:
        self._run(record.run_id)
        self._artifacts[record.run_id, record.path] = {
            "run_id": record.run_id,
            "path": record.path,
            "digest": record.digest,
            "size_bytes": record.size_bytes,
            "media_type": record.media_type,
            "created_at": to_us(record.created_at),
            "origin": origin_text(record.origin),
        }

    def _environment_captured(self, record: EnvironmentCaptured) -> None:
        self._run(record.run_id)["environment_digest"] = record.digest

    def _capture_incomplete(self, record: CaptureIncomplete) -> None:
        self._run(record.run_id)["capture_incomplete"] = record.reason

    def _dataset_logged(self, record: DatasetLogged) -> None:
        data = record.dataset
        self._run(data.run_id)
        document = self._document(record.document) if record.document else data.document_digest
        self._datasets[data.run_id, data.direction, data.name, data.source] = {
            "run_id": data.run_id,
            "direction": data.direction.value,
            "name": data.name,
            "source": data.source,
            "source_type": data.source_type,
            "logged_at": to_us(data.logged_at),
            "digest": data.digest,
            "size_bytes": data.size_bytes,
            "modified_at": None if data.modified_at is None else to_us(data.modified_at),
            "context": data.context,
            "document_digest": document,
            "note": data.note,
            "origin": origin_text(data.origin),
        }

    def _capture_reported(self, record: CaptureReported) -> None:
        row = self._run(record.run_id)
        row["report_digest"] = self._document(record.document)
        row["flags"] = json.dumps(record.flags)

    def _document(self, text: str) -> str:
        """The digest of a document that came with a record, kept from now on."""
        data = text.encode("utf-8", "surrogatepass")
        digest = digest_of(data)
        self._sources[digest] = data
        return digest

    def _flush(self) -> None:
        connection = self._connection
        put_small(connection, self._sources)
        put_sources(connection, {digest: self._sources[digest] for digest in self._code})
        upsert(connection, sessions, list(self._sessions.values()))
        upsert(connection, executions, list(self._executions.values()))
        self._flush_runs()
        upsert(connection, params, list(self._params.values()), update=())
        upsert(
            connection,
            params,
            list(self._explicit_params.values()),
            update=("value", "origin", "number"),
            where=_IS_CAPTURED,
        )
        self._flush_tags()
        upsert(connection, artifacts, list(self._artifacts.values()))
        upsert(connection, run_datasets, list(self._datasets.values()))
        append_points(connection, self._points, self._new_runs)
        compact_runs(connection, self._ended)
        self._placement.flush()
        places = {self._runs[run_id]["notebook_id"] for run_id in self._seen_in_history}
        change_notebooks(connection, places - {None}, self._change)

    def _flush_runs(self) -> None:
        new = [row for run_id, row in self._runs.items() if run_id in self._new_runs]
        old = [row for run_id, row in self._runs.items() if run_id not in self._new_runs]
        insert_rows(self._connection, runs, new)
        if old:
            self._connection.execute(
                _UPDATE_RUN,
                [row | {"run_id_": row["run_id"], "changed_seq": self._change} for row in old],
            )

    def _flush_tags(self) -> None:
        notes = {run_id: value for (run_id, key), value in self._tags.items() if key == NOTE_TAG}
        put_notes(self._connection, notes)
        kept = [
            {"run_id": run_id, "key": key, "value": value}
            for (run_id, key), value in self._tags.items()
            if value is not None
        ]
        upsert(self._connection, tags, kept)
        removed = [
            {"run_id_": run_id, "key_": key}
            for (run_id, key), value in self._tags.items()
            if value is None
        ]
        if removed:
            self._connection.execute(
                delete(tags).where(
                    tags.c.run_id == bindparam("run_id_"), tags.c.key == bindparam("key_")
                ),
                removed,
            )


def _is_better_end(row: Row, record: RunEnded) -> bool:
    """What a process says of its own run wins over the guess that it had died."""
    return bool(
        row["end_reason"] == EndReason.PROCESS_DIED and record.end_reason != EndReason.PROCESS_DIED
    )
