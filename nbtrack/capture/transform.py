"""The input transform that makes ``%%track`` a mark on a cell instead of a wrapper around it.

The line is taken away before the cell runs, so that the body runs as it would without: last
expression, tracebacks, line numbers, await, ``%%time``, ``name?``. It has no side effects, as
IPython also calls it to ask whether a cell is complete. A line whose options do not parse is
left where it is, so that the registered cell magic explains them and nothing runs.
"""

from __future__ import annotations

from textwrap import dedent

from nbtrack.capture.options import match_track_line, parse_options
from nbtrack.errors import UsageError


def strip_track(lines: list[str]) -> list[str]:
    """A cell's lines without its ``%%track`` line; an empty one keeps the line numbers."""
    if not lines:
        return lines
    options = match_track_line(lines[0])
    if options is None:
        return lines
    try:
        parse_options(options)
    except UsageError:
        return lines
    body = dedent("".join(lines[1:])).splitlines(keepends=True)
    first = next((at for at, line in enumerate(body) if line.strip()), None)
    if first is None:
        return lines
    if body[first].startswith("%%"):
        return body[first:]
    return ["\n", *body]


def track_line(raw_cell: str) -> str | None:
    """The options' text of a cell that is tracked; None for one that is not."""
    stripped = raw_cell.lstrip()
    if not stripped.startswith("%%track"):
        return None
    first, _, body = stripped.partition("\n")
    return match_track_line(first) if body.strip() else None
