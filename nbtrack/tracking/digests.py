"""Digests of files, computed once for each state of a file and remembered across processes."""

from __future__ import annotations

import hashlib
import os
import stat
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

import msgspec

from nbtrack.capture.facts import FileState

_CHUNK_BYTES = 1 << 20
_REMEMBERED = 10_000
_MAX_FILE_BYTES = 4 << 20
CHANGED = "it has changed since: not hashed"
GONE = "it is gone: not hashed"


class FileDigests:
    """SHA-256 of files' contents.

    Args:
        directory: where digests are remembered for other processes, in a file of JSON lines;
            None remembers them in this process only.
        stopping: whether to give a long file up.
    """

    def __init__(
        self, directory: str | None = None, *, stopping: Callable[[], bool] = lambda: False
    ) -> None:
        self._file = None if directory is None else Path(directory, "digests.jsonl")
        self._stopping = stopping
        self._known: OrderedDict[tuple[str, FileState], str] | None = None

    def digest(self, path: str, state: FileState, max_bytes: int) -> tuple[str | None, str]:
        """The digest of a regular file, or None and why not.

        Args:
            path: absolute.
            state: the file's when it was used; in another one it is not hashed.
            max_bytes: a larger file is not hashed.
        """
        if self._known is None:
            self._known = self._remembered()
        if (path, state) in self._known:
            return self._known[path, state], ""
        if state.size_bytes > max_bytes:
            return None, f"larger than max_digest_bytes ({max_bytes:,}): not hashed"
        digest, why = self._computed(path, state)
        if digest is not None:
            self._known[path, state] = digest
            if len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
            self._remember(path, state, digest)
        return digest, why

    def _computed(self, path: str, state: FileState) -> tuple[str | None, str]:
        try:
            # Without waiting: a pipe that has taken the file's place must not block.
            handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | _BINARY)
        except FileNotFoundError:
            return None, GONE
        except OSError as error:
            return None, f"cannot be read ({error.strerror}): not hashed"
        found = hashlib.sha256()
        with open(handle, "rb", buffering=0) as stream:  # noqa: PTH123 - an open handle
            if _state_of(handle) != state:
                return None, CHANGED
            while chunk := stream.read(_CHUNK_BYTES):
                found.update(chunk)
                if self._stopping():
                    return None, "the kernel ended before it was hashed"
            if _state_of(handle) != state:
                return None, CHANGED
        return found.hexdigest(), ""

    def _remembered(self) -> OrderedDict[tuple[str, FileState], str]:
        known: OrderedDict[tuple[str, FileState], str] = OrderedDict()
        if self._file is None:
            return known
        try:
            if self._file.stat().st_size > _MAX_FILE_BYTES:
                self._file.unlink()
            lines = self._file.read_bytes().splitlines()
        except OSError:
            # None yet, or gone with its store: digests are computed anew.
            return known
        for line in lines[-_REMEMBERED:]:
            try:
                path, state, digest = msgspec.json.decode(line, type=tuple[str, FileState, str])
            except msgspec.MsgspecError:
                # Cut off by a death while it was written.
                continue
            known[path, state] = digest
        return known

    def _remember(self, path: str, state: FileState, digest: str) -> None:
        if self._file is None or not self._file.parent.is_dir():
            return
        try:
            line = msgspec.json.encode((path, state, digest)) + b"\n"
        except UnicodeEncodeError:
            # A name that is no text is remembered in this process only.
            return
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
        handle = os.open(self._file, flags, 0o600)
        try:
            os.write(handle, line)
        finally:
            os.close(handle)


_BINARY = getattr(os, "O_BINARY", 0)


def _state_of(handle: int) -> FileState | None:
    found = os.fstat(handle)
    if not stat.S_ISREG(found.st_mode):
        return None
    return FileState(found.st_size, found.st_mtime_ns, found.st_ino)
