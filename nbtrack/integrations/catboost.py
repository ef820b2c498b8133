"""CatBoost: a callback of the training where it takes one, else what it kept of the evaluations.

On a GPU, and in some kinds of training, CatBoost refuses callbacks. It keeps the whole history
of each evaluation, which is read after the fit then.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any

from nbtrack.integrations.estimators import record_settings, record_training_score
from nbtrack.integrations.fits import Fit
from nbtrack.integrations.wrapping import Call, Silent, handlers, wrap_method

_CLASSES = ("CatBoost", "CatBoostClassifier", "CatBoostRegressor", "CatBoostRanker")
_MOST_ITERATIONS = 2000
"""With a callback CatBoost copies the history in each iteration: too much of long ones."""


class Trainings(Silent):
    """Records ``fit`` of CatBoost's models."""

    name = "catboost"

    def before(self, fit: Fit, call: Call) -> None:
        """The settings, and the callback."""
        record_settings(fit, call.owner)
        if _takes_callback(call):
            call.notes["series"] = series = _Series(fit)
            call.replace("callbacks", [*(call.argument("callbacks") or []), series])

    def after(self, fit: Fit, call: Call) -> None:
        """What the callback did not see, the best iteration, the training score."""
        model = call.owner
        series = call.notes.get("series")
        if series is None or not series.iterations:
            for data, metrics in model.get_evals_result().items():
                for metric, values in metrics.items():
                    for step, value in enumerate(values):
                        fit.metric(f"{data}-{metric}", value, step)
        best = model.get_best_iteration()
        if best is not None:
            fit.metric("best_iteration", best, attribute="best_iteration_")
        if _is_data(call.argument("X")):
            record_training_score(fit, call)


def _takes_callback(call: Call) -> bool:
    settings = call.owner.get_params()
    if str(settings.get("task_type") or "CPU").upper() != "CPU":
        return False
    names = ("iterations", "n_estimators", "num_boost_round", "num_trees")
    rounds = next((settings[name] for name in names if settings.get(name)), 1000)
    return "callbacks" in call.function.__code__.co_varnames and int(rounds) <= _MOST_ITERATIONS


def _is_data(inputs: object) -> bool:
    """Whether the data came with its targets as a second argument, not as a ``Pool``."""
    return type(inputs).__name__ != "Pool"


class _Series:
    """A callback that records each evaluation, an iteration at a time."""

    def __init__(self, fit: Fit) -> None:
        self.iterations = 0
        self._fit = fit

    def after_iteration(self, info: Any) -> bool:
        """CatBoost's call; True goes on."""
        self.iterations += 1
        for data, metrics in (info.metrics or {}).items():
            for metric, values in metrics.items():
                self._fit.metric(f"{data}-{metric}", values[-1], info.iteration - 1)
        return True


def install(module: ModuleType) -> None:
    """Listen to ``catboost.core``'s models."""
    handlers.setdefault("catboost", Trainings())
    for name in _CLASSES:
        kind = getattr(module, name, None)
        if kind is not None:
            wrap_method(kind, "fit", "catboost")
