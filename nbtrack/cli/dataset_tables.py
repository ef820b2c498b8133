"""What a run read and wrote, and the runs that this links it to, for people to read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from nbtrack.cli.output import Output, counted, size_text
from nbtrack.entities import Direction

if TYPE_CHECKING:
    from nbtrack.wire import DatasetInfo, RunDetail, RunLink

_MAX_LINKS = 3


def print_datasets(output: Output, detail: RunDetail) -> None:
    """A table of the inputs and one of the outputs, where there are any."""
    for direction, heading, linked in (
        (Direction.INPUT, "Input", "Written by"),
        (Direction.OUTPUT, "Output", "Read by"),
    ):
        rows = [
            (
                each.name,
                each.source,
                "" if each.size_bytes is None else size_text(each.size_bytes),
                _content_text(each),
                (each.digest or "")[:12],
                _links_text(each.written_by if direction is Direction.INPUT else each.read_by),
                each.note,
            )
            for each in detail.datasets
            if each.direction is direction
        ]
        if rows:
            output.say()
            headings = (heading, "Source", "Size", "Content", "Digest", linked, "Note")
            kept = [at for at in range(len(headings)) if at < 2 or any(row[at] for row in rows)]
            output.table(
                [headings[at] for at in kept],
                [[row[at] for at in kept] for row in rows],
                {"Size": "right", "Source": "fold", linked: "fold"},
            )


def _content_text(data: DatasetInfo) -> str:
    document = data.document
    if document is None:
        return data.context
    if document.shape is not None:
        text = " × ".join(map(str, document.shape))
    elif document.columns:
        columns = counted(len(document.columns), "column")
        rows = "" if document.row_count is None else counted(document.row_count, "row") + ", "
        text = rows + columns
    else:
        text = ""
    query = " ".join((document.query or "").split())
    return "; ".join(part for part in (data.context, text, query[:80]) if part)


def _links_text(links: Sequence[RunLink]) -> str:
    shown = [f"{link.run_name} ({link.run_id[:8]})" for link in links[:_MAX_LINKS]]
    if len(links) > _MAX_LINKS:
        shown.append(f"and {len(links) - _MAX_LINKS} more")
    return ", ".join(shown)
