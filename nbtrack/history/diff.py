"""What differs between two states of a notebook, cell by cell, in the new side's order.

Cells are compared by digest; a text is loaded only where it is shown. The same comparison
makes the short list of changes that each revision carries.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from nbtrack.entities import CellChange, CellVersion, ChangeKind, Manifest
from nbtrack.history.manifest import bytes_text
from nbtrack.history.match import Texts, longest_increasing, match_cells

PREVIEW_LENGTH = 80


class CellStatus(StrEnum):
    """What became of a cell; moving is told apart from it."""

    ADDED = "added"
    REMOVED = "removed"
    EDITED = "edited"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class CellDelta:
    """One cell on both sides; None on a side where it is not.

    Args:
        old_source, new_source: given after `with_texts`.
    """

    status: CellStatus
    moved: bool
    old: CellVersion | None
    new: CellVersion | None
    old_index: int | None
    new_index: int | None
    old_source: str | None = None
    new_source: str | None = None

    @property
    def cell(self) -> CellVersion:
        """The new side of the cell, or the old one of a removed cell."""
        chosen = self.new or self.old
        assert chosen is not None  # a delta has at least one side
        return chosen

    @property
    def outputs_differ(self) -> bool:
        """Whether both sides have it, with different outputs."""
        return (
            self.old is not None
            and self.new is not None
            and self.old.output_digests != self.new.output_digests
        )

    @property
    def metadata_differs(self) -> bool:
        """Whether both sides have it, with different metadata or attachments."""
        return (
            self.old is not None
            and self.new is not None
            and (self.old.metadata_digest, self.old.attachments_digest)
            != (self.new.metadata_digest, self.new.attachments_digest)
        )


@dataclass(frozen=True, slots=True)
class ManifestDiff:
    """The cells of both sides in the new side's order, removed ones where they were."""

    cells: tuple[CellDelta, ...]
    metadata_differs: bool

    def count(self, status: CellStatus) -> int:
        """How many cells have a status."""
        return sum(cell.status is status for cell in self.cells)

    @property
    def moved(self) -> int:
        """How many cells moved."""
        return sum(cell.moved for cell in self.cells)


def diff(old: Manifest, new: Manifest, texts: Texts) -> ManifestDiff:
    """Compare two states of a notebook.

    Args:
        old, new: the two sides.
        texts: loads blobs by digest; asked only where cells have to be paired by their text.
    """
    pairs = match_cells(old, new, texts)
    kept = [index for index in range(len(new.cells)) if index in pairs]
    in_order = longest_increasing([pairs[index] for index in kept])
    stayed = {kept[position] for position in in_order}
    present = [
        _delta(old, new, index, pairs.get(index), moved=index in pairs and index not in stayed)
        for index in range(len(new.cells))
    ]
    anchors = {pairs[index]: index for index in stayed}
    return ManifestDiff(
        cells=tuple(_with_removed(old, present, set(pairs.values()), anchors)),
        metadata_differs=old.metadata_digest != new.metadata_digest,
    )


def with_texts(found: ManifestDiff, texts: Texts) -> ManifestDiff:
    """The same diff with sources. Outputs and metadata stay where they are until looked at."""
    sides = [side for delta in found.cells for side in (delta.old, delta.new) if side is not None]
    loaded = texts({side.source_digest for side in sides})
    return replace(found, cells=tuple(_filled(delta, loaded) for delta in found.cells))


def changes_of(found: ManifestDiff, texts: Texts) -> tuple[CellChange, ...]:
    """The short list of a revision's changes: one a cell, the strongest."""
    changed = [(delta, kind) for delta in found.cells if (kind := _kind(delta)) is not None]
    loaded = texts({delta.cell.source_digest for delta, _ in changed})
    return tuple(
        CellChange(
            cell_id=delta.cell.cell_id,
            kind=kind,
            preview=preview(bytes_text(loaded[delta.cell.source_digest])),
        )
        for delta, kind in changed
    )


def preview(source: str) -> str:
    """The first line that says something: code before comments and magics' blank lines."""
    lines = [line.strip() for line in source.splitlines() if line.strip()]
    code = [line for line in lines if not line.startswith(("#", "%%"))]
    chosen = (code or lines or [""])[0]
    return chosen if len(chosen) <= PREVIEW_LENGTH else chosen[: PREVIEW_LENGTH - 1] + "…"


def _delta(
    old: Manifest, new: Manifest, new_index: int, old_index: int | None, *, moved: bool
) -> CellDelta:
    after = new.cells[new_index]
    before = None if old_index is None else old.cells[old_index]
    if before is None:
        status = CellStatus.ADDED
    elif (before.source_digest, before.cell_type) != (after.source_digest, after.cell_type):
        status = CellStatus.EDITED
    else:
        status = CellStatus.UNCHANGED
    return CellDelta(status, moved, before, after, old_index, new_index)


def _with_removed(
    old: Manifest, present: list[CellDelta], matched: set[int], anchors: Mapping[int, int]
) -> Iterable[CellDelta]:
    """Put each removed cell behind the last cell before it that stayed in its place."""
    removed: dict[int | None, list[CellDelta]] = defaultdict(list)
    anchor: int | None = None
    for index, cell in enumerate(old.cells):
        anchor = anchors.get(index, anchor)
        if index not in matched:
            gone = CellDelta(CellStatus.REMOVED, False, cell, None, index, None)
            removed[anchor].append(gone)
    yield from removed[None]
    for index, delta in enumerate(present):
        yield delta
        yield from removed[index]


def _kind(delta: CellDelta) -> ChangeKind | None:
    match delta.status:
        case CellStatus.ADDED:
            return ChangeKind.ADDED
        case CellStatus.REMOVED:
            return ChangeKind.REMOVED
        case CellStatus.EDITED:
            return ChangeKind.EDITED
    if delta.moved:
        return ChangeKind.MOVED
    return ChangeKind.OUTPUT if delta.outputs_differ else None


def _filled(delta: CellDelta, loaded: Mapping[str, bytes]) -> CellDelta:
    def source(side: CellVersion | None) -> str | None:
        return None if side is None else bytes_text(loaded[side.source_digest])

    return replace(delta, old_source=source(delta.old), new_source=source(delta.new))
