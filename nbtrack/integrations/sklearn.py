"""scikit-learn: there is no callback, so ``fit`` of every estimator is wrapped.

Also of estimators of other libraries and of the user. Recorded are the settings of the outermost
one and of the steps in it, its training score, and the candidates of a search.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import ModuleType
from typing import Any

from nbtrack.integrations.estimators import (
    is_estimator,
    record_settings,
    record_training_score,
)
from nbtrack.integrations.fits import Fit
from nbtrack.integrations.wrapping import Call, Silent, handlers, wrap_in_subclasses

_FOLLOWERS = frozenset({"xgboost", "lightgbm"})
MOST_CANDIDATES = 100
"""Candidates of a run's searches that get a run, the best ones; the table has all of them."""
_CANDIDATE_S = 0.0005
_TABLE_S = 0.002


class Estimators(Silent):
    """Records fits of estimators."""

    name = "sklearn"

    def library(self, call: Call) -> str:
        """The estimator's library, where it has a switch of its own."""
        top = type(call.owner).__module__.partition(".")[0]
        return top if top in _FOLLOWERS else self.name

    def before(self, fit: Fit, call: Call) -> None:
        """Settings are read before the fit: that is what it was called with."""
        record_settings(fit, call.owner)

    def after(self, fit: Fit, call: Call) -> None:
        """The search's candidates first; scoring is what can be left out."""
        results = getattr(call.owner, "cv_results_", None)
        # Other estimators that cross-validate have results of another form.
        if isinstance(results, dict) and "params" in results:
            fit.do("reading a search", lambda: record_search(fit, call.owner), None)
        fit.do("scoring a fitted model", lambda: record_training_score(fit, call), None)


def install(module: ModuleType) -> None:
    """Listen to ``sklearn.base``'s estimators and all that are made of them."""
    handlers.setdefault("sklearn", Estimators())
    wrap_in_subclasses(module.BaseEstimator, "fit", "sklearn")


# Searches


def record_search(fit: Fit, search: Any) -> None:
    """The best candidate, and each candidate as a run of its own with its scores."""
    best = getattr(search, "best_params_", None) or {}
    for name, value in best.items():
        fit.param(f"best_{name}", value)
    if hasattr(search, "best_score_"):
        fit.metric("best_cv_score", search.best_score_, attribute="best_score_")
    results = search.cv_results_
    candidates = list(results["params"])
    columns = {
        name: column
        for name, column in results.items()
        if name != "params" and not name.startswith("param_")
    }
    most = fit.most_children(MOST_CANDIDATES, _CANDIDATE_S)
    kept = _best(columns, len(candidates), most)
    for at in kept:
        fit.child(
            _title(candidates[at]),
            {_owned(search.estimator, name): value for name, value in candidates[at].items()},
            {name: column[at] for name, column in columns.items()},
        )
    if len(kept) < len(candidates):
        left_out = len(candidates) - len(kept)
        fit.tag("nbtrack.candidates", f"the best {len(kept)} have runs; {left_out} more were tried")
    if kept or fit.affordable(_TABLE_S):
        fit.text("cv_results.csv", _table(candidates, columns))


def _best(columns: Mapping[str, Any], count: int, most: int) -> list[int]:
    ranks = next(
        (column for name, column in columns.items() if name.startswith("rank_test_")), None
    )
    order = range(count) if ranks is None else sorted(range(count), key=lambda at: ranks[at])
    return sorted(list(order)[:most])


def _title(params: Mapping[str, object]) -> str:
    text = ", ".join(f"{name.rpartition('__')[2]}={value}" for name, value in params.items())
    return text[:100] or "candidate"


def _owned(estimator: Any, name: str) -> str:
    """A candidate's setting (``svc__C``) as the settings of estimators are called: ``SVC.C``."""
    step, _, last = name.rpartition("__")
    inner = estimator.get_params().get(step) if step else estimator
    return f"{type(inner).__name__}.{last}" if is_estimator(inner) else name


def _table(candidates: Iterable[Mapping[str, object]], columns: Mapping[str, Any]) -> str:
    """The results as CSV, a line for each candidate."""
    import csv
    import io

    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["params", *columns])
    for at, params in enumerate(candidates):
        writer.writerow([params, *(column[at] for column in columns.values())])
    return out.getvalue()
