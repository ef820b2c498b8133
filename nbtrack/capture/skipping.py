"""Cells that are not recorded at all: marked by a comment, or by a tag in the notebook's file.

No execute request says its cell's tags, so they are read from the file: a tag counts once the
notebook is saved. The comment counts everywhere, at once.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

from nbtrack.capture.bindings import CellFlow
from nbtrack.capture.kinds import Kind

SKIP_TAG = "nbtrack-skip"
_COMMENT = re.compile(r"\s*(?:%%track[^\n]*\n\s*)?#[ \t]*nbtrack:[ \t]*skip\b")
_MAX_BYTES = 50_000_000


def is_marked(source: str) -> bool:
    """Whether a cell begins with the comment ``# nbtrack: skip``."""
    return _COMMENT.match(source) is not None


class TaggedCells:
    """The cells of a notebook file that are tagged `SKIP_TAG`; read when the file changes."""

    def __init__(self) -> None:
        self._state: tuple[str, int, int] | None = None
        self._ids: dict[str, bool] = {}
        self._sources: frozenset[str] = frozenset()

    def holds(self, path: str, source: str, cell_id: str | None) -> bool:
        """Whether a cell is tagged: the one with this id, or where that says nothing, this source.

        Args:
            path: of the notebook's file; it may be gone.
            source: as executed.
            cell_id: the nbformat id, where the client says it.
        """
        try:
            found = Path(path).stat()
        except OSError:
            return False
        state = (path, found.st_mtime_ns, found.st_size)
        if state != self._state:
            self._state = state
            self._ids, self._sources = _tagged(Path(path), found.st_size)
        if not self._sources:
            return False
        return self._ids[cell_id] if cell_id in self._ids else source.strip() in self._sources


def _tagged(path: Path, size: int) -> tuple[dict[str, bool], frozenset[str]]:
    """Whether each cell is tagged, by id; and the sources of those that are."""
    nothing: tuple[dict[str, bool], frozenset[str]] = ({}, frozenset())
    try:
        data = path.read_bytes() if size <= _MAX_BYTES else b""
        # Most files have no such tag, and need not be parsed.
        document = json.loads(data) if SKIP_TAG.encode() in data else None
    except (OSError, ValueError):
        return nothing
    cells = document.get("cells") if isinstance(document, dict) else None
    ids, sources = {}, set()
    for cell in cells if isinstance(cells, list) else []:
        if not isinstance(cell, dict) or cell.get("cell_type") != "code":
            continue
        metadata = cell.get("metadata")
        tags = metadata.get("tags") if isinstance(metadata, dict) else None
        is_tagged = isinstance(tags, list) and SKIP_TAG in tags
        ids[str(cell.get("id"))] = is_tagged
        if is_tagged:
            source = cell.get("source") or ""
            text = "".join(map(str, source)) if isinstance(source, list) else str(source)
            sources.add(text.strip())
    return ids, frozenset(sources)


def hide_literals(flow: CellFlow) -> None:
    """Forget the values that stand in a skipped cell: no later run has them as params."""
    for binding in flow.bindings:
        binding.literal, binding.reach, binding.hidden = None, {}, True
        if binding.kind in (Kind.LITERAL, Kind.DERIVED):
            binding.kind = Kind.COMPUTED
