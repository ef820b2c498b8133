"""Finding in histories: revisions by author, and those that a cell failed from."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Apply it."""
    op.create_index(
        "ix_revisions_author", "revisions", ["notebook_id", "author", "number"], unique=False
    )
    op.create_index(
        "ix_executions_failed",
        "executions",
        ["revision_id"],
        unique=False,
        sqlite_where=sa.text("status = 'error'"),
    )
