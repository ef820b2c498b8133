"""The background thread that takes records from the journal into the store.

It may be slow, wait for another process, or not reach the store at all: what is logged is safe
in the journal meanwhile. It imports the heavy parts, so that the user's thread need not.
"""

from __future__ import annotations

import heapq
import itertools
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from nbtrack.capture.policy import Guard
from nbtrack.errors import AlreadyAppliedError, NbtrackError, NotFoundError
from nbtrack.journal.decode import Decoded, decode
from nbtrack.journal.journal import Journal
from nbtrack.journal.layout import MAX_RECORD_BYTES
from nbtrack.records import JournalPosition, Record
from nbtrack.tracking.pace import Pace

if TYPE_CHECKING:
    from nbtrack.store.base import Store

_logger = logging.getLogger("nbtrack")
BATCH_BYTES = 1 << 20
_QUIET_AFTER_S = 30.0
_UNKNOWN_RUN_S = 10.0
"""How long a record waits for its run, which another process may still have in its journal."""
LONGEST_BACKOFF_S = 10.0
_LOOK_AGAIN_S = 0.1
"""How often to look whether what was put off for a cell may be done."""
_FORK_WAIT_S = 5.0
SYNC_INTERVAL_S = 5.0
"""So much of what was recorded last may a power cut cost, and what the disk takes to write it."""


class Writer:
    """Drains one journal into one store.

    Args:
        journal: of this process.
        open_store: opens it, or gives the open one; may raise `StoreError`.
        has_work: whether more records are expected soon (a run is active).
        interval_s: seconds between two drains while something is logged.
        sync: brings to the disk what the store was given; may raise `StoreError`.
        sync_interval_s: seconds between two such calls while something is logged. A crash of
            the system or a power cut costs at most what was recorded in that time; the death
            of the process alone never costs anything.
        pace: says when to leave the processor to a cell that runs.
    """

    def __init__(
        self,
        journal: Journal,
        open_store: Callable[[], Store],
        *,
        has_work: Callable[[], bool] = lambda: True,
        interval_s: float = 0.2,
        sync: Callable[[], None] = lambda: None,
        sync_interval_s: float = SYNC_INTERVAL_S,
        pace: Pace | None = None,
    ) -> None:
        self._pace = pace or Pace()
        self._journal = journal
        self._open_store = open_store
        self._has_work = has_work
        self._interval_s = interval_s
        self._late_s = min(interval_s, 0.2)
        self._sync_store = sync
        self._sync_interval_s = sync_interval_s
        self._tasks: list[tuple[float, int, Callable[[], object]]] = []
        self._order = itertools.count()
        self._guard = Guard()
        self.renew()

    def renew(self) -> None:
        """Forget the thread and what it knew: a forked child has only its parent's memory."""
        self._wake = threading.Event()
        self._working = threading.RLock()
        self._thread: threading.Thread | None = None
        self._stopping = False
        self._failures = 0
        self._failing_since: float | None = None
        self._last_progress = self._synced_at = time.monotonic()
        self._written_since_sync = False
        self._waits_until = 0.0
        self._asked = False
        self._putting_off = False
        self._tasks.clear()

    def start(self) -> None:
        """Start the thread, once."""
        if self._thread is not None:
            return
        thread = threading.Thread(target=self._work, name="nbtrack writer", daemon=True)
        try:
            thread.start()
        except RuntimeError as error:
            # At the interpreter's end no thread can start; the next process drains the journal.
            _logger.warning("nbtrack: what is logged from here on waits in the journal: %s", error)
        else:
            self._thread = thread

    @property
    def working(self) -> bool:
        """Whether the thread is there and the store took what it was last given."""
        return self._thread is not None and self._thread.is_alive() and self._failures == 0

    def pause_for_fork(self) -> Callable[[], None]:
        """Let the thread finish what it is at, for a bounded time; gives what resumes it.

        A fork in the middle of its first import of a library would leave the child with that
        library's import lock held by no one.
        """
        working = self._working
        if working.acquire(timeout=_FORK_WAIT_S):
            return working.release
        return lambda: None

    def wake(self) -> None:
        """Do not wait for the interval."""
        self._wake.set()

    def run_later(self, task: Callable[[], object], delay_s: float = 0.0) -> None:
        """Run a small task in the writer's thread, after a delay; at the latest at `stop`.

        It may come a little late: what a run has to do at its beginning must not get in the way
        of its first points.
        """
        due = time.monotonic() + delay_s
        heapq.heappush(self._tasks, (due, next(self._order), task))
        if due + self._late_s < self._waits_until:
            self._wake.set()

    def flush(self, timeout_s: float, *, leave_bytes: int = 0) -> bool:
        """Wait until the store has what is in the journal now, but for its last bytes.

        Returns:
            False if the time ran out, or the store could not be written to.
        """
        if self._thread is threading.current_thread():
            return self._drain()
        journal = self._journal
        deadline = time.monotonic() + timeout_s
        with journal.changed:
            target, failures = journal.end - leave_bytes, self._failures
            self._asked = True
            self._wake.set()
            while journal.drained < target:
                left = deadline - time.monotonic()
                alive = self._thread is not None and self._thread.is_alive()
                if left <= 0 or self._failures > failures or not alive:
                    return False
                journal.changed.wait(min(left, 0.5))
        return True

    def stop(self, timeout_s: float) -> bool:
        """Run what was put off, drain, end the thread; may be called again to wait longer.

        Returns:
            Whether all of it was done in time.
        """
        if self._thread is None:
            return True
        self._stopping = True
        self._wake.set()
        self._thread.join(timeout_s)
        return not self._thread.is_alive() and self._journal.drained >= self._journal.end

    def _work(self) -> None:
        self._journal.writer_thread = threading.get_ident()
        while True:
            pause_s = self._pause_s()
            self._waits_until = time.monotonic() + pause_s
            self._wake.wait(pause_s)
            self._wake.clear()
            stopping = self._stopping
            if self._puts_off():
                # What a power cut may cost does not depend on how long cells run.
                self._sync_if_due()
                continue
            began_at_s = time.thread_time()
            with self._working:
                self._guard.run("noting that the process lives", self._journal.say_alive, None)
                self._drain()
                self._run_tasks(all_of_them=stopping)
                if stopping:
                    self._drain()
                self._sync_if_due(at_once=stopping)
            if stopping:
                return
            self._pace.spent(time.thread_time() - began_at_s)

    def _puts_off(self) -> bool:
        """Whether to leave the processor to a cell: nobody waits, and there is not much to do."""
        asked, self._asked = self._asked, False
        now = asked or self._stopping or self._journal.backlog > BATCH_BYTES
        self._putting_off = not now and not self._pace.allows
        return self._putting_off

    def _sync_if_due(self, *, at_once: bool = False) -> None:
        if at_once or time.monotonic() - self._synced_at >= self._sync_interval_s:
            with self._working:
                self._guard.run("bringing what was logged to the disk", self._sync, None)

    def _sync(self) -> None:
        self._synced_at = time.monotonic()
        if self._written_since_sync:
            self._sync_store()
            self._written_since_sync = False
        self._journal.sync()

    def _pause_s(self) -> float:
        if self._putting_off:
            return _LOOK_AGAIN_S
        now = time.monotonic()
        if self._failing_since is not None:
            pause = min(self._interval_s * 2.0 ** min(self._failures, 10), LONGEST_BACKOFF_S)
        elif now - self._last_progress < _QUIET_AFTER_S:
            pause = self._interval_s
        else:
            pause = 1.0 if self._has_work() else 5.0
        if self._written_since_sync or self._journal.end > self._journal.synced:
            # Also while the store fails: what is in the journal has to get to the disk.
            due = self._synced_at + self._sync_interval_s
            pause = min(pause, max(0.0, due - now))
        if self._tasks and self._failing_since is None:
            pause = min(pause, max(self._late_s, self._tasks[0][0] - now))
        return pause

    def _run_tasks(self, *, all_of_them: bool) -> None:
        while self._tasks and (all_of_them or self._tasks[0][0] <= time.monotonic()):
            _, _, task = heapq.heappop(self._tasks)
            self._guard.run("a task in the background", task, None)
            if not (all_of_them or self._pace.rests):
                break

    def _drain(self) -> bool:
        """Take everything into the store; False if that failed and is to be tried again."""
        journal = self._journal
        while journal.drained < journal.end:
            # An error of ours in here must not end the thread: nothing would be written any more.
            if not self._guard.run("writing to the store", self._drain_batch, False):
                if self._failing_since is None:
                    self._failed("an error inside nbtrack.")
                with journal.changed:
                    journal.changed.notify_all()
                return False
            self._last_progress = time.monotonic()
        # With a full disk there is no smaller file to be had; the present one goes on.
        self._guard.run("giving back the journal's space", journal.tidy, None)
        return True

    def _drain_batch(self) -> bool:
        journal = self._journal
        begin = journal.drained
        found = self._read(begin)
        position = JournalPosition(journal.journal_id, begin + found.consumed, begin)
        try:
            self._open_store().apply(found.records, position=position)
        except AlreadyAppliedError as error:
            # A batch that seemed to fail was committed after all; what came since is the next.
            position = replace(position, offset=error.offset)
        except NotFoundError as error:
            if not self._give_up_on(error):
                return False
            self._apply_without(error.key, found.records, position)
        except NbtrackError as error:
            self._failed(str(error))
            return False
        self._failures, self._failing_since = 0, None
        self._written_since_sync = True
        journal.advance(position.offset)
        return True

    def _read(self, begin: int) -> Decoded:
        journal = self._journal
        found = decode(journal.copy(begin, BATCH_BYTES), journal.series, verify=False)
        if found.consumed == 0 and not found.damage:
            found = decode(journal.copy(begin, MAX_RECORD_BYTES), journal.series, verify=False)
        if found.damage:
            _logger.error(
                "nbtrack: the journal %s is damaged (%s). What came before is kept.",
                journal.path,
                found.damage,
            )
            found.consumed = journal.end - begin
        return found

    def _give_up_on(self, error: NotFoundError) -> bool:
        now = time.monotonic()
        if self._failing_since is None:
            self._failing_since = now
        if now - self._failing_since < _UNKNOWN_RUN_S:
            return False
        _logger.warning("nbtrack: records of the %s are dropped: %s.", error.kind, error)
        return True

    def _apply_without(self, run_id: str, records: list[Record], position: JournalPosition) -> None:
        kept = [record for record in records if getattr(record, "run_id", None) != run_id]
        self._open_store().apply(kept, position=position)

    def _failed(self, reason: str) -> None:
        if self._failures == 0:
            _logger.warning(
                "nbtrack cannot write to the store: %s What is logged is kept in %s and written "
                "when the store works again.",
                reason.rstrip(".") + ".",
                self._journal.path,
            )
        self._failures += 1
        self._failing_since = self._failing_since or time.monotonic()
