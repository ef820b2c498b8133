"""Merging an archive into a store: what is new is added, what is there stays as it is.

A run is added whole, in one transaction, or not at all, and so is what is new of a notebook's
history. A merge that was cut short is taken up by merging again.
"""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table, insert, select

from nbtrack.entities import EndReason, RunStatus
from nbtrack.errors import ArchiveError, StoreError
from nbtrack.store.blobs import BlobStore
from nbtrack.store.blobtable import SMALL_BYTES, batches, get_small, put_small
from nbtrack.store.database import Database, next_change
from nbtrack.store.dialect import upsert
from nbtrack.store.files import whole_file
from nbtrack.store.placing import change_notebooks
from nbtrack.store.rows import number_of
from nbtrack.store.schema import (
    execution_links,
    executions,
    experiment_tags,
    experiments,
    metrics,
    params,
    runs,
    sessions,
    tags,
)
from nbtrack.store.texts import NOTE_TAG, put_notes, put_sources
from nbtrack.store.upkeep.archive_read import ArchiveReader
from nbtrack.store.upkeep.codec import Row
from nbtrack.store.upkeep.doomed import run_tables
from nbtrack.store.upkeep.facts import MergeSummary, Progress
from nbtrack.store.upkeep.holds import hold
from nbtrack.store.upkeep.merge_history import HistoryMerge

_RUNS_AT_ONCE = 100
_ROWS_AT_ONCE = 500
_SMALL_BATCH_BYTES = 8 << 20


class Merge:
    """One archive on its way into a store.

    Args:
        archive: checked.
        database: of the store.
        files: its longer bytes.
        holds: see `holds`.
        progress: told how far it is.
    """

    def __init__(
        self,
        archive: ArchiveReader,
        database: Database,
        files: BlobStore,
        holds: Path,
        progress: Progress,
    ) -> None:
        self._archive = archive
        self._database = database
        self._files = files
        self._holds = holds
        self._progress = progress
        self._added: Counter[str] = Counter()
        self._present: Counter[str] = Counter()
        self._different: list[str] = []
        self._experiments: dict[int, int] = {}

    def merge(self) -> MergeSummary:
        """Add what is new.

        Raises:
            StoreError: the store cannot be written.
        """
        self._merge_blobs()
        with self._database.write() as connection:
            self._merge_experiments(connection)
        self._merge_rows(sessions)
        history = HistoryMerge(self._archive, self._database, self._files)
        history.merge(self._added, self._present)
        self._merge_rows(executions)
        self._merge_rows(execution_links)
        self._merge_runs()
        return MergeSummary(
            {name: count for name, count in self._added.items() if count},
            {name: count for name, count in self._present.items() if count},
            history.renumbered,
            self._notes(history.moved_aside),
        )

    def _notes(self, moved_aside: list[str]) -> list[str]:
        notes = [
            f"another notebook is at {path} here: the imported one is marked as deleted"
            for path in moved_aside
        ]
        if self._different:
            ids = ", ".join(run_id[:8] for run_id in self._different[:5])
            notes.append(
                f"{len(self._different)} runs are here in another state, and stay so: {ids}"
            )
        lost = len(self._archive.manifest.missing_blobs)
        if lost:
            notes.append(f"{lost} blobs were missing already where the archive was made")
        return notes

    # Bytes come first: nothing refers to them yet, and nothing does without them.

    def _merge_blobs(self) -> None:
        digests = sorted(self._archive.digests)
        small: dict[str, bytes] = {}
        for number, digest in enumerate(digests):
            self._progress("Importing blobs", number, len(digests))
            if self._archive.blob_size(digest) >= SMALL_BYTES:
                self._merge_file(digest)
                continue
            with self._archive.open_blob(digest) as source:
                small[digest] = source.read()
            if sum(map(len, small.values())) >= _SMALL_BATCH_BYTES or len(small) >= 200:
                self._put_small(small)
                small = {}
        if small:
            self._put_small(small)

    def _put_small(self, small: dict[str, bytes]) -> None:
        hold(self._holds, small)
        with self._database.write() as connection:
            put_small(connection, small)

    def _merge_file(self, digest: str) -> None:
        target = self._files.local_path(digest)
        with suppress(FileNotFoundError):
            if target.stat().st_size == self._archive.blob_size(digest):
                os.utime(target)
                return
        try:
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            found = hashlib.sha256()
            with whole_file(target, ".new-") as stream:
                with self._archive.open_blob(digest) as source:
                    while block := source.read(1 << 20):
                        found.update(block)
                        stream.write(block)
                if found.hexdigest() != digest:
                    raise ArchiveError(f"{self._archive.path} was changed while it was read")
        except OSError as error:
            if isinstance(error, StoreError):
                raise
            raise StoreError(f"cannot write to {self._files.root_url}: {error}") from error

    def _merge_experiments(self, connection: Connection) -> None:
        known = {row.name: row.experiment_id for row in connection.execute(select(experiments))}
        taken = set(known.values())
        new: set[int] = set()
        for row in self._archive.rows(experiments):
            number = row["experiment_id"]
            if row["name"] in known:
                self._experiments[number] = known[row["name"]]
                self._present["experiments"] += 1
                continue
            mapped = number if number not in taken else max(taken) + 1
            connection.execute(insert(experiments).values(row | {"experiment_id": mapped}))
            taken.add(mapped)
            new.add(number)
            self._experiments[number] = mapped
            self._added["experiments"] += 1
        for row in self._archive.rows(experiment_tags):
            number = row["experiment_id"]
            if number in new:
                mapped_row = row | {"experiment_id": self._experiments[number]}
                connection.execute(insert(experiment_tags).values(mapped_row))

    def _merge_rows(self, table: Table) -> None:
        """Rows that refer to nothing that may have another key here."""
        (key,) = table.primary_key
        for batch in _chunks(self._archive.rows(table), _ROWS_AT_ONCE):
            self._progress(f"Importing {table.name}", 0, 0)
            with self._database.write() as connection:
                known = _known(connection, key, [row[key.name] for row in batch])
                new = [row for row in batch if row[key.name] not in known]
                upsert(connection, table, new, update=())
                if table is executions:
                    digests = {row["source_digest"] for row in new}
                    put_sources(connection, get_small(connection, sorted(digests)))
            self._added[table.name] += len(new)
            self._present[table.name] += len(batch) - len(new)

    def _merge_runs(self) -> None:
        parts = {table: _RunRows(self._archive.rows(table)) for table in run_tables()}
        total = self._archive.manifest.rows[runs.name].count if self._archive.manifest.rows else 0
        done = 0
        for batch in _chunks(self._archive.rows(runs), _RUNS_AT_ONCE):
            self._progress("Importing runs", done, total)
            with self._database.write() as connection:
                self._merge_batch(connection, batch, parts)
            done += len(batch)

    def _merge_batch(
        self, connection: Connection, batch: list[Row], parts: dict[Table, _RunRows]
    ) -> None:
        known = _known(connection, runs.c.run_id, [row["run_id"] for row in batch])
        new = {row["run_id"]: row for row in batch if row["run_id"] not in known}
        for row in batch:
            if row["run_id"] in known and _differs(row, known[row["run_id"]]):
                self._different.append(row["run_id"])
        change = next_change(connection) if new else 0
        for row in new.values():
            row["experiment_id"] = self._experiments[row["experiment_id"]]
            row["changed_seq"] = change
        if new:
            connection.execute(insert(runs), list(new.values()))
        last = batch[-1]["run_id"]
        ends: dict[str, int] = {}
        for table, rows in parts.items():
            for chunk in _chunks(rows.up_to(last, new.keys()), _ROWS_AT_ONCE):
                _complete(connection, table, chunk)
                connection.execute(insert(table), chunk)
                if table is metrics:
                    for row in chunk:
                        at = row["last_at_ms"] * 1000
                        ends[row["run_id"]] = max(at, ends.get(row["run_id"], at))
        _end_running(connection, new.values(), ends)
        change_notebooks(connection, {row["notebook_id"] for row in new.values()} - {None}, change)
        self._added["runs"] += len(new)
        self._present["runs"] += len(batch) - len(new)


class _RunRows:
    """Rows in the order of their runs, taken a few runs at a time."""

    def __init__(self, rows: Iterator[Row]) -> None:
        self._rows = rows
        self._next = next(rows, None)

    def up_to(self, run_id: str, wanted: Iterable[str]) -> Iterator[Row]:
        """Those of the wanted runs, up to a run; what is before it is not given again."""
        while self._next is not None and self._next["run_id"] <= run_id:
            if self._next["run_id"] in wanted:
                yield self._next
            self._next = next(self._rows, None)


def _complete(connection: Connection, table: Table, rows: list[Row]) -> None:
    """What a store derives of rows for its searches."""
    if table is params:
        for row in rows:
            row["number"] = number_of(row["value"])
    elif table is tags:
        notes = {row["run_id"]: row["value"] for row in rows if row["key"] == NOTE_TAG}
        put_notes(connection, notes)


def _end_running(connection: Connection, new: Iterable[Row], ends: dict[str, int]) -> None:
    """What ran where the archive was made does not run here: it ended with what is known."""
    for row in new:
        if row["status"] == RunStatus.RUNNING:
            connection.execute(
                runs.update()
                .where(runs.c.run_id == row["run_id"])
                .values(
                    status=RunStatus.KILLED,
                    end_reason=EndReason.PROCESS_DIED,
                    ended_at=max(row["started_at"], ends.get(row["run_id"], 0)),
                )
            )


def _known(connection: Connection, key: Any, values: Iterable[Any]) -> dict[Any, Any]:
    found: dict[Any, Any] = {}
    for batch in batches(values):
        for row in connection.execute(select(key.table).where(key.in_(batch))):
            found[row._mapping[key.name]] = row._mapping
    return found


def _differs(row: Row, present: Any) -> bool:
    skipped = {"experiment_id", "changed_seq"}
    if row["status"] == RunStatus.RUNNING:
        skipped |= {"status", "ended_at", "end_reason"}
    return any(value != present[name] for name, value in row.items() if name not in skipped)


def _chunks(rows: Iterator[Row], size: int) -> Iterator[list[Row]]:
    chunk: list[Row] = []
    for row in rows:
        chunk.append(row)
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
