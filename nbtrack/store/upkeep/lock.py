"""One housekeeping at a time in a store."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from nbtrack.errors import StateError, StoreError
from nbtrack.store.dialect import sqlite_lock

_WAIT_S = 2.0


@contextmanager
def upkeep_lock(directory: Path) -> Iterator[None]:
    """Keep other housekeeping out of a store: a backup needs what a collection would remove.

    Raises:
        StateError: another process is at it.
    """
    with ExitStack() as held:
        try:
            held.enter_context(sqlite_lock(directory / "upkeep.lock", _WAIT_S))
        except StoreError as error:
            raise StateError(
                f"another process collects garbage of, backs up or repairs the store at "
                f"{directory}. Try again when it is done"
            ) from error
        yield
