"""The top level: its names are pinned, and importing it loads nothing."""

from __future__ import annotations

import inspect
import subprocess
import sys

import pytest

import nbtrack
from nbtrack import notebooks
from nbtrack.integrations import switches
from nbtrack.tracking import fluent
from nbtrack.widgets import compared

HOMES = {"autolog": switches, "compare": compared, "notebook_history": notebooks}
NAMES = [
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


def test_the_names_are_these_and_sorted() -> None:
    """Whoever adds or removes one changes this list too."""
    assert nbtrack.__all__ == NAMES == sorted(NAMES)


def test_every_name_is_there_and_documented() -> None:
    """Most come from the fluent API, all with a docstring, and are seen by dir()."""
    for name in NAMES[1:]:
        home = HOMES.get(name, fluent)
        assert getattr(nbtrack, name) is getattr(home, name)
        assert inspect.getdoc(getattr(nbtrack, name)), name
    assert set(NAMES) <= set(dir(nbtrack))
    assert not hasattr(nbtrack, "log_everything")


def test_importing_it_loads_nothing() -> None:
    """Every kernel of an environment pays for this import: no module of ours or others."""
    code = (
        "import sys; before = set(sys.modules); import nbtrack; "
        "print(sorted(set(sys.modules) - before))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['__future__', 'nbtrack', 'nbtrack.version']"


def test_logging_loads_no_database() -> None:
    """What is imported in the user's thread before the first point is small."""
    code = (
        "import sys, nbtrack.tracking.fluent as f; "
        "print([m for m in ('sqlalchemy', 'alembic', 'numpy', 'pandas', 'fsspec', 'IPython', "
        "'nbtrack.masking', 'tempfile', 'subprocess') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("name", ["sklearn", "MlflowClient", "log_model", "log_inputs"])
def test_what_mlflow_has_and_nbtrack_not_says_what_to_do(name: str) -> None:
    """A script written for MLflow stops with an error that helps."""
    with pytest.raises(AttributeError, match=rf"{name}.*not supported\. Instead, .*nbtrack"):
        getattr(nbtrack, name)
    assert not hasattr(nbtrack, name)
