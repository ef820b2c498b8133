"""A notebook's diff as text: lines marked + and -, and on a terminal the changed words too."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from nbtrack.wire import CellDiff, NotebookDiff

if TYPE_CHECKING:
    from rich.text import Text

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


def diff_lines(diff: NotebookDiff) -> Iterator[Text]:
    """The changed cells, line by line, styled; plain text is in each line's ``plain``."""
    for cell in diff.cells:
        if cell.status == "unchanged" and not (cell.moved or cell.outputs_differ):
            continue
        yield _heading(cell)
        if cell.status != "unchanged":
            yield from source_lines(cell.old_source or "", cell.new_source or "")


def _heading(cell: CellDiff) -> Text:
    from rich.text import Text

    facts: list[str] = [] if cell.status == "unchanged" else [cell.status]
    if cell.moved and cell.old_index is not None and cell.new_index is not None:
        facts.append(f"moved from place {cell.old_index + 1} to {cell.new_index + 1}")
    if cell.outputs_differ:
        facts.append("other outputs")
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
