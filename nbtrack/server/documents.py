"""The server's mirror of open documents: bounded, numbered, one request at a time each.

A browser sends a document whole once and then only what changed, numbered. The mirror keeps
the last few states of each document, so that a request that was overtaken by a later one is
still understood. What does not fit into memory is forgotten: its next delta is refused, and
the browser sends the whole document again.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from nbtrack.errors import StateError, UsageError
from nbtrack.history.manifest import EncodedNotebook, encode
from nbtrack.history.mirror import apply_delta, held_bytes, without_blobs

KEPT_STATES = 6
"""How many states of one document are kept for requests that come late."""
MAX_BYTES = 256_000_000
MAX_DOCUMENTS = 64


@dataclass(frozen=True, slots=True)
class Update:
    """One numbered request: the whole document, or what changed since ``base``."""

    sequence: int
    notebook: Mapping[str, Any] | None = None
    base: int | None = None
    order: Sequence[str] | None = None
    cells: Sequence[Mapping[str, Any]] = ()
    metadata: Mapping[str, Any] | None = None


@dataclass(slots=True)
class Document:
    """One open document in one browser. Hold ``lock`` while using it."""

    document_id: str
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    states: dict[int, EncodedNotebook] = field(default_factory=dict)
    path: str = ""
    notebook_id: str | None = None
    author: str = ""
    kernel_id: str | None = None
    size_bytes: int = 0
    """About how much memory its states take."""

    @property
    def latest(self) -> EncodedNotebook | None:
        """The newest state."""
        return self.states[max(self.states)] if self.states else None

    def understand(self, update: Update) -> EncodedNotebook:
        """The state that an update leads to; changes nothing here, so any thread may ask.

        A delta holds everything that changed since its base, so it can also be applied to any
        state between its base and itself.

        Raises:
            UsageError: the request contradicts itself, or a cell or the notebook is unreadable.
            StateError: no fitting state is held; the whole document is needed.
        """
        if update.notebook is not None:
            return encode(update.notebook)
        if update.base is None or update.order is None:
            raise UsageError("either notebook, or base and order, must be given")
        if update.base >= update.sequence:
            raise UsageError("base must be a lower number than sequence")
        fitting = [number for number in self.states if update.base <= number < update.sequence]
        if not fitting:
            raise StateError(
                f"state {update.base} of this document is not held here; send the whole notebook"
            )
        return apply_delta(
            self.states[max(fitting)],
            order=update.order,
            cells=update.cells,
            metadata=update.metadata,
        )

    def keep(self, sequence: int, state: EncodedNotebook) -> None:
        """Remember a state, and forget the oldest."""
        self.states[sequence] = state
        for number in sorted(self.states)[:-KEPT_STATES]:
            del self.states[number]
        self._measure()

    def stored(self, sequence: int) -> None:
        """The pieces of a state are in the store now: its names are enough."""
        state = self.states.get(sequence)
        if state is None:
            return
        for number, other in self.states.items():
            rest = {
                digest: blob for digest, blob in other.blobs.items() if digest not in state.blobs
            }
            if number != sequence:
                self.states[number] = EncodedNotebook(other.manifest, rest, other.made_ids)
        self.states[sequence] = without_blobs(state)
        self._measure()

    def _measure(self) -> None:
        blobs: dict[str, bytes] = {}
        for state in self.states.values():
            blobs.update(state.blobs)
        names = sum(held_bytes(without_blobs(state)) for state in self.states.values())
        self.size_bytes = names + sum(len(blob) for blob in blobs.values())


class Documents:
    """Open documents, the least recently used ones forgotten first.

    Args:
        max_bytes: bound on their memory together; the one in use may exceed it alone.
        max_documents: bound on their number.
    """

    def __init__(self, *, max_bytes: int = MAX_BYTES, max_documents: int = MAX_DOCUMENTS) -> None:
        self._max_bytes = max_bytes
        self._max_documents = max_documents
        self._documents: OrderedDict[str, Document] = OrderedDict()

    def open(self, document_id: str) -> Document:
        """The document of an id; an empty one when it is not held."""
        document = self._documents.setdefault(document_id, Document(document_id))
        self._documents.move_to_end(document_id)
        return document

    def held(self, document_id: str) -> Document | None:
        """The document of an id, if any state of it is held."""
        document = self._documents.get(document_id)
        return document if document is not None and document.states else None

    def last_author(self, path: str) -> str | None:
        """Who told last of a document at a path; None where no browser did."""
        for document in reversed(self._documents.values()):
            if document.path == path and document.author:
                return document.author
        return None

    def open_id(self, notebook_id: str) -> str | None:
        """The document in which a notebook is open, the most recently used one of several."""
        held = (
            key
            for key, document in reversed(self._documents.items())
            if document.notebook_id == notebook_id
        )
        return next(held, None)

    def close(self, document_id: str) -> bool:
        """Forget a document; says whether it was held."""
        return self._documents.pop(document_id, None) is not None

    def shrink(self) -> None:
        """Forget the least recently used ones until the bounds hold."""
        total = sum(document.size_bytes for document in self._documents.values())
        for key in list(self._documents)[:-1]:
            if total <= self._max_bytes and len(self._documents) <= self._max_documents:
                return
            if self._documents[key].lock.locked():
                continue
            total -= self._documents[key].size_bytes
            del self._documents[key]
