"""A notebook's diff as text: lines marked + and -, and on a terminal the changed words too."""

from __future__ import annotations

import difflib
import hashlib
import json
import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from nbtrack.wire import CellDiff, NotebookDiff

if TYPE_CHECKING:
    from rich.text import Text

    from nbtrack.history.sides import Side

_CONTEXT_LINES = 3
_WORDS = re.compile(r"\w+|\s+|[^\w\s]")
_SIGNS = {"added": "+", "removed": "-", "edited": "~", "unchanged": " "}


def summary_line(diff: NotebookDiff) -> str:
    """How many cells changed in which way, as a sentence."""
    counts = {
        "added": diff.added,
        "removed": diff.removed,
        "edited": diff.edited,
        "moved": diff.moved,
    }
    said = [f"{count} {word}" for word, count in counts.items() if count]
    outputs = sum(cell.outputs_differ for cell in diff.cells)
    if outputs:
        said.append(f"{outputs} with other outputs")
    if diff.metadata_differs:
        said.append("notebook metadata changed")
    return ", ".join(said) if said else "no difference"


Pieces = Callable[[CellDiff | None], Iterator["Text"]]
"""Lines of what differs in a cell besides its text; for None, in the notebook's metadata."""


def diff_lines(diff: NotebookDiff, pieces: Pieces | None = None) -> Iterator[Text]:
    """The changed cells, line by line, styled; plain text is in each line's ``plain``.

    Args:
        diff: what differs.
        pieces: shows outputs and metadata too.
    """
    for cell in diff.cells:
        differs = cell.moved or cell.outputs_differ or cell.metadata_differs
        if cell.status == "unchanged" and not differs:
            continue
        yield _heading(cell)
        if cell.status != "unchanged":
            yield from source_lines(cell.old_source or "", cell.new_source or "")
        if pieces is not None:
            yield from pieces(cell)
    if pieces is not None and diff.metadata_differs:
        yield from pieces(None)


def piece_lines(old: Side, new: Side) -> Pieces:
    """How `diff_lines` shows the outputs and metadata of two sides."""

    def lines(cell: CellDiff | None) -> Iterator[Text]:
        if cell is None:
            yield from _titled("notebook metadata", old.metadata(), new.metadata())
        elif cell.old_cell_id is not None and cell.status != "removed":
            before, after = old.cell(cell.old_cell_id), new.cell(cell.cell_id)
            if cell.metadata_differs:
                yield from _titled("metadata", before["metadata"], after["metadata"])
            if cell.outputs_differ:
                yield from _titled("outputs", _outputs(before), _outputs(after))

    return lines


def _titled(title: str, old: Any, new: Any) -> Iterator[Text]:
    from rich.text import Text

    yield Text(f"  {title}:", "cyan")
    before, after = (
        side if isinstance(side, str) else json.dumps(side, indent=1, sort_keys=True)
        for side in (old, new)
    )
    yield from source_lines(before, after)


def _outputs(cell: dict[str, Any]) -> str:
    return "\n".join(_output_text(output) for output in cell.get("outputs", ()))


def _output_text(output: dict[str, Any]) -> str:
    """What an output says in text; of anything else its type, size and the start of its digest."""
    if output["output_type"] == "stream":
        return str(output["text"])
    if output["output_type"] == "error":
        return f"{output.get('ename')}: {output.get('evalue')}"
    data = output.get("data", {})
    said = [str(data["text/plain"])] if "text/plain" in data else []
    for kind in sorted(data.keys() - {"text/plain"}):
        content = json.dumps(data[kind], sort_keys=True).encode()
        digest = hashlib.sha256(content).hexdigest()[:8]
        said.append(f"<{kind}, {len(content):,} bytes, {digest}>")
    return "\n".join(said)


def _heading(cell: CellDiff) -> Text:
    from rich.text import Text

    facts: list[str] = [] if cell.status == "unchanged" else [cell.status]
    if cell.moved and cell.old_index is not None and cell.new_index is not None:
        facts.append(f"moved from place {cell.old_index + 1} to {cell.new_index + 1}")
    if cell.outputs_differ:
        facts.append("other outputs")
    if cell.metadata_differs:
        facts.append("other metadata")
    sign = _SIGNS[cell.status]
    return Text(f"@@ {sign} {cell.cell_type} cell {cell.cell_id}: {', '.join(facts)}", "bold cyan")


def source_lines(old: str, new: str) -> Iterator[Text]:
    """How a text became another, line by line, a few equal lines around each change."""
    from rich.text import Text

    before, after = old.splitlines(), new.splitlines()
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    for group in matcher.get_grouped_opcodes(_CONTEXT_LINES):
        for kind, old_from, old_to, new_from, new_to in group:
            if kind == "equal":
                for line in before[old_from:old_to]:
                    yield Text(f"  {line}")
            else:
                yield from _changed(before[old_from:old_to], after[new_from:new_to])


def _changed(before: list[str], after: list[str]) -> Iterator[Text]:
    # Only as many lines on both sides can be told to be each other's: marks words in those.
    paired = len(before) == len(after)
    for index, line in enumerate(before):
        yield _marked("-", "red", line, after[index] if paired else None)
    for index, line in enumerate(after):
        yield _marked("+", "green", line, before[index] if paired else None)


def _marked(sign: str, colour: str, line: str, other: str | None) -> Text:
    from rich.text import Text

    text = Text(f"{sign} ", colour)
    if other is None:
        return text.append(line, colour)
    words, others = _WORDS.findall(line), _WORDS.findall(other)
    matcher = difflib.SequenceMatcher(None, others, words, autojunk=False)
    if matcher.ratio() < 0.3:
        return text.append(line, colour)
    for kind, _, _, start, end in matcher.get_opcodes():
        style = colour if kind == "equal" else f"bold reverse {colour}"
        text.append("".join(words[start:end]), style)
    return text
