"""What was stored a moment ago and may be referred to in a moment.

Small bytes are rows without a date, and who stores them says only later, in another
transaction, what they are for. So `hold` notes their digests before they are stored, and
`held` keeps a collection of garbage from taking them. A note is a line in a file of the hour; it is
made before the storing transaction looks at what is there, and read by the collecting one after
it has locked the database, so that no order of events loses bytes.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from pathlib import Path

from nbtrack.errors import StoreError
from nbtrack.store.upkeep.references import digests_in

_SLOT_S = 3600


def hold(directory: Path, digests: Iterable[str]) -> None:
    """Note digests that are about to be stored.

    Raises:
        StoreError: the note cannot be written.
    """
    # The newline comes first: what a full disk cut short does not run into the next note.
    note = "".join(f"\n{digest}" for digest in digests).encode()
    path = directory / f"{int(time.time() // _SLOT_S)}"
    flags = os.O_CREAT | os.O_APPEND | os.O_WRONLY | os.O_CLOEXEC
    try:
        try:
            handle = os.open(path, flags, 0o600)
        except FileNotFoundError:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle = os.open(path, flags, 0o600)
        try:
            # One write: what several processes append at once does not mix.
            if os.write(handle, note) < len(note):
                raise OSError("no space left")
        finally:
            os.close(handle)
    except OSError as error:
        raise StoreError(f"cannot write to {directory}: {error}") from error


def held(directory: Path, since_s: float) -> set[str]:
    """Digests noted since an instant (epoch seconds), and some noted before."""
    found: set[str] = set()
    for path in _slots(directory):
        if path.stat().st_mtime >= since_s:
            found.update(digests_in(path.read_bytes()))
    return found


def expire(directory: Path, before_s: float) -> None:
    """Remove the notes of hours that were over before an instant."""
    for path in _slots(directory):
        # An hour more: its slot may just be about to be written to.
        if path.stat().st_mtime < before_s - _SLOT_S:
            path.unlink(missing_ok=True)


def _slots(directory: Path) -> list[Path]:
    return [path for path in directory.glob("*") if path.name.isdigit()]
