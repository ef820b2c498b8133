"""How Alembic runs here: in process, on the connection the store hands over."""

from __future__ import annotations

from alembic import context

from nbtrack.store.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # SQLite alters most things only by rebuilding the table.
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
