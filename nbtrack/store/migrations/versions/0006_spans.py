"""What stood in which cell, from which revision to which; the index is filled on opening."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Apply it."""
    op.create_table(
        "spans",
        sa.Column("span_id", sa.Integer(), nullable=False),
        sa.Column("notebook_id", sa.Text(), nullable=False),
        sa.Column("cell_id", sa.Text(), nullable=False),
        sa.Column("text_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("first_number", sa.Integer(), nullable=False),
        sa.Column("last_number", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("span_id"),
    )
    op.create_index(op.f("ix_spans_text_id"), "spans", ["text_id"], unique=False)
    op.create_index("ix_spans_first", "spans", ["notebook_id", "first_number"], unique=False)
    op.create_index("ix_spans_last", "spans", ["notebook_id", "last_number"], unique=False)
    op.add_column("texts", sa.Column("image_digest", sa.Text(), nullable=True))
    op.add_column(
        "store_state", sa.Column("indexed", sa.Integer(), nullable=False, server_default="0")
    )
