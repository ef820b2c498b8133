"""What one cell did with data while it ran, as it was told: files, URLs and queries.

Told from any thread and at any moment, so each call does little: what can wait is done when the
cell is over.
"""

from __future__ import annotations

import os
import stat
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from nbtrack.capture.data.places import Places, is_temporary
from nbtrack.capture.data.tables import Sample, sample_of
from nbtrack.capture.data.urls import clean_url, requested_url
from nbtrack.capture.facts import FileState
from nbtrack.capture.policy import Guard

MAX_SEEN = 100_000
"""Files, URLs and tables that are kept apart in one cell; more are counted only."""
_MAX_LINES = 500
_MAX_DEPTH = 60
_MAX_QUERIES = 20
_WRITES = os.O_WRONLY | os.O_RDWR


@dataclass(slots=True)
class Item:
    """One thing the cell read or wrote.

    Args:
        source: absolute path, URL, or connection.
        source_type: as in `nbtrack.entities.RunDataset`.
        rule: how it was seen, see `nbtrack.entities.Origin`.
        line: of the cell, where known.
        state: of the file when it was first seen; None where it was not there.
        is_folder: it is a directory.
        name: for people; by default the last part of the source.
        sample: of the table or array that was read from it, or written to it.
        response: what answered a request.
    """

    source: str
    source_type: str
    rule: str
    line: int | None = None
    state: FileState | None = None
    is_folder: bool = False
    is_database: bool = False
    name: str = ""
    read: bool = False
    written: bool = False
    sample: Sample | None = None
    queries: list[str] = field(default_factory=list)
    response: Any = None
    note: str = ""


class Seen:
    """What one cell read and wrote.

    Args:
        namespace: the cell's, to tell which line of the cell is at work.
        places: tells data from other files.
        thread_id: the thread that runs the cell.
        on_failure: told why something could not be noted.
    """

    def __init__(
        self,
        namespace: Mapping[str, Any],
        places: Places,
        thread_id: int,
        on_failure: Callable[[str], None] | None = None,
    ) -> None:
        self.thread_id = thread_id
        self.guard = Guard(on_failure)
        self.items: dict[tuple[str, str], Item] = {}
        self.not_kept = 0
        self.line: int | None = None
        """Of what is told now, where it is not the line at work."""
        self.irregular: set[str] = set()
        self._namespace = namespace
        self._places = places
        self._known: dict[str | bytes, Item | None] = {}
        self._last_query: Item | None = None
        self._lock = threading.RLock()

    # What the audit hook tells

    def heard(self, event: str, args: tuple[Any, ...]) -> None:
        """See `nbtrack.capture.data.audit.Listener`."""
        with self._lock:
            if event == "open":
                self._opened(args[0], args[2])
            elif event == "os.rename":
                self._renamed(args[0], args[1])
            elif event == "os.remove":
                self._removed(args[0])
            elif event == "os.chdir":
                self._known.clear()
            elif event == "sqlite3.connect":
                if isinstance(args[0], (str, bytes, os.PathLike)):
                    self.database(args[0])
            elif event == "http.client.send":
                url = requested_url(args[0], args[1])
                if url is not None:
                    self.url(url, "request")

    def _opened(self, path: object, flags: int) -> None:
        if not isinstance(path, (str, bytes)):
            # A file that is open already, by its number.
            return
        if path in self._known:
            item = self._known[path]
        elif len(self._known) >= MAX_SEEN:
            self.not_kept += 1
            return
        else:
            item = self._known[path] = self._file(os.fsdecode(path), "file")
        if item is not None:
            _use(item, flags)

    def _file(self, path: str, rule: str) -> Item | None:
        """The item of a file; None for one that is not data."""
        absolute = os.path.abspath(path)  # noqa: PTH100 - a hot path
        known = self.items.get(("local", absolute))
        if known is not None:
            return known
        if not self._places.wants(absolute):
            return None
        state, is_folder = None, False
        try:
            found = os.stat(absolute)  # noqa: PTH116 - a hot path
        except OSError:
            # It is not there yet, or the cell is about to be told so.
            found = None
        if found is not None:
            is_folder = stat.S_ISDIR(found.st_mode)
            if not is_folder and not stat.S_ISREG(found.st_mode):
                self.irregular.add(absolute)
                return None
            state = FileState(found.st_size, found.st_mtime_ns, found.st_ino)
        item = Item(absolute, "local", rule, self._line(), state, is_folder)
        self.items["local", absolute] = item
        return item

    def _renamed(self, before: object, after: object) -> None:
        if not isinstance(before, (str, bytes, os.PathLike)):
            return
        if not isinstance(after, (str, bytes, os.PathLike)):
            return
        old = self._file(os.fsdecode(before), "file")
        new = self._file(os.fsdecode(after), "file")
        if new is not None:
            new.written = True
            if old is not None:
                new.rule, new.sample = old.rule, new.sample or old.sample
        if old is not None:
            old.written = False

    def _removed(self, path: object) -> None:
        if isinstance(path, (str, bytes, os.PathLike)):
            item = self.items.get(("local", os.path.abspath(os.fsdecode(path))))  # noqa: PTH100
            if item is not None:
                item.written = False

    def database(self, path: str | bytes | os.PathLike[str]) -> bool:
        """A database file is used; whether it was changed shows when the cell is over.

        Returns:
            Whether it is data: a store of nbtrack's is not.
        """
        text = os.fsdecode(path)
        if not text or ":memory:" in text:
            return True
        with self._lock:
            item = self._file(text.removeprefix("file:").partition("?")[0], "file")
            if item is None:
                return False
            item.is_database = True
            item.read = item.state is not None
            return True

    # What watched calls tell

    def path(self, source: object, rule: str, *, write: bool, result: object = None) -> None:
        """A library read or wrote what a path or URL names.

        Args:
            source: a path, a URL, or an open file; anything else is no data of its own.
            rule: how it was seen.
            write: it was written.
            result: what a reader gave; of a table a sample is kept.
        """
        text = _path_text(source)
        if text is None:
            return
        with self._lock:
            if "://" in text and not text.startswith("file://"):
                item: Item | None = self.url(text, rule)
            else:
                plain = text.removeprefix("file://")
                item = self._pattern(plain) if _is_pattern(plain) else self._file(plain, rule)
            if item is None:
                return
            if write:
                item.written = True
            elif not item.written:
                item.read = True
            if rule == "reader":
                item.rule = rule
            _take_sample(item, result)

    def _pattern(self, pattern: str) -> Item | None:
        """The directory that a pattern of paths (``data/*.csv``) looks in."""
        fixed = pattern
        while _is_pattern(fixed):
            fixed = os.path.dirname(fixed)  # noqa: PTH120 - text, not a file
        return self._file(fixed or ".", "reader")

    def url(self, url: str, rule: str, response: object = None) -> Item:
        """A URL was read."""
        source, source_type = clean_url(url)
        with self._lock:
            item = self._item(source, source_type, rule)
            item.read = True
            if response is not None:
                item.response = response
            return item

    def query(self, name: str, connection: str, text: str, *, write: bool) -> None:
        """A query was sent to a database.

        Args:
            name: short, for people: the tables.
            connection: without its password.
            text: of the query, without the values bound to it.
            write: it changes data.
        """
        key = ("sql write" if write else "sql", f"{name}\n{connection}")
        with self._lock:
            if key not in self.items:
                self.items[key] = Item(connection, "sql", "query", self._line(), name=name)
            item = self._last_query = self.items[key]
            item.read, item.written = not write, write
            if text not in item.queries and len(item.queries) < _MAX_QUERIES:
                item.queries.append(text)

    def table_of_last_query(self, result: object) -> None:
        """The table that the query gave which was told of last."""
        with self._lock:
            if self._last_query is not None:
                _take_sample(self._last_query, result)

    def named(self, name: str, source: str, source_type: str, result: object) -> None:
        """A data set that a library knows by name was read."""
        with self._lock:
            item = self._item(source, source_type, "reader")
            item.read, item.name = True, name
            _take_sample(item, result)

    def _item(self, source: str, source_type: str, rule: str) -> Item:
        key = (source_type, source)
        if key not in self.items:
            self.items[key] = Item(source, source_type, rule, self._line())
        return self.items[key]

    def _line(self) -> int | None:
        """The line of the cell that is at work in this thread."""
        if self.line is not None or len(self.items) > _MAX_LINES:
            return self.line
        frame, depth = sys._getframe(2), 0
        while frame is not None and depth < _MAX_DEPTH:
            if frame.f_globals is self._namespace:
                return frame.f_lineno
            frame, depth = frame.f_back, depth + 1  # type: ignore[assignment]
        return None

    # When the cell is over

    def kept(self) -> list[Item]:
        """What the cell read or wrote that is worth telling: what was tried in vain is not."""
        with self._lock:
            items = list(self.items.values())
        for item in items:
            if item.is_database and file_state(item.source) != item.state:
                item.written = True
        return [item for item in items if (item.read or item.written) and _was_there(item)]


def file_state(path: str) -> FileState | None:
    """How a regular file stands now; None where there is none."""
    try:
        found = os.stat(path)  # noqa: PTH116 - a hot path
    except OSError:
        return None
    if not stat.S_ISREG(found.st_mode):
        return None
    return FileState(found.st_size, found.st_mtime_ns, found.st_ino)


def modified_at(state: FileState) -> datetime:
    """When a file was changed last."""
    return datetime.fromtimestamp(state.mtime_ns / 1e9, UTC)


def _use(item: Item, flags: int) -> None:
    if not flags & _WRITES:
        # What the cell wrote itself is no input when it looks at it again.
        item.read = item.read or not item.written
        return
    if flags & os.O_RDWR and not flags & os.O_TRUNC and item.state is not None:
        item.read = item.read or not item.written
    item.written = True


def _take_sample(item: Item, table: object) -> None:
    """Keep a sample of what was read: a reader built on another one tells last, and counts."""
    library = type(table).__module__.partition(".")[0]
    if item.sample is None or item.sample.library != library:
        item.sample = sample_of(table) or item.sample


def _was_there(item: Item) -> bool:
    if item.source_type != "local" or item.written:
        return True
    if item.state is None:
        return False
    return not (is_temporary(item.source) and not os.path.exists(item.source))  # noqa: PTH110


def _path_text(source: object) -> str | None:
    if isinstance(source, (str, os.PathLike)):
        text = os.fspath(source)
        if not isinstance(text, str):
            return os.fsdecode(text)
        # Some readers also take the data itself as text.
        return text if 0 < len(text) < 4096 and "\n" not in text else None
    name = getattr(source, "name", None)
    return name if isinstance(name, str) and hasattr(source, "read") else None


def _is_pattern(path: str) -> bool:
    return any(letter in path for letter in "*?[") and not os.path.exists(path)  # noqa: PTH110
