"""What a run's card says: captured facts as they are now, and how they compare."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from nbtrack.capture.ticks import LoopState
from nbtrack.entities import MetricSummary, Origin, Run, RunStatus, utc_now
from nbtrack.errors import NbtrackError
from nbtrack.present import origin_info
from nbtrack.ranking import is_system_metric
from nbtrack.wire import MetricCard, ParamInfo, Progress, RunCard, number

if TYPE_CHECKING:
    from nbtrack.query import Baseline
    from nbtrack.tracking.cells import CellRun

_FLUSH_S = 1.0
_CURVE = 200


class Comparison:
    """The run in the store, and the earlier runs of its cell.

    Args:
        cell: the run of a cell.
    """

    def __init__(self, cell: CellRun) -> None:
        self._cell = cell
        self.stored: Run | None = None
        self.baseline: Baseline | None = None
        self.curves: dict[str, list[tuple[int, float]]] = {}

    def look(self) -> None:
        """Read what the store has now; for the background."""
        from nbtrack.query import cell_baseline

        store = self._cell.session.store
        try:
            self.stored = stored = store.get_run(self._cell.run.run_id)
        except NbtrackError:
            # Not written yet; it will be a moment later.
            return
        if self.baseline is None and stored.cell_id is not None:
            self.baseline = cell_baseline(store, stored)
        for key, metric in stored.metrics.items():
            if key not in self._cell.curves and metric.count > 1 and not is_system_metric(key):
                series = store.metric_series(stored.run_id, key)
                pairs = zip(series.steps.tolist(), series.values.tolist(), strict=True)
                self.curves[key] = _thinned(list(pairs))

    def finish(self) -> None:
        """Read once more when the run is over; given up when the store is slow."""
        if self._cell.session.writer.flush(_FLUSH_S):
            self.look()


def run_card(cell: CellRun, comparison: Comparison) -> RunCard:
    """A run's card, as things are now."""
    run, stored, outcome = cell.run, comparison.stored, cell.outcome
    baseline = comparison.baseline
    if outcome is not None:
        duration_s = outcome.duration_s
    else:
        duration_s = (utc_now() - run.started_at).total_seconds()
    return RunCard(
        run_id=run.run_id,
        run_name=run.run_name,
        experiment_name=stored.experiment_name if stored else cell.experiment or "",
        status=run.status,
        end_reason=outcome.reason if outcome else None,
        started_at=run.started_at,
        duration_s=max(duration_s, 0.0),
        error_name=outcome.error_name if outcome else None,
        cell_id=run.cell_id,
        msg_id=run.msg_id,
        notebook_id=stored.notebook_id if stored else None,
        revision_id=stored.revision_id if stored else None,
        revision_number=stored.revision_number if stored else None,
        previous_run_name=(baseline.previous.run_name if baseline and baseline.previous else None),
        params=_params(cell, stored),
        metrics=_metrics(cell, comparison),
        artifact_count=cell.artifact_count,
        progress=_progress(cell) if outcome is None else None,
        notes=list(cell.notes),
    )


def _params(cell: CellRun, stored: Run | None) -> list[ParamInfo]:
    known = {param.key: param for param in cell.params}
    for key, param in (stored.params if stored else {}).items():
        known.setdefault(key, param)
    return [
        ParamInfo(key=param.key, value=param.value, origin=origin_info(param.origin))
        for param in known.values()
        # What nobody chose is on the run's page; a card has no room for it.
        if param.origin is None or not param.origin.is_default
    ]


def _metrics(cell: CellRun, comparison: Comparison) -> list[MetricCard]:
    stored = comparison.stored
    cards = []
    for key, metric in (stored.metrics if stored else {}).items():
        if key not in cell.curves and _is_logged(metric.origin):
            cards.append(_metric(comparison, key, metric.last, metric, comparison.curves.get(key)))
    for key, curve in list(cell.curves.items()):
        if curve.count:
            cards.append(_metric(comparison, key, curve.last, curve.count, curve.drawn(_CURVE)))
    return cards


def _is_logged(origin: Origin | None) -> bool:
    """Whether a metric came by a log call or by a library's autologging, not by the cell."""
    return origin == Origin("explicit") or (
        origin is not None and origin.rule.startswith("autolog:")
    )


def _metric(
    comparison: Comparison,
    key: str,
    last: float,
    count: int | MetricSummary,
    points: list[tuple[int, float]] | None,
) -> MetricCard:
    from nbtrack.ranking import metric_direction

    baseline = comparison.baseline
    previous = baseline.previous.metrics.get(key) if baseline and baseline.previous else None
    best = baseline.best.get(key) if baseline else None
    direction = metric_direction(key)
    ahead = best is not None and (last >= best if direction == "max" else last <= best)
    total = count if isinstance(count, int) else count.count
    drawn = points if points and total > 1 else []
    return MetricCard(
        key=key,
        last=number(last),
        count=total,
        direction=direction,
        change_previous=None if previous is None else number(last - previous.last),
        change_best=None if best is None else number(last - best),
        is_best=ahead,
        steps=[step for step, _ in drawn],
        values=[number(value) for _, value in drawn],
    )


def _progress(cell: CellRun) -> Progress | None:
    running = [loop for loop in cell.loops if loop.running]
    if not running or cell.run.status is not RunStatus.RUNNING:
        return None
    # A loop may call a function with a loop: the one that began first is around the others.
    return _of_loop(min(running, key=lambda loop: loop.began_at_s))


def _of_loop(loop: LoopState) -> Progress:
    eta_s = None
    if loop.total and loop.done:
        spent_s = time.monotonic() - loop.began_at_s
        eta_s = spent_s / loop.done * max(loop.total - loop.done, 0)
    return Progress(done=loop.done, total=loop.total, eta_s=eta_s, label=loop.label)


def _thinned(points: list[tuple[int, float]]) -> list[tuple[int, float]]:
    while len(points) > _CURVE:
        points = [*points[:-1:2], points[-1]]
    return points
