"""scikit-learn's fits, by a script that called ``nbtrack.autolog()``."""

from __future__ import annotations

import inspect
import pickle
import threading
import traceback
import warnings

import numpy as np
import pytest

import nbtrack
from nbtrack.entities import Origin, RunStatus

pytest.importorskip("sklearn")
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.decomposition import PCA
from sklearn.ensemble import RandomForestClassifier, VotingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV, cross_val_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC


def test_a_fit_has_settings_and_training_score(last, data) -> None:
    """All settings, those that nobody chose marked, and what ``score`` gives on the data."""
    model = SVC(C=2.0).fit(*data)
    run = last()
    assert run.status is RunStatus.FINISHED
    assert {key: param.value for key, param in run.params.items()} == {
        f"SVC.{name}": str(value) for name, value in model.get_params().items()
    }
    assert run.params["SVC.C"].origin == Origin("autolog:sklearn", is_default=False)
    assert run.params["SVC.kernel"].origin == Origin("autolog:sklearn", is_default=True)
    assert run.data.metrics == {"training_score": model.score(*data)}
    assert nbtrack.active_run() is None


def test_only_the_outermost_fit_is_recorded(last, children, data) -> None:
    """A pipeline of estimators is one run, with the settings of its steps by their classes."""
    make_pipeline(StandardScaler(with_std=False), SVC(C=3.0)).fit(*data)
    run = last()
    assert run.data.params["StandardScaler.with_std"] == "False"
    assert run.data.params["SVC.C"] == "3.0"
    assert run.data.params["Pipeline.steps"] == "standardscaler: StandardScaler, svc: SVC"
    assert list(run.metrics) == ["training_score"]
    VotingClassifier([("a", SVC()), ("b", SVC(C=5.0))], n_jobs=2).fit(*data)
    params = last().data.params
    assert (params["SVC.C"], params["b.SVC.C"]) == ("1.0", "5.0")
    assert len(nbtrack.search_runs(output_format="list")) == 2


@pytest.mark.parametrize("jobs", [1, 2])
def test_candidates_of_a_search_are_runs_in_its_run(last, children, data, jobs: int) -> None:
    """Each has its params and scores; the search's run has the best ones and the whole table."""
    pipeline = make_pipeline(StandardScaler(), SVC())
    search = GridSearchCV(pipeline, {"svc__C": [0.1, 1, 10]}, cv=3, n_jobs=jobs).fit(*data)
    run = last()
    assert run.data.metrics["best_cv_score"] == search.best_score_
    assert run.data.params["best_svc__C"] == str(search.best_params_["svc__C"])
    found = children(run)
    assert [child.data.params for child in found] == [
        {"SVC.C": "0.1"},
        {"SVC.C": "1"},
        {"SVC.C": "10"},
    ]
    assert [child.data.metrics["mean_test_score"] for child in found] == list(
        search.cv_results_["mean_test_score"]
    )
    assert {child.status for child in found} == {RunStatus.FINISHED}
    assert found[0].run_name == "C=0.1"
    store = nbtrack.tracking.session.session().store
    _, table = store.read_artifact(run.run_id, "cv_results.csv")
    assert len(table.splitlines()) == 4


def test_random_and_halving_searches_are_searches(last, children, data) -> None:
    """They tell of their candidates in the same way."""
    from sklearn.experimental import enable_halving_search_cv  # noqa: F401
    from sklearn.model_selection import HalvingGridSearchCV

    grid = {"C": [0.1, 1.0, 10.0]}
    RandomizedSearchCV(SVC(), grid, n_iter=2, random_state=0, cv=2).fit(*data)
    assert len(children(last())) == 2
    HalvingGridSearchCV(SVC(), grid, cv=2, random_state=0).fit(*data)
    assert {"iter", "n_resources"} <= set(children(last())[-1].metrics)


def test_results_of_another_form_are_left_alone(last, children, data) -> None:
    """An estimator that cross-validates inside has no candidates to make runs of."""
    from sklearn.covariance import GraphicalLassoCV

    GraphicalLassoCV(cv=2).fit(data[0])
    assert "GraphicalLassoCV.cv" in last().params
    assert children(last()) == []


def test_a_large_search_gives_runs_to_its_best(last, children, data, monkeypatch) -> None:
    """And says how many it left out."""
    monkeypatch.setattr("nbtrack.integrations.sklearn.MOST_CANDIDATES", 2)
    search = GridSearchCV(SVC(), {"C": [1e-6, 1, 10]}, cv=2).fit(*data)
    run = last()
    assert {child.data.metrics["rank_test_score"] for child in children(run)} <= {1, 2}
    assert "1 more" in run.tags["nbtrack.candidates"]
    assert len(search.cv_results_["params"]) == 3


def test_fits_of_workers_are_silent(last, data) -> None:
    """Cross-validation in joblib's threads gives no runs of its own."""
    import joblib

    with nbtrack.start_run(), joblib.parallel_backend("threading"):
        RandomForestClassifier(n_estimators=4, n_jobs=2).fit(*data)
        cross_val_score(SVC(), *data, cv=3, n_jobs=2)
    assert set(last().metrics) == {"training_score"}
    assert "SVC.C" not in last().params


def test_the_user_wins(last, data) -> None:
    """What a log call gives stays, whether it comes before the fit or after it."""
    with nbtrack.start_run():
        nbtrack.log_param("SVC.C", "mine")
        nbtrack.log(training_score=-1.0)
        SVC().fit(*data)
        nbtrack.log_param("SVC.kernel", "mine too")
    run = last()
    assert (run.data.params["SVC.C"], run.data.params["SVC.kernel"]) == ("mine", "mine too")
    assert run.params["SVC.kernel"].origin == Origin("explicit")
    assert (run.metrics["training_score"].count, run.metrics["training_score"].last) == (1, -1.0)


def test_several_fits_in_a_run(last, data) -> None:
    """A second class has a score of its own; what varies is a series, the param stays."""
    with nbtrack.start_run():
        for strength in (0.5, 1.0, 2.0):
            SVC(C=strength).fit(*data)
        LogisticRegression().fit(*data)
    run = last()
    assert run.data.params["SVC.C"] == "0.5"
    assert nbtrack.metric_history(run.run_id, "SVC.C").values.tolist() == [0.5, 1.0, 2.0]
    assert run.metrics["training_score"].count == 3
    assert run.metrics["LogisticRegression.training_score"].count == 1


def test_errors_are_the_librarys_own(last, data) -> None:
    """The exception passes as it is, its traceback too; the run has failed."""

    def lines() -> list[str]:
        with pytest.raises(ValueError, match="kernel") as caught:
            SVC(kernel="no such").fit(*data)
        return [entry.filename for entry in traceback.extract_tb(caught.value.__traceback__)][1:]

    recorded = lines()
    run = last()
    assert (run.status, run.error_name) == (RunStatus.FAILED, "InvalidParameterError")
    nbtrack.autolog(disable=True)
    assert recorded == lines()
    assert not any("nbtrack" in file for file in recorded)


def test_what_is_wrapped_looks_as_before(here, data) -> None:
    """Signatures, names, pickles and clones; a subclass of the user's with a fit of its own."""
    assert list(inspect.signature(SVC.fit).parameters) == ["self", "X", "y", "sample_weight"]
    assert "def fit(" in inspect.getsource(SVC.fit)
    model = SVC(C=2.0).fit(*data)
    restored = pickle.loads(pickle.dumps(model))
    assert (restored.predict(data[0]) == model.predict(data[0])).all()
    assert clone(model).get_params() == model.get_params()
    assert set(vars(model)) == set(vars(restored))


def test_an_estimator_of_the_users_is_recorded(last, data) -> None:
    """Also one that calls its parent's fit in its own: once."""

    class Mine(SVC):
        def fit(self, X, y):  # noqa: N803
            return super().fit(X, y)

    class Constant(ClassifierMixin, BaseEstimator):
        def __init__(self, answer=1):
            self.answer = answer

        def fit(self, X, y):  # noqa: N803
            self.classes_ = np.unique(y)
            return self

        def predict(self, X):  # noqa: N803
            return np.full(len(X), self.answer)

    Mine(C=4.0).fit(*data)
    run = last()
    assert (run.data.params["Mine.C"], run.metrics["training_score"].count) == ("4.0", 1)
    Constant(answer=0).fit(*data)
    assert last().data.params == {"Constant.answer": "0"}
    assert last().data.metrics["training_score"] == float((data[1] == 0).mean())


def test_a_cloudpickled_class_works_without_nbtrack(here, data, tmp_path) -> None:
    """A class of the user's is pickled by value, its wrapped fit with it: that runs anywhere."""
    import subprocess
    import sys

    cloudpickle = pytest.importorskip("cloudpickle")
    scope: dict[str, object] = {"__name__": "__main__"}
    exec(
        "from sklearn.base import BaseEstimator\nclass Own(BaseEstimator):\n"
        "    def fit(self, X, y):\n        self.seen_ = len(X)\n        return self",
        scope,
    )
    (tmp_path / "own.pickle").write_bytes(cloudpickle.dumps(scope["Own"]()))
    code = (
        "import sys, pickle; sys.modules['nbtrack'] = None\n"
        f"own = pickle.load(open({str(tmp_path / 'own.pickle')!r}, 'rb'))\n"
        "print(own.fit([1, 2], None).seen_)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == "2", done.stderr


def test_looking_leaves_no_trace(last, data) -> None:
    """Scoring shows no warnings, hides none, and uses up no random numbers."""

    class Loud(SVC):
        def score(self, X, y, sample_weight=None):  # noqa: N803
            warnings.warn("scored", stacklevel=1)
            np.random.random()
            return 1.0

    np.random.seed(1)
    SVC.fit.__wrapped__(SVC(), *data)
    expected = np.random.random()
    np.random.seed(1)
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("default")
        Loud().fit(*data)
        assert seen == []
        assert np.random.random() == expected
        warnings.warn("scored", stacklevel=1)
    assert len(seen) == 1
    assert last().data.metrics == {"training_score": 1.0}


def test_a_score_that_would_take_long_is_left_out_in_a_cell(last, data, monkeypatch) -> None:
    """Where nobody asked for autologging it must cost next to nothing: the run says so."""
    from nbtrack.integrations.switches import Scope, listen

    listen(Scope.RUNS)
    many = np.tile(data[0], (40, 1)), np.tile(data[1], 40)
    monkeypatch.setattr("nbtrack.integrations.told._GRACE_S", 0.0)
    with nbtrack.start_run():
        KNeighborsClassifier(algorithm="brute").fit(*many)
    assert "training_score" not in last().metrics
    assert "left out" in last().tags["nbtrack.training_score"]
    nbtrack.autolog()
    KNeighborsClassifier(algorithm="brute").fit(*many)
    assert "training_score" in last().metrics


def test_an_estimator_that_fails_to_tell_does_not_fail(here, data) -> None:
    """The fit is the user's; the run says that its capture is not whole."""

    class Broken(SVC):
        def score(self, X, y, sample_weight=None):  # noqa: N803
            raise RuntimeError("no score")

    model = Broken().fit(*data)
    run = nbtrack.last_active_run()
    assert hasattr(model, "support_")
    assert "RuntimeError: no score" in str(run.capture_incomplete)
    assert run.status is RunStatus.FINISHED


def test_a_thread_with_a_run_of_its_own(here, data) -> None:
    """Fits in a thread that began a run go there."""
    ids: list[str] = []

    def work() -> None:
        with nbtrack.start_run() as run:
            ids.append(run.run_id)
            SVC(C=9.0).fit(*data)

    with nbtrack.start_run() as outer:
        PCA(n_components=2).fit(data[0])
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    assert nbtrack.get_run(ids[0]).data.params["SVC.C"] == "9.0"
    assert "SVC.C" not in nbtrack.get_run(outer.run_id).params
