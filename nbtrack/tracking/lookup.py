"""The part of the fluent API that looks up: experiments, and what runs recorded."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, cast

from nbtrack.entities import Experiment, Lifecycle
from nbtrack.errors import NotFoundError, StateError, UsageError
from nbtrack.journal import anything_undrained
from nbtrack.tracking.session import Session, session

if TYPE_CHECKING:
    import pandas as pd

    from nbtrack.entities import MetricSeries, Run
    from nbtrack.store.base import Store

_OTHERS_S = 10.0
"""How long another process may take to hand over what it recorded."""


def set_experiment(
    experiment_name: str | None = None, experiment_id: str | None = None
) -> Experiment:
    """Choose the experiment of the runs that start from now on; a new name makes a new one.

    Raises:
        UsageError: neither or both of name and id are given.
        StateError: it is deleted.
        NotFoundError: no experiment with that id.
    """
    if (experiment_name is None) == (experiment_id is None):
        raise UsageError("set_experiment needs a name or an experiment_id, not both")
    here = session()
    if experiment_name is not None:
        experiment = _find_or_make(here.store, experiment_name)
    else:
        experiment = here.store.get_experiment(str(experiment_id))
    if experiment.lifecycle_stage is Lifecycle.DELETED:
        raise StateError(f"experiment {experiment.name!r} is deleted. Choose another name.")
    here.experiment_id = experiment.experiment_id
    return experiment


def _find_or_make(store: Store, name: str) -> Experiment:
    found = store.find_experiment(name)
    if found is not None:
        return found
    try:
        return store.create_experiment(name)
    except UsageError:
        # Another process may have made it in between.
        found = store.find_experiment(name)
        if found is None:
            raise
        return found


def create_experiment(name: str) -> str:
    """Make an experiment.

    Returns:
        Its id.

    Raises:
        UsageError: there is one of that name.
    """
    return session().store.create_experiment(name).experiment_id


def get_experiment(experiment_id: str) -> Experiment:
    """An experiment by id. Raises NotFoundError."""
    return session().store.get_experiment(str(experiment_id))


def get_experiment_by_name(name: str) -> Experiment | None:
    """An experiment by name; None if there is none."""
    return session().store.find_experiment(name)


def fresh_store() -> Store:
    """The store, with everything that this process logged so far."""
    here = session()
    here.flush()
    return here.store


def stored_run(here: Session, run_id: str) -> Run:
    """A run as the store has it.

    One that another process has just started may still be in that process's journal, as when
    a script gives its run's id to its workers: it is waited for.

    Raises:
        NotFoundError: there is none with that id.
    """
    here.flush()
    deadline = time.monotonic() + _OTHERS_S
    while True:
        may_come = anything_undrained(here.journal.path.parent) and time.monotonic() < deadline
        try:
            return here.store.get_run(run_id)
        except NotFoundError:
            if not may_come:
                raise
        time.sleep(0.05)


def get_run(run_id: str) -> Run:
    """A run with its params, metrics and tags, with everything logged so far.

    Raises:
        NotFoundError: there is none with that id.
    """
    return stored_run(session(), run_id)


def metric_history(run_id: str, key: str) -> MetricSeries:
    """All points of a metric, as NumPy arrays, in logged order.

    Raises:
        NotFoundError: no such run, or it has no such metric.
    """
    return fresh_store().metric_series(run_id, key)


def delete_run(run_id: str) -> None:
    """Delete a run. `restore_run` takes that back. Raises NotFoundError."""
    fresh_store().set_lifecycle([run_id], deleted=True)


def restore_run(run_id: str) -> None:
    """Take the deletion of a run back. Raises NotFoundError."""
    fresh_store().set_lifecycle([run_id], deleted=False)


def search_runs(
    experiment_ids: Sequence[str] | None = None,
    filter_string: str = "",
    run_view_type: int | str = 1,
    max_results: int = 100_000,
    order_by: Sequence[str] | None = None,
    output_format: Literal["pandas", "list"] = "pandas",
    search_all_experiments: bool = False,
    experiment_names: Sequence[str] | None = None,
) -> pd.DataFrame | list[Run]:
    """Find runs.

    Args:
        experiment_ids: by default the experiment that `set_experiment` chose, or all.
        filter_string: ``"metrics.acc > 0.9 and params.model = 'rf'"``.
        run_view_type: 1 or "active", 2 or "deleted", 3 or "all".
        max_results: at most so many.
        order_by: for example ``["metrics.acc DESC"]``; newest first by default.
        output_format: "pandas" for a DataFrame where pandas is installed, "list" for runs.
        search_all_experiments: whatever `set_experiment` chose.
        experiment_names: instead of ids.

    Returns:
        A DataFrame with MLflow's columns (``run_id``, ``metrics.acc``, ``params.lr`` ...), or
        a list of runs.

    Raises:
        UsageError: the filter or the order cannot be read, or a text stands where a list belongs;
            says where and why.
        NotFoundError: no experiment of one of the names.
    """
    from nbtrack import query

    if experiment_ids is not None and experiment_names is not None:
        raise UsageError("search_runs takes experiment_ids or experiment_names, not both")
    for name, value in (
        ("experiment_ids", experiment_ids),
        ("experiment_names", experiment_names),
        ("order_by", order_by),
    ):
        # A text is a sequence too: its letters would be taken for ids.
        if isinstance(value, str):
            raise UsageError(
                f"{name} is a list, not the text {value!r}: write {name}=[{value!r}]"
                + (f", or filter_string={value!r}" if name == "experiment_ids" else "")
            )
    store = fresh_store()
    chosen = None if experiment_ids is None else tuple(str(each) for each in experiment_ids)
    if experiment_names is not None:
        chosen = tuple(_named(store, name).experiment_id for name in experiment_names)
    current = session().experiment_id
    if chosen is None and current is not None and not search_all_experiments:
        chosen = (current,)
    runs = query.find_runs(
        store,
        filter=filter_string,
        order_by=tuple(order_by or ()),
        experiment_ids=chosen,
        view=query.view_type(run_view_type),
        max_results=max_results,
    )
    if output_format == "list":
        return runs
    return query.runs_frame(runs) if query.has_pandas() else runs


def best_run(
    metric: str,
    *,
    mode: Literal["max", "min"] | None = None,
    filter_string: str = "",
    experiment_names: Sequence[str] | None = None,
    search_all_experiments: bool = False,
) -> Run:
    """The run with the best last value of a metric; runs in which it is NaN or infinite aside.

    Args:
        metric: its name.
        mode: whether more or less is better; told from the name by default, as in ``accuracy``
            and ``val_loss``.
        filter_string: only among runs that meet it: ``"params.model = 'rf'"``.
        experiment_names: only among these; by default as in `search_runs`.
        search_all_experiments: whatever `set_experiment` chose.

    Raises:
        UsageError: the name does not tell which way is better, and ``mode`` is not given; or
            the filter cannot be read.
        NotFoundError: no run has that metric.
    """
    from nbtrack.ranking import metric_direction

    chosen = mode or metric_direction(metric)
    if chosen not in ("max", "min"):
        raise UsageError(
            f"whether more or less of {metric!r} is better does not show in its name: "
            f"best_run({metric!r}, mode='max') or mode='min' says it"
        )
    key = f"metrics.`{metric}`"
    finite = f"{key} >= {-sys.float_info.max!r} AND {key} <= {sys.float_info.max!r}"
    found = search_runs(
        filter_string=f"({filter_string}) AND {finite}" if filter_string.strip() else finite,
        order_by=[f"{key} {'DESC' if chosen == 'max' else 'ASC'}"],
        max_results=1,
        output_format="list",
        experiment_names=experiment_names,
        search_all_experiments=search_all_experiments,
    )
    for run in cast("list[Run]", found):
        return run
    raise NotFoundError("metric", metric, "No run among these has it.")


def _named(store: Store, name: str) -> Experiment:
    found = store.find_experiment(name)
    if found is None:
        raise NotFoundError("experiment", name)
    return found
