"""Where revisions come from, the git commit beside them, and what a notebook's file held last."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Apply it."""
    with op.batch_alter_table("revisions") as table:
        table.add_column(sa.Column("origin", sa.Text(), nullable=False, server_default=""))
        table.add_column(sa.Column("git_commit", sa.Text(), nullable=True))
        table.add_column(sa.Column("git_clean", sa.Boolean(), nullable=True))
    with op.batch_alter_table("notebooks") as table:
        table.add_column(sa.Column("file_state", sa.Text(), nullable=True))
        table.add_column(sa.Column("file_revision_id", sa.Text(), nullable=True))
    op.create_table(
        "history_switches",
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("recorded", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("path"),
    )
    op.create_index(
        "ix_revisions_restored_from",
        "revisions",
        ["restored_from"],
        unique=False,
        sqlite_where=sa.text("restored_from IS NOT NULL"),
        postgresql_where=sa.text("restored_from IS NOT NULL"),
    )
    op.create_index(
        op.f("ix_execution_links_revision_id"), "execution_links", ["revision_id"], unique=False
    )
