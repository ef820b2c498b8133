"""Reading an archive: first all of it is checked, then it is read again, row by row.

Nothing in an archive is trusted: no name in it becomes a name of a file, every row is checked
against its table, every blob against its name, and every reference has its target.
"""

from __future__ import annotations

import hashlib
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import IO, NoReturn

import msgspec
from sqlalchemy import Table

from nbtrack.errors import ArchiveError
from nbtrack.store.manifests import is_delta, whole_manifest
from nbtrack.store.migrate import HEAD_REVISION
from nbtrack.store.schema import (
    execution_links,
    experiment_tags,
    experiments,
    notebooks,
    revision_cells,
    revisions,
    runs,
)
from nbtrack.store.upkeep.archive import (
    BLOB_NAME,
    FORMAT,
    LINE_BYTES,
    MANIFEST,
    VERSION,
    ArchiveManifest,
    archived_tables,
    rows_name,
)
from nbtrack.store.upkeep.codec import Row, RowCodec, RowError
from nbtrack.store.upkeep.doomed import run_tables
from nbtrack.store.upkeep.facts import Progress
from nbtrack.store.upkeep.references import BLOB_COLUMNS, manifest_blobs

_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError)


class ArchiveReader:
    """An archive that is open for reading.

    Args:
        path: of the file.

    Raises:
        ArchiveError: it is no archive, is damaged, or a newer nbtrack wrote it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._zip = zipfile.ZipFile(path)
        except _DAMAGE as error:
            raise ArchiveError(f"{path} is no archive of nbtrack: {error}") from error
        try:
            self._names = {info.filename: info for info in self._zip.infolist()}
            self.manifest = self._read_manifest()
        except BaseException:
            self._zip.close()
            raise

    def __enter__(self) -> ArchiveReader:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._zip.close()

    def _damaged(self, why: object) -> NoReturn:
        raise ArchiveError(f"the archive {self.path} is damaged: {why}. Nothing was imported")

    def _read_manifest(self) -> ArchiveManifest:
        if MANIFEST not in self._names:
            raise ArchiveError(f"{self.path} is no archive of nbtrack: it has no {MANIFEST}")
        try:
            data = self._zip.read(MANIFEST)
            head = msgspec.json.decode(data)
        except (*_DAMAGE, msgspec.DecodeError) as error:
            self._damaged(error)
        if not isinstance(head, dict) or head.get("format") != FORMAT:
            raise ArchiveError(f"{self.path} is no archive of nbtrack")
        version, schema = head.get("version"), str(head.get("schema"))
        if not isinstance(version, int) or version > VERSION or schema > HEAD_REVISION:
            raise ArchiveError(
                f"the archive {self.path} was written by nbtrack {head.get('written_by')} (format "
                f"{version}, schema {schema}), newer than this one (format {VERSION}, schema "
                f"{HEAD_REVISION}). Update with: pip install -U nbtrack. Nothing was imported"
            )
        try:
            return msgspec.json.decode(data, type=ArchiveManifest)
        except msgspec.DecodeError as error:
            self._damaged(error)

    def rows(self, table: Table) -> Iterator[Row]:
        """The rows of a table, checked one by one."""
        if table.name not in self.manifest.rows:
            return
        codec = RowCodec(table)
        try:
            with self._zip.open(rows_name(table)) as stream:
                for number, line in enumerate(_lines(stream), start=1):
                    try:
                        yield codec.decode(line)
                    except RowError as error:
                        self._damaged(f"line {number} of {rows_name(table)}: {error}")
        except _DAMAGE as error:
            self._damaged(error)

    @property
    def digests(self) -> list[str]:
        """Of the blobs that it holds."""
        found = (BLOB_NAME.match(name) for name in self._names)
        return [match[1] for match in found if match is not None]

    def open_blob(self, digest: str) -> IO[bytes]:
        """The bytes of a blob, to be read once."""
        return self._zip.open(f"blobs/{digest}")

    def blob_size(self, digest: str) -> int:
        """How long a blob says it is."""
        return self._names[f"blobs/{digest}"].file_size

    def check(self, progress: Progress) -> None:
        """Read all of it once.

        Raises:
            ArchiveError: something in it is not as it should be; says what.
        """
        self._check_names()
        self._check_sums(progress)
        self._check_references()
        digests = self.digests
        for number, digest in enumerate(digests):
            progress("Checking blobs", number, len(digests))
            if self._sum(f"blobs/{digest}") != digest:
                self._damaged(f"the bytes of blob {digest} are others")

    def _check_names(self) -> None:
        rows = {rows_name(table) for table in archived_tables()}
        listed = {f"rows/{name}.jsonl" for name in self.manifest.rows}
        present = {name for name in self._names if not BLOB_NAME.match(name)} - {MANIFEST}
        if present != listed or not listed <= rows or len(self._zip.infolist()) != len(self._names):
            self._damaged(f"it has files that do not belong: {sorted(present ^ listed)[:5]}")
        if len(self.digests) != self.manifest.blobs:
            self._damaged(f"it has {len(self.digests)} of {self.manifest.blobs} blobs")

    def _check_sums(self, progress: Progress) -> None:
        for number, (name, part) in enumerate(self.manifest.rows.items()):
            progress("Checking rows", number, len(self.manifest.rows))
            if self._sum(f"rows/{name}.jsonl") != part.sha256:
                self._damaged(f"the checksum of {name} is another")

    def _sum(self, name: str) -> str:
        found, size = hashlib.sha256(), 0
        try:
            with self._zip.open(name) as stream:
                while block := stream.read(1 << 20):
                    found.update(block)
                    size += len(block)
        except _DAMAGE as error:
            self._damaged(error)
        if size != self._names[name].file_size:
            self._damaged(f"{name} is not as long as it should be")
        return found.hexdigest()

    def _check_references(self) -> None:
        stored = {*self.digests, *self.manifest.missing_blobs}
        keys: dict[str, set[object]] = {}
        needs = {
            experiment_tags.name: [("experiment_id", experiments.name)],
            runs.name: [("experiment_id", experiments.name)],
            revisions.name: [("notebook_id", notebooks.name)],
            revision_cells.name: [("revision_id", revisions.name)],
            execution_links.name: [("revision_id", revisions.name)],
            **{table.name: [("run_id", runs.name)] for table in run_tables()},
        }
        ordered = {table.name: "run_id" for table in (runs, *run_tables())}
        ordered[revisions.name] = "notebook_id"
        for table in archived_tables():
            first = next(iter(table.primary_key)).name
            digests = [column.name for column in BLOB_COLUMNS if column.table is table]
            own = keys.setdefault(table.name, set())
            before = ""
            for row in self.rows(table):
                if len(table.primary_key) == 1:
                    own.add(row[first])
                for name, target in needs.get(table.name, ()):
                    if row[name] not in keys[target]:
                        self._damaged(f"a row of {table.name} names a missing {name} {row[name]!r}")
                named = {row[name] for name in digests} - {None}
                if table is revisions:
                    if is_delta(row["manifest"]):
                        self._damaged(f"revision {row['revision_id']} is not whole")
                    named.update(manifest_blobs(whole_manifest(row["manifest"])))
                if not named <= stored:
                    self._damaged(f"blob {min(named - stored)} is missing")
                if table.name in ordered:
                    if row[ordered[table.name]] < before:
                        self._damaged(f"rows of {table.name} are out of order")
                    before = row[ordered[table.name]]


def _lines(stream: IO[bytes]) -> Iterator[bytes]:
    while line := stream.readline(LINE_BYTES):
        if not line.endswith(b"\n"):
            raise zipfile.BadZipFile("a line of rows has no end")
        yield line
