"""One journal's file: made, held and mapped by its process, taken over after its death.

Whoever holds the exclusive `flock` on the file owns it. The lock belongs to the open file, so
the kernel gives it back when the process dies, however it dies, and nothing has to guess from
process ids. A file appears under its final name only when it is locked and complete.
"""

from __future__ import annotations

import errno
import mmap
import os
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from nbtrack.errors import JournalError
from nbtrack.journal.decode import Decoded, decode
from nbtrack.journal.layout import (
    ALL_ONES,
    COPY_AT,
    FIRST_MAGIC,
    HEADER_BYTES,
    MAGIC,
    MAX_RECORD_BYTES,
    W_ALIVE,
    W_BASE,
    W_CHECK,
    W_DRAINED,
    W_END,
    W_MAGIC,
    W_NOT_ALIVE,
    W_START,
    Series,
    check_of,
)

try:
    import fcntl
except ImportError as error:  # pragma: no cover - no POSIX
    raise JournalError("nbtrack's journal needs a POSIX system (Linux, macOS, WSL)") from error

SUFFIX = ".journal"
_UNFINISHED = ".new"
_STRIDE = 8 << 20
"""Bytes of a dead process's journal that are read at once."""


class MappedFile:
    """A journal file that this process owns: its bytes, its header's words, its lock."""

    __slots__ = ("_bytes", "_handle", "capacity", "header", "memory", "path")

    def __init__(self, path: Path, handle: int, capacity: int) -> None:
        self.path = path
        self.capacity = capacity
        self._handle = handle
        self.memory = mmap.mmap(handle, capacity)
        self._bytes = memoryview(self.memory)[:64]
        self.header = self._bytes.cast("Q")

    def publish(self) -> None:
        """Give the file its final name, in the place of one that has it."""
        try:
            _temporary(self.path).replace(self.path)
        except OSError as error:
            raise _explained(error, self.path) from error

    def sync(self) -> None:
        """Have all of it on disk before it is published."""
        os.fsync(self._handle)

    def forget(self, begin: int, end: int) -> None:
        """Take whole pages between two offsets out of this process's memory.

        The file keeps them, and they come back when they are looked at.
        """
        page = mmap.PAGESIZE
        first, last = begin // page * page, end // page * page
        if last > first and hasattr(mmap, "MADV_DONTNEED"):
            self.memory.madvise(mmap.MADV_DONTNEED, first, last - first)

    def say_alive(self, ns: int) -> None:
        """Note that the process lives at an instant, in nanoseconds since the epoch."""
        self.header[W_ALIVE], self.header[W_NOT_ALIVE] = ns, ns ^ ALL_ONES

    def release(self, *, remove: bool = False) -> None:
        """Unmap and unlock; with ``remove`` the file goes first, while it is still locked."""
        if remove:
            self.path.unlink(missing_ok=True)
        self.header.release()
        self._bytes.release()
        self.memory.close()
        os.close(self._handle)


def create(
    path: Path, *, capacity: int, preamble: bytes, live: Iterable[bytes], base: int
) -> MappedFile:
    """Make a journal file, locked; `MappedFile.publish` puts it in the place of ``path``.

    Args:
        path: the final name.
        capacity: bytes of the whole file, reserved on disk.
        preamble: definitions that the live records need.
        live: records carried over from the file before, in pieces.
        base: bytes the journal had taken before ``live``.

    Raises:
        JournalError: the file cannot be made; the message says why and what helps.
    """
    start = HEADER_BYTES + len(preamble)
    temporary = _temporary(path)
    try:
        _make_directory(path.parent)
        handle = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise _explained(error, path) from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        _reserve(handle, capacity)
        mapped = MappedFile(path, handle, capacity)
    except OSError as error:
        os.close(handle)
        temporary.unlink(missing_ok=True)
        raise _explained(error, path) from error
    mapped.memory[HEADER_BYTES:start] = preamble
    end = start
    for piece in live:
        mapped.memory[end : end + len(piece)] = piece
        end += len(piece)
    header = mapped.header
    header[W_MAGIC], header[W_START], header[W_BASE] = MAGIC, start, base
    header[W_DRAINED], header[W_END] = base, end
    header[W_CHECK] = check_of(header)
    mapped.memory[COPY_AT : COPY_AT + 64] = mapped.memory[:64]
    return mapped


def _temporary(path: Path) -> Path:
    return path.with_name(path.name + _UNFINISHED)


def _make_directory(directory: Path) -> None:
    for missing in [*reversed(directory.parents), directory]:
        if not missing.exists():
            missing.mkdir(mode=0o700, exist_ok=True)


def _reserve(handle: int, capacity: int) -> None:
    # Writing to a mapped hole of a full disk would kill the process with SIGBUS: reserve first.
    if hasattr(os, "posix_fallocate"):
        try:
            os.posix_fallocate(handle, 0, capacity)
        except OSError as error:
            if error.errno not in (errno.EINVAL, errno.EOPNOTSUPP, errno.ENOSYS):
                raise
        else:
            return
    block = bytes(1 << 20)
    for start in range(0, capacity, len(block)):
        os.pwrite(handle, block[: capacity - start], start)


def _explained(error: OSError, path: Path) -> JournalError:
    place = path.parent
    if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
        why = f"{place} cannot be written to. Choose another store with NBTRACK_STORE."
    elif error.errno in (errno.ENOSPC, errno.EDQUOT):
        why = f"the disk of {place} is full. Free some space, or move the store (NBTRACK_STORE)."
    elif error.errno in (errno.ENOLCK, errno.EOPNOTSUPP, errno.ENODEV):
        why = (
            f"the file system of {place} cannot lock or map files. "
            "Put the store on a local disk (NBTRACK_STORE)."
        )
    else:
        why = str(error)
    return JournalError(f"cannot make a journal: {why}")


@dataclass(slots=True)
class JournalFile:
    """A dead process's journal, locked by this process until `close`.

    Its end is where its records end: each has a checksum, and what follows them was never
    written. The end that its process noted tells whether any are missing.
    """

    path: Path
    journal_id: str
    base: int
    drained: int
    last_alive_ns: int
    _start: int
    _noted_end: int
    _size: int
    _handle: int
    series: dict[int, Series] = field(default_factory=dict)
    _known: int = HEADER_BYTES

    @property
    def end(self) -> int:
        """The position after its last published record."""
        return self.base + self._noted_end - self._start

    def read(self, position: int, size: int | None = None) -> Decoded:
        """What was recorded after a position; checksums are verified.

        Args:
            position: in the journal.
            size: about how many bytes to read; all by default.

        Returns:
            Records, and the offset in the file to go on at; the same as before at the end.
        """
        before = self._start + min(max(position, self.base) - self.base, self._size - self._start)
        # Definitions stand before the points that need them, also in what was drained already.
        while self._known < before:
            known = self._decode(self._known, min(before - self._known, _STRIDE))
            if known.damage:
                return known
        return self._decode(before, self._size - before if size is None else size)

    def _decode(self, begin: int, size: int) -> Decoded:
        found = self._decoded(begin, size)
        if found.consumed == begin and not found.damage and begin + size < self._size:
            found = self._decoded(begin, MAX_RECORD_BYTES)
        if found.damage and found.consumed >= self._noted_end:
            found.damage = None
        self._known = max(self._known, found.consumed)
        return found

    def _decoded(self, begin: int, size: int) -> Decoded:
        data = _pread(self._handle, size, begin)
        whole = begin + size >= self._size
        found = decode(data, self.series, verify=True, whole=whole, at=begin)
        found.consumed += begin
        return found

    def position(self, offset: int) -> int:
        """The journal position of an offset that `read` gave back."""
        return self.base + offset - self._start

    def close(self, *, remove: bool = False, keep_as: str | None = None) -> None:
        """Unlock. The file goes, or is kept under another suffix, while it is still locked."""
        if keep_as is not None:
            self.path.replace(self.path.with_suffix(keep_as))
        elif remove:
            self.path.unlink(missing_ok=True)
        os.close(self._handle)


def adopt(path: Path) -> JournalFile | None:
    """Take over the journal of a dead process; None if its process lives or it is gone.

    Raises:
        JournalError: the file is no journal, or its header is damaged.
    """
    try:
        handle = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise JournalError(f"cannot open the journal {path}: {error}") from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        return None
    if not _still_named(path, handle):
        os.close(handle)
        return None
    return _read_header(path, handle)


def _still_named(path: Path, handle: int) -> bool:
    # Between open and lock the owner may have replaced or removed the file.
    try:
        return os.path.samestat(path.stat(), os.fstat(handle))
    except FileNotFoundError:
        return False


def _read_header(path: Path, handle: int) -> JournalFile:
    head = os.pread(handle, HEADER_BYTES, 0)
    size = os.fstat(handle).st_size
    for words in (_words(head), _words(head[COPY_AT:])):
        sound = words[W_MAGIC] == FIRST_MAGIC or (
            words[W_MAGIC] == MAGIC and words[W_CHECK] == check_of(words)
        )
        if sound and HEADER_BYTES <= words[W_START] <= size:
            break
    else:
        os.close(handle)
        raise JournalError(f"{path} is no journal, or its first bytes are damaged")
    changing = _words(head)
    alive = changing[W_ALIVE]
    trusted = words[W_MAGIC] == FIRST_MAGIC or changing[W_NOT_ALIVE] == alive ^ ALL_ONES
    return JournalFile(
        path=path,
        journal_id=path.name.removesuffix(SUFFIX),
        base=words[W_BASE],
        drained=changing[W_DRAINED],
        last_alive_ns=alive if trusted else 0,
        _start=words[W_START],
        _noted_end=changing[W_END],
        _size=size,
        _handle=handle,
    )


def _words(head: bytes) -> list[int]:
    whole = head[:64].ljust(64, b"\0")
    return [int.from_bytes(whole[i : i + 8], sys.byteorder) for i in range(0, 64, 8)]


def _pread(handle: int, size: int, begin: int) -> bytes:
    parts, position, end = [], begin, begin + size
    while position < end:
        part = os.pread(handle, min(end - position, 1 << 24), position)
        if not part:
            break
        parts.append(part)
        position += len(part)
    return b"".join(parts)


def held_journals(directory: Path) -> Iterator[Path]:
    """The journal files of a directory, oldest first; also removes what a crash left half made."""
    for unfinished in directory.glob(f"*{SUFFIX}{_UNFINISHED}"):
        # A young one may be in the making, in the moment between its open and its lock.
        if time.time() - _age(unfinished) > 60:
            unfinished.unlink(missing_ok=True)
    yield from sorted(directory.glob(f"*{SUFFIX}"), key=_age)


def anything_undrained(directory: Path) -> bool:
    """Whether a journal of a directory holds records that the store may not have yet."""
    return any(_is_undrained(path) for path in directory.glob(f"*{SUFFIX}"))


def _is_undrained(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            words = _words(file.read(64))
    except OSError:
        # Its owner removed it, with nothing left in it.
        return False
    if words[W_MAGIC] not in (MAGIC, FIRST_MAGIC):
        return False
    return words[W_BASE] + words[W_END] - words[W_START] > words[W_DRAINED]


def _age(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return 0.0
