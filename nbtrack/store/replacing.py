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
from nbtrack.store.spans import cut_out

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
    numbers: dict[str, list[int]] = {}
    numbered = select(revisions.c.notebook_id, revisions.c.number)
    for row in connection.execute(numbered.where(revisions.c.revision_id.in_(revision_ids))):
        numbers.setdefault(row.notebook_id, []).append(row.number)
    for table in (revision_cells, revisions):
        connection.execute(delete(table).where(table.c.revision_id.in_(revision_ids)))
    for notebook_id, removed in numbers.items():
        cut_out(connection, notebook_id, removed)


def _is_used(connection: Connection, revision_id: str) -> bool:
    return any(
        connection.execute(select(column).where(column == revision_id).limit(1)).first()
        for column in _REFERRING
    )
