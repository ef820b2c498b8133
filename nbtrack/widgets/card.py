"""A run's card as a MIME bundle: for the extension, as static HTML, and as plain text."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from nbtrack.entities import EndReason, RunStatus
from nbtrack.widgets.sparkline import sparkline
from nbtrack.widgets.text import change, duration, escape, number, style, table
from nbtrack.wire import RUN_MIME, MetricCard, Progress, RunCard

_MOST_ROWS = 30
_MARKS = {
    RunStatus.RUNNING: "⏳ running",
    RunStatus.FINISHED: "✓ finished",
    RunStatus.FAILED: "✗ failed",
    RunStatus.KILLED: "■ interrupted",
    RunStatus.SCHEDULED: "scheduled",
}


def card_bundle(card: RunCard) -> dict[str, Any]:
    """The MIME bundle of a card."""
    return {
        RUN_MIME: json.loads(msgspec.json.encode(card)),
        "text/html": card_html(card),
        "text/plain": card_text(card),
    }


def status_text(card: RunCard) -> str:
    """How the run stands, in words."""
    text = _MARKS[card.status]
    if card.end_reason is EndReason.PROCESS_DIED:
        text = "■ the kernel died"
    return f"{text} ({card.error_name})" if card.error_name else text


def card_html(card: RunCard) -> str:
    """A static table with small curves. Colours are the page's own."""
    head = (
        f"<strong>{escape(card.run_name)}</strong> "
        f"<span>{escape(status_text(card))}</span> "
        f"<span{style('soft')}>{escape(_aside(card))}</span>"
    )
    parts = [f"<div{style('card')}><div{style('head')}>{head}</div>"]
    if card.progress is not None:
        parts.append(_progress_html(card.progress))
    if card.metrics:
        parts.append(_metrics_html(card))
    if card.params:
        shown = card.params[:_MOST_ROWS]
        text = ", ".join(f"{escape(param.key)} = {escape(_short(param.value))}" for param in shown)
        more = len(card.params) - len(shown)
        text += f" and {more} more" if more else ""
        parts.append(f"<div><span{style('soft')}>Params</span> {text}</div>")
    parts += [f"<div{style('soft')}>{escape(note)}</div>" for note in card.notes]
    return "".join([*parts, "</div>"])


def card_text(card: RunCard) -> str:
    """The same in plain text."""
    lines = [f"{card.run_name}  {status_text(card)}  {_aside(card)}"]
    if card.progress is not None:
        lines.append(f"  {_progress_text(card.progress)}")
    width = max((len(metric.key) for metric in card.metrics), default=0)
    for metric in card.metrics[:_MOST_ROWS]:
        changes = _change_texts(metric)
        aside = f"  ({', '.join(changes)})" if changes else ""
        lines.append(f"  {metric.key:<{width}}  {number(metric.last)}{aside}")
    if card.params:
        shown = ", ".join(
            f"{param.key}={_short(param.value)}" for param in card.params[:_MOST_ROWS]
        )
        lines.append(f"  params: {shown}")
    lines += [f"  {note}" for note in card.notes]
    return "\n".join(lines)


def _aside(card: RunCard) -> str:
    parts = [duration(card.duration_s)]
    if card.experiment_name:
        parts.append(card.experiment_name)
    if card.revision_number is not None:
        parts.append(f"revision r{card.revision_number}")
    if card.artifact_count:
        parts.append(f"{card.artifact_count} artifact{'s' if card.artifact_count > 1 else ''}")
    return " · ".join(parts)


def _metrics_html(card: RunCard) -> str:
    shown = card.metrics[:_MOST_ROWS]
    compared = any(
        metric.change_previous is not None or metric.change_best is not None for metric in shown
    )
    curves = any(len(metric.steps) > 1 for metric in shown)
    head = ["Metric", "Value"]
    if compared:
        head += ["vs previous", "vs best"]
    if curves:
        head.append("")
    rows = []
    for metric in shown:
        row = [escape(metric.key), f"<strong>{escape(number(metric.last))}</strong>"]
        if compared:
            row += [_change_html(metric.change_previous), _best_html(metric)]
        if curves:
            row.append(sparkline(metric.steps, metric.values))
        rows.append(row)
    return table(head, rows, frozenset({1, 2, 3} if compared else {1}))


def _change_html(value: float | str | None) -> str:
    return "" if value is None else escape(change(value))


def _best_html(metric: MetricCard) -> str:
    if metric.is_best:
        return "★ best"
    return _change_html(metric.change_best)


def _change_texts(metric: MetricCard) -> list[str]:
    texts = []
    if metric.change_previous is not None:
        texts.append(f"{change(metric.change_previous)} vs previous")
    if metric.is_best:
        texts.append("best")
    elif metric.change_best is not None:
        texts.append(f"{change(metric.change_best)} vs best")
    return texts


def _progress_text(progress: Progress) -> str:
    total = "" if progress.total is None else f" of {progress.total}"
    eta = "" if progress.eta_s is None else f", about {duration(progress.eta_s)} left"
    return f"{progress.label} {progress.done}{total}{eta}"


def _progress_html(progress: Progress) -> str:
    bar = ""
    if progress.total:
        bar = f'<progress value="{progress.done}" max="{progress.total}"></progress> '
    return f"<div>{bar}<span{style('soft')}>{escape(_progress_text(progress))}</span></div>"


def _short(text: str, most: int = 80) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
