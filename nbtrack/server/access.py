"""The server's one store, opened when first needed, and reached off the event loop only."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from nbtrack.errors import StoreError
from nbtrack.store.base import Store

P = ParamSpec("P")
R = TypeVar("R")


class StoreAccess:
    """Opens the store once and runs work on it in a few threads.

    Args:
        open_store: opens it; may raise `StoreError`, then the next call tries again.
        threads: how many calls run at once.
    """

    def __init__(self, open_store: Callable[[], Store], *, threads: int = 4) -> None:
        self._open = open_store
        self._store: Store | None = None
        self._lock = threading.Lock()
        self._closed = False
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix="nbtrack-store")

    def store(self) -> Store:
        """The store; opens it. For worker threads.

        Raises:
            StoreError: it cannot be opened, or this server is stopping.
        """
        with self._lock:
            if self._closed:
                raise StoreError("the server is stopping")
            if self._store is None:
                self._store = self._open()
            return self._store

    async def call(self, work: Callable[..., R], *args: object, **kwargs: object) -> R:
        """Run ``work(store, *args, **kwargs)`` in a worker thread."""
        return await self.run(lambda: work(self.store(), *args, **kwargs))

    async def run(self, work: Callable[[], R]) -> R:
        """Run anything that may take long in a worker thread."""
        if self._closed:
            raise StoreError("the server is stopping")
        return await asyncio.get_running_loop().run_in_executor(self._executor, work)

    def close(self) -> None:
        """Wait for running work and release the store. Idempotent."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
        self._executor.shutdown(wait=True, cancel_futures=True)
        with self._lock:
            if self._store is not None:
                self._store.close()
                self._store = None
