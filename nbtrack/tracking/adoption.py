"""Taking over what a dead process left: its journal, its running runs and executions.

A journal whose lock can be had belongs to no living process. It is drained exactly once: the
lock keeps other adopters out, and the store knows how far the journal was applied already.
"""

from __future__ import annotations

import logging
import socket
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from nbtrack.entities import EndReason, ExecutionStatus, Run, RunStatus
from nbtrack.errors import AlreadyAppliedError, JournalError, NotFoundError
from nbtrack.journal import SUFFIX, Decoded, JournalFile, adopt, held_journals
from nbtrack.records import ExecutionEnded, JournalPosition, Record, RunEnded
from nbtrack.tracking.places import journal_directories

if TYPE_CHECKING:
    from nbtrack.store.base import Store

_logger = logging.getLogger("nbtrack")
_DAMAGED = ".damaged"
_UNKNOWN_RUN_S = 600.0
"""How long a journal is kept for runs that may still be in another one."""


@dataclass(slots=True)
class AdoptionReport:
    """What `adopt_journals` found.

    Args:
        journals: ids of the journals that were taken over and drained.
        records: how many records that brought (points of a series count once).
        ended_run_ids: runs that were running and now read as interrupted.
        problems: sentences for a person; empty when all went well.
    """

    journals: list[str] = field(default_factory=list)
    records: int = 0
    ended_run_ids: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def adopt_journals(store: Store, *, directory: Path | None = None) -> AdoptionReport:
    """Take over the journals of dead processes, and end what they left running.

    Safe to call at any time and from several processes at once; cheap when there is nothing.

    Args:
        store: where the records go.
        directory: of the journals; all where the store's own may be by default.

    Raises:
        StoreError: the store cannot be written; the journals stay as they are.
    """
    places = journal_directories(store.location) if directory is None else [directory]
    report = AdoptionReport()
    for path in [path for place in places for path in held_journals(place)]:
        try:
            journal = adopt(path)
        except JournalError as error:
            report.problems.append(str(error))
            path.replace(path.with_suffix(_DAMAGED))
            continue
        if journal is not None:
            _take_over(store, journal, report)
    _end_orphans(store, places, report)
    for problem in report.problems:
        _logger.warning("nbtrack: %s", problem)
    return report


def _take_over(store: Store, journal: JournalFile, report: AdoptionReport) -> None:
    keep_as, done = None, False
    try:
        found = _apply_rest(store, journal, report)
        if found is not None:
            last_ns = max(found.last_ns, journal.last_alive_ns)
            _end_session(store, journal, last_ns, report)
            report.journals.append(journal.journal_id)
            report.records += len(found.records)
            done = True
            if found.damage:
                keep_as = _DAMAGED
                report.problems.append(
                    f"{journal.path} has {found.damage}. Everything before it was kept; the "
                    f"file is now {journal.path.with_suffix(_DAMAGED).name}."
                )
    finally:
        journal.close(remove=done, keep_as=keep_as)


def _apply_rest(store: Store, journal: JournalFile, report: AdoptionReport) -> Decoded | None:
    """Apply what the store does not have yet; None if that must wait for another journal."""
    begin = store.journal_offset(journal.journal_id)
    while True:
        found = journal.read(begin)
        end = max(begin, journal.position(found.consumed))
        position = JournalPosition(journal.journal_id, end, begin)
        try:
            return found if _apply(store, journal, found.records, position, report) else None
        except AlreadyAppliedError as error:
            # The dead process's last transaction was committed only now.
            begin = error.offset


def _apply(
    store: Store,
    journal: JournalFile,
    records: list[Record],
    position: JournalPosition,
    report: AdoptionReport,
) -> bool:
    unknown: set[str] = set()
    while True:
        kept = [record for record in records if getattr(record, "run_id", None) not in unknown]
        try:
            store.apply(kept, position=position)
        except NotFoundError as error:
            if error.key in unknown:
                raise
            if time.time() - journal.path.stat().st_mtime < _UNKNOWN_RUN_S:
                # Its start may be in a living process's journal, not yet in the store.
                return False
            unknown.add(error.key)
            report.problems.append(f"records of an unknown run were dropped: {error}")
        else:
            return True


def _end_session(store: Store, journal: JournalFile, last_ns: int, report: AdoptionReport) -> None:
    if last_ns:
        last_at = datetime.fromtimestamp(last_ns / 1e9, UTC)
    else:
        last_at = datetime.fromtimestamp(journal.path.stat().st_mtime, UTC)
    session_id = journal.journal_id
    runs = [run for run in _running(store) if run.session_id == session_id]
    _end_runs(store, runs, last_at, report)
    _abort_executions(store, session_id, last_at)


def _end_runs(
    store: Store, runs: list[Run], last_at: datetime | None, report: AdoptionReport
) -> None:
    ended: list[Record] = []
    for run in runs:
        seen = [metric.last_at for metric in run.metrics.values()]
        at = max([last_at or run.started_at, run.started_at, *seen])
        ended.append(RunEnded(run.run_id, RunStatus.KILLED, EndReason.PROCESS_DIED, at))
        report.ended_run_ids.append(run.run_id)
    if ended:
        store.apply(ended)


def _abort_executions(store: Store, session_id: str, last_at: datetime) -> None:
    ended: list[Record] = []
    for execution in store.list_executions(session_id=session_id).items:
        if execution.status is ExecutionStatus.RUNNING:
            at = max(last_at, execution.started_at)
            duration_s = (at - execution.started_at).total_seconds()
            ended.append(ExecutionEnded(execution.msg_id, ExecutionStatus.ABORTED, at, duration_s))
    if ended:
        store.apply(ended)


def _end_orphans(store: Store, directories: list[Path], report: AdoptionReport) -> None:
    """End runs that say they run although their session's journal is gone.

    Only sessions of this machine: another one's journals cannot be seen from here.
    """
    alone = [
        run
        for run in _running(store)
        if run.session_id
        and not any((place / f"{run.session_id}{SUFFIX}").exists() for place in directories)
    ]
    # A session that closes removes its journal last: read again what it may have ended meanwhile.
    again = store.get_runs([run.run_id for run in alone if _of_this_host(store, run)])
    _end_runs(store, [run for run in again if run.status is RunStatus.RUNNING], None, report)


def _of_this_host(store: Store, run: Run) -> bool:
    try:
        return store.get_session(run.session_id or "").host == socket.gethostname()
    except NotFoundError:
        return False


def _running(store: Store) -> list[Run]:
    from nbtrack.store.base import RunQuery

    query = RunQuery(filter="attributes.status = 'RUNNING'", view="all")
    return list(store.search_runs(query).items)
