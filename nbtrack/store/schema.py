"""The tables. Instants are epoch microseconds; NaN is stored as NULL, which every backend sorts
and compares alike.

What changes here needs a migration in ``migrations/versions``; a test compares both.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)

metadata = MetaData()


def _run_id() -> Column[str]:
    return Column("run_id", Text, ForeignKey("runs.run_id"), primary_key=True)


store_state = Table(
    "store_state",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("change_seq", BigInteger, nullable=False),
    Column("written_by", Text, nullable=False),
    Column("indexed", Integer, nullable=False, server_default="0"),
)

experiments = Table(
    "experiments",
    metadata,
    Column("experiment_id", Integer, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("created_at", BigInteger, nullable=False),
    Column("last_used_at", BigInteger, nullable=False),
    Column("lifecycle_stage", Text, nullable=False),
    Column("notebook_id", Text, index=True),
)

experiment_tags = Table(
    "experiment_tags",
    metadata,
    Column("experiment_id", Integer, ForeignKey("experiments.experiment_id"), primary_key=True),
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
    sqlite_with_rowid=False,
)

sessions = Table(
    "sessions",
    metadata,
    Column("session_id", Text, primary_key=True),
    Column("kernel_id", Text, index=True),
    Column("started_at", BigInteger, nullable=False),
    Column("pid", BigInteger, nullable=False),
    Column("host", Text, nullable=False),
    Column("cwd", Text, nullable=False),
    Column("user_id", Text, nullable=False),
    Column("notebook_path", Text),
    Column("front_end", Text, nullable=False),
)

executions = Table(
    "executions",
    metadata,
    Column("msg_id", Text, primary_key=True),
    Column("session_id", Text, nullable=False),
    Column("source_digest", Text, nullable=False),
    Column("started_at", BigInteger, nullable=False),
    Column("cell_id", Text),
    Column("execution_count", BigInteger),
    Column("status", Text, nullable=False),
    Column("duration_s", Double),
    Column("error_name", Text),
    Column("error_message", Text),
    Column("names_read", Text, nullable=False),
    Column("names_written", Text, nullable=False),
    Column("names_changed", Text, nullable=False, server_default="[]"),
    Column("notebook_id", Text),
    Column("revision_id", Text),
    Index("ix_executions_started", "started_at", "msg_id"),
    Index("ix_executions_session", "session_id", "started_at"),
    Index("ix_executions_notebook", "notebook_id", "started_at"),
    Index("ix_executions_source", "source_digest", "started_at"),
    Index(
        "ix_executions_failed",
        "revision_id",
        sqlite_where=text("status = 'error'"),
        postgresql_where=text("status = 'error'"),
    ),
)

runs = Table(
    "runs",
    metadata,
    Column("run_id", Text, primary_key=True),
    Column("experiment_id", Integer, ForeignKey("experiments.experiment_id"), nullable=False),
    Column("run_name", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("started_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    Column("end_reason", Text),
    Column("error_name", Text),
    Column("error_message", Text),
    Column("lifecycle_stage", Text, nullable=False),
    Column("user_id", Text, nullable=False),
    Column("parent_run_id", Text, index=True),
    Column("source_name", Text, nullable=False),
    Column("session_id", Text, index=True),
    Column("msg_id", Text, index=True),
    Column("cell_id", Text),
    Column("notebook_id", Text),
    Column("revision_id", Text, index=True),
    Column("environment_digest", Text),
    Column("capture_incomplete", Text),
    Column("report_digest", Text),
    Column("flags", Text, nullable=False, server_default="[]"),
    Column("changed_seq", BigInteger, nullable=False, index=True),
    Index("ix_runs_started", "started_at", "run_id"),
    Index("ix_runs_experiment", "experiment_id", "started_at"),
    Index("ix_runs_notebook", "notebook_id", "started_at"),
    Index("ix_runs_lifecycle", "lifecycle_stage", "started_at", "run_id"),
)

params = Table(
    "params",
    metadata,
    _run_id(),
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
    Column("origin", Text),
    Column("number", Double),
    Index("ix_params_value", "key", "number", "value"),
    sqlite_with_rowid=False,
)
"""``number`` is what the value says as a number, where it is a finite one."""

tags = Table(
    "tags",
    metadata,
    _run_id(),
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
    Index("ix_tags_value", "key", "value"),
    sqlite_with_rowid=False,
)

metrics = Table(
    "metrics",
    metadata,
    _run_id(),
    Column("key", Text, primary_key=True),
    Column("last", Double),
    Column("min", Double),
    Column("max", Double),
    Column("first", Double),
    Column("count", BigInteger, nullable=False),
    Column("last_step", BigInteger, nullable=False),
    Column("last_at_ms", BigInteger, nullable=False),
    Column("origin", Text),
    Column("next_chunk", Integer, nullable=False),
    Index("ix_metrics_last", "key", "last"),
    sqlite_with_rowid=False,
)

metric_chunks = Table(
    "metric_chunks",
    metadata,
    _run_id(),
    Column("key", Text, primary_key=True),
    Column("sequence", Integer, primary_key=True),
    Column("count", Integer, nullable=False),
    Column("data", LargeBinary, nullable=False),
)

artifacts = Table(
    "artifacts",
    metadata,
    _run_id(),
    Column("path", Text, primary_key=True),
    Column("digest", Text, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("origin", Text),
)

run_datasets = Table(
    "run_datasets",
    metadata,
    _run_id(),
    Column("direction", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("source", Text, primary_key=True),
    Column("source_type", Text, nullable=False),
    Column("logged_at", BigInteger, nullable=False),
    Column("digest", Text, index=True),
    Column("size_bytes", BigInteger),
    Column("modified_at", BigInteger),
    Column("context", Text, nullable=False),
    Column("document_digest", Text),
    Column("note", Text, nullable=False),
    Column("origin", Text),
    Index("ix_run_datasets_name", "name"),
)

blobs = Table(
    "blobs",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("data", LargeBinary, nullable=False),
)

texts = Table(
    "texts",
    metadata,
    Column("text_id", Integer, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("ref", Text, nullable=False),
    Column("image_digest", Text),
    UniqueConstraint("kind", "ref"),
    # A number is never given again: words of a text that is gone may still be in the index.
    sqlite_autoincrement=True,
)
"""What the full-text index holds, by the row numbers there; see `store.texts`."""

journals = Table(
    "journals",
    metadata,
    Column("journal_id", Text, primary_key=True),
    Column("applied", BigInteger, nullable=False),
)

notebooks = Table(
    "notebooks",
    metadata,
    Column("notebook_id", Text, primary_key=True),
    Column("path", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("copied_from", Text),
    Column("deleted_at", BigInteger),
    Column("latest_revision_id", Text),
    Column("revision_count", Integer, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Column("changed_seq", BigInteger, nullable=False, index=True),
    Column("file_state", Text),
    Column("file_revision_id", Text),
    Index(
        "ux_notebooks_live_path",
        "path",
        unique=True,
        sqlite_where=text("deleted_at IS NULL"),
        postgresql_where=text("deleted_at IS NULL"),
    ),
)

kernel_bindings = Table(
    "kernel_bindings",
    metadata,
    Column("kernel_id", Text, primary_key=True),
    Column("notebook_id", Text, ForeignKey("notebooks.notebook_id"), nullable=False),
)

revisions = Table(
    "revisions",
    metadata,
    Column("revision_id", Text, primary_key=True),
    Column("notebook_id", Text, ForeignKey("notebooks.notebook_id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("text_digest", Text, nullable=False),
    Column("content_digest", Text, nullable=False),
    Column("cell_count", Integer, nullable=False),
    Column("parent_id", Text),
    Column("label", Text),
    Column("cell_id", Text),
    Column("restored_from", Text),
    Column("changes", Text, nullable=False),
    Column("manifest", LargeBinary, nullable=False),
    Column("origin", Text, nullable=False, server_default=""),
    Column("git_commit", Text),
    Column("git_clean", Boolean),
    Index(
        "ix_revisions_restored_from",
        "restored_from",
        sqlite_where=text("restored_from IS NOT NULL"),
        postgresql_where=text("restored_from IS NOT NULL"),
    ),
    UniqueConstraint("notebook_id", "number"),
    Index("ix_revisions_author", "notebook_id", "author", "number"),
)

history_switches = Table(
    "history_switches",
    metadata,
    Column("path", Text, primary_key=True),
    Column("recorded", Boolean, nullable=False),
)
"""Notebooks and folders whose history was switched off, or on within one that is off."""

spans = Table(
    "spans",
    metadata,
    Column("span_id", Integer, primary_key=True),
    Column("notebook_id", Text, nullable=False),
    Column("cell_id", Text, nullable=False),
    Column("text_id", Integer, nullable=False, index=True),
    Column("role", Text, nullable=False),
    Column("first_number", Integer, nullable=False),
    Column("last_number", Integer),
    Index("ix_spans_first", "notebook_id", "first_number"),
    Index("ix_spans_last", "notebook_id", "last_number"),
)
"""See `store.spans`. ``role`` is a cell's type, or what an output is."""

revision_cells = Table(
    "revision_cells",
    metadata,
    Column("revision_id", Text, ForeignKey("revisions.revision_id"), primary_key=True),
    Column("cell_id", Text, primary_key=True, index=True),
    sqlite_with_rowid=False,
)

execution_links = Table(
    "execution_links",
    metadata,
    Column("msg_id", Text, primary_key=True),
    Column("revision_id", Text, ForeignKey("revisions.revision_id"), nullable=False, index=True),
    Column("notebook_id", Text, nullable=False),
)
