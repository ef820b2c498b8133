"""XGBoost, LightGBM and CatBoost: their evaluations as series, whichever interface was used."""

from __future__ import annotations

import pytest

import nbtrack


def test_xgboosts_estimator(last, data) -> None:
    """Settings by the class, one point an iteration for each evaluation, the training score."""
    xgboost = pytest.importorskip("xgboost")
    model = xgboost.XGBClassifier(n_estimators=5, max_depth=2, eval_metric=["logloss", "error"])
    model.fit(*data, eval_set=[data], verbose=False)
    run = last()
    series = nbtrack.metric_history(run.run_id, "validation_0-logloss")
    assert series.steps.tolist() == [0, 1, 2, 3, 4]
    assert series.values.tolist() == model.evals_result()["validation_0"]["logloss"]
    assert {"validation_0-error", "training_score"} < set(run.metrics)
    assert run.data.params["XGBClassifier.max_depth"] == "2"
    assert run.params["XGBClassifier.max_depth"].origin.rule == "autolog:xgboost"
    assert run.params["XGBClassifier.gamma"].origin.is_default
    assert model.callbacks is None


def test_xgboosts_own_interface(last, data) -> None:
    """The params as MLflow names them, and the iteration that early stopping chose."""
    xgboost = pytest.importorskip("xgboost")
    matrix = xgboost.DMatrix(*data)
    found: dict = {}
    xgboost.train(
        {"max_depth": 3, "objective": "binary:logistic"},
        matrix,
        num_boost_round=4,
        evals=[(matrix, "train")],
        evals_result=found,
        early_stopping_rounds=2,
        verbose_eval=False,
    )
    run = last()
    assert run.data.params == {
        "max_depth": "3",
        "objective": "binary:logistic",
        "num_boost_round": "4",
        "early_stopping_rounds": "2",
    }
    series = nbtrack.metric_history(run.run_id, "train-logloss")
    assert series.values.tolist() == found["train"]["logloss"]
    assert run.data.metrics["best_iteration"] == 3


@pytest.mark.filterwarnings("ignore")
def test_lightgbms_estimator_and_own_interface(last, data) -> None:
    """The same from both; with early stopping the last iteration is there, and the best one."""
    lightgbm = pytest.importorskip("lightgbm")
    model = lightgbm.LGBMClassifier(n_estimators=5, num_leaves=7, verbose=-1)
    model.fit(*data, eval_set=[(data[0][:40], data[1][:40])])
    run = last()
    series = nbtrack.metric_history(run.run_id, "valid_0-binary_logloss")
    assert series.values.tolist() == model.evals_result_["valid_0"]["binary_logloss"]
    assert run.data.params["LGBMClassifier.num_leaves"] == "7"
    assert run.params["LGBMClassifier.num_leaves"].origin.rule == "autolog:lightgbm"

    train, valid = lightgbm.Dataset(*data), lightgbm.Dataset(data[0][:30], 1 - data[1][:30])
    booster = lightgbm.train(
        {"num_leaves": 5, "objective": "binary", "verbose": -1, "learning_rate": 0.5},
        train,
        num_boost_round=30,
        valid_sets=[valid],
        callbacks=[lightgbm.early_stopping(2, verbose=False)],
    )
    run = last()
    assert run.metrics["valid_0-binary_logloss"].count == booster.best_iteration + 2
    assert run.data.metrics["best_iteration"] == booster.best_iteration
    assert run.data.params["num_boost_round"] == "30"


def test_catboost(last, data, tmp_path) -> None:
    """Evaluations, settings, best iteration and training score."""
    catboost = pytest.importorskip("catboost")
    model = catboost.CatBoostClassifier(iterations=5, depth=2, verbose=False, train_dir=tmp_path)
    model.fit(*data, eval_set=data)
    run = last()
    series = nbtrack.metric_history(run.run_id, "validation-Logloss")
    assert series.values.tolist() == model.get_evals_result()["validation"]["Logloss"]
    assert run.metrics["learn-Logloss"].count == 5
    assert run.data.params["CatBoostClassifier.depth"] == "2"
    assert run.data.metrics["training_score"] == model.score(*data)
    assert run.data.metrics["best_iteration"] == model.get_best_iteration()


def test_catboost_without_callbacks(last, data, tmp_path, monkeypatch) -> None:
    """What a training that takes no callback kept of its evaluations is read after it."""
    catboost = pytest.importorskip("catboost")
    monkeypatch.setattr("nbtrack.integrations.catboost._MOST_ITERATIONS", 2)
    model = catboost.CatBoost({"iterations": 4, "verbose": False, "train_dir": str(tmp_path)})
    model.fit(catboost.Pool(*data))
    series = nbtrack.metric_history(last().run_id, "learn-RMSE")
    assert series.values.tolist() == model.get_evals_result()["learn"]["RMSE"]


def test_a_search_over_boosters_is_quiet(last, children, data) -> None:
    """The trainings of the candidates give no series in the search's run."""
    xgboost = pytest.importorskip("xgboost")
    selection = pytest.importorskip("sklearn.model_selection")
    model = xgboost.XGBClassifier(n_estimators=2)
    selection.GridSearchCV(model, {"max_depth": [1, 2]}, cv=2).fit(
        *data, eval_set=[data], verbose=0
    )
    run = last()
    assert set(run.metrics) == {"best_cv_score", "training_score"}
    assert [child.data.params for child in children(run)] == [
        {"XGBClassifier.max_depth": "1"},
        {"XGBClassifier.max_depth": "2"},
    ]
