"""Optuna: a callback of ``Study.optimize`` records each trial as a run inside the study's.

What an objective fits is its trial's matter and not recorded again. For the ask-and-tell
interface, ``Study.tell`` is the hook.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from types import ModuleType
from typing import Any

from nbtrack.integrations.fits import Fit
from nbtrack.integrations.wrapping import Call, Silent, handlers, wrap_method

STATE_TAG = "optuna.trial.state"
"""``COMPLETE``, ``PRUNED`` or ``FAIL``."""


class Studies(Silent):
    """Records ``Study.optimize``."""

    name = "optuna"

    def before(self, fit: Fit, call: Call) -> None:
        """The study's settings, and the callback."""
        study = call.owner
        _describe(fit, study)
        given = call.arguments()
        fit.params("optimize", {k: given[k] for k in ("n_trials", "timeout") if k in given})
        callbacks = [*(given.get("callbacks") or ()), lambda _, trial: _trial(fit, study, trial)]
        call.replace("callbacks", callbacks)

    def ended(self, fit: Fit, call: Call) -> None:
        """The best of the trials that there are, also of a study that was interrupted."""
        _best(fit, call.owner)


class Tells(Silent):
    """Records ``Study.tell`` where the user asks and tells."""

    name = "optuna"

    def before(self, fit: Fit, call: Call) -> None:
        """The study's settings."""
        _describe(fit, call.owner)

    def after(self, fit: Fit, call: Call) -> None:
        """The trial; the best so far is a label, as it can change."""
        study = call.owner
        _trial(fit, study, call.result)
        if len(study.directions) == 1 and _has_best(study):
            fit.metric("best_value", study.best_value, attribute="best_value")
            fit.tag("optuna.best_params", json.dumps(study.best_params, default=str))


def _describe(fit: Fit, study: Any) -> None:
    if not study.study_name.startswith("no-name-"):
        fit.param("Study.study_name", study.study_name)
    fit.params(
        "Study",
        {
            "direction": ", ".join(each.name.lower() for each in study.directions),
            "sampler": type(study.sampler).__name__,
            "pruner": type(study.pruner).__name__,
        },
    )


def _trial(fit: Fit, study: Any, trial: Any) -> None:
    """A trial that is over, as a run with its params, its value and what it reported."""
    # A pruned trial's value is the last one it reported, which is no result.
    values = (trial.values or []) if trial.state.name == "COMPLETE" else []
    metrics = (
        {"value": values[0]}
        if len(values) == 1
        else {f"values_{at}": value for at, value in enumerate(values)}
    )
    names = study.metric_names or []
    if values and len(names) == len(values):
        metrics = dict(zip(names, values, strict=True))
    tags = {STATE_TAG: trial.state.name, "optuna.trial.number": str(trial.number)}
    tags |= {f"optuna.user.{key}": str(value)[:1000] for key, value in trial.user_attrs.items()}
    fit.child(
        f"trial {trial.number}",
        trial.params,
        metrics,
        series={"intermediate_value": trial.intermediate_values},
        tags=tags,
        started_at=_utc(trial.datetime_start),
        failed=trial.state.name == "FAIL",
    )


def _utc(local: datetime | None) -> datetime | None:
    """Optuna's instants are local ones without a time zone."""
    return None if local is None else local.astimezone(UTC)


def _has_best(study: Any) -> bool:
    return any(trial.state.name == "COMPLETE" for trial in study.get_trials(deepcopy=False))


def _best(fit: Fit, study: Any) -> None:
    trials = study.get_trials(deepcopy=False)
    counts: dict[str, int] = {}
    for trial in trials:
        counts[trial.state.name] = counts.get(trial.state.name, 0) + 1
    for state, count in counts.items():
        fit.tag(f"optuna.trials.{state.lower()}", str(count))
    if len(study.directions) > 1 or not _has_best(study):
        return
    best = study.best_trial
    fit.metric("best_value", best.value, attribute="best_value")
    for name, value in best.params.items():
        fit.param(f"best_{name}", value)
    fit.tag("optuna.best_trial", str(best.number))
    fit.tag("optuna.best_params", json.dumps(best.params, default=str))


def install(module: ModuleType) -> None:
    """Listen to ``optuna.Study``."""
    handlers.setdefault("optuna", Studies())
    handlers.setdefault("optuna.tell", Tells())
    wrap_method(module.Study, "optimize", "optuna")
    wrap_method(module.Study, "tell", "optuna.tell")
