"""The explanation of a run's capture as a MIME bundle, for ``%track explain``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nbtrack.explain import CAPTURED, LEFT_OUT, Explanation
from nbtrack.widgets.tables import aligned
from nbtrack.widgets.text import escape, style, table

_NOTHING = "Nothing was captured."


def explanation_bundle(found: Explanation) -> dict[str, Any]:
    """HTML and text."""
    parts = [f"<div{style('head')}><strong>{escape(found.title)}</strong></div>"]
    lines = [found.title]
    for flag in found.flags:
        parts.append(f"<div>⚠ {escape(flag)}</div>")
        lines.append(f"! {flag}")
    if not (found.captured or found.left_out):
        parts.append(f"<div{style('soft')}>{_NOTHING}</div>")
        lines.append(_NOTHING)
    for head, rows in ((CAPTURED, found.captured), (LEFT_OUT, found.left_out)):
        if rows:
            parts.append(table(head, [[escape(part) for part in row] for row in rows], _NO))
            lines += ["", *_text(head, rows)]
    return {
        "text/html": f"<div{style('card')}>{''.join(parts)}</div>",
        "text/plain": "\n".join(lines),
    }


_NO: frozenset[int] = frozenset()


def _text(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    return aligned([list(head), *map(list, rows)])
