"""The part of the store that keeps house."""

from __future__ import annotations

from pathlib import Path

from nbtrack.store.blobs import BlobStore
from nbtrack.store.database import Database
from nbtrack.store.upkeep.collect import Collector
from nbtrack.store.upkeep.facts import (
    ArchiveSelection,
    ArchiveSummary,
    CollectionRules,
    Finding,
    Freed,
    MergeSummary,
    Progress,
    silent,
)


class UpkeepPart:
    """Housekeeping, for `SqlStore`."""

    _database: Database
    _blob_store: BlobStore

    @property
    def _holds(self) -> Path:
        return Path(self._database.location) / "holds"

    def plan_collection(
        self, rules: CollectionRules, *, progress: Progress = silent
    ) -> list[Freed]:
        """See `Store.plan_collection`."""
        return self._collector(rules, progress).plan()

    def collect(self, rules: CollectionRules, *, progress: Progress = silent) -> list[Freed]:
        """See `Store.collect`."""
        return self._collector(rules, progress).collect()

    def export_archive(
        self, path: Path, selection: ArchiveSelection, *, progress: Progress = silent
    ) -> ArchiveSummary:
        """See `Store.export_archive`."""
        from nbtrack.store.upkeep.archive_write import ArchiveWriter
        from nbtrack.store.upkeep.closure import closure_of

        with self._database.read() as connection:
            closure = closure_of(connection, selection)
            return ArchiveWriter(connection, self._blob_store, closure, progress).write(path)

    def import_archive(self, path: Path, *, progress: Progress = silent) -> MergeSummary:
        """See `Store.import_archive`."""
        from nbtrack.store.upkeep.archive_read import ArchiveReader
        from nbtrack.store.upkeep.merge import Merge

        with ArchiveReader(path) as archive:
            archive.check(progress)
            return Merge(archive, self._database, self._blob_store, self._holds, progress).merge()

    def repair_contents(self, *, progress: Progress = silent) -> list[Finding]:
        """See `Store.repair_contents`."""
        from nbtrack.store.upkeep.repair import repair_contents

        directory = Path(self._database.location)
        return list(repair_contents(self._database, directory, progress))

    def _collector(self, rules: CollectionRules, progress: Progress) -> Collector:
        return Collector(self._database, self._blob_store, self._holds, rules, progress)
