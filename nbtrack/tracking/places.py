"""Where a store's journals are, and what a tracking URI means."""

from __future__ import annotations

import os
from hashlib import sha256
from pathlib import Path
from urllib.parse import unquote, urlsplit

from nbtrack.errors import UsageError
from nbtrack.store.filesystem import is_network, local_journals

_JOURNALS = "journals"


def journal_directory(location: str) -> Path:
    """The directory of a store's journals on this machine.

    Beside the store, but on a disk of this machine when the store is on a network.

    Args:
        location: as `nbtrack.config.store_location` or ``Store.location`` gives it.

    Raises:
        StoreError: the store is on a network, and this machine has no place for journals.
    """
    if "://" not in location:
        store = Path(location)
        return local_journals(store) if is_network(store) else store / _JOURNALS
    # A database elsewhere: its journals stay here, apart from other databases' ones.
    from jupyter_core.paths import jupyter_data_dir

    parts = urlsplit(location)
    place = sha256(f"{parts.hostname}:{parts.port}{parts.path}".encode()).hexdigest()
    return Path(jupyter_data_dir()) / "nbtrack" / f"journals-{place[:16]}"


def journal_directories(location: str) -> list[Path]:
    """Where journals of a store may be on this machine, the present directory first.

    The other is that of an earlier time, when the store was on another file system.
    """
    present = journal_directory(location)
    if "://" in location or present == Path(location) / _JOURNALS:
        return [present]
    return [present, Path(location) / _JOURNALS]


def location_of(uri: str | os.PathLike[str]) -> str:
    """The store location that a tracking URI names.

    Args:
        uri: a directory, a ``file:`` URI of one, ``sqlite:///DIRECTORY/nbtrack.db``, or the
            URL of another database.

    Raises:
        UsageError: a tracking server's address, or an SQLite file of another name: nbtrack
            keeps its store in a directory.
    """
    text = os.fspath(uri)
    if text.startswith("file:"):
        return str(Path(unquote(urlsplit(text).path)).absolute())
    if text.startswith(("http://", "https://")):
        raise UsageError(
            f"{text!r} is a server's address. nbtrack keeps its store in a directory: give its "
            "path, or leave out set_tracking_uri"
        )
    if text.startswith("sqlite:///"):
        file = Path(unquote(text.removeprefix("sqlite:///"))).absolute()
        if file.name != "nbtrack.db":
            raise UsageError(
                f"{text!r}: nbtrack keeps its store in a directory, with a database nbtrack.db "
                "in it. Give the directory's path"
            )
        return str(file.parent)
    if "://" not in text:
        return str(Path(text).expanduser().absolute())
    return text
