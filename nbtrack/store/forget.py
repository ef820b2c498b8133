"""Removing a text, a cell or its outputs from everything a store holds, for good.

Bytes are named by their content, so what is cut out of them changes their names, and every row
that names them is changed with it, in one transaction. Afterwards the database is written anew:
a freed page would still hold the text.
"""

from __future__ import annotations

import html
import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Literal

from sqlalchemy import Column, Connection, Table, Text, delete, func, select, update

from nbtrack.entities import CellVersion, Forgotten, Manifest
from nbtrack.errors import NotFoundError, UsageError
from nbtrack.store.blobs import BlobStore, digest_of
from nbtrack.store.blobtable import SMALL_BYTES, batches, get_small, put_small
from nbtrack.store.database import Database, next_change
from nbtrack.store.dialect import DATABASE_NAME
from nbtrack.store.manifests import Manifests, manifest_text, whole
from nbtrack.store.runs import require_run
from nbtrack.store.schema import (
    artifacts,
    blobs,
    executions,
    metadata,
    params,
    revisions,
    run_datasets,
    runs,
    tags,
)
from nbtrack.store.spans import reindex

SHORTEST = 4
"""Characters: cutting out a shorter text would tear unrelated ones apart."""
MARK = "***forgotten***"
_SOURCE = b"# forgotten\n"
_OUTPUT = json.dumps(
    {"name": "stdout", "output_type": "stream", "text": MARK},
    ensure_ascii=False,
    sort_keys=True,
    separators=(",", ":"),
).encode()
_NAMED_BY = (
    executions.c.source_digest,
    artifacts.c.digest,
    runs.c.environment_digest,
    runs.c.report_digest,
    run_datasets.c.document_digest,
)
_SKIPPED = frozenset({"alembic_version", "blobs", "journals", "texts", "spans"})
_SHOWN = frozenset({"output", "figure"})
"""Rules by which what a cell shows becomes an artifact."""
_PAGE = 200
RunPart = Literal["param", "tag", "artifact"]
"""What of a single run can be forgotten."""


class _DryRunError(Exception):
    """Takes back what was only tried."""


class ForgetPart:
    """The part of the store that forgets."""

    _database: Database
    _blob_store: BlobStore

    def forget(
        self,
        texts: Iterable[str] = (),
        *,
        cell: tuple[str, str] | None = None,
        outputs_only: bool = False,
        of_run: tuple[str, RunPart, str] | None = None,
        dry_run: bool = True,
    ) -> Forgotten:
        """See `Store.forget`."""
        wanted = [text for text in texts if text]
        short = next((text for text in wanted if len(text) < SHORTEST), None)
        if short is not None:
            raise UsageError(
                f"a text to forget has at least {SHORTEST} characters; this one has {len(short)}"
            )
        work: _Forgetting | None = None
        try:
            with self._database.write() as connection:
                work = _Forgetting(connection, self._blob_store, wanted)
                if cell is not None:
                    work.cut_cell(*cell, outputs_only=outputs_only)
                if of_run is not None:
                    require_run(connection, of_run[0])
                    work.cut_of_run(*of_run)
                work.cut_texts()
                done = work.apply()
                if dry_run:
                    raise _DryRunError
        except _DryRunError:
            return done
        work.remove_files()
        directory = Path(self._database.location)
        _forget_in_backups(directory, wanted, cell=cell, outputs_only=outputs_only, of_run=of_run)
        removed = _remove_copies(directory)
        self._write_anew()
        return replace(done, removed_files=removed)

    def _write_anew(self) -> None:
        path = Path(self._database.location, DATABASE_NAME)
        with closing(sqlite3.connect(path, timeout=60, isolation_level=None)) as connection:
            connection.execute("PRAGMA secure_delete=ON")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.execute("VACUUM")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


class _Forgetting:
    """One forgetting, in one transaction."""

    def __init__(self, connection: Connection, files: BlobStore, texts: Sequence[str]) -> None:
        self._connection = connection
        self._files = files
        self._texts = texts
        self._needles = [(needle, MARK.encode()) for text in texts for needle in _forms(text)]
        self._new: dict[str, bytes] = {}
        self._rows = 0

    def cut_cell(self, notebook_id: str, cell_id: str, *, outputs_only: bool) -> None:
        """Put a mark in the place of a cell's text and outputs, wherever the same stands."""
        for _, manifest in Manifests(self._connection).each(notebook_id):
            for version in manifest.cells:
                if version.cell_id == cell_id:
                    self._cut_version(version, outputs_only)
        self._cut_shown(notebook_id, cell_id)
        if outputs_only:
            return
        self._cut_previews(notebook_id, cell_id)
        here = executions.c.notebook_id
        statement = select(executions.c.source_digest).where(
            executions.c.cell_id == cell_id, (here == notebook_id) | here.is_(None)
        )
        for digest in self._connection.execute(statement).scalars():
            self._new[digest] = _SOURCE

    def _cut_shown(self, notebook_id: str, cell_id: str) -> None:
        """Runs of the cell keep what it showed as artifacts: these go as a whole."""
        here = (runs.c.notebook_id == notebook_id) | runs.c.notebook_id.is_(None)
        statement = (
            select(artifacts)
            .join(runs, runs.c.run_id == artifacts.c.run_id)
            .where(runs.c.cell_id == cell_id, here, artifacts.c.origin.is_not(None))
        )
        for row in self._connection.execute(statement).all():
            if json.loads(row.origin)[0] in _SHOWN:
                self._remove_artifact(row.run_id, row.path)

    def _remove_artifact(self, run_id: str, path: str) -> None:
        where = (artifacts.c.run_id == run_id) & (artifacts.c.path == path)
        digest = self._connection.execute(select(artifacts.c.digest).where(where)).scalar()
        if digest is not None:
            self._new[digest] = MARK.encode()
            self._rows += self._connection.execute(delete(artifacts).where(where)).rowcount

    def cut_of_run(self, run_id: str, part: RunPart, key: str) -> None:
        """Take away a param's value, a tag or a file of one run."""
        if part == "artifact":
            self._remove_artifact(run_id, key)
        elif part == "tag":
            where = (tags.c.run_id == run_id) & (tags.c.key == key)
            self._rows += self._connection.execute(delete(tags).where(where)).rowcount
        else:
            where = (params.c.run_id == run_id) & (params.c.key == key)
            hidden = update(params).where(where, params.c.value != MARK)
            self._rows += self._connection.execute(hidden.values(value=MARK, number=None)).rowcount

    def _cut_previews(self, notebook_id: str, cell_id: str) -> None:
        statement = select(revisions.c.revision_id, revisions.c.changes).where(
            revisions.c.notebook_id == notebook_id
        )
        for row in self._connection.execute(statement).all():
            changes = [
                [cell, kind, "" if cell == cell_id else preview]
                for cell, kind, preview in json.loads(row.changes)
            ]
            self._rows += self._connection.execute(
                update(revisions)
                .where(revisions.c.revision_id == row.revision_id)
                .where(revisions.c.changes != json.dumps(changes))
                .values(changes=json.dumps(changes))
            ).rowcount

    def _cut_version(self, version: CellVersion, outputs_only: bool) -> None:
        for digest in version.output_digests:
            self._new[digest] = _OUTPUT
        if not outputs_only:
            self._new[version.source_digest] = _SOURCE

    def cut_texts(self) -> None:
        """Find the bytes that hold the texts, and cut these out."""
        if not self._needles:
            return
        for digest, data in self._contents():
            changed = _cut(self._new.get(digest, data), self._needles)
            if changed is not None:
                self._new[digest] = changed

    def _contents(self) -> Iterator[tuple[str, bytes]]:
        digests = list(self._connection.execute(select(blobs.c.digest)).scalars())
        for start in range(0, len(digests), _PAGE):
            yield from get_small(self._connection, digests[start : start + _PAGE]).items()
        for digest in self._files.digests():
            yield digest, self._files.get(digest)

    def apply(self) -> Forgotten:
        """Give what was changed its new names, everywhere."""
        names = self._renamed()
        changed_revisions = self._rename_in_manifests(names)
        for column in _NAMED_BY:
            for old, new in names.items():
                values: dict[str, object] = {column.name: new}
                if column.table is artifacts:
                    values["size_bytes"] = len(self._new[old])
                self._rows += self._connection.execute(
                    update(column.table).where(column == old).values(values)
                ).rowcount
        for batch in batches(names):
            self._connection.execute(delete(blobs).where(blobs.c.digest.in_(batch)))
        for text in self._texts:
            self._cut_columns(text)
        if names or self._rows:
            reindex(self._connection, self._files)
            self._connection.execute(update(runs).values(changed_seq=next_change(self._connection)))
        return Forgotten(contents=len(names), revisions=changed_revisions, rows=self._rows)

    def _renamed(self) -> dict[str, str]:
        """Old digests with new ones; the new bytes are stored."""
        names: dict[str, str] = {}
        # A document can name other bytes (a report its modules): then it changes with them.
        fresh = {old: digest_of(data) for old, data in self._new.items()}
        while fresh:
            names |= fresh
            renaming = [(old.encode(), new.encode()) for old, new in fresh.items()]
            fresh = {}
            for digest, data in self._reports():
                changed = _cut(self._new.get(digest, data), renaming)
                if changed is not None:
                    self._new[digest] = changed
                    fresh[digest] = digest_of(changed)
        small = {names[old]: data for old, data in self._new.items() if len(data) < SMALL_BYTES}
        put_small(self._connection, small)
        for data in self._new.values():
            if len(data) >= SMALL_BYTES:
                self._files.put(data)
        return {old: new for old, new in names.items() if old != new}

    def _reports(self) -> Iterator[tuple[str, bytes]]:
        statement = select(runs.c.report_digest).where(runs.c.report_digest.is_not(None))
        digests = list(self._connection.execute(statement.distinct()).scalars())
        for start in range(0, len(digests), _PAGE):
            yield from get_small(self._connection, digests[start : start + _PAGE]).items()

    def _rename_in_manifests(self, names: Mapping[str, str]) -> int:
        if not names:
            return 0
        found = self._connection.execute(select(revisions.c.notebook_id).distinct()).scalars()
        return sum(self._rename_in_notebook(notebook_id, names) for notebook_id in found.all())

    def _rename_in_notebook(self, notebook_id: str, names: Mapping[str, str]) -> int:
        manifests = Manifests(self._connection)
        changed = {}
        for revision_id, manifest in manifests.each(notebook_id):
            renamed = _renamed_manifest(manifest, names)
            if renamed != manifest:
                changed[revision_id] = whole(manifest_text(renamed))
        if changed:
            manifests.make_whole(notebook_id)
            for revision_id, stored in changed.items():
                manifests.write(revision_id, stored)
            manifests.repack(notebook_id)
        return len(changed)

    def _cut_columns(self, text: str) -> None:
        """Cut a text out of every column that holds text."""
        for table in metadata.sorted_tables:
            if table.name not in _SKIPPED:
                for column in table.columns:
                    if isinstance(column.type, Text) and not _is_id(column):
                        self._cut_column(table, column, text)

    def _cut_column(self, table: Table, column: Column[str], text: str) -> None:
        for needle in {text, json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1]}:
            values: dict[str, object] = {column.name: func.replace(column, needle, MARK)}
            if table is params and column is params.c.value:
                # A text that is a number stands beside it as one.
                values["number"] = None
            statement = update(table).where(func.instr(column, needle) > 0).values(values)
            if column.primary_key:
                statement = statement.prefix_with("OR REPLACE", dialect="sqlite")
            self._rows += self._connection.execute(statement).rowcount

    def remove_files(self) -> None:
        """Take the old bytes away, now that nothing names them any more."""
        for old, data in self._new.items():
            if old != digest_of(data):
                self._files.remove(old)


def _is_id(column: Column[str]) -> bool:
    return column.name.endswith(("_id", "_digest", "digest"))


def _forms(text: str) -> list[bytes]:
    """How a text can stand in bytes: as it is, in JSON, in HTML."""
    found = {
        text,
        json.dumps(text)[1:-1],
        json.dumps(text, ensure_ascii=False)[1:-1],
        html.escape(text),
    }
    return [form.encode("utf-8", "surrogatepass") for form in sorted(found)]


def _cut(data: bytes, needles: Sequence[tuple[bytes, bytes]]) -> bytes | None:
    """Data with each needle replaced; None where there is none."""
    changed = data
    for needle, mark in needles:
        if needle in changed:
            changed = changed.replace(needle, mark)
    return None if changed == data else changed


def _renamed_manifest(manifest: Manifest, names: Mapping[str, str]) -> Manifest:
    def renamed(digest: str) -> str:
        return names.get(digest, digest)

    cells = tuple(
        replace(
            cell,
            source_digest=renamed(cell.source_digest),
            metadata_digest=renamed(cell.metadata_digest),
            output_digests=tuple(map(renamed, cell.output_digests)),
            attachments_digest=cell.attachments_digest and renamed(cell.attachments_digest),
        )
        for cell in manifest.cells
    )
    return replace(manifest, cells=cells, metadata_digest=renamed(manifest.metadata_digest))


def _forget_in_backups(
    directory: Path,
    texts: Sequence[str],
    *,
    cell: tuple[str, str] | None,
    outputs_only: bool,
    of_run: tuple[str, RunPart, str] | None,
) -> None:
    """A backup that was made on purpose is a store of its own: it forgets the same."""
    from nbtrack.store.sql import open_sql_store

    for path in sorted((directory / "backups").glob(f"*/{DATABASE_NAME}")):
        backup = open_sql_store(str(path.parent))
        with closing(backup):
            try:
                backup.forget(
                    texts, cell=cell, outputs_only=outputs_only, of_run=of_run, dry_run=False
                )
            except NotFoundError:
                # It is older than the run.
                continue


def _remove_copies(directory: Path) -> tuple[str, ...]:
    """Backups from before migrations, and other copies, hold what is forgotten: they go."""
    removed = []
    for place in (directory / "backups", directory / "quarantine"):
        for path in sorted(place.glob("*")) if place.is_dir() else ():
            if path.is_file():
                path.unlink()
                removed.append(str(path))
    remembered = directory / "digests.jsonl"
    remembered.unlink(missing_ok=True)
    return tuple(removed)
