"""Removing revisions from the middle of a history."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from sqlalchemy import Connection, delete, func, insert, or_, select, update

from nbtrack.entities import Notebook
from nbtrack.errors import BlobMissingError, StateError
from nbtrack.store.base import Following
from nbtrack.store.blobs import BlobStore
from nbtrack.store.blobtable import batches
from nbtrack.store.database import Database, next_change
from nbtrack.store.manifests import Manifests
from nbtrack.store.replacing import remove_revisions
from nbtrack.store.rows import changes_text, notebook_of
from nbtrack.store.schema import (
    blobs,
    execution_links,
    executions,
    notebooks,
    revision_cells,
    revisions,
    runs,
)


class ThinningPart:
    """The part of the store that lets revisions go."""

    _database: Database
    _blob_store: BlobStore

    def list_histories(self) -> list[Notebook]:
        """See `Store.list_histories`."""
        statement = (
            select(notebooks)
            .where(notebooks.c.latest_revision_id.is_not(None))
            .order_by(notebooks.c.path, notebooks.c.notebook_id)
        )
        with self._database.read() as connection:
            return [notebook_of(row) for row in connection.execute(statement)]

    def revisions_in_use(self, notebook_id: str) -> set[str]:
        """See `Store.revisions_in_use`."""
        with self._database.read() as connection:
            return _in_use(connection, notebook_id)

    def remove_revisions(
        self, notebook_id: str, gone: Collection[str], following: Iterable[Following]
    ) -> None:
        """See `Store.remove_revisions`."""
        with self._database.write() as connection:
            _require_free(connection, notebook_id, set(gone))
            Manifests(connection).make_whole(notebook_id, on=set(gone))
            for after in following:
                _follow(connection, after)
            for batch in batches(gone):
                here = execution_links.c.revision_id.in_(batch)
                connection.execute(delete(execution_links).where(here))
                connection.execute(
                    update(executions)
                    .where(executions.c.revision_id.in_(batch))
                    .values(revision_id=None)
                )
                remove_revisions(connection, batch)
            known = select(revisions.c.revision_id)
            orphans = select(revisions.c.revision_id).where(
                revisions.c.notebook_id == notebook_id, revisions.c.parent_id.not_in(known)
            )
            if connection.execute(orphans.limit(1)).first() is not None:
                raise StateError("the history is another by now: look at it again")
            Manifests(connection).repack(notebook_id)
            connection.execute(
                update(notebooks)
                .where(notebooks.c.notebook_id == notebook_id)
                .values(changed_seq=next_change(connection))
            )

    def list_sizes(self) -> dict[str, int]:
        """See `Store.list_sizes`."""
        size = func.length(revisions.c.manifest) + func.length(revisions.c.changes)
        statement = select(revisions.c.notebook_id, func.sum(size))
        with self._database.read() as connection:
            rows = connection.execute(statement.group_by(revisions.c.notebook_id))
            return {notebook_id: total for notebook_id, total in rows}  # noqa: C416 - rows

    def content_sizes(self, digests: Iterable[str]) -> dict[str, int]:
        """See `Store.content_sizes`."""
        sizes = dict.fromkeys(digests, 0)
        large = set(sizes)
        with self._database.read() as connection:
            for batch in batches(sizes):
                statement = select(blobs.c.digest, func.length(blobs.c.data)).where(
                    blobs.c.digest.in_(batch)
                )
                for digest, size in connection.execute(statement):
                    sizes[digest] = size
                    large.discard(digest)
        for digest in large:
            try:
                sizes[digest] = self._blob_store.size(digest)
            except BlobMissingError:
                continue
        return sizes


def _follow(connection: Connection, after: Following) -> None:
    connection.execute(
        update(revisions)
        .where(revisions.c.revision_id == after.revision_id)
        .values(parent_id=after.parent_id, changes=changes_text(after.changes))
    )
    here = revision_cells.c.revision_id == after.revision_id
    connection.execute(delete(revision_cells).where(here))
    cells = dict.fromkeys(change.cell_id for change in after.changes)
    rows = [{"revision_id": after.revision_id, "cell_id": cell_id} for cell_id in cells]
    if rows:
        connection.execute(insert(revision_cells), rows)


def _in_use(connection: Connection, notebook_id: str) -> set[str]:
    found: set[str] = set()
    own = revisions.c.notebook_id == notebook_id
    for statement in (
        select(runs.c.revision_id).join(revisions, revisions.c.revision_id == runs.c.revision_id),
        select(revisions.c.restored_from),
    ):
        found.update(connection.execute(statement.where(own).distinct()).scalars())
    row = connection.execute(
        select(notebooks.c.latest_revision_id, notebooks.c.file_revision_id).where(
            notebooks.c.notebook_id == notebook_id
        )
    ).first()
    found.update(row or ())
    return {each for each in found if each is not None}


def _require_free(connection: Connection, notebook_id: str, gone: set[str]) -> None:
    used = gone & _in_use(connection, notebook_id)
    for batch in batches(gone):
        named = select(revisions.c.revision_id).where(
            revisions.c.revision_id.in_(batch),
            or_(revisions.c.label.is_not(None), revisions.c.notebook_id != notebook_id),
        )
        used.update(connection.execute(named).scalars())
    if used:
        raise StateError(f"revision {min(used)} is used and stays")
