"""One session's store: opened on first use, noticed when it is deleted, left alone after a fork."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

from nbtrack.errors import StoreError

if TYPE_CHECKING:
    from nbtrack.store.base import Store
    from nbtrack.store.blobs import BlobStore


class Storage:
    """The store of a session, and the bytes it writes past it.

    Args:
        location: as `nbtrack.config.store_location` gives it.
    """

    def __init__(self, location: str) -> None:
        self.location = location
        self._store: Store | None = None
        self._lock = threading.Lock()
        self._unsynced_blobs: set[str] = set()

    def renew_in_child(self) -> None:
        """After a fork: the child opens a store of its own."""
        # Never closed: closing a database connection of the parent could release its locks.
        _inherited.append(self._store)
        self._store = None
        self._lock = threading.Lock()
        self._unsynced_blobs.clear()

    def get(self) -> Store:
        """The store, opened on first use.

        Raises:
            StoreError: it cannot be opened.
        """
        with self._lock:
            if self._store is None:
                from nbtrack.store import open_store

                self._store = open_store(self.location)
            return self._store

    def is_deleted(self) -> bool:
        """Whether it was open and someone deleted it.

        An open SQLite database goes on working when its file is gone, for nobody.
        """
        if self._store is None or "://" in self.location:
            return False
        return not Path(self.location, "nbtrack.db").exists()

    def close(self) -> None:
        """Close the store; the next use opens it again."""
        with self._lock:
            store, self._store = self._store, None
        if store is not None:
            store.close()

    def put_blob(self, data: bytes) -> str:
        """Store bytes now, in this thread; gives their digest.

        Raises:
            StoreError: they cannot be written.
        """
        if "://" in self.location:
            return self.get().put_blobs([data])[0]
        digest = self._blobs().put(data)
        self._unsynced_blobs.add(digest)
        return digest

    def sync(self) -> None:
        """Have what the store was given survive a power cut.

        Raises:
            StoreError: the disk refused; what is left is tried again next time.
        """
        while self._unsynced_blobs:
            digest = self._unsynced_blobs.pop()
            try:
                self._blobs().sync(digest)
            except StoreError:
                self._unsynced_blobs.add(digest)
                raise
        if self._store is not None:
            self._store.sync()

    def _blobs(self) -> BlobStore:
        from nbtrack.store.blobs import BlobStore, blob_root

        return BlobStore(blob_root(self.location))


_inherited: list[Store | None] = []
