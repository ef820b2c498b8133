"""Why a run holds what it holds, as rows for people: what was captured, what was left out."""

from __future__ import annotations

from dataclasses import dataclass

from nbtrack.wire import CaptureReport, RunSummary

RULES = {
    "explicit": "logged by the code",
    "literal": "assigned in the code",
    "argument": "an argument in the code",
    "object": "a setting of an object the cell uses",
    "tagged": "from a cell tagged parameters",
    "bound": "computed by the cell",
    "loop": "computed in a loop",
    "expression": "the cell's last expression",
    "printed": "computed in a print call",
    "output": "shown by the cell",
    "figure": "a figure of the cell",
    "table": "the table the cell ends with",
    "file": "a file the cell opened",
    "reader": "given to a library's reader or writer",
    "query": "a query the cell ran",
    "request": "an address the cell asked",
    "written": "a small file the cell wrote",
    "autolog": "logged by the library",
    "system": "measured on the machine",
    "git": "what was not committed",
}
"""Each rule of `nbtrack.entities.Origin` in words."""
CAPTURED = ("What", "Name", "Why", "From")
LEFT_OUT = ("What", "Name", "Why left out", "Line")


@dataclass(frozen=True, slots=True)
class Explanation:
    """What to show of one run's capture.

    Args:
        title: names the run.
        flags: sentences to know before trusting the run's code.
        captured: rows of `CAPTURED`.
        left_out: rows of `LEFT_OUT`.
    """

    title: str
    flags: tuple[str, ...]
    captured: tuple[tuple[str, ...], ...]
    left_out: tuple[tuple[str, ...], ...]


def explanation(run: RunSummary, report: CaptureReport | None) -> Explanation:
    """What was captured of a run, by which rule and from where, and what was left out.

    Args:
        run: the run; what it holds and its report does not name was logged by its code.
        report: of its capture; None for a run that no tracked cell made.
    """
    known = report or CaptureReport()
    rows: list[tuple[str, ...]] = [
        (item.what, item.key, _why(item.rule, item.detail), _place(run, item.cell_id, item.line))
        for item in known.captured
    ]
    said = {(item.what, item.key) for item in known.captured}
    held = [("param", param.key, param.origin) for param in run.params]
    held += [("metric", metric.key, metric.origin) for metric in run.metrics]
    for what, key, origin in held:
        if (what, key) not in said:
            rule = "explicit" if origin is None else origin.rule
            cell_id, line = (None, None) if origin is None else (origin.cell_id, origin.line)
            rows.append((what, key, _why(rule, ""), _place(run, cell_id, line)))
    left = [
        (item.what, item.key, item.why, "" if item.line is None else str(item.line))
        for item in known.left_out
    ]
    return Explanation(
        title=f"What was captured of {run.run_name}",
        flags=tuple(flag.text for flag in known.flags),
        captured=tuple(rows),
        left_out=tuple(left),
    )


def _why(rule: str, detail: str) -> str:
    kind, _, library = rule.partition(":")
    words = f"{RULES.get(kind, kind)} {library}".rstrip()
    return f"{words} ({detail})" if detail not in ("", library) else words


def _place(run: RunSummary, cell_id: str | None, line: int | None) -> str:
    where = "an earlier cell" if cell_id is not None and cell_id != run.cell_id else "this cell"
    if line is None:
        return where if cell_id is not None else ""
    return f"line {line} of {where}"
