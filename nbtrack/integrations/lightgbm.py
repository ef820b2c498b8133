"""LightGBM: a callback in each ``lightgbm.train`` gives a series for each evaluation.

Its estimators call ``train`` in their ``fit``, which `nbtrack.integrations.sklearn` records.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any

from nbtrack.integrations.fits import Fit
from nbtrack.integrations.switches import loaded
from nbtrack.integrations.wrapping import Call, Silent, handlers, wrap_function

_SETTINGS = ("num_boost_round", "keep_training_booster")


class Trainings(Silent):
    """Records ``lightgbm.train``."""

    name = "lightgbm"

    def joins(self, fit: Fit) -> bool:
        """A training in the fit of LightGBM's own estimator is that fit's."""
        return fit.library == self.name

    def before(self, fit: Fit, call: Call) -> None:
        """Add the callback; settings only where no estimator has told them."""
        given = call.arguments()
        if "estimator" not in fit.notes:
            fit.params("", dict(given.get("params") or {}))
            fit.params("", {name: given[name] for name in _SETTINGS if name in given})
        call.replace("callbacks", [*(given.get("callbacks") or []), _Series(fit)])

    def after(self, fit: Fit, call: Call) -> None:
        """Where early stopping chose an iteration, that one."""
        best = getattr(call.result, "best_iteration", 0)
        if isinstance(best, int) and best > 0:
            fit.metric("best_iteration", best, attribute="best_iteration")


class _Series:
    """A callback that records each evaluation, an iteration at a time.

    Its order is LightGBM's own: with one before early stopping's (30), which ends the training
    by an exception, the last iteration is recorded too.
    """

    before_iteration = False

    def __init__(self, fit: Fit) -> None:
        self.order = 25
        self._fit = fit

    def __call__(self, env: Any) -> None:
        for data, metric, value, *_ in env.evaluation_result_list or ():
            self._fit.metric(f"{data}-{metric}", value, env.iteration)


def install(module: ModuleType) -> None:
    """Listen to ``lightgbm.engine``."""
    handlers.setdefault("lightgbm", Trainings())
    wrap_function("train", "lightgbm", module, loaded("lightgbm"), loaded("lightgbm.sklearn"))
