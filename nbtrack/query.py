"""Runs as tables: find, compare, rank, as a DataFrame."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal

from nbtrack.entities import Run
from nbtrack.errors import UsageError
from nbtrack.store.base import RunQuery

if TYPE_CHECKING:
    import pandas as pd

    from nbtrack.store.base import Store
    from nbtrack.wire import ComparedRow, Comparison, Number

Direction = Literal["max", "min"]
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
_SAME_CODE_AMONG = 50
"""So many runs are looked at for the same code, where cells have no ids."""

# Words of a metric's name. The last word that is known decides: val_loss, accuracy/test.
_LESS_TEXT = """
loss losses error err errors rmse mse mae mape smape rmsle msle medae perplexity ppl bpc nll
logloss crossentropy entropy deviance wer cer ter fid kid brier ece hinge divergence kl
distance dist regret cost penalty residual latency duration elapsed time runtime seconds secs
ms memory bic aic hamming misclassification
"""
_MORE_TEXT = """
acc accuracy auc auroc auprc roc prauc f1 f2 fbeta r2 score precision recall sensitivity
specificity tpr tnr map ndcg mrr hit hits bleu rouge meteor iou miou dice jaccard kappa mcc
gini silhouette reward return likelihood loglik loglikelihood elbo psnr ssim throughput
correlation corr pearson spearman kendall explained purity ari nmi homogeneity completeness
lift success win wins top1 top5
"""
_LESS_IS_BETTER = frozenset(_LESS_TEXT.split())
_MORE_IS_BETTER = frozenset(_MORE_TEXT.split())
_WORDS = re.compile(r"[A-Z]+(?![a-z])\d*|[A-Z]?[a-z]+\d*|\d+")


def metric_direction(name: str) -> Direction | None:
    """Whether more or less of a metric is better, told from its name; None when it does not say.

    scikit-learn's ``neg_mean_squared_error`` and the like count as scores.
    """
    words = [word.lower() for word in _WORDS.findall(name)]
    if words[:1] == ["neg"] or "neg" in words[:-1]:
        return "max"
    joined = [*words, *(a + b for a, b in pairwise(words))]
    known = {word for word in joined if word in _LESS_IS_BETTER or word in _MORE_IS_BETTER}
    if not known:
        return None
    # "accuracy_loss" is a loss, "error_score" a score: the later word says what it is. Units
    # of time yield to anything else.
    last = max(known, key=lambda word: (_rank(word), joined.index(word)))
    return "min" if last in _LESS_IS_BETTER else "max"


def _rank(word: str) -> int:
    return word not in {"time", "seconds", "secs", "ms", "score", "elapsed", "duration", "return"}


def best_index(values: Sequence[float | None], direction: Direction | None) -> int | None:
    """Where the best value is; None without a direction, with nothing to compare, or if all tie."""
    finite = [
        (value, i) for i, value in enumerate(values) if value is not None and math.isfinite(value)
    ]
    if direction is None or len(finite) < 2 or len({value for value, _ in finite}) < 2:
        return None
    pick = max if direction == "max" else min
    best = pick(value for value, _ in finite)
    return next(i for value, i in finite if value == best)


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
    from nbtrack.present import run_summaries
    from nbtrack.wire import Comparison

    runs = store.get_runs(run_ids)
    rows = [*compare(runs), *_package_rows(store, runs)]
    rows.sort(key=lambda row: not row.differs)
    return Comparison(runs=run_summaries(store, runs, path=path), rows=rows)


def _package_rows(store: Store, runs: Sequence[Run]) -> list[ComparedRow]:
    digests = [run.environment_digest for run in runs]
    if len(set(digests)) < 2:
        return []
    documents = store.get_blobs({digest for digest in digests if digest is not None})
    packages = [_packages(documents[digest]) if digest else {} for digest in digests]
    names = sorted({name for each in packages for name in each})
    rows = [_row("package", name, [each.get(name) for each in packages]) for name in names]
    return [row for row in rows if row.differs]


def _packages(document: bytes) -> dict[str, str | None]:
    return {each["name"]: each["version"] for each in json.loads(document)["packages"]}


def compare(runs: Sequence[Run]) -> list[ComparedRow]:
    """What runs have in common and what not, for `wire.Comparison`.

    Returns:
        One row for each attribute, param, metric and tag of any of them, with a value for each
        run in the given order; rows that differ first, then params, metrics, tags, attributes.
    """
    from nbtrack.wire import ComparedRow, number

    rows = [_row("attribute", key, values) for key, values in _attributes(runs).items()]
    for key in sorted({key for run in runs for key in run.params}):
        params = [run.params.get(key) for run in runs]
        rows.append(
            _row("param", key, [None if param is None else param.value for param in params])
        )
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
                differs=_differ(values),
                best=best_index(lasts, direction),
                direction=direction,
            )
        )
    order = ("param", "metric", "tag", "attribute")
    return sorted(rows, key=lambda row: (not row.differs, order.index(row.kind), row.key))


def _row(
    kind: Literal["param", "tag", "attribute", "package"], key: str, values: Sequence[str | None]
) -> ComparedRow:
    from nbtrack.wire import ComparedRow

    return ComparedRow(kind=kind, key=key, values=list(values), differs=_differ(values))


def _differ(values: Sequence[object]) -> bool:
    return len(set(values)) > 1


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

    ``metrics.*`` are floats, ``params.*`` and ``tags.*`` text (None where a run has none),
    ``start_time`` and ``end_time`` UTC timestamps.
    """
    import pandas as pd

    columns: dict[str, Any] = {
        "run_id": [run.run_id for run in runs],
        "experiment_id": [run.experiment_id for run in runs],
        "status": [run.status.value for run in runs],
        "artifact_uri": [f"runs:/{run.run_id}" for run in runs],
        "start_time": pd.to_datetime([run.started_at for run in runs], utc=True),
        "end_time": pd.to_datetime([run.ended_at for run in runs], utc=True),
        "run_name": [run.run_name for run in runs],
    }
    for key in _keys(run.metrics for run in runs):
        values = [run.metrics[key].last if key in run.metrics else math.nan for run in runs]
        columns[f"metrics.{key}"] = pd.array(values, dtype="float64")
    for key in _keys(run.params for run in runs):
        params = [run.params.get(key) for run in runs]
        texts = [None if param is None else param.value for param in params]
        columns[f"params.{key}"] = pd.Series(texts, dtype=object)
    for key in _keys(run.tags for run in runs):
        columns[f"tags.{key}"] = pd.Series([run.tags.get(key) for run in runs], dtype=object)
    names = pd.Series([run.run_name for run in runs], dtype=object)
    columns.setdefault("tags.mlflow.runName", names)
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
