"""Transactions: reads that see one state, writes that wait for each other.

Every access of the store to its database goes through `Database.read` or `Database.write`.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, select, update
from sqlalchemy.exc import InterfaceError, OperationalError, SQLAlchemyError

from nbtrack.errors import StoreError
from nbtrack.store.dialect import BEGIN_OPTION
from nbtrack.store.forking import ForkGate
from nbtrack.store.schema import store_state

_RETRY_PAUSE_S = 0.02


class Database:
    """An engine, and the two ways to use it.

    Args:
        engine: whose connections begin transactions as `dialect` sets it up.
        location: for messages.
        busy_timeout_s: how long a writer waits for another one.
    """

    def __init__(self, engine: Engine, location: str, busy_timeout_s: float) -> None:
        self._engine = engine
        self._writer = engine.execution_options(**{BEGIN_OPTION: "BEGIN IMMEDIATE"})
        self.location = location
        self._busy_timeout_s = busy_timeout_s
        self._gate = ForkGate(engine.dispose)
        self._closed = False

    def close(self) -> None:
        """Close every connection; later use raises StoreError."""
        self._closed = True
        self._engine.dispose()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that sees one state of the database and changes nothing."""
        self._check()
        with self._gate.transaction(), self._translated(), self._engine.connect() as connection:
            self._begin(connection)
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that is committed as a whole when the block ends without an error."""
        self._check()
        # Threads of one process queue here instead of polling the file's lock.
        queue, running = self._gate.write_lock, self._gate.transaction()
        with queue, running, self._translated(), self._writer.connect() as connection:
            self._begin(connection)
            yield connection
            connection.commit()

    def _check(self) -> None:
        if self._closed:
            raise StoreError(f"the store at {self.location} is closed")

    def _begin(self, connection: Connection) -> None:
        deadline = time.monotonic() + self._busy_timeout_s
        while True:
            try:
                connection.begin()
            except OperationalError as error:
                # SQLite's own waiting gives up at once where it suspects a deadlock.
                if not _is_busy(error) or time.monotonic() >= deadline:
                    raise
                time.sleep(_RETRY_PAUSE_S)
            else:
                return

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except OperationalError as error:
            raise StoreError(self._advice(error)) from error
        except InterfaceError as error:
            raise StoreError(f"the store at {self.location} refused a value: {error}") from error
        except SQLAlchemyError as error:
            raise StoreError(f"the store at {self.location} failed: {error}") from error

    def _advice(self, error: OperationalError) -> str:
        cause = str(error.orig)
        if _is_busy(error):
            return (
                f"the store at {self.location} was busy for {self._busy_timeout_s:g} s: another "
                "process holds it. See who has it open, or raise NbtrackConfig.busy_timeout_s"
            )
        if "full" in cause:
            return f"no space left for the store at {self.location}: {cause}"
        if "readonly" in cause or "unable to open" in cause:
            return f"cannot write to the store at {self.location}: {cause}. Check who owns it"
        return f"the store at {self.location} failed: {cause}"


def _is_busy(error: OperationalError) -> bool:
    return "locked" in str(error.orig) or "busy" in str(error.orig)


def next_change(connection: Connection) -> int:
    """Count one write up; its number is what `changes` compares cursors with."""
    connection.execute(update(store_state).values(change_seq=store_state.c.change_seq + 1))
    return last_change(connection)


def last_change(connection: Connection) -> int:
    """The number of the last committed write."""
    return int(connection.execute(select(store_state.c.change_seq)).scalar_one())
