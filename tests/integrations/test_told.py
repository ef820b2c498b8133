"""What the fits of a run tell, and what looking at them may cost."""

from __future__ import annotations

import numpy as np
import pytest

import nbtrack
from nbtrack.integrations import told
from nbtrack.integrations.switches import Scope, listen
from nbtrack.integrations.told import Told

pytest.importorskip("sklearn")
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.svm import SVC


def test_only_what_is_new_is_told() -> None:
    """Another value than the first is news each time; the same one of another type as well."""
    news = Told().is_news
    assert [news("SVC", "C", value) for value in (1.0, 1.0, 2.0, 2.0, 1.0, 1)] == [
        *(True, False, True, True, False, True)
    ]
    assert news("SVR", "C", 1.0)


def test_looking_is_a_small_share_of_the_fits() -> None:
    """Long fits afford a longer look; what was spent is gone."""
    run = Told()
    assert not run.affords(0.01)
    run.fits_s = 10.0
    assert run.affords(0.01)
    run.spent_s = 1.0
    assert not run.affords(0.01)
    assert run.afforded(0.001) == 0


def test_a_training_score_stands_at_the_number_of_its_fit(last, data, monkeypatch) -> None:
    """Where only some of many fits are scored, the points say which."""
    listen(Scope.RUNS)
    afforded = iter([True, False, False, True])
    monkeypatch.setattr(Told, "affords", lambda self, estimate_s: next(afforded))
    with nbtrack.start_run():
        for alpha in (1.0, 2.0, 3.0, 4.0):
            Ridge(alpha=alpha).fit(*data)
    run = last()
    assert nbtrack.metric_history(run.run_id, "training_score").steps.tolist() == [0, 3]
    assert nbtrack.metric_history(run.run_id, "Ridge.alpha").values.tolist() == [1, 2, 3, 4]
    assert "left out" in run.tags["nbtrack.training_score"]


def test_searches_in_a_loop_share_the_candidates_of_a_run(last, children, data, monkeypatch):
    """A cross-validation of searches does not give thousands of runs."""
    monkeypatch.setattr("nbtrack.integrations.sklearn.MOST_CANDIDATES", 5)
    with nbtrack.start_run():
        for _ in range(4):
            GridSearchCV(SVC(), {"C": [0.1, 1.0]}, cv=2).fit(*data)
    assert len(children(last())) == 5


def test_candidates_are_left_out_where_the_search_is_quick(last, children, data, monkeypatch):
    """In a cell they must cost next to nothing: the best ones have runs, and the run says so."""
    listen(Scope.RUNS)
    monkeypatch.setattr(told, "_GRACE_S", 0.0)
    monkeypatch.setattr("nbtrack.integrations.sklearn._CANDIDATE_S", 1000.0)
    with nbtrack.start_run():
        GridSearchCV(SVC(), {"C": [0.1, 1.0]}, cv=2).fit(*data)
    run = last()
    assert children(run) == []
    assert "2 more" in run.tags["nbtrack.candidates"]
    assert run.params["best_C"].value in ("0.1", "1.0")
    assert np.isfinite(run.data.metrics["best_cv_score"])
