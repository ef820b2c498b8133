"""Files that are written whole or not at all, and that survive a power cut.

Imported by the kernel's hot path: only what is quick to import of the standard library.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO


@contextmanager
def whole_file(target: Path, prefix: str, *, mode: int | None = None) -> Iterator[IO[bytes]]:
    """A new file to write; it takes the target's place when the block ends without an error.

    Args:
        target: of the file; what is there stays until the new one is whole.
        prefix: of the temporary file's name beside it, which is gone after an error.
        mode: of the file, whatever the umask; None for 0600, as mkstemp makes it.

    Raises:
        OSError: it cannot be written.
    """
    import tempfile

    handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=prefix)
    try:
        with os.fdopen(handle, "wb") as stream:
            yield stream
        if mode is not None:
            Path(temporary).chmod(mode)
        Path(temporary).replace(target)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def sync_file(path: Path) -> None:
    """Have what is in a file, mapped memory included, survive a power cut.

    By a handle of its own, which another thread cannot close and a forked child may keep: no
    lock, such as a journal's, belongs to it.

    Raises:
        FileNotFoundError: it is gone.
    """
    for each in (path, path.parent):
        handle = os.open(each, os.O_RDONLY | os.O_CLOEXEC)
        try:
            # Unlike `mmap.flush`, this lets other threads run while it waits for the disk.
            os.fsync(handle)
        finally:
            os.close(handle)
