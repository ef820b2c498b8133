"""Runs side by side: what they have in common and what not."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal

from nbtrack.causes import causes, compare_surroundings, not_recorded
from nbtrack.entities import Direction, Param, Run
from nbtrack.history.earlier import earlier_of
from nbtrack.present import capture_report, run_execution, run_summaries
from nbtrack.ranking import best_index, is_system_metric, metric_direction
from nbtrack.store.base import Store
from nbtrack.wire import ComparedCode, ComparedRow, Comparison, Number, number


def compare_runs(
    store: Store, run_ids: Sequence[str], *, path: Callable[[str], str | None] = str
) -> Comparison:
    """Runs side by side, with the packages that differ between their environments.

    Args:
        store: where they are.
        run_ids: in the order of the columns.
        path: how a notebook's stored path is written for who asks; None hides it.

    Raises:
        NotFoundError: one of them does not exist.
    """
    runs = store.get_runs(run_ids)
    surroundings = compare_surroundings(store, runs)
    rows = [*compare(runs), *_data_rows(store, runs), *surroundings]
    rows.sort(key=lambda row: not row.differs)
    code = compare_code([_code(store, run) for run in runs])
    return Comparison(
        runs=run_summaries(store, runs, path=path),
        rows=rows,
        code=code,
        causes=causes(rows, code, not_recorded(runs)),
    )


def run_names(comparison: Comparison) -> list[str]:
    """What to call the runs, in order: with the beginning of the id where several are alike."""
    names = [run.run_name for run in comparison.runs]
    if len(set(names)) == len(names):
        return names
    return [f"{run.run_name} {run.run_id[:4]}" for run in comparison.runs]


def compare_code(slices: Sequence[Mapping[str | None, str]]) -> list[ComparedCode]:
    """The cells that ran differently.

    Args:
        slices: for each run the texts of the cells that it depends on, in the order they ran,
            by cell id, with None for its own.

    Returns:
        One for each cell whose text is not the same for all runs, their own cell last.
    """
    keys = list(dict.fromkeys(key for each in slices for key in each if key is not None))
    found = []
    for key in [*keys, None]:
        texts = [each.get(key) for each in slices]
        versions = list(dict.fromkeys(text for text in texts if text is not None))
        if len(set(texts)) > 1:
            choices = [None if text is None else versions.index(text) for text in texts]
            found.append(ComparedCode(cell_id=key, versions=versions, choices=choices))
    return found


def _code(store: Store, run: Run) -> dict[str | None, str]:
    own = run_execution(store, run)
    if own is None:
        return {}
    report = capture_report(store, run)
    earlier = earlier_of(store, own, report.slice if report is not None else ())
    code: dict[str | None, str] = {
        each.cell_id or f"#{at}": each.source for at, each in enumerate(earlier)
    }
    return code | {None: own.source}


def _data_rows(store: Store, runs: Sequence[Run]) -> list[ComparedRow]:
    """The contents that runs read, by name; one that has no digest differs from none."""
    held = [
        {
            data.name: data.digest[:12] if data.digest else data.source
            for data in store.list_datasets(run.run_id)
            if data.direction is Direction.INPUT
        }
        for run in runs
    ]
    names = sorted({name for each in held for name in each})
    return [_row("data", name, [each.get(name) for each in held]) for name in names]


def compare(runs: Sequence[Run]) -> list[ComparedRow]:
    """What runs have in common and what not, for `wire.Comparison`.

    Returns:
        One row for each attribute, param, metric and tag of any of them, with a value for each
        run in the given order; rows that differ first, then params, metrics, tags, attributes,
        and those before that differ in more than that some runs have no value.
    """
    rows = [_row("attribute", key, values) for key, values in _attributes(runs).items()]
    for key in sorted({key for run in runs for key in run.params}):
        rows.append(_param(key, [run.params.get(key) for run in runs]))
    for key in sorted({key for run in runs for key in run.tags}):
        rows.append(_row("tag", key, [run.tags.get(key) for run in runs]))
    for key in sorted({key for run in runs for key in run.metrics}):
        metrics = [run.metrics.get(key) for run in runs]
        lasts = [None if metric is None else metric.last for metric in metrics]
        values: list[Number | str | None] = [
            None if last is None else number(last) for last in lasts
        ]
        direction = metric_direction(key)
        rows.append(
            ComparedRow(
                kind="metric",
                key=key,
                values=values,
                differs=len(set(values)) > 1,
                best=best_index(lasts, direction),
                direction=direction,
            )
        )
    order = ("param", "metric", "tag", "attribute")
    return sorted(
        rows,
        key=lambda row: (
            is_system_metric(row.key),
            not row.differs,
            order.index(row.kind),
            len({value for value in row.values if value is not None}) < 2,
            row.key,
        ),
    )


def _param(key: str, params: Sequence[Param | None]) -> ComparedRow:
    values = [None if param is None else param.value for param in params]
    held = [param for param in params if param is not None]
    at_default = all(param.origin is not None and param.origin.is_default for param in held)
    # That a run did not use an object shows in what was set of it, not in all it leaves alone.
    different = {param.value for param in held} if at_default else set(values)
    return ComparedRow(kind="param", key=key, values=[*values], differs=len(different) > 1)


def _row(
    kind: Literal["tag", "attribute", "data"],
    key: str,
    values: Sequence[str | None],
) -> ComparedRow:
    return ComparedRow(kind=kind, key=key, values=list(values), differs=len(set(values)) > 1)


def _attributes(runs: Sequence[Run]) -> dict[str, list[str | None]]:
    def seconds(run: Run) -> str | None:
        return None if run.duration_s is None else f"{run.duration_s:.3g} s"

    return {
        "status": [run.status.value for run in runs],
        "started_at": [run.started_at.isoformat(timespec="seconds") for run in runs],
        "duration": [seconds(run) for run in runs],
        "experiment": [run.experiment_name for run in runs],
        "source": [run.source_name or None for run in runs],
        "user": [run.user_id or None for run in runs],
        "cell": [run.cell_id for run in runs],
        "revision": [
            None if run.revision_number is None else f"r{run.revision_number}" for run in runs
        ],
        "error": [run.error_name for run in runs],
    }
