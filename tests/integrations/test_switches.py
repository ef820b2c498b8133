"""When fits are recorded, and how that is switched off."""

from __future__ import annotations

import pytest

import nbtrack
from nbtrack.errors import UsageError
from nbtrack.integrations.switches import LIBRARIES, Scope, listen, switches

pytest.importorskip("sklearn")
from sklearn.svm import SVC


def count() -> int:
    """How many runs there are."""
    return len(nbtrack.search_runs(output_format="list"))


def test_a_fit_without_a_run_begins_one_only_when_asked(here, data) -> None:
    """``nbtrack.autolog()`` asks; what a kernel does by itself is for active runs only."""
    SVC().fit(*data)
    assert count() == 1
    listen(Scope.RUNS)
    SVC().fit(*data)
    assert count() == 1
    with nbtrack.start_run() as run:
        SVC().fit(*data)
    assert "training_score" in nbtrack.get_run(run.run_id).metrics
    nbtrack.autolog(disable=True)
    with nbtrack.start_run() as run:
        SVC().fit(*data)
    assert not nbtrack.get_run(run.run_id).params


def test_libraries_are_switched_off_one_by_one(here, data) -> None:
    """By nbtrack's names or MLflow's; a name of neither is an error that lists the right ones."""
    nbtrack.autolog(exclude_flavors=["sklearn", "pytorch", "langchain"])
    assert switches.off == {"sklearn", "lightning"}
    SVC().fit(*data)
    assert count() == 0
    assert [name for name in LIBRARIES if switches.listens_to(name)] == [
        name for name in LIBRARIES if name not in ("sklearn", "lightning")
    ]
    with pytest.raises(UsageError, match="'sklern'; it knows sklearn, xgboost"):
        nbtrack.autolog(exclude_flavors=["sklern"])


def test_exclusive_leaves_the_users_runs_alone(here, data) -> None:
    """As in MLflow; the runs it begins have the extra tags."""
    nbtrack.autolog(exclusive=True, extra_tags={"team": "blue"})
    with nbtrack.start_run() as run:
        SVC().fit(*data)
    assert not nbtrack.get_run(run.run_id).params
    SVC().fit(*data)
    made = nbtrack.last_active_run()
    assert made.tags["team"] == "blue"
    assert "SVC.C" in made.params
