"""Merging notebooks and their revisions: by identity, without losing or changing one.

Where both sides went on from a common revision, those of the archive come after those that
are here, with new numbers; ids, parents and contents stay. Where only the archive went on,
its latest revision becomes the latest here.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable

from sqlalchemy import Connection, insert, select, update

from nbtrack.store.blobs import BlobStore
from nbtrack.store.database import Database, next_change
from nbtrack.store.manifests import Manifests
from nbtrack.store.schema import notebooks, revision_cells, revisions
from nbtrack.store.spans import rebuild_spans
from nbtrack.store.upkeep.archive_read import ArchiveReader
from nbtrack.store.upkeep.codec import Row


class HistoryMerge:
    """The notebooks of an archive on their way into a store.

    Args:
        archive: checked.
        database: of the store.
        files: where its longer bytes are; those of the archive are there already.
    """

    def __init__(self, archive: ArchiveReader, database: Database, files: BlobStore) -> None:
        self._archive = archive
        self._database = database
        self._files = files
        self.renumbered: list[tuple[str, int, int]] = []
        self.moved_aside: list[str] = []

    def merge(self, added: Counter[str], present: Counter[str]) -> None:
        """Add what is new, one notebook at a time; counts it."""
        cells = self._cells()
        waiting = self._archive.rows(revisions)
        following = next(waiting, None)
        for notebook in self._archive.rows(notebooks):
            history: list[Row] = []
            while following is not None and following["notebook_id"] == notebook["notebook_id"]:
                history.append(following)
                following = next(waiting, None)
            with self._database.write() as connection:
                new, is_new = self._merge_notebook(connection, notebook, history, cells)
            added["notebooks"] += is_new
            present["notebooks"] += not is_new
            added["revisions"] += new
            present["revisions"] += len(history) - new

    def _cells(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = defaultdict(list)
        for row in self._archive.rows(revision_cells):
            found[row["revision_id"]].append(row["cell_id"])
        return found

    def _merge_notebook(
        self,
        connection: Connection,
        notebook: Row,
        history: list[Row],
        cells: dict[str, list[str]],
    ) -> tuple[int, bool]:
        notebook_id = notebook["notebook_id"]
        here = connection.execute(
            select(notebooks).where(notebooks.c.notebook_id == notebook_id)
        ).first()
        known = {
            row.revision_id: row
            for row in connection.execute(
                select(revisions.c.revision_id, revisions.c.number, revisions.c.parent_id).where(
                    revisions.c.notebook_id == notebook_id
                )
            )
        }
        new = [row for row in history if row["revision_id"] not in known]
        if here is None:
            self._insert_notebook(connection, notebook, change=next_change(connection))
        if not new:
            return 0, here is None
        count = 0 if here is None else here.revision_count
        self._number(notebook["path"], new, [row.number for row in known.values()], count)
        connection.execute(insert(revisions), new)
        Manifests(connection).repack(notebook_id)
        _insert_cells(connection, new, cells)
        rebuild_spans(connection, self._files, [notebook_id])
        latest = None if here is None else here.latest_revision_id
        parents = {key: row.parent_id for key, row in known.items()}
        parents |= {row["revision_id"]: row["parent_id"] for row in new}
        tip = _tip(notebook["latest_revision_id"], history)
        goes_on = latest is None or _leads_to(parents, tip["revision_id"], latest)
        values: Row = {
            "revision_count": max(count, *(row["number"] for row in new)),
            "changed_seq": next_change(connection),
        }
        if goes_on:
            values |= {"latest_revision_id": tip["revision_id"], "updated_at": tip["created_at"]}
        connection.execute(
            update(notebooks).where(notebooks.c.notebook_id == notebook_id).values(values)
        )
        return len(new), here is None

    def _insert_notebook(self, connection: Connection, notebook: Row, *, change: int) -> None:
        # Whether the file was written since it was looked at, only its own machine can tell.
        unknown = {"file_state": None, "file_revision_id": None, "latest_revision_id": None}
        row = notebook | unknown | {"revision_count": 0, "changed_seq": change}
        if row["deleted_at"] is None:
            taken = connection.execute(
                select(notebooks.c.notebook_id).where(
                    notebooks.c.path == row["path"], notebooks.c.deleted_at.is_(None)
                )
            ).first()
            if taken is not None:
                row["deleted_at"] = row["updated_at"]
                self.moved_aside.append(row["path"])
        connection.execute(insert(notebooks).values(row))

    def _number(self, path: str, new: list[Row], numbers: list[int], count: int) -> None:
        """Give new revisions, in their order, numbers that are free."""
        taken = set(numbers)
        following: int | None = None
        for row in new:
            if following is None and row["number"] in taken:
                following = max(taken | {count}) + 1
            if following is not None:
                self.renumbered.append((path, row["number"], following))
                row["number"] = following
                following += 1
            taken.add(row["number"])


def _insert_cells(connection: Connection, new: list[Row], cells: dict[str, list[str]]) -> None:
    changed = [
        {"revision_id": row["revision_id"], "cell_id": cell_id}
        for row in new
        for cell_id in cells.get(row["revision_id"], ())
    ]
    if changed:
        connection.execute(insert(revision_cells), changed)


def _tip(latest_id: str | None, history: Iterable[Row]) -> Row:
    """The revision that the archive's side would go on from."""
    rows = list(history)
    return next((row for row in rows if row["revision_id"] == latest_id), rows[-1])


def _leads_to(parents: dict[str, str | None], later: str, earlier: str) -> bool:
    seen: set[str] = set()
    current: str | None = later
    while current is not None and current not in seen:
        if current == earlier:
            return True
        seen.add(current)
        current = parents.get(current)
    return False
