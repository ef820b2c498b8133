"""Runs as lines of text."""

from __future__ import annotations

from collections.abc import Iterator

from nbtrack.cli.output import duration_text, number_text
from nbtrack.entities import EndReason
from nbtrack.ranking import is_system_metric
from nbtrack.wire import MetricInfo, RunSummary

_STATUS_OF_END = {EndReason.INTERRUPT: "stopped", EndReason.PROCESS_DIED: "interrupted"}


def status_text(run: RunSummary) -> str:
    """A run's status in plain words: why it is over where that says more."""
    if run.end_reason in _STATUS_OF_END:
        return _STATUS_OF_END[run.end_reason]
    return run.status.lower()


def metric_text(metric: MetricInfo) -> str:
    """A metric with its last value, and how long its series is."""
    series = f" ({metric.count} points)" if metric.count > 1 else ""
    return f"{metric.key}={number_text(float(metric.last))}{series}"


def run_lines(run: RunSummary) -> Iterator[str]:
    """A run in a few lines: what it was, its params and its metrics."""
    time = duration_text(run.duration_s)
    yield f"  {run.run_name}  {status_text(run)}  {time}  {run.run_id}"
    if run.error_name:
        yield f"      error    {run.error_name}: {run.error_message or ''}"
    if run.params:
        yield f"      params   {', '.join(f'{each.key}={each.value}' for each in run.params)}"
    results = [each for each in run.metrics if not is_system_metric(each.key)]
    if results:
        yield f"      metrics  {', '.join(metric_text(each) for each in results)}"
