"""nbtrack: tracked runs and notebook history for plain JupyterLab, local-first.

The names below are loaded on first use: importing the package does nothing, so that every
kernel of an environment can afford it.
"""

from __future__ import annotations

from nbtrack.version import __version__

# As type checkers know it; importing typing would be most of this import's time.
TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Any

    from nbtrack.integrations.switches import autolog
    from nbtrack.notebooks import notebook_history
    from nbtrack.tracking.fluent import (
        active_run,
        best_run,
        create_experiment,
        delete_run,
        delete_tag,
        end_run,
        get_experiment,
        get_experiment_by_name,
        get_run,
        get_tracking_uri,
        last_active_run,
        log,
        log_artifact,
        log_artifacts,
        log_dict,
        log_figure,
        log_image,
        log_input,
        log_metric,
        log_metrics,
        log_param,
        log_params,
        log_table,
        log_text,
        metric_history,
        restore_run,
        search_runs,
        set_experiment,
        set_tag,
        set_tags,
        set_tracking_uri,
        start_run,
    )
    from nbtrack.widgets.compared import compare

__all__ = [
    "__version__",
    "active_run",
    "autolog",
    "best_run",
    "compare",
    "create_experiment",
    "delete_run",
    "delete_tag",
    "end_run",
    "get_experiment",
    "get_experiment_by_name",
    "get_run",
    "get_tracking_uri",
    "last_active_run",
    "log",
    "log_artifact",
    "log_artifacts",
    "log_dict",
    "log_figure",
    "log_image",
    "log_input",
    "log_metric",
    "log_metrics",
    "log_param",
    "log_params",
    "log_table",
    "log_text",
    "metric_history",
    "notebook_history",
    "restore_run",
    "search_runs",
    "set_experiment",
    "set_tag",
    "set_tags",
    "set_tracking_uri",
    "start_run",
]


_HOMES = {
    "autolog": "nbtrack.integrations.switches",
    "compare": "nbtrack.widgets.compared",
    "notebook_history": "nbtrack.notebooks",
}
"""Where names come from that are not of the fluent API."""


def _jupyter_server_extension_points() -> list[dict[str, object]]:
    """Jupyter Server asks here which extension to load."""
    from nbtrack.server.app import NbtrackServer

    return [{"module": "nbtrack.server", "app": NbtrackServer}]


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    """JupyterLab asks here where the built front end is."""
    return [{"src": "labextension", "dest": "nbtrack"}]


def __getattr__(name: str) -> object:
    if name in __all__:
        from importlib import import_module

        home = import_module(_HOMES.get(name, "nbtrack.tracking.fluent"))
        value: object = getattr(home, name)
        globals()[name] = value
        return value
    from nbtrack.tracking.unsupported import explained

    raise AttributeError(explained(name))


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def load_ipython_extension(ipython: Any) -> None:
    """``%load_ext nbtrack``: record executions, and add ``%%track`` and the other magics."""
    from nbtrack import kernel

    kernel.load_ipython_extension(ipython)


def unload_ipython_extension(ipython: Any) -> None:
    """``%unload_ext nbtrack``."""
    from nbtrack import kernel

    kernel.unload_ipython_extension(ipython)
