"""XGBoost: a ``TrainingCallback`` in each ``xgboost.train`` gives a series for each evaluation.

Its estimators call ``train`` in their ``fit``, which `nbtrack.integrations.sklearn` records.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any

from nbtrack.integrations.fits import Fit
from nbtrack.integrations.switches import loaded
from nbtrack.integrations.wrapping import Call, Silent, handlers, wrap_function

_NO_SETTINGS = frozenset(
    {"params", "dtrain", "evals", "obj", "evals_result", "verbose_eval", "xgb_model", "callbacks"}
)


class Trainings(Silent):
    """Records ``xgboost.train``."""

    name = "xgboost"

    def joins(self, fit: Fit) -> bool:
        """A training in the fit of XGBoost's own estimator is that fit's."""
        return fit.library == self.name

    def before(self, fit: Fit, call: Call) -> None:
        """Add the callback; settings only where no estimator has told them."""
        given = call.arguments()
        if "estimator" not in fit.notes:
            fit.params("", dict(given.get("params") or {}))
            fit.params("", {k: v for k, v in given.items() if k not in _NO_SETTINGS})
        callbacks = [*(given.get("callbacks") or []), _series(fit)]
        call.replace("callbacks", callbacks)

    def after(self, fit: Fit, call: Call) -> None:
        """Where early stopping chose an iteration, that one and its score."""
        best = call.result.attributes().get("best_iteration")
        if best is not None:
            fit.metric("best_iteration", int(best), attribute="best_iteration")
            score = call.result.attributes().get("best_score")
            if score is not None:
                fit.metric("best_score", float(score), attribute="best_score")


def _series(fit: Fit) -> Any:
    """A callback that records the last value of each evaluation, an iteration at a time."""
    base: type = loaded("xgboost.callback").TrainingCallback  # type: ignore[union-attr]

    class Series(base):  # type: ignore[misc]
        def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:
            for data, metrics in evals_log.items():
                for metric, values in metrics.items():
                    value = values[-1][0] if isinstance(values[-1], tuple) else values[-1]
                    fit.metric(f"{data}-{metric}", value, epoch)
            return False

    return Series()


def install(module: ModuleType) -> None:
    """Listen to ``xgboost.training``."""
    handlers.setdefault("xgboost", Trainings())
    wrap_function("train", "xgboost", module, loaded("xgboost"), loaded("xgboost.sklearn"))
