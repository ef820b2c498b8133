"""One process's tracking: its journal, its writer, its store and its active runs.

`session` gives the process-wide one that the fluent API uses; a `Session` of one's own works
the same on any other store. Nothing is opened or written before the first record.
"""

from __future__ import annotations

import atexit
import logging
import os
import socket
import sys
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable, Hashable
from dataclasses import fields, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from nbtrack.capture.data.own import declare_own
from nbtrack.entities import KernelSession
from nbtrack.errors import UsageError
from nbtrack.journal.clock import Clock
from nbtrack.journal.journal import Journal
from nbtrack.records import Record, SessionStarted

# Imported for its hooks. Of those before a fork, the last registered runs first: the writers
# pause, and then the store's connections are closed, of which they could open new ones otherwise.
from nbtrack.store import forking as _forking  # noqa: F401
from nbtrack.tracking.active import ActiveRuns
from nbtrack.tracking.background import Background
from nbtrack.tracking.masks import masked_record
from nbtrack.tracking.pace import Pace
from nbtrack.tracking.places import journal_directory, location_of
from nbtrack.tracking.process import at_worker_exit, script_path, user_name, working_directory
from nbtrack.tracking.storage import Storage
from nbtrack.tracking.surroundings import Surroundings
from nbtrack.tracking.waiting import Waiting
from nbtrack.tracking.writer import SYNC_INTERVAL_S, Writer

if TYPE_CHECKING:
    from nbtrack.capture.facts import ExecutionFacts
    from nbtrack.store.base import Store
    from nbtrack.tracking.digests import FileDigests
    from nbtrack.tracking.run import ActiveRun

_logger = logging.getLogger("nbtrack")
_ADOPT_EVERY_S = 30.0
_FLUSH_S = 10.0
_EXIT_S = 10.0
_BACKGROUND_S = 3.0
_KERNEL_EXIT_S = 2.0
"""Jupyter asks a kernel to shut down, and kills one that takes longer than 2.5 s."""
_SETTLED_BYTES = 4 << 20
"""So much may be left for the writer when a run ends, a hundred thousand points: the end of a
short run waits for nothing."""


class Session:
    """The life of one process as a tracker.

    Args:
        location: of the store, as `nbtrack.config.store_location` takes it.
        journal_bytes: largest backlog in the journal before logging waits for the store.
        drain_interval_s: how often the writer takes records into the store.
        sync_interval_s: how often what was recorded is brought to the disk, so that it survives
            a power cut as well.
        clock: gives the instants of what is recorded.
    """

    def __init__(
        self,
        location: str | os.PathLike[str] | None = None,
        *,
        journal_bytes: int = 32 << 20,
        drain_interval_s: float = 0.2,
        sync_interval_s: float = SYNC_INTERVAL_S,
        clock: Clock | None = None,
    ) -> None:
        from nbtrack.config import store_location

        self.location = store_location(location)
        declare_own(self.location)
        self.storage = Storage(self.location)
        self.journal = Journal(
            journal_directory(self.location),
            capacity=journal_bytes,
            on_create=self._begin,
            clock=clock,
        )
        self.pace = Pace()
        self.writer = Writer(
            self.journal,
            self._writers_store,
            has_work=lambda: bool(self.open_runs),
            interval_s=drain_interval_s,
            sync=self.storage.sync,
            sync_interval_s=sync_interval_s,
            pace=self.pace,
        )
        self.waiting = Waiting(self.journal, self.writer, self.location)
        self.background = Background()
        self._digests: FileDigests | None = None
        self.experiment_id: str | None = None
        self.open_runs: dict[str, ActiveRun] = {}
        self._just_ended: deque[tuple[int, ActiveRun]] = deque()
        self.last_run_id: str | None = None
        self.active = ActiveRuns([])
        self.executing: ExecutionFacts | None = None
        """The cell execution going on in this kernel: runs that its code starts are its."""
        self._inherited: list[Record] = []
        """Starts of the runs that were open when this process was forked."""
        self._facts: dict[str, Any] = {}
        self.surroundings = Surroundings(self)
        self.kept: dict[Hashable, str] = {}
        """Digests of bytes that this session stored, by what they are of."""
        self._looked_for_dead_at = -_ADOPT_EVERY_S
        self.has_forked = False
        """Workers were forked: when they are done, their journals are for this process to take."""
        self._closed = False
        _sessions.add(self)

    @property
    def session_id(self) -> str:
        """This process's life: 32 hex, another one after a fork."""
        return self.journal.journal_id

    def record(self, record: Record) -> None:
        """Append a record to the journal. When it returns, the record survives this process.

        Secrets in it are masked first.

        Raises:
            JournalError: the journal cannot take it.
        """
        self.record_masked(masked_record(record))

    def record_masked(self, record: Record) -> None:
        """The same for a record that holds no secret any more."""
        self.journal.append(record)

    def describe(self, **facts: Any) -> None:
        """Say what is known of this process (fields of `KernelSession`), before the first record.

        Later facts are recorded as well: the session is written again.
        """
        unknown = set(facts) - {field.name for field in fields(KernelSession)}
        if unknown:
            raise UsageError(f"a session has no {', '.join(sorted(unknown))}")
        changed = {key: value for key, value in facts.items() if self._facts.get(key) != value}
        self._facts.update(changed)
        if changed and self.journal.limit:
            self.record(SessionStarted(self.described()))

    def described(self) -> KernelSession:
        """What is known of this process."""
        base = KernelSession(
            session_id=self.session_id,
            started_at=self.now(),
            pid=os.getpid(),
            host=socket.gethostname(),
            cwd=working_directory(),
            user_id=user_name(),
            front_end="script",
        )
        return replace(base, **self._facts)

    @property
    def source_name(self) -> str:
        """The notebook or script that this process runs."""
        notebook = self._facts.get("notebook_path")
        return str(notebook) if notebook else script_path()

    def now(self) -> datetime:
        """The present instant, whatever happens to the system's clock while a run is open."""
        return self.journal.clock.now()

    def set_clock(self) -> None:
        """Take over how the system's clock is set now, unless a run is open."""
        if not self.open_runs:
            self.journal.clock.set()

    # The store

    @property
    def store(self) -> Store:
        """The store, opened on first use.

        Raises:
            StoreError: it cannot be opened.
        """
        return self.storage.get()

    def put_blob(self, data: bytes) -> str:
        """Store bytes now, in this thread; gives their digest.

        Raises:
            StoreError: they cannot be written.
        """
        return self.storage.put_blob(data)

    @property
    def digests(self) -> FileDigests:
        """Digests of files, remembered beside a store that is a directory."""
        if self._digests is None:
            from nbtrack.tracking.digests import FileDigests

            directory = None if "://" in self.location else self.location
            self._digests = FileDigests(directory, stopping=lambda: self.background.stopping)
        return self._digests

    def flush(self, timeout_s: float = _FLUSH_S) -> bool:
        """Wait until the store has everything recorded so far; says so if that takes long.

        Everything is also what forked workers recorded that are done.

        Returns:
            False if it does not have it yet. Nothing is lost: the journal keeps it.
        """
        done = self._flush_own(timeout_s)
        if done and self.has_forked:
            from nbtrack.tracking.adoption import adopt_journals

            adopt_journals(self.store)
        return done

    def _flush_own(self, timeout_s: float) -> bool:
        if self.waiting.until(self.writer.flush, timeout_s):
            return True
        _logger.warning(
            "nbtrack: not everything is in the store yet (about %d records are left). It is safe "
            "in %s and will be written by this process, or by the next one that uses the store.",
            self.waiting.records_left(),
            self.journal.path,
        )
        return False

    def settle(self) -> None:
        """At the end of a run: wait while much of what was logged is not in the store yet.

        What is left after a bounded time is written in the background, or after the death of
        this process by the next one.
        """
        if self.journal.backlog <= _SETTLED_BYTES or not self.writer.working:
            return
        self.waiting.until(lambda s: self.writer.flush(s, leave_bytes=_SETTLED_BYTES), _FLUSH_S)

    def run_later(self, task: Callable[[], object], delay_s: float = 0.0) -> None:
        """Run a small task in the background thread; at the latest when the session closes."""
        self.writer.run_later(task, delay_s)

    def close(self, *, timeout_s: float | None = None) -> None:
        """End open runs, write everything to the store, let go of the files.

        Runs end as finished, as in MLflow; as failed if an uncaught exception ends a script.
        Idempotent. What cannot be written in time stays in the journal for the next process.

        Args:
            timeout_s: by default 10 seconds; 2 in a kernel, which Jupyter does not leave longer.
        """
        if self._closed:
            return
        self._closed = True
        for run in list(self.open_runs.values())[::-1]:
            run.close(None if "front_end" in self._facts else getattr(sys, "last_value", None))
        # A kernel that ends has no cell any more to show anything under.
        self.waiting.show = None
        if timeout_s is None:
            timeout_s = _KERNEL_EXIT_S if self._facts.get("kernel_id") else _EXIT_S
        self.background.stop(min(_BACKGROUND_S, timeout_s / 2))
        if not self.waiting.until(self.writer.stop, timeout_s):
            _logger.warning(
                "nbtrack: not everything is in the store yet (about %d records are left). It is "
                "safe in %s and will be written by the next process that uses the store.",
                self.waiting.records_left(),
                self.journal.path,
            )
        self.journal.close()
        self.storage.close()

    def _begin(self) -> None:
        # Called by the journal's first append, and again in a forked child.
        self.journal.append(SessionStarted(self.described()))
        # So that a worker's records do not depend on when its parent's are written.
        for start in self._inherited:
            self.record(start)
        self.writer.start()
        at_worker_exit(self.close)

    def _writers_store(self) -> Store:
        if self.storage.is_deleted():
            self._begin_again()
        store = self.store
        if time.monotonic() - self._looked_for_dead_at >= _ADOPT_EVERY_S:
            from nbtrack.tracking.adoption import adopt_journals

            self._looked_for_dead_at = time.monotonic()
            adopt_journals(store)
        return store

    def ended(self, run: ActiveRun) -> None:
        """A run's end was recorded; it is remembered until the store has it."""
        self.journal.retire(run.run_id)
        self.open_runs.pop(run.run_id, None)
        while self._just_ended and self._just_ended[0][0] <= self.journal.drained:
            self._just_ended.popleft()
        self._just_ended.append((self.journal.end, run))
        self.writer.wake()

    def _begin_again(self) -> None:
        """The store's directory was deleted: make it anew, with the runs that are open."""
        _logger.error(
            "nbtrack: the store %s was deleted while it was in use. What it held is gone; runs "
            "that are active go on in a new store.",
            self.location,
        )
        self.storage.close()
        self.kept.clear()
        self.surroundings.store_again()
        known: list[Record] = [SessionStarted(self.described())]
        for run in [*self.open_runs.values(), *(run for _, run in list(self._just_ended))]:
            known += run.known_records()
        self.store.apply(known)

    def renew_in_child(self) -> None:
        """After a fork: a journal, a writer and a store of the child's own.

        Its parent's active runs stay active, so that what workers log goes to the run they
        were forked in; ending them stays with the parent.
        """
        self.journal.renew_in_child()
        self.writer.renew()
        self.background.renew()
        self.storage.renew_in_child()
        self.surroundings.forget()
        self.has_forked = False
        self._inherited = []
        for run in self.open_runs.values():
            run.inherited = True
            if run.start_record is not None:
                self._inherited.append(run.start_record)
        self.open_runs.clear()
        self._just_ended.clear()


current: Session | None = None
_current_lock = threading.Lock()
_sessions: weakref.WeakSet[Session] = weakref.WeakSet()
_resume: list[Callable[[], None]] = []


def _pause_all() -> None:
    _resume.extend(each.writer.pause_for_fork() for each in list(_sessions))


def _resume_all() -> None:
    while _resume:
        _resume.pop()()
    for each in list(_sessions):
        each.has_forked = True


def _renew_all() -> None:
    global _current_lock
    _current_lock = threading.Lock()
    _resume.clear()
    for each in list(_sessions):
        each.renew_in_child()


os.register_at_fork(before=_pause_all, after_in_parent=_resume_all, after_in_child=_renew_all)


def session() -> Session:
    """The session of this process, made on first use and closed at exit."""
    return current or use()


def use(replacement: Session | None = None) -> Session:
    """Make a session the process-wide one; without one, make it for the configured store.

    The one before is closed: its open runs end and everything is written.
    """
    global current
    with _current_lock:
        if replacement is None and current is not None:
            return current
        before, current = current, replacement or Session()
        chosen = current
    if before is not None and before is not chosen:
        before.close()
        atexit.unregister(before.close)
    atexit.register(chosen.close)
    return chosen


def set_tracking_uri(uri: str | os.PathLike[str]) -> None:
    """Track into another store from now on; open runs in the one before end.

    Args:
        uri: a directory, a ``file:`` URI of one, or ``sqlite:///...``.

    Raises:
        UsageError: an address of a server.
    """
    location = location_of(uri)
    if current is None or current.location != location:
        use(Session(location))


def get_tracking_uri() -> str:
    """Where this process tracks to."""
    return session().location
