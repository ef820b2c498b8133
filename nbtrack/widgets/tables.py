"""Tables of runs and of revisions as MIME bundles."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from nbtrack.entities import EndReason
from nbtrack.ranking import is_system_metric
from nbtrack.widgets.text import duration, escape, instant, number, style, table
from nbtrack.wire import (
    REVISIONS_MIME,
    RUNS_MIME,
    RevisionInfo,
    RevisionTable,
    RunSummary,
    RunTable,
)

_MOST_COLUMNS = 8


def runs_bundle(runs: RunTable) -> dict[str, Any]:
    """A table of runs: the params and metrics that most of them have are columns."""
    metrics = _keys(map(_results, runs.runs), _MOST_COLUMNS)
    params = _keys(([param.key for param in run.params] for run in runs.runs), _MOST_COLUMNS)
    head = ["Run", "Status", "Started", "Duration", *metrics, *params]
    rows = [_run_row(run, metrics, params) for run in runs.runs]
    empty = "No runs yet. Write %%track above a cell and run it."
    numeric = frozenset(range(3, 4 + len(metrics)))
    return _bundle(RUNS_MIME, runs, runs.title, head, rows, numeric, empty)


def revisions_bundle(revisions: RevisionTable) -> dict[str, Any]:
    """A table of revisions."""
    head = ["Revision", "When", "Who", "Why", "Changes", "Runs"]
    rows = [_revision_row(revision) for revision in revisions.revisions]
    empty = "No revisions yet. They are recorded when a cell runs and when the notebook is saved."
    return _bundle(REVISIONS_MIME, revisions, revisions.title, head, rows, frozenset(), empty)


def _results(run: RunSummary) -> list[str]:
    return [metric.key for metric in run.metrics if not is_system_metric(metric.key)]


def _run_row(run: RunSummary, metrics: Sequence[str], params: Sequence[str]) -> list[str]:
    status = run.status.value.lower()
    if run.end_reason in (EndReason.INTERRUPT, EndReason.PROCESS_DIED):
        status = "interrupted"
    values = {metric.key: number(metric.last) for metric in run.metrics}
    settings = {param.key: param.value for param in run.params}
    return [
        run.run_name,
        status,
        instant(run.started_at),
        "" if run.duration_s is None else duration(run.duration_s),
        *(values.get(key, "") for key in metrics),
        *(_short(settings.get(key, "")) for key in params),
    ]


def _revision_row(revision: RevisionInfo) -> list[str]:
    why = revision.reason.value.replace("_", " ")
    if revision.restored_from_number is not None:
        why = f"{why} of r{revision.restored_from_number}"
    if revision.label:
        why = f"{why}: {revision.label}"
    changes = ", ".join(
        f"{change.kind.value} {_short(change.preview, 30)}".strip()
        for change in revision.changes[:3]
    )
    more = len(revision.changes) - 3
    return [
        f"r{revision.number}",
        instant(revision.created_at),
        revision.author,
        why,
        changes + (f" and {more} more" if more > 0 else ""),
        ", ".join(mark.run_name for mark in revision.runs),
    ]


def _bundle(
    mime: str,
    payload: msgspec.Struct,
    title: str,
    head: list[str],
    rows: list[list[str]],
    numeric: frozenset[int],
    empty: str,
) -> dict[str, Any]:
    caption = f"<div{style('head')}><strong>{escape(title)}</strong></div>"
    if rows:
        escaped = [[escape(part) for part in row] for row in rows]
        body = table(head, escaped, numeric)
        lines = [title, *aligned([head, *rows])]
    else:
        body = f"<div{style('soft')}>{escape(empty)}</div>"
        lines = [title, empty]
    return {
        mime: json.loads(msgspec.json.encode(payload)),
        "text/html": f"<div{style('card')}>{caption}{body}</div>",
        "text/plain": "\n".join(lines),
    }


def aligned(rows: list[list[str]]) -> list[str]:
    """Rows as lines of text, their parts below each other."""
    widths = [max(len(part) for part in column) for column in zip(*rows, strict=True)]
    return [
        "  ".join(part.ljust(width) for part, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def _keys(of_runs: Iterable[list[str]], most: int) -> list[str]:
    counts: dict[str, int] = {}
    for keys in of_runs:
        for key in keys:
            counts[key] = counts.get(key, 0) + 1
    return sorted(counts, key=lambda key: -counts[key])[:most]


def _short(text: str, most: int = 40) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
