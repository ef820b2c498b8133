"""Collecting garbage: what the rules take, and bytes that nothing refers to.

Nothing that a kept row refers to goes, whatever else is written meanwhile:

- Rows are looked at again in the transaction that deletes them.
- Small bytes go in a transaction that reads all references itself, and spares those noted by
  `holds` as stored a moment ago.
- A file is first renamed and then looked at: one whose time of last storing turns out to be
  recent gets its name back. `BlobStore.put` renews that time, and writes the file anew if it
  is gone by then.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, delete, func, select

from nbtrack.store.blobs import BlobStore
from nbtrack.store.blobtable import batches, get_small
from nbtrack.store.database import Database, next_change
from nbtrack.store.manifests import DELTA, Manifests
from nbtrack.store.pieces import output_piece
from nbtrack.store.schema import blobs, experiment_tags, experiments, revisions, sessions, texts
from nbtrack.store.texts import TextKind, take_out
from nbtrack.store.upkeep.doomed import (
    doomed_executions,
    doomed_runs,
    empty_experiments,
    idle_sessions,
    remove_executions,
    remove_runs,
    runs_bytes,
)
from nbtrack.store.upkeep.facts import CollectionRules, Freed, Progress
from nbtrack.store.upkeep.holds import expire, held
from nbtrack.store.upkeep.references import referenced

ASIDE = ".gone-"
_RUNS_AT_ONCE = 200
"""Runs deleted in one transaction: other writers get their turn between two."""


class Collector:
    """One collection of garbage.

    Args:
        database: of the store.
        files: its longer bytes.
        holds: the directory of notes about bytes stored a moment ago.
        rules: what may go.
        progress: told how far it is.
    """

    def __init__(
        self,
        database: Database,
        files: BlobStore,
        holds: Path,
        rules: CollectionRules,
        progress: Progress,
    ) -> None:
        self._database = database
        self._files = files
        self._holds = holds
        self._rules = rules
        self._progress = progress

    def plan(self) -> list[Freed]:
        """What `collect` would free now."""
        found: list[Freed] = []
        with self._database.read() as connection:
            gone = doomed_runs(connection, self._rules)
            for kind in sorted(set(gone.values())):
                run_ids = [run_id for run_id, why in gone.items() if why == kind]
                found.append(Freed(kind, len(run_ids), runs_bytes(connection, run_ids)))
            old = doomed_executions(connection, self._rules, gone)
            found.append(Freed("executions", len(old), 0))
            self._progress("Looking for what is referred to", 0, 0)
            kept = self._kept(connection, without_runs=gone, without_executions=set(old))
            small = [(digest, size) for digest, size in _small(connection) if digest not in kept]
            found.append(Freed("blobs", len(small), sum(size for _, size in small)))
        large = [path.stat().st_size for path in self._unused_files(kept)]
        found.append(Freed("blob files", len(large), sum(large)))
        return [line for line in found if line.count]

    def collect(self) -> list[Freed]:
        """Free it, and say what went."""
        _put_back(self._files)
        found = [*self._collect_runs(), self._collect_executions()]
        self._repack_manifests()
        kept, small = self._collect_small()
        found += [small, self._collect_files(kept)]
        expire(self._holds, self._rules.unused_before.timestamp())
        return [line for line in found if line.count]

    def _kept(
        self,
        connection: Connection,
        *,
        without_runs: Iterable[str] = (),
        without_executions: Iterable[str] = (),
    ) -> set[str]:
        kept = referenced(
            connection,
            self._files,
            without_runs=set(without_runs),
            without_executions=set(without_executions),
        )
        kept |= self._rules.named
        return kept | held(self._holds, self._rules.unused_before.timestamp())

    def _collect_runs(self) -> Iterator[Freed]:
        with self._database.read() as connection:
            gone = doomed_runs(connection, self._rules)
        for kind in sorted(set(gone.values())):
            run_ids = [run_id for run_id, why in gone.items() if why == kind]
            count = size = 0
            for start in range(0, len(run_ids), _RUNS_AT_ONCE):
                self._progress(f"Removing {kind}", start, len(run_ids))
                with self._database.write() as connection:
                    still = doomed_runs(connection, self._rules)
                    some = [
                        run_id
                        for run_id in run_ids[start : start + _RUNS_AT_ONCE]
                        if run_id in still
                    ]
                    size += runs_bytes(connection, some)
                    count += remove_runs(connection, some)
                    next_change(connection)
            yield Freed(kind, count, size)

    def _collect_executions(self) -> Freed:
        with self._database.read() as connection:
            old = doomed_executions(connection, self._rules, ())
        count = 0
        for number, batch in enumerate(batches(old)):
            self._progress("Removing executions", number * len(batch), len(old))
            with self._database.write() as connection:
                count += remove_executions(connection, batch)
        with self._database.write() as connection:
            if self._rules.executions_before is not None:
                before = self._rules.executions_before
                connection.execute(delete(sessions).where(idle_sessions(before)))
            empty = connection.execute(
                select(experiments.c.experiment_id).where(
                    empty_experiments(self._rules.deleted_before)
                )
            ).scalars()
            for batch in batches(empty.all()):
                for table in (experiment_tags, experiments):
                    connection.execute(delete(table).where(table.c.experiment_id.in_(batch)))
        return Freed("executions", count, 0)

    def _repack_manifests(self) -> None:
        """Histories that earlier versions wrote, or that were thinned, get small again."""
        with self._database.read() as connection:
            statement = select(revisions.c.notebook_id).where(
                func.substr(revisions.c.manifest, 1, 1) != bytes([DELTA])
            )
            several = statement.group_by(revisions.c.notebook_id).having(func.count() > 1)
            notebook_ids = connection.execute(several).scalars().all()
        for number, notebook_id in enumerate(notebook_ids):
            self._progress("Packing histories", number, len(notebook_ids))
            with self._database.write() as connection:
                Manifests(connection).repack(notebook_id)

    def _collect_small(self) -> tuple[set[str], Freed]:
        self._progress("Looking for what is referred to", 0, 0)
        with self._database.write() as connection:
            kept = self._kept(connection)
            unused = [item for item in _small(connection) if item[0] not in kept]
            for number, batch in enumerate(batches([digest for digest, _ in unused])):
                self._progress("Removing blobs", number * len(batch), len(unused))
                _take_out_of_index(connection, batch)
                connection.execute(delete(blobs).where(blobs.c.digest.in_(batch)))
        return kept, Freed("blobs", len(unused), sum(size for _, size in unused))

    def _collect_files(self, kept: set[str]) -> Freed:
        count = size = 0
        for path in list(self._unused_files(kept)):
            self._progress("Removing files", count, 0)
            freed = _remove_unless_renewed(path, self._rules.unused_before)
            if freed is not None:
                count, size = count + 1, size + freed
        return Freed("blob files", count, size)

    def _unused_files(self, kept: set[str]) -> Iterator[Path]:
        before_s = self._rules.unused_before.timestamp()
        for path in self._files.local_files():
            if path.name not in kept:
                try:
                    recent = path.stat().st_mtime >= before_s
                except FileNotFoundError:
                    continue
                if not recent:
                    yield path


def _put_back(files: BlobStore) -> None:
    """What a collection that was killed had renamed gets its name back, to be looked at anew."""
    for aside in files.local_files(prefix=ASIDE):
        path = aside.with_name(aside.name.removeprefix(ASIDE))
        if path.exists():
            aside.unlink()
        else:
            aside.rename(path)


def _take_out_of_index(connection: Connection, digests: list[str]) -> None:
    """The words of code and outputs that go are not found any more."""
    indexed = connection.execute(
        select(texts.c.kind, texts.c.ref).where(
            texts.c.kind.in_(("code", "output", "error")), texts.c.ref.in_(digests)
        )
    ).all()
    held = get_small(connection, [row.ref for row in indexed])
    words: dict[TextKind, dict[str, str]] = defaultdict(dict)
    for kind, ref in indexed:
        if kind == "code":
            words["code"][ref] = held[ref].decode("utf-8", "surrogatepass")
        elif (piece := output_piece(held[ref])) is not None:
            words[kind][ref] = piece.text
    for kind, gone in words.items():
        take_out(connection, kind, gone)
    figures = (texts.c.kind == "figure") & texts.c.ref.in_(digests)
    connection.execute(delete(texts).where(figures))


def _small(connection: Connection) -> Iterator[tuple[str, int]]:
    statement = select(blobs.c.digest, func.length(blobs.c.data))
    for digest, size in connection.execute(statement):  # noqa: UP028 - rows are no tuples
        yield digest, size


def _remove_unless_renewed(path: Path, unused_before: datetime) -> int | None:
    """Remove a file and return its size; None when it was stored again and stays."""
    aside = path.with_name(f"{ASIDE}{path.name}")
    try:
        path.rename(aside)
    except FileNotFoundError:
        return None
    found = aside.stat()
    if found.st_mtime >= unused_before.timestamp():
        # Stored again between our look and the renaming.
        aside.replace(path)
        return None
    aside.unlink()
    return found.st_size
