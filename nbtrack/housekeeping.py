"""Keeping a store in order: freeing space, archives, backups, repair.

    from nbtrack import housekeeping
    from nbtrack.store import open_store

    store = open_store()
    for line in housekeeping.find_garbage(store):
        print(line.kind, line.count, line.size_bytes)
    housekeeping.collect_garbage(store)

Each function is safe while kernels and servers use the store, but for repairing and restoring,
which refuse then. The command line does the same: ``nbtrack gc``, ``export``, ``import``,
``backup`` and ``doctor --repair``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from nbtrack.config import load_config
from nbtrack.entities import EndReason, RunStatus, utc_now
from nbtrack.errors import NotFoundError, UsageError
from nbtrack.history.thinning import Thinned, ThinningRules, find_superfluous, thin
from nbtrack.journal import SUFFIX
from nbtrack.records import Record, RunEnded
from nbtrack.store.upkeep.facts import (
    ArchiveSelection,
    ArchiveSummary,
    BackupSummary,
    CollectionRules,
    Finding,
    Freed,
    MergeSummary,
    Progress,
    silent,
)
from nbtrack.tracking.adoption import adopt_journals
from nbtrack.tracking.places import journal_directory

if TYPE_CHECKING:
    from nbtrack.store.base import Store

DELETED_FOR = timedelta(days=30)
"""How long ago a run was deleted that is removed for good."""
EVERYTHING = ArchiveSelection()
UNUSED_FOR = timedelta(days=1)
"""How long ago bytes were last stored that nothing refers to and that are removed."""


@dataclass(frozen=True, slots=True)
class Collected:
    """What `collect_garbage` did.

    Args:
        freed: by kind.
        database_bytes: how much shorter the database became.
        note: why the database did not become shorter, where it should have; else empty.
    """

    freed: list[Freed]
    database_bytes: int = 0
    note: str = ""


def find_garbage(
    store: Store, *, older_than: timedelta = DELETED_FOR, progress: Progress = silent
) -> list[Freed]:
    """What `collect_garbage` would free now.

    Args:
        store: where to look. What dead processes left in journals is taken over first.
        older_than: how long ago runs were deleted, and files left over, that may go.
        progress: told how far it is.

    Raises:
        StoreError: the store cannot be read.
    """
    from nbtrack.store.upkeep.leftovers import freed_by, leftovers

    rules = _rules(store, older_than)
    found = store.plan_collection(rules, progress=progress)
    found += _freed_by(find_superfluous(store, _thinning(), utc_now()))
    files = leftovers(Path(store.location), rules.deleted_before.timestamp())
    return found + freed_by(files)


def collect_garbage(
    store: Store, *, older_than: timedelta = DELETED_FOR, progress: Progress = silent
) -> Collected:
    """Remove for good: deleted runs, bytes that nothing refers to, what the retention rules of
    the configuration let go, and files left over. See `Store.collect` for what always stays.

    Args:
        store: as for `find_garbage`.
        older_than: as for `find_garbage`.
        progress: told how far it is.

    Raises:
        StateError: another process keeps house in this store.
        StoreError: the store cannot be written; what was freed until then is gone.
    """
    from nbtrack.store.dialect import DATABASE_NAME
    from nbtrack.store.upkeep.leftovers import freed_by, leftovers, remove
    from nbtrack.store.upkeep.lock import upkeep_lock
    from nbtrack.store.upkeep.vacuum import vacuum

    directory = Path(store.location)
    with upkeep_lock(directory):
        rules = _rules(store, older_than)
        thinned = thin(store, find_superfluous(store, _thinning(), utc_now()))
        freed = _freed_by(thinned) + store.collect(rules, progress=progress)
        files = leftovers(directory, rules.deleted_before.timestamp())
        freed += freed_by(files)
        remove(files)
        try:
            timeout_s = load_config().busy_timeout_s
            shorter = vacuum(directory / DATABASE_NAME, progress, timeout_s=timeout_s)
        except OSError as error:
            return Collected(freed, note=f"{error}. Its free space is used for what comes next")
    return Collected(freed, shorter)


def export_archive(
    store: Store,
    path: Path,
    selection: ArchiveSelection = EVERYTHING,
    *,
    overwrite: bool = False,
    progress: Progress = silent,
) -> ArchiveSummary:
    """Write a selection of a store into one file, to be merged into another store.

    Args:
        store: where from. What dead processes left in journals is taken over first.
        path: of the file.
        selection: what; see `ArchiveSelection` and `Store.export_archive`.
        overwrite: replace a file that is there.
        progress: told how far it is.

    Raises:
        UsageError: there is such a file already, or the selection's filter cannot be read.
        StateError: another process keeps house in this store.
        NotFoundError, StoreError: see `Store.export_archive`.
    """
    from nbtrack.store.upkeep.lock import upkeep_lock

    if path.exists() and not overwrite:
        raise UsageError(f"{path} exists already; choose another name")
    adopt_journals(store)
    with upkeep_lock(Path(store.location)):
        return store.export_archive(path, selection, progress=progress)


def import_archive(store: Store, path: Path, *, progress: Progress = silent) -> MergeSummary:
    """Merge an archive into a store; see `Store.import_archive`."""
    return store.import_archive(path, progress=progress)


def back_up(
    store: Store, target: Path | None = None, *, progress: Progress = silent
) -> BackupSummary:
    """Copy a store as it is at one instant, also while kernels write to it, and check the copy.

    What a living process has only in its journal at that instant is not in the copy.

    Args:
        store: which one. What dead processes left in journals is taken over first.
        target: a directory to make; in the store's ``backups`` by default.
        progress: told how far it is.

    Raises:
        UsageError: the target exists.
        StateError: another process keeps house in this store.
        ArchiveError: the copy is damaged, so the store is: see `repair`.
        StoreError: it cannot be written.
    """
    from nbtrack.store.upkeep.backup import make_backup
    from nbtrack.store.upkeep.lock import upkeep_lock

    directory = Path(store.location)
    now = utc_now().strftime("%Y%m%dT%H%M%S")
    adopt_journals(store)
    with upkeep_lock(directory):
        return make_backup(directory, target or directory / "backups" / f"store-{now}", progress)


def restore(backup: Path, location: str, *, progress: Progress = silent) -> Path | None:
    """Make a backup the store of a directory. The store that was there is kept beside it.

    Args:
        backup: what `back_up` made.
        location: of the store.
        progress: told how far it is.

    Returns:
        Where the store that was there is now; None if there was none.

    Raises:
        ArchiveError: the backup is damaged or was never finished; nothing was changed.
        StateError: other processes have the store open, or it cannot be replaced.
    """
    from nbtrack.store.upkeep.backup import restore_backup
    from nbtrack.store.upkeep.users import refuse_if_open

    directory = Path(location)
    refuse_if_open(directory)
    return restore_backup(backup, directory, progress)


def repair(location: str, *, progress: Progress = silent) -> list[Finding]:
    """Find what is damaged in a store, mend what can be mended, and say so.

    The database as it was is copied into ``backups`` first. See `Store.repair_contents` for
    what is mended; besides, the journals of dead processes are taken over, and runs end that
    no living process has.

    Args:
        location: the directory of the store.
        progress: told how far it is.

    Raises:
        StateError: the database must be replaced while others have it open, or another
            process keeps house in this store.
        StoreError: the store cannot be written.
    """
    from nbtrack.store import open_store
    from nbtrack.store.upkeep.lock import upkeep_lock
    from nbtrack.store.upkeep.repair import repair_database

    directory = Path(location)
    if not directory.is_dir():
        raise NotFoundError("store", location, "Nothing is recorded there.")
    with upkeep_lock(directory):
        found = list(repair_database(directory, progress))
        store = open_store(location)
        try:
            # In this order: what journals hold must meet rows that take it.
            found += store.repair_contents(progress=progress)
            found += _repair_journals(store)
        finally:
            store.close()
    return found


def _repair_journals(store: Store) -> list[Finding]:
    report = adopt_journals(store)
    found = []
    ended = [*report.ended_run_ids, *_end_lifeless(store)]
    if report.problems:
        found.append(
            Finding(
                "journals",
                "lost",
                "Journals of dead processes are damaged; what was readable was kept, and the "
                "files were set aside.",
                tuple(report.problems),
            )
        )
    if report.journals or ended:
        found.append(
            Finding(
                "processes",
                "mended",
                f"Took over {report.records} records of dead processes, and ended the runs that "
                "they had left running.",
                tuple(f"run {run_id}" for run_id in ended),
            )
        )
    return found or [Finding("journals", "ok", "No process left anything behind.")]


def _end_lifeless(store: Store) -> list[str]:
    """End runs of whose process there is no journal here, also those that no session names."""
    from nbtrack.store.base import RunQuery

    journals = journal_directory(store.location)
    query = RunQuery(filter="attributes.status = 'RUNNING'", view="all", limit=50_000)
    records: list[Record] = []
    for run in store.search_runs(query).items:
        if not (journals / f"{run.session_id}{SUFFIX}").exists():
            seen = [metric.last_at for metric in run.metrics.values()]
            at = max([run.started_at, *seen])
            records.append(RunEnded(run.run_id, RunStatus.KILLED, EndReason.PROCESS_DIED, at))
    if records:
        store.apply(records)
    return [record.run_id for record in records if isinstance(record, RunEnded)]


def _rules(store: Store, older_than: timedelta) -> CollectionRules:
    config = load_config()
    now = utc_now()
    adopt_journals(store)
    journals = journal_directory(store.location)
    return CollectionRules(
        deleted_before=now - older_than,
        unused_before=min(now - UNUSED_FOR, _earliest_start(store, journals)),
        runs_before=_days_before(now, config.keep_runs_days),
        executions_before=_days_before(now, config.keep_executions_days),
        named=_named_in(journals),
    )


def _thinning() -> ThinningRules:
    config = load_config()
    days = config.keep_revisions_days
    return ThinningRules(
        timedelta(days=days) if days > 0 else None,
        config.max_notebook_history_bytes,
        config.max_history_bytes,
    )


def _freed_by(thinned: Sequence[Thinned]) -> list[Freed]:
    """What goes of histories; its bytes are counted where they are collected, as blobs."""
    count = sum(len(each.gone) for each in thinned)
    return [Freed("old revisions", count, 0)] if count else []


def _days_before(now: datetime, days: float) -> datetime | None:
    return now - timedelta(days=days) if days > 0 else None


def _earliest_start(store: Store, journals: Path) -> datetime:
    """When the longest living process began: it may remember any digest of what it stored."""
    earliest = utc_now()
    for path in journals.glob(f"*{SUFFIX}"):
        try:
            earliest = min(earliest, store.get_session(path.name.removesuffix(SUFFIX)).started_at)
        except NotFoundError:
            # Its first record is not in the store yet: nothing is known of its age.
            return datetime.fromtimestamp(0, UTC)
    return earliest


def _named_in(journals: Path) -> frozenset[str]:
    """Digests in records that may not be in the store yet, of the living and the dead."""
    from nbtrack.store.upkeep.references import digests_in

    found: set[str] = set()
    for path in journals.glob("*"):
        try:
            found.update(digests_in(path.read_bytes()))
        except FileNotFoundError:
            # A process that ended well removed its journal: the store has all of it.
            continue
    return frozenset(found)
