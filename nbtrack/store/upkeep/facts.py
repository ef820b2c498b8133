"""What housekeeping is asked for, and what it says it did."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from nbtrack.store.base import RunQuery

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and of how much (0: not known)."""


def silent(_stage: str, _done: int, _total: int) -> None:
    """A `Progress` that tells nobody."""


@dataclass(frozen=True, slots=True)
class CollectionRules:
    """What may go.

    Args:
        deleted_before: runs that were deleted before this instant go.
        runs_before: other runs that ended before it go too, but for those with the tag
            ``nbtrack.keep``; None keeps them for ever.
        executions_before: cell executions before it go, in sessions of which no run is kept;
            None keeps them for ever.
        unused_before: bytes that nothing refers to and nobody stored since go.
        named: digests that must stay though no row refers to them: those in journals.
    """

    deleted_before: datetime
    unused_before: datetime
    runs_before: datetime | None = None
    executions_before: datetime | None = None
    named: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Freed:
    """One line of what a collection frees, or has freed.

    Args:
        kind: ``deleted runs``, ``old runs``, ``executions``, ``blobs``, ``files`` and others.
        count: how many.
        size_bytes: how much space they take; what a row takes beside its bytes is not counted.
    """

    kind: str
    count: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class ArchiveSelection:
    """What goes into an archive, with all it refers to. Nothing chosen means everything.

    Args:
        runs: runs that match, all pages of them.
        run_ids: runs by id.
        notebook_ids: notebooks with their whole history and their executions.
    """

    runs: RunQuery | None = None
    run_ids: tuple[str, ...] = ()
    notebook_ids: tuple[str, ...] = ()

    @property
    def everything(self) -> bool:
        """Whether nothing was chosen."""
        return self.runs is None and not self.run_ids and not self.notebook_ids


@dataclass(frozen=True, slots=True)
class ArchiveSummary:
    """What an archive holds.

    Args:
        rows: how many by noun, for example ``{"runs": 3}``.
        blobs: how many, and ``blob_bytes``: their size.
        missing_blobs: digests that something refers to, but whose bytes the store had lost.
    """

    path: Path
    rows: dict[str, int]
    blobs: int
    blob_bytes: int
    missing_blobs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MergeSummary:
    """What an import added.

    Args:
        added: how many by noun.
        present: how many were there already, and stayed as they are.
        renumbered: revisions that got another number, as (notebook path, old, new).
        notes: sentences for a person.
    """

    added: dict[str, int] = field(default_factory=dict)
    present: dict[str, int] = field(default_factory=dict)
    renumbered: list[tuple[str, int, int]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class BackupSummary:
    """A backup that was made and checked."""

    path: Path
    blobs: int
    size_bytes: int
    missing_blobs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that `repair` looked at.

    Args:
        name: what was looked at, stable for programs.
        level: ``ok``; ``mended`` where something was wrong and is right now; ``lost`` where
            something is gone for good.
        message: what was found and what was done, a sentence or two.
        details: one line for each thing concerned.
    """

    name: str
    level: Literal["ok", "mended", "lost"]
    message: str
    details: tuple[str, ...] = ()
