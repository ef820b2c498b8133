"""Libraries' fits in tracked cells of a real kernel, with nbtrack as it ships."""

from __future__ import annotations

from pathlib import Path

import pytest

from nbtrack.entities import Origin, Run
from nbtrack.store.base import RunQuery
from tests.capture.kernel import Kernel, Ran, kernel


def run_of(notebook: Kernel, ran: Ran) -> Run | None:
    """The run of a cell, its capture whole."""
    assert ran.status == "ok", ran.shown()
    with notebook.store() as store:
        found = [
            run
            for run in store.search_runs(RunQuery(limit=500)).items
            if run.msg_id == ran.msg_id and run.parent_run_id is None
        ]
    assert len(found) <= 1
    assert all(run.capture_incomplete is None for run in found)
    return found[0] if found else None


def results(run: Run) -> set[str]:
    """Its metrics, without what the machine did: cells that import a library take their time."""
    return {key for key in run.metrics if not key.startswith("system/")}


def test_sklearn_in_a_tracked_cell(notebook: Kernel) -> None:
    """Beside what the cell says; a setting bound to a name of its own is not there twice."""
    pytest.importorskip("sklearn")
    notebook.run("from sklearn.svm import SVC")
    ran = notebook.run(
        "%%track\nC = 10.0\nmodel = SVC(C=C, gamma=0.1).fit(X, y)\n"
        "acc = model.score(X[:50], y[:50])",
        cell_id="fits",
    )
    run = run_of(notebook, ran)
    chosen = {k: p.value for k, p in run.params.items() if not p.origin.is_default}
    assert chosen == {"C": "10.0", "SVC.gamma": "0.1", "default_rng.seed": "0"}
    assert results(run) == {"acc", "training_score"}
    assert run.params["SVC.kernel"].origin == Origin("autolog:sklearn", "fits", 3, True)
    assert run.metrics["training_score"].origin == Origin("autolog:sklearn", "fits", 3)
    (card,) = ran.cards()[-1:]
    assert {metric["key"] for metric in card["metrics"]} == {"acc", "training_score"}


def test_a_cell_that_is_not_tracked_records_nothing(notebook: Kernel) -> None:
    """And one that says so neither."""
    pytest.importorskip("sklearn")
    assert (
        run_of(notebook, notebook.run("from sklearn.svm import SVC\nm = SVC().fit(X, y)")) is None
    )
    ran = notebook.run("%%track --no-autolog\nm = SVC(tol=0.1).fit(X, y)\na = m.score(X, y)")
    run = run_of(notebook, ran)
    assert results(run) == {"a"}
    assert not [p for p in run.params.values() if p.origin.rule.startswith("autolog")]
    ran = notebook.run("%%track --only gam*,SVC.gamma\nm = SVC(tol=0.1).fit(X, y)")
    assert set(run_of(notebook, ran).params) == {"SVC.gamma"}


def test_with_track_on_a_score_makes_a_run(notebook: Kernel) -> None:
    """A fit without one, of a transformer, makes none; its settings are in the cell's run."""
    pytest.importorskip("sklearn")
    notebook.run(
        "%track on\nfrom sklearn.svm import SVC\nfrom sklearn.preprocessing import MaxAbsScaler"
    )
    try:
        assert run_of(notebook, notebook.run("m = SVC().fit(X, y)")).data.metrics
        assert run_of(notebook, notebook.run("s = MaxAbsScaler(copy=False).fit(X)")) is None
        ran = notebook.run("s = MaxAbsScaler(copy=False).fit(X)\nlargest = s.max_abs_.max()")
        assert run_of(notebook, ran).data.params["MaxAbsScaler.copy"] == "False"
    finally:
        notebook.run("%track off")


def test_xgboost_in_a_tracked_cell(notebook: Kernel) -> None:
    """The series of an evaluation, under the cell's run."""
    pytest.importorskip("xgboost")
    ran = notebook.run(
        "%%track\nimport xgboost\nparams = {'max_depth': 2, 'eta': 0.5}\n"
        "d = xgboost.DMatrix(X, y)\n"
        "b = xgboost.train(params, d, num_boost_round=4, evals=[(d, 'train')], verbose_eval=False)"
    )
    run = run_of(notebook, ran)
    assert run.metrics["train-rmse"].count == 4
    assert {k: p.value for k, p in run.params.items() if "depth" in k} == {"params.max_depth": "2"}
    assert [key for key in run.params if "round" in key] == ["train.num_boost_round"]


def test_keras_in_a_tracked_cell(notebook: Kernel) -> None:
    """A number of the cell's that has a library's name is kept beside its series."""
    pytest.importorskip("keras")
    pytest.importorskip("torch")
    ran = notebook.run(
        "%%track\nimport keras\nkeras.utils.set_random_seed(1)\n"
        "model = keras.Sequential([keras.layers.Dense(1, activation='sigmoid')])\n"
        "model.compile(optimizer='sgd', loss='binary_crossentropy', metrics=['accuracy'])\n"
        "history = model.fit(X, y, epochs=2, verbose=0)\n"
        "loss, accuracy = model.evaluate(X[:50], y[:50], verbose=0)\n"
        "val = history.history['loss'][-1]"
    )
    run = run_of(notebook, ran)
    assert (run.metrics["loss"].count, run.metrics["accuracy"].count) == (2, 2)
    assert {"cell.loss", "cell.accuracy"} <= results(run)
    assert run.metrics["loss"].origin.rule == "autolog:keras"
    assert run.data.params["compile.loss"] == "binary_crossentropy"
    assert run.data.params["SGD.learning_rate"] == "0.01"


def test_optuna_in_a_tracked_cell(notebook: Kernel) -> None:
    """Trials are runs in the cell's; the best value as the last expression is not there twice."""
    pytest.importorskip("optuna")
    ran = notebook.run(
        "%%track\nimport optuna\noptuna.logging.set_verbosity(optuna.logging.ERROR)\n"
        "study = optuna.create_study()\n"
        "study.optimize(lambda trial: trial.suggest_float('x', -1, 1) ** 2, n_trials=3)\n"
        "study.best_value"
    )
    run = run_of(notebook, ran)
    assert results(run) == {"best_value"}
    with notebook.store() as store:
        every = store.search_runs(RunQuery(limit=500)).items
    trials = [each for each in every if each.parent_run_id == run.run_id]
    assert {trial.run_name for trial in trials} == {"trial 0", "trial 1", "trial 2"}
    assert {trial.experiment_id for trial in trials} == {run.experiment_id}


def test_settings_switch_it_off(tmp_path: Path) -> None:
    """``autolog = False`` for all, ``autolog_exclude`` for some."""
    pytest.importorskip("sklearn")
    (tmp_path / "config").mkdir()
    settings = tmp_path / "config" / "nbtrack_config.py"
    settings.write_text("c.NbtrackConfig.autolog_exclude = ['sklearn']\n")
    with kernel(tmp_path) as started:
        ran = started.run(
            "%%track\nfrom sklearn.svm import SVC\nm = SVC().fit([[0], [1]], [0, 1])\n"
            "a = m.score([[0]], [0])"
        )
        run = run_of(started, ran)
        assert results(run) == {"a"}
        told = started.run(
            "from nbtrack.integrations.switches import switches; print(sorted(switches.off))"
        )
        assert told.shown() == [("stdout", "['sklearn']\n")]
