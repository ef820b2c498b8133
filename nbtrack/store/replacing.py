"""Revisions that give way to later ones: only those that nothing refers to."""

from __future__ import annotations

from sqlalchemy import Connection, delete, select, update

from nbtrack.errors import StateError
from nbtrack.store.schema import (
    execution_links,
    notebooks,
    revision_cells,
    revisions,
    runs,
)

_REFERRING = (runs.c.revision_id, execution_links.c.revision_id, revisions.c.restored_from)
"""Executions have the revision of their link, and nothing is the child of a latest one."""


def remove_replaced(connection: Connection, revision_id: str, latest_id: str | None) -> None:
    """Take away the latest revision of a notebook, for another one to take its place.

    Raises:
        StateError: it is not the latest one, or is labelled, or something refers to it.
    """
    label = connection.execute(
        select(revisions.c.label).where(revisions.c.revision_id == revision_id)
    ).scalar()
    if revision_id != latest_id or label is not None or _is_used(connection, revision_id):
        raise StateError(f"revision {revision_id} is used and stays")
    remove_revisions(connection, [revision_id])


def remove_revisions(connection: Connection, revision_ids: list[str]) -> None:
    """Delete rows of revisions; what refers to them is the caller's to see to."""
    # Of a file whose last known state is gone nothing can be told until it is read again.
    connection.execute(
        update(notebooks)
        .where(notebooks.c.file_revision_id.in_(revision_ids))
        .values(file_state=None, file_revision_id=None)
    )
    for table in (revision_cells, revisions):
        connection.execute(delete(table).where(table.c.revision_id.in_(revision_ids)))


def _is_used(connection: Connection, revision_id: str) -> bool:
    return any(
        connection.execute(select(column).where(column == revision_id).limit(1)).first()
        for column in _REFERRING
    )
