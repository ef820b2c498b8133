"""Data that runs read and wrote, what explains their capture, and names that cells changed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Apply it."""
    op.create_table(
        "run_datasets",
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("source_type", sa.Text(), nullable=False),
        sa.Column("logged_at", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=True),
        sa.Column("size_bytes", sa.BigInteger(), nullable=True),
        sa.Column("modified_at", sa.BigInteger(), nullable=True),
        sa.Column("context", sa.Text(), nullable=False),
        sa.Column("document_digest", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["run_id"], ["runs.run_id"]),
        sa.PrimaryKeyConstraint("run_id", "direction", "name", "source"),
    )
    op.create_index(op.f("ix_run_datasets_digest"), "run_datasets", ["digest"], unique=False)
    op.create_index("ix_run_datasets_name", "run_datasets", ["name"], unique=False)
    with op.batch_alter_table("runs") as table:
        table.add_column(sa.Column("report_digest", sa.Text(), nullable=True))
        table.add_column(sa.Column("flags", sa.Text(), nullable=False, server_default="[]"))
    with op.batch_alter_table("executions") as table:
        table.add_column(sa.Column("names_changed", sa.Text(), nullable=False, server_default="[]"))
