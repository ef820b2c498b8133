"""Runs as tables: find them, as a DataFrame, and what a cell's run is measured against."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Literal

from nbtrack.entities import Run
from nbtrack.errors import NotFoundError, UsageError
from nbtrack.ranking import metric_direction
from nbtrack.store.base import RunQuery

if TYPE_CHECKING:
    import pandas as pd

    from nbtrack.store.base import Store

View = Literal["active", "deleted", "all"]
_VIEWS: dict[str, View] = {
    "1": "active",
    "active": "active",
    "active_only": "active",
    "2": "deleted",
    "deleted": "deleted",
    "deleted_only": "deleted",
    "3": "all",
    "all": "all",
}
_PAGE = 1000
_ID = re.compile(r"[0-9a-f]{4,32}\Z")
_SHOWN = 5
"""So many runs are named where a text means several."""
_SAME_CODE_AMONG = 50
"""So many runs are looked at for the same code, where cells have no ids."""


def view_type(view: int | str) -> View:
    """MLflow's ViewType (1, 2, 3) or a word as the store takes it.

    Raises:
        UsageError: it is none of them.
    """
    try:
        return _VIEWS[str(view).lower()]
    except KeyError:
        raise UsageError(
            f"run_view_type is 1 (active), 2 (deleted) or 3 (all), not {view!r}"
        ) from None


def find_runs(
    store: Store,
    *,
    filter: str = "",
    order_by: tuple[str, ...] = (),
    experiment_ids: tuple[str, ...] | None = None,
    view: View = "active",
    max_results: int = 100_000,
) -> list[Run]:
    """All runs that match, over as many pages as it takes.

    Raises:
        UsageError: the filter or the order cannot be read.
    """
    found: list[Run] = []
    token = None
    while len(found) < max_results:
        page = store.search_runs(
            RunQuery(
                filter=filter,
                order_by=order_by,
                experiment_ids=experiment_ids,
                view=view,
                limit=min(_PAGE, max_results - len(found)),
                page_token=token,
            )
        )
        found.extend(page.items)
        token = page.next_page_token
        if token is None:
            break
    return found


def has_pandas() -> bool:
    """Whether pandas can be imported."""
    return find_spec("pandas") is not None


def runs_frame(runs: Sequence[Run]) -> pd.DataFrame:
    """Runs as a DataFrame with MLflow's columns, in the given order.

    Each column has its type, also where it is empty: ``metrics.*`` float64 (NaN where a run has
    none), ``params.*``, ``tags.*`` and all else pandas' ``string`` (``pd.NA``), ``start_time``
    and ``end_time`` UTC timestamps to the microsecond (``pd.NaT``).
    """
    import pandas as pd

    def text(values: Iterable[str | None]) -> Any:
        return pd.array(list(values), dtype="string")

    def instant(values: Iterable[datetime | None]) -> Any:
        return pd.Series(list(values), dtype="datetime64[us, UTC]")

    columns: dict[str, Any] = {
        "run_id": text(run.run_id for run in runs),
        "experiment_id": text(run.experiment_id for run in runs),
        "status": text(run.status.value for run in runs),
        "artifact_uri": text(run.artifact_uri for run in runs),
        "start_time": instant(run.started_at for run in runs),
        "end_time": instant(run.ended_at for run in runs),
        "run_name": text(run.run_name for run in runs),
    }
    for key in _keys(run.metrics for run in runs):
        values = [run.metrics[key].last if key in run.metrics else math.nan for run in runs]
        columns[f"metrics.{key}"] = pd.Series(values, dtype="float64")
    data = [run.data for run in runs]
    for key in _keys(each.params for each in data):
        columns[f"params.{key}"] = text(each.params.get(key) for each in data)
    for key in _keys(each.tags for each in data):
        columns[f"tags.{key}"] = text(each.tags.get(key) for each in data)
    return pd.DataFrame(columns)


def _keys(mappings: Any) -> list[str]:
    return sorted({key for mapping in mappings for key in mapping})


@dataclass(frozen=True, slots=True)
class Baseline:
    """What a run of a cell is measured against.

    Args:
        previous: the finished run of the same cell before it; None for the first one.
        best: for each metric with a known direction, the best last value among earlier
            finished runs of the cell.
    """

    previous: Run | None
    best: Mapping[str, float]


def cell_baseline(store: Store, run: Run) -> Baseline:
    """Earlier finished runs of a run's cell, in the same notebook or else experiment.

    Where cells have no ids (nbclient, papermill, plain IPython), runs of the same code count;
    without an execution, runs of the same script.
    """
    page = store.search_runs(
        RunQuery(
            filter="attributes.status = 'FINISHED'",
            order_by=("attributes.start_time DESC",),
            notebook_id=run.notebook_id,
            experiment_ids=None if run.notebook_id else (run.experiment_id,),
            cell_id=run.cell_id,
            limit=_PAGE if run.cell_id else _SAME_CODE_AMONG,
        )
    )
    earlier = [
        other
        for other in page.items
        if other.run_id != run.run_id and other.started_at <= run.started_at
    ]
    if run.cell_id is None:
        code = _code(store, run)
        earlier = [other for other in earlier if _code(store, other) == code]
    best: dict[str, float] = {}
    for key in {key for other in earlier for key in other.metrics}:
        direction = metric_direction(key)
        values = [
            other.metrics[key].last
            for other in earlier
            if key in other.metrics and math.isfinite(other.metrics[key].last)
        ]
        if direction is not None and values:
            best[key] = max(values) if direction == "max" else min(values)
    return Baseline(earlier[0] if earlier else None, best)


def _code(store: Store, run: Run) -> tuple[str, str | None]:
    source = None if run.msg_id is None else store.get_execution(run.msg_id).source
    return run.source_name, source


def find_run(store: Store, text: str, *, view: View = "all") -> Run:
    """The run that an id, the beginning of one, or a name means.

    Args:
        store: where it is.
        text: what was written.
        view: which runs a beginning or a name may mean; a whole id always counts.

    Raises:
        NotFoundError: there is none.
        UsageError: several are meant; says which.
    """
    if len(text) == 32 and _ID.match(text):
        return store.get_run(text)
    quoted = text.replace("'", "''")
    filters = [f"attributes.run_name = '{quoted}'"]
    if _ID.match(text):
        filters.insert(0, f"attributes.run_id LIKE '{text}%'")
    for condition in filters:
        found = store.search_runs(RunQuery(filter=condition, view=view, limit=_SHOWN + 1)).items
        if len(found) == 1:
            return found[0]
        if found:
            ids = ", ".join(run.run_id[:12] for run in found[:_SHOWN])
            more = " and more" if len(found) > _SHOWN else ""
            raise UsageError(f"{text!r} means several runs: {ids}{more}. Write an id")
    raise NotFoundError("run", text, "'nbtrack runs list' lists what there is.")
