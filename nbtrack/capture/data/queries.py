"""Queries to databases: their text without bound values, their connection without password."""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from nbtrack.capture.data import audit

_TABLE = re.compile(r"\b(?:from|join|into|update|table)\s+([\"`\[]?[\w.]+[\"`\]]?)", re.IGNORECASE)
_HEAD = re.compile(r"\s*(?:--[^\n]*\n\s*|/\*.*?\*/\s*)*\(*\s*(\w+)", re.DOTALL)
_WRITES = frozenset({"insert", "update", "delete", "create", "replace", "merge", "truncate"})
_READS = frozenset({"select", "with", "from", "values", "table"})
_CATALOGUES = re.compile(r"\b(?:sqlite_master|sqlite_schema|information_schema|pg_catalog)\b", re.I)
_WORDS = frozenset({"if", "select", "values", "not", "exists", "table", "or", "set"})
_MAX_TEXT = 10_000
_MAX_NAMES = 3


def understood(text: str) -> tuple[str, bool] | None:
    """What people call a query (its tables), and whether it changes data.

    None of one that neither reads nor writes a table: settings, transactions, catalogues.
    """
    head = _HEAD.match(text)
    word = head[1].lower() if head is not None else ""
    if word not in _WRITES and word not in _READS:
        return None
    if _CATALOGUES.search(text):
        return None
    found = dict.fromkeys(name.strip('"`[]') for name in _TABLE.findall(text))
    names = [name for name in found if name.lower() not in _WORDS]
    if not names:
        return None
    more = "…" if len(names) > _MAX_NAMES else ""
    writes = word in _WRITES or bool(
        word == "with" and re.search(r"\b(?:insert\s+into|update|delete\s+from)\b", text, re.I)
    )
    return ", ".join(names[:_MAX_NAMES]) + more, writes


def tell_query(listener: Any, connection: str, text: object) -> None:
    """Tell a listener of a query, if it is about data."""
    plain = str(text)[:_MAX_TEXT]
    found = understood(plain)
    if found is not None:
        name, writes = found
        listener.query(name, connection, plain.strip(), write=writes)


def watch_sqlalchemy(module: ModuleType) -> Callable[[], None]:
    """Hear of every statement of every engine, by SQLAlchemy's own event."""
    engine = module.engine.Engine

    def before_cursor_execute(
        connection: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool
    ) -> None:
        for listener in audit.listeners():
            listener.guard.run(
                "noting a query",
                lambda: _statement(listener, connection.engine.url, statement),  # noqa: B023
                None,
            )

    module.event.listen(engine, "before_cursor_execute", before_cursor_execute)
    return lambda: module.event.remove(engine, "before_cursor_execute", before_cursor_execute)


def _statement(listener: Any, url: Any, statement: str) -> None:
    is_file = url.get_backend_name() in ("sqlite", "duckdb") and url.database
    if is_file and url.database != ":memory:" and not listener.database(url.database):
        # A store of nbtrack's.
        return
    tell_query(listener, url.set(password=None).render_as_string(), statement)


def watch_sqlite(module: ModuleType) -> Callable[[], None]:
    """Connections that tell of their queries, for whoever does not choose a class of his own."""
    original = module.connect
    connection_class = _connection_class(module, _cursor_class(module))

    @functools.wraps(original)
    def connect(database: Any, *args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        if len(args) >= 5 or "factory" in kwargs:
            return original(database, *args, **kwargs)
        made = original(database, *args, factory=connection_class, **kwargs)
        made._nbtrack_path = _database_path(database)
        return made

    module.connect = connect  # type: ignore[attr-defined]

    def undo() -> None:
        if module.connect is connect:
            module.connect = original  # type: ignore[attr-defined]

    return undo


def _database_path(database: Any) -> str:
    """The absolute path of a database; empty of one in memory."""
    text = os.fsdecode(database) if isinstance(database, (str, bytes, os.PathLike)) else ""
    path = text.removeprefix("file:").partition("?")[0]
    return "" if not path or ":memory:" in text else str(Path(path).absolute())


def _tell_of(connection: Any, text: object) -> None:
    for listener in audit.listeners():
        listener.guard.run(
            "noting a query",
            lambda: _sqlite_query(listener, connection, text),  # noqa: B023 - called at once
            None,
        )


def _sqlite_query(listener: Any, connection: Any, text: object) -> None:
    path = getattr(connection, "_nbtrack_path", "")
    if not path or listener.database(path):
        tell_query(listener, f"sqlite:///{path}" if path else "sqlite", text)


def _cursor_class(module: ModuleType) -> type[Any]:
    class Cursor(module.Cursor):  # type: ignore[misc, name-defined]
        def execute(self, sql: Any, *args: Any) -> Any:
            __tracebackhide__ = True
            result = super().execute(sql, *args)
            _tell_of(self.connection, sql)
            return result

        def executemany(self, sql: Any, *args: Any) -> Any:
            __tracebackhide__ = True
            result = super().executemany(sql, *args)
            _tell_of(self.connection, sql)
            return result

    return _named_as(Cursor, module.Cursor)


def _connection_class(module: ModuleType, cursor_class: type[Any]) -> type[Any]:
    class Connection(module.Connection):  # type: ignore[misc, name-defined]
        def cursor(self, factory: Any = cursor_class) -> Any:
            __tracebackhide__ = True
            return super().cursor(factory)

        def execute(self, sql: Any, *args: Any) -> Any:
            __tracebackhide__ = True
            return self.cursor().execute(sql, *args)

        def executemany(self, sql: Any, *args: Any) -> Any:
            __tracebackhide__ = True
            return self.cursor().executemany(sql, *args)

    return _named_as(Connection, module.Connection)


def _named_as(made: type[Any], original: type[Any]) -> type[Any]:
    made.__module__, made.__qualname__ = "sqlite3", original.__qualname__
    made.__doc__ = original.__doc__
    return made
