"""Notebooks, their revisions, and which kernel and execution belongs to which of them."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, Select, insert, select, update

from nbtrack.entities import Lifecycle, Manifest, Notebook, Revision, Run, utc_now
from nbtrack.errors import NotFoundError, StateError
from nbtrack.store.base import NewRevision
from nbtrack.store.blobs import BlobStore
from nbtrack.store.blobtable import batches, put_large, put_small
from nbtrack.store.database import Database, next_change
from nbtrack.store.dialect import upsert
from nbtrack.store.manifests import ManifestCache, Manifests
from nbtrack.store.placing import insert_notebook
from nbtrack.store.replacing import remove_replaced
from nbtrack.store.rows import (
    changes_text,
    notebook_of,
    revision_of,
    to_us,
)
from nbtrack.store.runs import filled, select_runs
from nbtrack.store.schema import (
    execution_links,
    executions,
    kernel_bindings,
    notebooks,
    revision_cells,
    revisions,
    runs,
    sessions,
)
from nbtrack.store.spans import add_step, newest
from nbtrack.store.timeline import REVISION_COLUMNS


class NotebookPart:
    """The part of the store that keeps notebooks and their history."""

    _database: Database
    _blob_store: BlobStore
    _manifests: ManifestCache

    def create_notebook(
        self, path: str, *, copied_from: str | None = None, replace: bool = True
    ) -> Notebook:
        """See `Store.create_notebook`."""
        now = to_us(utc_now())
        with self._database.write() as connection:
            known = None if replace else connection.execute(_live(path)).first()
            if known is not None:
                return notebook_of(known)
            change = next_change(connection)
            _vacate(connection, path, now_us=now, change=change)
            notebook_id = insert_notebook(
                connection, path, now_us=now, change=change, copied_from=copied_from
            )
            return notebook_of(_notebook_row(connection, notebook_id))

    def get_notebook(self, notebook_id: str) -> Notebook:
        """See `Store.get_notebook`."""
        with self._database.read() as connection:
            return notebook_of(_notebook_row(connection, notebook_id))

    def find_notebook(self, path: str) -> Notebook | None:
        """See `Store.find_notebook`."""
        with self._database.read() as connection:
            row = connection.execute(_live(path)).first()
        return None if row is None else notebook_of(row)

    def list_notebooks(self) -> list[Notebook]:
        """See `Store.list_notebooks`."""
        statement = (
            select(notebooks)
            .where(notebooks.c.deleted_at.is_(None))
            .order_by(notebooks.c.updated_at.desc(), notebooks.c.notebook_id)
        )
        with self._database.read() as connection:
            return [notebook_of(row) for row in connection.execute(statement)]

    def move_notebooks(self, moves: Mapping[str, str]) -> None:
        """See `Store.move_notebooks`."""
        now = to_us(utc_now())
        with self._database.write() as connection:
            change = next_change(connection)
            for notebook_id in moves:
                _notebook_row(connection, notebook_id)
            # All leave before any arrives: a swap of two paths must not meet itself.
            for notebook_id in moves:
                _change_notebook(connection, notebook_id, change, path=f"moving:{notebook_id}")
            for notebook_id, path in moves.items():
                _vacate(connection, path, now_us=now, change=change)
                _change_notebook(connection, notebook_id, change, path=path, deleted_at=None)

    def mark_notebook_deleted(self, notebook_id: str, *, deleted: bool = True) -> None:
        """See `Store.mark_notebook_deleted`."""
        now = to_us(utc_now())
        with self._database.write() as connection:
            change = next_change(connection)
            row = _notebook_row(connection, notebook_id)
            if deleted == (row.deleted_at is not None):
                return
            if not deleted:
                _vacate(connection, row.path, now_us=now, change=change)
            deleted_at = now if deleted else None
            _change_notebook(connection, notebook_id, change, deleted_at=deleted_at)

    def bind_kernel(self, kernel_id: str, notebook_id: str) -> None:
        """See `Store.bind_kernel`."""
        with self._database.write() as connection:
            _notebook_row(connection, notebook_id)
            row = {"kernel_id": kernel_id, "notebook_id": notebook_id}
            upsert(connection, kernel_bindings, [row])
            # What ran before this was known gets its notebook now.
            of_kernel = select(sessions.c.session_id).where(sessions.c.kernel_id == kernel_id)
            connection.execute(
                update(executions)
                .where(executions.c.session_id.in_(of_kernel), executions.c.notebook_id.is_(None))
                .values(notebook_id=notebook_id)
            )
            connection.execute(
                update(runs)
                .where(runs.c.session_id.in_(of_kernel), runs.c.notebook_id.is_(None))
                .values(notebook_id=notebook_id, changed_seq=next_change(connection))
            )

    def kernel_notebook(self, kernel_id: str) -> Notebook | None:
        """See `Store.kernel_notebook`."""
        statement = (
            select(notebooks)
            .join(kernel_bindings, kernel_bindings.c.notebook_id == notebooks.c.notebook_id)
            .where(kernel_bindings.c.kernel_id == kernel_id)
        )
        with self._database.read() as connection:
            row = connection.execute(statement).first()
        return None if row is None else notebook_of(row)

    def present(self, notebook_id: str) -> tuple[Notebook, Revision | None, Manifest | None]:
        """See `Store.present`."""
        with self._database.read() as connection:
            notebook = notebook_of(_notebook_row(connection, notebook_id))
            if notebook.latest_revision_id is None:
                return notebook, None, None
            latest = revision_of(_revision_row(connection, notebook.latest_revision_id))
            manifest = Manifests(connection, self._manifests).get(latest.revision_id)
        return notebook, latest, manifest

    def add_revision(self, revision: NewRevision, contents: Iterable[bytes] = ()) -> Revision:
        """See `Store.add_revision`."""
        _, small = put_large(self._blob_store, contents)
        with self._database.write() as connection:
            put_small(connection, small)
            change = next_change(connection)
            notebook = _notebook_row(connection, revision.notebook_id)
            latest, number = notebook.latest_revision_id, notebook.revision_count + 1
            if revision.replaces is not None:
                remove_replaced(connection, revision.replaces, latest)
                latest, number = revision.parent_id, notebook.revision_count
            if revision.expect_parent and latest != revision.parent_id:
                raise StateError(
                    f"notebook {revision.notebook_id} has another latest revision by now: "
                    "compare with that one and record again"
                )
            manifests = Manifests(connection, self._manifests)
            packed, text = manifests.pack(revision.manifest, latest)
            values = _revision_values(revision, number, latest, packed)
            before = newest(connection, revision.notebook_id, manifests)
            connection.execute(insert(revisions).values(values))
            after = (number, revision.manifest)
            add_step(connection, self._blob_store, revision.notebook_id, before, after)
            changed_cells = dict.fromkeys(item.cell_id for item in revision.changes)
            if changed_cells:
                connection.execute(
                    insert(revision_cells),
                    [
                        {"revision_id": values["revision_id"], "cell_id": cell_id}
                        for cell_id in changed_cells
                    ],
                )
            _change_notebook(
                connection,
                revision.notebook_id,
                change,
                latest_revision_id=values["revision_id"],
                revision_count=values["number"],
                updated_at=values["created_at"],
            )
            recorded = revision_of(_revision_row(connection, values["revision_id"]))
            if revision.msg_id is not None:
                _link(connection, revision.msg_id, recorded, change, replace=revision.replace_link)
        self._manifests.put(recorded.revision_id, packed, text, revision.manifest)
        return recorded

    def get_revision(self, revision_id: str) -> Revision:
        """See `Store.get_revision`."""
        with self._database.read() as connection:
            return revision_of(_revision_row(connection, revision_id))

    def get_manifest(self, revision_id: str) -> Manifest:
        """See `Store.get_manifest`."""
        with self._database.read() as connection:
            return Manifests(connection, self._manifests).get(revision_id)

    def find_revision(self, notebook_id: str, number: int) -> Revision | None:
        """See `Store.find_revision`."""
        statement = select(*REVISION_COLUMNS).where(
            revisions.c.notebook_id == notebook_id, revisions.c.number == number
        )
        with self._database.read() as connection:
            row = connection.execute(statement).first()
        return None if row is None else revision_of(row)

    def label_revision(self, revision_id: str, label: str | None) -> Revision:
        """See `Store.label_revision`."""
        name = label.strip() if label else ""
        with self._database.write() as connection:
            row = _revision_row(connection, revision_id)
            connection.execute(
                update(revisions)
                .where(revisions.c.revision_id == revision_id)
                .values(label=name or None)
            )
            _change_notebook(connection, row.notebook_id, next_change(connection))
            return revision_of(_revision_row(connection, revision_id))

    def link_execution(self, msg_id: str, revision_id: str, *, replace: bool = True) -> bool:
        """See `Store.link_execution`."""
        with self._database.write() as connection:
            revision = revision_of(_revision_row(connection, revision_id))
            change = next_change(connection)
            linked = _link(connection, msg_id, revision, change, replace=replace)
            if linked:
                _change_notebook(connection, revision.notebook_id, change)
            return linked

    def note_file(self, notebook_id: str, state: str, revision_id: str) -> None:
        """See `Store.note_file`."""
        with self._database.write() as connection:
            _notebook_row(connection, notebook_id)
            connection.execute(
                update(notebooks)
                .where(notebooks.c.notebook_id == notebook_id)
                .values(file_state=state, file_revision_id=revision_id)
            )

    def note_git(self, revision_id: str, commit: str, *, clean: bool | None) -> None:
        """See `Store.note_git`."""
        with self._database.write() as connection:
            connection.execute(
                update(revisions)
                .where(revisions.c.revision_id == revision_id)
                .values(git_commit=commit, git_clean=clean)
            )

    def execution_revision(self, msg_id: str) -> Revision | None:
        """See `Store.execution_revision`."""
        statement = (
            select(*REVISION_COLUMNS)
            .join(execution_links, execution_links.c.revision_id == revisions.c.revision_id)
            .where(execution_links.c.msg_id == msg_id)
        )
        with self._database.read() as connection:
            row = connection.execute(statement).first()
        return None if row is None else revision_of(row)

    def revision_runs(self, revision_ids: Sequence[str]) -> dict[str, list[Run]]:
        """See `Store.revision_runs`."""
        found: dict[str, list[Run]] = defaultdict(list)
        with self._database.read() as connection:
            for batch in batches(dict.fromkeys(revision_ids)):
                rows = connection.execute(
                    select_runs()
                    .where(
                        runs.c.revision_id.in_(batch),
                        runs.c.lifecycle_stage == Lifecycle.ACTIVE,
                    )
                    .order_by(runs.c.started_at, runs.c.run_id)
                ).all()
                for run in filled(connection, rows):
                    found[str(run.revision_id)].append(run)
        return {revision_id: found.get(revision_id, []) for revision_id in revision_ids}


def _link(
    connection: Connection, msg_id: str, revision: Revision, change: int, *, replace: bool
) -> bool:
    """Join an execute request to a revision; says whether it is joined to it now."""
    linked = connection.execute(
        select(execution_links.c.revision_id).where(execution_links.c.msg_id == msg_id)
    ).scalar()
    if linked is not None and not replace:
        return bool(linked == revision.revision_id)
    place = {"notebook_id": revision.notebook_id, "revision_id": revision.revision_id}
    upsert(connection, execution_links, [{"msg_id": msg_id, **place}])
    connection.execute(update(executions).where(executions.c.msg_id == msg_id).values(place))
    connection.execute(
        update(runs).where(runs.c.msg_id == msg_id).values(changed_seq=change, **place)
    )
    return True


def _live(path: str) -> Select[Any]:
    return select(notebooks).where(notebooks.c.path == path, notebooks.c.deleted_at.is_(None))


def _notebook_row(connection: Connection, notebook_id: str) -> Row[Any]:
    statement = select(notebooks).where(notebooks.c.notebook_id == notebook_id)
    row = connection.execute(statement).first()
    if row is None:
        raise NotFoundError("notebook", notebook_id)
    return row


def _revision_row(connection: Connection, revision_id: str) -> Row[Any]:
    statement = select(*REVISION_COLUMNS).where(revisions.c.revision_id == revision_id)
    row = connection.execute(statement).first()
    if row is None:
        raise NotFoundError("revision", revision_id)
    return row


def _change_notebook(
    connection: Connection, notebook_id: str, change: int, **values: object
) -> None:
    connection.execute(
        update(notebooks)
        .where(notebooks.c.notebook_id == notebook_id)
        .values(changed_seq=change, **values)
    )


def _vacate(connection: Connection, path: str, *, now_us: int, change: int) -> None:
    """A path belongs to one live notebook: the one that had it is marked deleted."""
    row = connection.execute(_live(path)).first()
    if row is not None:
        _change_notebook(connection, row.notebook_id, change, deleted_at=now_us)


def _revision_values(
    revision: NewRevision, number: int, parent_id: str | None, manifest: bytes
) -> dict[str, Any]:
    return {
        "revision_id": uuid.uuid4().hex,
        "notebook_id": revision.notebook_id,
        "number": number,
        "created_at": to_us(revision.created_at),
        "reason": revision.reason.value,
        "author": revision.author,
        "text_digest": revision.text_digest,
        "content_digest": revision.content_digest,
        "cell_count": len(revision.manifest.cells),
        "parent_id": parent_id,
        "label": revision.label,
        "cell_id": revision.cell_id,
        "restored_from": revision.restored_from,
        "origin": revision.origin,
        "changes": changes_text(revision.changes),
        "manifest": manifest,
    }
