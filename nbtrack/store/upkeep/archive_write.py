"""Writing an archive from one state of a store, a few rows at a time."""

from __future__ import annotations

import hashlib
import shutil
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any

from sqlalchemy import Connection, Select, Table, select

from nbtrack.entities import utc_now
from nbtrack.errors import BlobMissingError, StoreError
from nbtrack.store.blobs import BlobStore
from nbtrack.store.blobtable import batches, get_small
from nbtrack.store.files import whole_file
from nbtrack.store.manifests import Manifests, manifest_of, whole
from nbtrack.store.migrate import HEAD_REVISION
from nbtrack.store.schema import (
    execution_links,
    executions,
    experiment_tags,
    experiments,
    notebooks,
    revision_cells,
    revisions,
    runs,
    sessions,
)
from nbtrack.store.upkeep.archive import (
    FORMAT,
    MANIFEST,
    VERSION,
    ArchiveManifest,
    PartInfo,
    archived_tables,
    manifest_json,
    rows_name,
)
from nbtrack.store.upkeep.closure import Closure
from nbtrack.store.upkeep.codec import RowCodec
from nbtrack.store.upkeep.facts import ArchiveSummary, Progress
from nbtrack.store.upkeep.references import (
    BLOB_COLUMNS,
    DOCUMENT_COLUMNS,
    manifest_blobs,
    named_in_documents,
)
from nbtrack.version import __version__


class ArchiveWriter:
    """One archive in the making.

    Args:
        connection: in a transaction that sees one state for as long as this takes.
        files: the store's longer bytes.
        closure: which rows.
        progress: told how far it is.
    """

    def __init__(
        self, connection: Connection, files: BlobStore, closure: Closure, progress: Progress
    ) -> None:
        self._connection = connection
        self._files = files
        self._closure = closure
        self._progress = progress
        self._blobs: set[str] = set()
        self._documents: set[str] = set()
        self._parts: dict[str, PartInfo] = {}
        self._blob_count = self._blob_bytes = 0
        self._missing: list[str] = []

    def write(self, path: Path) -> ArchiveSummary:
        """Write it; it appears under its name when it is whole.

        Raises:
            StoreError: it cannot be written.
        """
        try:
            with (
                whole_file(path, f".{path.name}-") as stream,
                zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as archive,
            ):
                self._fill(archive)
        except OSError as error:
            if isinstance(error, StoreError):
                raise
            raise StoreError(f"cannot write the archive {path}: {error}") from error
        return ArchiveSummary(
            path,
            {name: part.count for name, part in self._parts.items()},
            self._blob_count,
            self._blob_bytes,
            tuple(self._missing),
        )

    def _fill(self, archive: zipfile.ZipFile) -> None:
        tables = archived_tables()
        for number, table in enumerate(tables):
            self._progress(f"Writing {table.name}", number, len(tables))
            with archive.open(_entry(rows_name(table)), "w", force_zip64=True) as stream:
                self._parts[table.name] = self._write_rows(table, stream)
        self._blobs.update(self._stored_of_documents())
        self._write_blobs(archive)
        manifest = ArchiveManifest(
            format=FORMAT,
            version=VERSION,
            schema=HEAD_REVISION,
            written_by=__version__,
            created_at=utc_now().isoformat(timespec="seconds"),
            rows=self._parts,
            blobs=self._blob_count,
            blob_bytes=self._blob_bytes,
            missing_blobs=self._missing,
        )
        archive.writestr(_entry(MANIFEST), manifest_json(manifest))

    def _write_rows(self, table: Table, stream: IO[bytes]) -> PartInfo:
        codec, count, checksum = RowCodec(table), 0, hashlib.sha256()
        manifests = Manifests(self._connection)
        digests = [column.name for column in BLOB_COLUMNS if column.table is table]
        documents = [column.name for column in DOCUMENT_COLUMNS if column.table is table]
        for row in self._rows(table):
            values = dict(row._mapping)
            self._blobs.update(values[name] for name in digests if values[name] is not None)
            self._documents.update(values[name] for name in documents if values[name] is not None)
            if table is revisions:
                # An archive is read without the revisions that it does not hold.
                text = manifests.text(row.revision_id, {row.revision_id: row.manifest})
                self._blobs.update(manifest_blobs(manifest_of(text)))
                values["manifest"] = whole(text)
            line = codec.encode(values)
            checksum.update(line)
            stream.write(line)
            count += 1
        return PartInfo(count, checksum.hexdigest())

    def _rows(self, table: Table) -> Iterator[Any]:
        """Rows of the closure, in the order that the format asks for."""
        keys = self._closure
        if table is revision_cells:
            statement = select(revision_cells).join(
                revisions, revisions.c.revision_id == revision_cells.c.revision_id
            )
            for row in self._in_batches(statement, revisions.c.notebook_id, keys.notebooks):
                if row.revision_id in keys.revisions:
                    yield row
        elif table is revisions:
            statement = select(revisions)
            for row in self._in_batches(statement, revisions.c.notebook_id, keys.notebooks):
                if row.revision_id in keys.revisions:
                    yield row
        elif table is execution_links:
            for row in self._in_batches(
                select(table), table.c.msg_id, keys.executions | self._requests()
            ):
                if row.revision_id in keys.revisions:
                    yield row
        else:
            places: dict[str, tuple[Any, set[Any]]] = {
                experiments.name: (experiments.c.experiment_id, keys.experiments),
                experiment_tags.name: (experiment_tags.c.experiment_id, keys.experiments),
                sessions.name: (sessions.c.session_id, keys.sessions),
                notebooks.name: (notebooks.c.notebook_id, keys.notebooks),
                executions.name: (executions.c.msg_id, keys.executions),
                runs.name: (runs.c.run_id, keys.runs),
            }
            column, chosen = places.get(table.name, (table.c.get("run_id"), keys.runs))
            yield from self._in_batches(select(table), column, chosen)

    def _requests(self) -> set[str]:
        found: set[str] = set()
        for batch in batches(self._closure.runs):
            statement = select(runs.c.msg_id).where(runs.c.run_id.in_(batch))
            found.update(self._connection.execute(statement).scalars())
        return found - {None}

    def _in_batches(
        self, statement: Select[Any], column: Any, keys: Iterable[Any]
    ) -> Iterator[Any]:
        table = column.table
        order = [column, *(key for key in table.primary_key if key is not column)]
        if table is revisions:
            order = [revisions.c.notebook_id, revisions.c.number]
        for batch in batches(sorted(keys)):
            result = self._connection.execute(
                statement.where(column.in_(batch)).order_by(*order),
                execution_options={"yield_per": 500},
            )
            yield from result

    def _stored_of_documents(self) -> Iterator[str]:
        """What documents name and the store has: a checksum in them need not be of a blob."""
        named = set(named_in_documents(self._connection, self._files, self._documents))
        for batch in batches(named - self._blobs):
            small = get_small(self._connection, batch)
            yield from (digest for digest in batch if digest in small or self._files.exists(digest))

    def _write_blobs(self, archive: zipfile.ZipFile) -> None:
        for batch in batches(sorted(self._blobs)):
            small = get_small(self._connection, batch)
            for digest in batch:
                self._progress("Writing blobs", self._blob_count, len(self._blobs))
                data = small.get(digest)
                try:
                    size = self._files.size(digest) if data is None else len(data)
                except BlobMissingError:
                    self._missing.append(digest)
                    continue
                with archive.open(_entry(f"blobs/{digest}"), "w", force_zip64=True) as target:
                    if data is None:
                        with self._files.local_path(digest).open("rb") as source:
                            shutil.copyfileobj(source, target, 1 << 20)
                    else:
                        target.write(data)
                self._blob_count += 1
                self._blob_bytes += size


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name)
    entry.compress_type = zipfile.ZIP_DEFLATED
    # Only the owner reads what is unpacked, as in the store.
    entry.external_attr = 0o600 << 16
    return entry
