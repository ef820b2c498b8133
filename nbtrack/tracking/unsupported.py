"""What to do without a name of MLflow's that nbtrack does not have: the text of the error.

Scripts written for MLflow run with ``import nbtrack as mlflow``; where one asks for more, its
error says what takes that place.
"""

from __future__ import annotations

_TRACK = (
    "put %%track at the top of a cell, which records params, metrics and figures by itself, or "
    "call nbtrack.log_params and nbtrack.log"
)
_ARTIFACT = "save the model to a file and keep it with nbtrack.log_artifact"
_INPUT = "give nbtrack.log_input the table, the path or the URL itself, once for each"
_LOOK_UP = "use nbtrack.get_run, nbtrack.search_runs and nbtrack.metric_history"
_FLAVORS = (
    "catboost fastai keras langchain lightgbm models onnx openai pyfunc pytorch sklearn spark "
    "statsmodels tensorflow transformers xgboost"
)
_INSTEAD = {
    "client": _LOOK_UP,
    "MlflowClient": _LOOK_UP,
    "tracking": _LOOK_UP,
    "evaluate": "compute the metrics and log them with nbtrack.log",
    "register_model": _ARTIFACT,
    "log_model": _ARTIFACT,
    "log_inputs": _INPUT,
    "data": _INPUT,
    "get_artifact_uri": "artifacts are in the store; the run's page shows and saves them",
    "artifacts": "artifacts are in the store; the run's page shows and saves them",
    "get_parent_run": "use nbtrack.get_run(run.parent_run_id)",
    "search_experiments": "use nbtrack.get_experiment_by_name, or 'nbtrack runs list'",
    "exceptions": "catch nbtrack.errors.NbtrackError",
    "MlflowException": "catch nbtrack.errors.NbtrackError",
    "set_registry_uri": "leave it out: everything is in one store",
    "get_registry_uri": "leave it out: everything is in one store",
    "enable_system_metrics_logging": "leave it out",
    **dict.fromkeys(_FLAVORS.split(), f"{_TRACK}; or {_ARTIFACT}"),
}


def explained(name: str) -> str:
    """Why the top level has no such name, and what to do instead."""
    missing = f"module 'nbtrack' has no attribute {name!r}"
    if name not in _INSTEAD:
        return missing
    return f"{missing}: this part of MLflow is not supported. Instead, {_INSTEAD[name]}."
