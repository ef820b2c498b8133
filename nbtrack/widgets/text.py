"""Numbers, durations and instants as people read them; HTML in pieces, escaped."""

from __future__ import annotations

import html
import math
from collections.abc import Iterable
from datetime import UTC, datetime

_STYLE = {
    "card": "font-size:0.92em;margin:4px 0;max-width:60em",
    "head": "margin:0 0 4px 0",
    "table": "border-collapse:collapse;margin:2px 0;background:transparent;color:inherit",
    "cell": "text-align:left;padding:1px 14px 1px 0;border:0;background:transparent",
    "number": "text-align:right;padding:1px 14px 1px 0;border:0;background:transparent;"
    "font-variant-numeric:tabular-nums",
    "soft": "opacity:0.7",
    "list": "margin:0 0 6px 0;padding-left:1.4em",
    "code": "margin:6px 0 0 0;background:transparent;color:inherit;font-size:0.92em",
}


def number(value: float | str) -> str:
    """A metric's value in at most five significant digits."""
    if isinstance(value, str):
        return value
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else ("∞" if value > 0 else "-∞")
    if value == int(value) and abs(value) < 1e6:
        return str(int(value))
    return f"{value:.5g}"


def change(value: float | str) -> str:
    """A difference, with its sign."""
    if isinstance(value, str) or not math.isfinite(value):
        return number(value)
    if value == 0:
        return "±0"
    return f"{'+' if value > 0 else '-'}{number(abs(float(f'{value:.2g}')))}"


def duration(seconds: float) -> str:
    """A time span: ``0.21 s``, ``12 s``, ``3 min 20 s``, ``2 h 5 min``."""
    if seconds < 1:
        return f"{seconds:.2f} s"
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def instant(at: datetime) -> str:
    """A local date and time to the minute."""
    return at.replace(tzinfo=at.tzinfo or UTC).astimezone().strftime("%Y-%m-%d %H:%M")


def escape(text: object) -> str:
    """Text for HTML, in attributes too."""
    return html.escape(str(text), quote=True)


def style(name: str) -> str:
    """An element's style attribute; colours are inherited, so both themes read well."""
    return f' style="{_STYLE[name]}"'


def table(head: Iterable[str], rows: Iterable[Iterable[str]], numeric: frozenset[int]) -> str:
    """An HTML table of escaped cells.

    Args:
        head: column titles; all empty for none.
        rows: cells, already HTML.
        numeric: columns that align to the right.
    """
    titles = list(head)

    def cell(tag: str, column: int, content: str) -> str:
        kind = "number" if column in numeric else "cell"
        return f"<{tag}{style(kind)}>{content}</{tag}>"

    parts = [f"<table{style('table')}>"]
    if any(titles):
        made = "".join(cell("th", at, escape(title)) for at, title in enumerate(titles))
        parts.append(f"<thead><tr>{made}</tr></thead>")
    parts.append("<tbody>")
    for row in rows:
        parts.append(f"<tr>{''.join(cell('td', at, part) for at, part in enumerate(row))}</tr>")
    parts.append("</tbody></table>")
    return "".join(parts)
