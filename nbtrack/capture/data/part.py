"""The part of a tracked cell that watches its data, and hands over what it saw."""

from __future__ import annotations

import fnmatch
import threading
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from nbtrack.capture.data import audit
from nbtrack.capture.data.calls import tell_of_duckdb
from nbtrack.capture.data.folders import Folder, folded, folder_digest, listed
from nbtrack.capture.data.places import places
from nbtrack.capture.data.readers import WATCHED
from nbtrack.capture.data.responses import answer_facts
from nbtrack.capture.data.seen import Item, Seen, file_state, modified_at
from nbtrack.capture.data.tables import Sample, document_of
from nbtrack.capture.data.urls import url_name
from nbtrack.capture.facts import CapturedOutput, CellSink, FileState, Outcome
from nbtrack.entities import Direction, Origin

if TYPE_CHECKING:
    from nbtrack.capture.parts import CellContext

WAITING = "not hashed yet"
_NOT_HASHED = {"sql": "a query: what it gave is not hashed", "hf": "kept by its name"}
_ARTIFACTS = 20
"""So many small files that a cell wrote become artifacts."""


@dataclass(frozen=True, slots=True)
class Found:
    """One dataset as it is handed over; later with more known of it."""

    direction: Direction
    name: str
    source: str
    source_type: str
    origin: Origin
    state: FileState | None = None
    folder: Folder | None = None
    size_bytes: int | None = None
    modified_at: datetime | None = None
    digest: str | None = None
    document: str = ""
    note: str = ""
    sample: Sample | None = None
    queries: tuple[str, ...] = ()
    response: Any = None

    def give(self, sink: CellSink) -> None:
        """Hand over what is known."""
        sink.dataset(
            self.direction,
            self.name,
            self.source,
            source_type=self.source_type,
            digest=self.digest,
            size_bytes=self.size_bytes,
            modified_at=self.modified_at,
            document=self.document,
            note=self.note,
            origin=self.origin,
        )


class DataPart:
    """Watches what one cell reads and writes.

    Args:
        context: of the cell.
    """

    def __init__(self, context: CellContext) -> None:
        self._context = context
        here = threading.get_ident()
        self._seen = Seen(context.shell.user_ns, places(), here, self._incomplete)

    def start(self) -> None:
        """Begin to listen."""
        WATCHED.install()
        audit.listen(self._seen)

    def finish(self, outcome: Outcome) -> None:
        """Listen no more, and hand over what was seen."""
        audit.leave(self._seen)
        self._seen.guard.run("reading duckdb's queries", self._duckdb, None)
        items = [item for item in self._seen.kept() if self._is_wanted(item)]
        found = [each for item in self._apart(items) for each in self._found(item)]
        small = 0
        for each in found:
            what = "input" if each.direction is Direction.INPUT else "output"
            self._context.report.captured(what, each.name, each.origin, each.source)
            keep = what == "output" and small < _ARTIFACTS and self._is_small(each)
            small += keep
            self._context.give(lambda sink, each=each, keep=keep: self._begin(sink, each, keep))  # type: ignore[misc]
        self._say_what_is_missing()

    def _incomplete(self, reason: str) -> None:
        self._context.give(lambda sink: sink.incomplete(reason))

    def _duckdb(self) -> None:
        tell_of_duckdb(self._seen, self._context.shell, self._context.facts.source)

    def _is_wanted(self, item: Item) -> bool:
        name = _name(item)
        if any(fnmatch.fnmatchcase(name, pattern) for pattern in self._context.options.ignore):
            what = "output" if item.written else "input"
            self._context.report.left_out(what, name, "--ignore", item.line)
            return False
        return True

    def _apart(self, items: list[Item]) -> list[Item | tuple[Folder, Item, bool]]:
        """Items, with the files of large folders put together."""
        result: list[Item | tuple[Folder, Item, bool]] = [
            item for item in items if item.source_type != "local" or item.is_folder
        ]
        files = [item for item in items if item.source_type == "local" and not item.is_folder]
        both = [item for item in files if item.read and item.written]
        result += both
        for write in (False, True):
            some = [item for item in files if item.written is write and item not in both]
            apart, folders = folded(some)
            result += apart
            result += [(folder, item, write) for folder, item in folders]
        return result

    def _found(self, item: Item | tuple[Folder, Item, bool]) -> list[Found]:
        if isinstance(item, tuple):
            folder, one, write = item
            return [self._of_folder(folder, one, Direction.OUTPUT if write else Direction.INPUT)]
        found = []
        if item.read:
            found.append(self._of_item(item, Direction.INPUT, item.state))
        if item.written:
            now = file_state(item.source) if item.source_type == "local" else None
            is_there = now is not None or item.source_type != "local"
            if item.is_folder or Path(item.source).is_dir():
                found.append(self._of_folder(Folder(item.source, ()), item, Direction.OUTPUT))
            elif is_there:
                found.append(self._of_item(item, Direction.OUTPUT, now))
        return found

    def _of_item(self, item: Item, direction: Direction, state: FileState | None) -> Found:
        if item.is_folder:
            return self._of_folder(Folder(item.source, ()), item, direction)
        is_file = item.source_type == "local"
        note = WAITING if is_file else _NOT_HASHED.get(item.source_type, "not hashed: not a file")
        return Found(
            direction,
            _name(item),
            item.source,
            item.source_type,
            self._origin(item, direction),
            state=state,
            size_bytes=None if state is None else state.size_bytes,
            modified_at=None if state is None else modified_at(state),
            note=note,
            sample=item.sample,
            queries=tuple(item.queries),
            response=item.response,
        )

    def _of_folder(self, folder: Folder, item: Item, direction: Direction) -> Found:
        return Found(
            direction,
            Path(folder.path).name,
            folder.path,
            "local",
            self._origin(item, direction),
            folder=folder,
            note=WAITING,
            sample=item.sample if item.is_folder else None,
        )

    def _origin(self, item: Item, direction: Direction) -> Origin:
        return Origin(item.rule, self._context.facts.cell_id, item.line)

    def _is_small(self, found: Found) -> bool:
        limit = self._context.config.max_output_artifact_bytes
        return found.state is not None and found.state.size_bytes <= limit

    def _say_what_is_missing(self) -> None:
        for path in sorted(self._seen.irregular)[:20]:
            self._context.report.left_out("input", path, "no regular file: never read by nbtrack")
        if self._seen.not_kept:
            many = f"{self._seen.not_kept:,} more files were opened than are kept apart."
            self._context.give(lambda sink: sink.note(many))

    # With a run

    def _begin(self, sink: CellSink, found: Found, keep: bool) -> None:
        found.give(sink)
        if keep:
            sink.later(lambda: _keep(sink, found))
        sink.later(lambda: _complete(sink, found))


def _complete(sink: CellSink, found: Found) -> None:
    """In the background: the digest and what is known of the content."""
    document = document_of(found.sample, list(found.queries))
    if document is not None:
        found = replace(found, document=msgspec.json.encode(document).decode())
    if found.folder is not None:
        found = _with_folder(sink, found)
    elif found.state is not None:
        digest, why = sink.file_digest(found.source, found.state)
        found = replace(found, digest=digest, note=why)
    elif found.source_type == "local":
        found = replace(found, note="it is gone: not hashed")
    elif found.response is not None:
        found = replace(found, **answer_facts(found.response), response=None)
    found.give(sink)


def _with_folder(sink: CellSink, found: Found) -> Found:
    folder = found.folder
    assert folder is not None
    if not folder.files:
        folder = listed(folder.path)
    elif found.direction is Direction.OUTPUT:
        folder = Folder(folder.path, tuple((path, file_state(path)) for path, _ in folder.files))
    states = [state for _, state in folder.files if state is not None]
    digest, why = folder_digest(folder, sink.file_digest)
    many = f"{len(folder.files):,} files"
    return replace(
        found,
        size_bytes=sum(state.size_bytes for state in states),
        modified_at=max(map(modified_at, states)) if states else None,
        digest=digest,
        note=f"{many}; {why}" if why else many,
    )


def _keep(sink: CellSink, found: Found) -> None:
    """In the background: a small file that the cell wrote becomes an artifact."""
    assert found.state is not None
    try:
        data = Path(found.source).read_bytes()
    except OSError:
        # It is gone already; the dataset's note will say so.
        return
    if len(data) == found.state.size_bytes:
        sink.artifact(CapturedOutput(f"written/{found.name}", data, "", "written"), found.origin)


def _name(item: Item) -> str:
    if item.name:
        return item.name
    return Path(item.source).name if item.source_type == "local" else url_name(item.source)
