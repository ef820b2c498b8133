"""Searching: params as numbers, indexes that find and order runs, words of code and notes."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import islice

import sqlalchemy as sa
import zstandard
from alembic import op

revision = "0003"
down_revision = "0002"

_BATCH = 1000


def upgrade() -> None:
    """Apply it."""
    with op.batch_alter_table("params") as table:
        table.add_column(sa.Column("number", sa.Double(), nullable=True))
    _fill_numbers()
    op.create_index("ix_params_value", "params", ["key", "number", "value"], unique=False)
    op.create_index("ix_tags_value", "tags", ["key", "value"], unique=False)
    op.create_index(
        "ix_runs_lifecycle", "runs", ["lifecycle_stage", "started_at", "run_id"], unique=False
    )
    op.create_index(
        "ix_executions_source", "executions", ["source_digest", "started_at"], unique=False
    )
    op.create_table(
        "texts",
        sa.Column("text_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("text_id"),
        sa.UniqueConstraint("kind", "ref"),
        sqlite_autoincrement=True,
    )
    op.execute(
        "CREATE VIRTUAL TABLE text_index USING "
        "fts5(body, content='', tokenize='unicode61 remove_diacritics 2')"
    )
    _index_texts()


def _fill_numbers() -> None:
    connection = op.get_bind().connection.driver_connection
    assert connection is not None
    connection.create_function("nbtrack_number", 1, _number, deterministic=True)
    op.execute("UPDATE params SET number = nbtrack_number(value)")


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _index_texts() -> None:
    connection = op.get_bind()
    numbered = enumerate(_texts(), start=1)
    while batch := list(islice(numbered, _BATCH)):
        rows = [
            {"text_id": text_id, "kind": kind, "ref": ref, "body": body}
            for text_id, (kind, ref, body) in batch
        ]
        connection.execute(
            sa.text("INSERT INTO texts (text_id, kind, ref) VALUES (:text_id, :kind, :ref)"), rows
        )
        connection.execute(
            sa.text("INSERT INTO text_index (rowid, body) VALUES (:text_id, :body)"), rows
        )


def _texts() -> Iterator[tuple[str, str, str]]:
    connection = op.get_bind()
    sources = connection.execute(
        sa.text(
            "SELECT digest, data FROM blobs WHERE digest IN (SELECT source_digest FROM executions)"
        )
    )
    for digest, data in sources:
        source = data[1:] if data[:1] == b"\x00" else zstandard.decompress(data[1:])
        # Half a surrogate pair, which code may hold, is nothing that SQLite takes as text.
        yield "code", digest, source.decode("utf-8", "replace")
    notes = connection.execute(
        sa.text("SELECT run_id, value FROM tags WHERE key = 'mlflow.note.content'")
    )
    for run_id, value in notes:
        yield "note", run_id, value
