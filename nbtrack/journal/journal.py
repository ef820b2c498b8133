"""The journal of this process: append from any thread, survive SIGKILL, never lose silently.

A record is copied into a mapped file and published by one aligned 8-byte store of the new end,
so a process that dies leaves whole records only. What the kernel holds of a mapped file
outlives the process. A power cut can cost what was not yet on disk: `tracking.writer` brings
it there every few seconds and says how much that is.

When the file is full, or mostly drained, the undrained rest moves to a fresh file that takes
its place by a rename (`roll`): there is one mechanism for growing, shrinking and recycling.

`appender` appends, in turn; the lock here is for all else: making room, draining, closing.
"""

from __future__ import annotations

import logging
import os
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

from nbtrack.entities import Origin
from nbtrack.errors import JournalError
from nbtrack.journal.appender import Appender
from nbtrack.journal.clock import Clock
from nbtrack.journal.file import SUFFIX, MappedFile, create
from nbtrack.journal.layout import (
    HEADER_BYTES,
    POINT_TAG,
    W_ALIVE,
    W_DRAINED,
    W_END,
    Series,
    encode,
    encode_bulk,
    encode_series,
    pack_point,
)
from nbtrack.records import MetricPoints, Record
from nbtrack.store.files import sync_file

_logger = logging.getLogger("nbtrack")
SMALLEST = 1 << 20
_PIECE = 1 << 20
_SLACK = 1 << 16
"""Kept free at a file's end for what is appended while the file is being replaced."""


def new_id() -> str:
    """32 hex characters, unique in practice."""
    return os.urandom(16).hex()


class Journal(Appender):
    """One process's journal.

    The file is made by the first append.

    Args:
        directory: where journals are kept.
        capacity: largest undrained backlog, in bytes; an append beyond it waits for the writer.
        patience_s: how long such an append waits without any progress before it raises; more
            than the store may be busy (`NbtrackConfig.busy_timeout_s`), and then be tried again.
        on_create: called, under the lock, after a journal with a new id was made.
        clock: gives the instants of what is recorded.
    """

    __slots__ = (
        "_capacity",
        "_directory",
        "_file",
        "_numbers",
        "_on_create",
        "_patience_s",
        "_retired",
        "_rolling",
        "_said_full",
        "changed",
        "drained",
        "journal_id",
        "lock",
        "next_number",
        "series",
        "synced",
        "writer_thread",
    )

    def __init__(
        self,
        directory: Path,
        *,
        capacity: int = 32 << 20,
        patience_s: float = 120.0,
        on_create: Callable[[], None] = lambda: None,
        clock: Clock | None = None,
    ) -> None:
        self._directory = directory
        self._capacity = capacity
        self._patience_s = patience_s
        self._on_create = on_create
        self.clock = clock or Clock()
        self.clock_id = self.clock.system_id
        self._file: MappedFile | None = None
        self.series: dict[int, Series] = {}
        self._numbers: dict[str, dict[tuple[str, Origin | None], int]] = {}
        self._retired: list[tuple[int, list[int]]] = []
        self.next_number = 1
        self.renew()

    def renew(self) -> None:
        """Begin again under a new id, with no file yet; series keep their numbers."""
        # A forked child must not wait for a thread that only its parent has.
        super().__init__()
        self.journal_id = new_id()
        self.lock = threading.RLock()
        self.changed = threading.Condition(self.lock)
        self._file = None
        self._said_full = False
        self._rolling = False
        self._retired.clear()
        # No file, and no room in it: that leads to `make_room`.
        self.position = self.limit = self.start = 0
        self.base = 0
        self.memory = self.header = None
        self.drained = 0
        self.synced = 0
        self.writer_thread: int | None = None

    def renew_in_child(self) -> None:
        """After a fork: let go of the parent's file without touching it, and begin anew."""
        inherited = self._file
        self.renew()
        if inherited is not None:
            # The lock lives as long as any process holds the open file: the parent's must not
            # outlive it in a child.
            inherited.release()

    @property
    def path(self) -> Path:
        """Where the file is, or will be."""
        return self._directory / f"{self.journal_id}{SUFFIX}"

    @property
    def end(self) -> int:
        """The position after the last published record."""
        return self.base + self.position - self.start

    @property
    def backlog(self) -> int:
        """Bytes of records that the store does not have yet."""
        return self.end - self.drained

    def ensure(self) -> None:
        """Make the file, if there is none yet."""
        if self.limit == 0:
            self.make_room(0)

    def append(self, record: Record) -> None:
        """Append any record. When it returns, the record survives this process.

        Raises:
            JournalError: the record cannot be taken; nothing of it was.
        """
        if isinstance(record, MetricPoints):
            with self.lock:
                number = self.number(record.run_id, record.key, record.origin)
                for block in encode_bulk(number, record):
                    self._publish(block)
        else:
            self._publish(encode(record))

    def append_point(self, number: int, step: int, ns: int, value: float) -> None:
        """Append one metric point of a series, at nanoseconds since the epoch."""
        rest = pack_point(POINT_TAG, number, step, ns, value)
        checksum = zlib.crc32(rest)
        self._publish(checksum.to_bytes(4, "little") + rest)

    def number(self, run_id: str, key: str, origin: Origin | None = None) -> int:
        """The number of a series, defined in the journal on first use."""
        with self.lock:
            numbers = self._numbers.setdefault(run_id, {})
            number = numbers.get((key, origin))
            if number is None:
                number, series = self.next_number, Series(run_id, key, origin)
                self.next_number += 1
                self._publish(encode_series(number, series))
                self.series[number] = series
                numbers[key, origin] = number
            return number

    def retire(self, run_id: str) -> None:
        """A run is over: its series are dropped once they are drained."""
        with self.lock:
            numbers = self._numbers.pop(run_id, {})
            self._retired.append((self.end, list(numbers.values())))

    def _publish(self, block: bytes) -> None:
        while not self.publish(block):
            self.make_room(len(block))

    def make_room(self, size: int) -> None:
        """Have ``size`` free bytes at `position`: make the file, or a new one, or wait."""
        with self.changed:
            if self._rolling:
                self._use_slack(size)
                return
            if self._file is None:
                self._roll(size)
                self._on_create()
            if self.backlog + size > self._capacity:
                self._wait_for_writer(size)
            if self._file is None or self.position + size > self._file.capacity - _SLACK:
                self._roll(size)
            assert self._file is not None
            limit = self._limit(self._file, self.start, self.base)
            self.limit = max(limit, self.position + size)

    def _use_slack(self, size: int) -> None:
        # Only the thread that replaces the file can come here: a signal handler or a finalizer
        # logs in the middle of it. `_roll` carries over what it appends.
        if self._file is None or self.position + size > self._file.capacity:
            raise JournalError("the journal cannot take a record while its file is replaced")
        self.limit = self._file.capacity

    def _limit(self, file: MappedFile, start: int, base: int) -> int:
        """How far a file may be filled: to its end, and to the largest backlog."""
        backlog = start + self.drained + self._capacity - base
        return min(file.capacity - _SLACK, backlog)

    def _wait_for_writer(self, size: int) -> None:
        if size > self._capacity:
            raise JournalError(
                f"a record of {size} bytes is larger than the journal may be ({self._capacity})"
            )
        if self.writer_thread == threading.get_ident():
            return
        if not self._said_full:
            self._said_full = True
            _logger.warning(
                "nbtrack: logging waits for the store, which is slower than what is logged "
                "(%d MB are waiting in %s).",
                self.backlog >> 20,
                self.path,
            )
        seen, since = self.drained, time.monotonic()
        while self.backlog + size > self._capacity:
            self.changed.wait(0.5)
            if self.drained != seen:
                seen, since = self.drained, time.monotonic()
            elif time.monotonic() - since > self._patience_s:
                raise JournalError(
                    f"the journal {self.path} is full and nothing was written to the store for "
                    f"{self._patience_s:.0f} s. The record was not taken; earlier ones are kept."
                )

    def _roll(self, size: int) -> None:
        self._rolling = True
        try:
            self._replace_file(size)
        finally:
            self._rolling = False

    def _replace_file(self, size: int) -> None:
        replaced, drained, copied = self._file, self.drained, self.position
        live_bytes = self.base + copied - self.start - drained
        preamble = b"".join(encode_series(*item) for item in list(self.series.items()))
        start = HEADER_BYTES + len(preamble)
        room = max(SMALLEST, min(4 * live_bytes, self._capacity)) + 2 * _SLACK
        capacity = -(-(start + live_bytes + size + room) // 65536) * 65536
        live = self._pieces(drained, drained + live_bytes)
        fresh = create(self.path, capacity=capacity, preamble=preamble, live=live, base=drained)
        if replaced is not None:
            fresh.say_alive(replaced.header[W_ALIVE])
        if self.synced > drained:
            # What a power cut could not cost any more must not depend on the new file's luck.
            fresh.sync()
        fresh.publish()
        position = start + live_bytes
        limit = self._limit(fresh, start, drained)
        # Others may have logged at any call since: their records are carried over until none
        # came meanwhile.
        while not self.move(copied, fresh.memory, fresh.header, position, limit, start, drained):
            late = bytes(self.memory[copied : self.position])
            end = position + len(late)
            fresh.memory[position:end] = late
            fresh.header[W_END] = end
            copied += end - position
            position = end
        self._file = fresh
        if replaced is not None:
            replaced.release()

    def _pieces(self, begin: int, end: int) -> Iterator[bytes]:
        # A large backlog is never in memory twice, let alone thrice.
        for position in range(begin, end, _PIECE):
            yield self.copy(position, min(_PIECE, end - position))
            if self._file is not None:
                at = self.start + position - self.base
                self._file.forget(at, at + _PIECE)

    # What the writer thread asks

    def copy(self, position: int, size: int) -> bytes:
        """Up to ``size`` bytes that were published from a position on."""
        with self.lock:
            if self.memory is None:
                return b""
            begin = self.start + position - self.base
            return bytes(self.memory[begin : min(begin + size, self.position)])

    def advance(self, drained: int) -> None:
        """Say that the store has everything before a position; lets waiting appends go on."""
        with self.changed:
            if self._file is not None:
                # A backlog is looked at again only when it is drained, a batch at a time.
                self._file.forget(self.start + self.drained - self.base, self.position)
            self.drained = drained
            if self._file is not None:
                self.limit = self._limit(self._file, self.start, self.base)
            while self._retired and self._retired[0][0] <= drained:
                for number in self._retired.pop(0)[1]:
                    del self.series[number]
            if self.header is not None:
                self.header[W_DRAINED] = drained
            self.changed.notify_all()

    def tidy(self) -> None:
        """Give back space: with nothing left to drain, start a small file again."""
        with self.lock:
            used = self.position - self.start
            if self._file is not None and self.end == self.drained and used > SMALLEST // 2:
                self._roll(0)

    def say_alive(self) -> None:
        """Note the time: whoever adopts this journal learns when the process was last seen.

        A file that someone deleted is made again, with all that was not drained.
        """
        with self.lock:
            if self._file is not None:
                if not self.path.exists():
                    self._roll(0)
                self._file.say_alive(self.clock.now_ns())

    def sync(self) -> None:
        """Have what was appended until now survive a power cut; for the writer's thread.

        Appending goes on meanwhile.
        """
        with self.lock:
            file, end = self._file, self.end
        if file is None or end <= self.synced:
            return
        sync_file(file.path)
        with self.lock:
            # A file that took this one's place meanwhile has it all, but not yet on disk.
            if self._file is file:
                self.synced = end

    def close(self) -> bool:
        """Let go of the file; it is removed if all of it was drained. Whether it was."""
        with self.lock:
            # What is logged from here on waits for the lock, and makes a journal of its own.
            self.limit = 0
            clean, file = self.end == self.drained, self._file
            self.renew()
            if file is not None:
                file.release(remove=clean)
            return clean
