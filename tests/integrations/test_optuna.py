"""Optuna's studies."""

from __future__ import annotations

import pytest

import nbtrack
from nbtrack.entities import RunStatus

optuna = pytest.importorskip("optuna")
optuna.logging.set_verbosity(optuna.logging.ERROR)


def objective(trial) -> float:
    """Reports three values; one trial is pruned, one fails."""
    x = trial.suggest_float("x", -1, 1)
    for step in range(3):
        trial.report(x * x + step, step)
        if trial.number == 2 and step == 1:
            raise optuna.TrialPruned
    if trial.number == 3:
        raise ValueError("no luck")
    return x * x


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_study_is_a_run_with_its_trials_inside(last, children, jobs: int) -> None:
    """Trials have params, value and what they reported; pruned and failed ones are marked."""
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(0))
    study.optimize(objective, n_trials=5, catch=(ValueError,), n_jobs=jobs)
    run = last()
    assert run.data.metrics["best_value"] == study.best_value
    assert run.data.params["best_x"] == str(study.best_params["x"])
    assert run.data.params["Study.sampler"] == "RandomSampler"
    assert run.tags["optuna.trials.pruned"] == "1"
    found = {int(child.tags["optuna.trial.number"]): child for child in children(run)}
    assert sorted(found) == [0, 1, 2, 3, 4]
    states = {number: child.tags["optuna.trial.state"] for number, child in found.items()}
    assert states == {0: "COMPLETE", 1: "COMPLETE", 2: "PRUNED", 3: "FAIL", 4: "COMPLETE"}
    assert found[3].status is RunStatus.FAILED
    assert found[2].status is RunStatus.FINISHED
    assert "value" not in found[2].metrics
    for trial in study.trials:
        child = found[trial.number]
        assert child.data.params == {"x": str(trial.params["x"])}
        series = nbtrack.metric_history(child.run_id, "intermediate_value")
        points = dict(zip(series.steps.tolist(), series.values.tolist(), strict=True))
        assert points == trial.intermediate_values
        if trial.state.name == "COMPLETE":
            assert child.data.metrics["value"] == trial.value


def test_an_interrupted_study_keeps_its_trials(here, children) -> None:
    """The run is killed, as the interrupt says; what was over is there."""

    def stopped(trial) -> float:
        if trial.number == 2:
            raise KeyboardInterrupt
        return trial.suggest_int("n", 1, 9)

    with pytest.raises(KeyboardInterrupt):
        optuna.create_study().optimize(stopped, n_trials=5)
    run = nbtrack.last_active_run()
    assert run.status is RunStatus.KILLED
    assert len(children(run)) == 2
    assert "best_n" in run.params


def test_what_objectives_fit_is_not_recorded_again(last, children, data) -> None:
    """A fit in a trial is the trial's matter."""
    svm = pytest.importorskip("sklearn.svm")

    def fit(trial) -> float:
        return svm.SVC(C=trial.suggest_float("C", 0.1, 1.0)).fit(*data).score(*data)

    optuna.create_study(direction="maximize").optimize(fit, n_trials=2)
    assert len(nbtrack.search_runs(output_format="list")) == 3
    assert "SVC.C" not in last().params


def test_ask_and_tell_in_a_run(last, children) -> None:
    """Each told trial is a run in the active one; the best so far is a series."""
    study = optuna.create_study()
    with nbtrack.start_run() as run:
        for value in (3.0, 1.0, 2.0):
            study.tell(study.ask({"x": optuna.distributions.FloatDistribution(0, 1)}), value)
    assert [child.data.metrics["value"] for child in children(last())] == [3.0, 1.0, 2.0]
    assert nbtrack.metric_history(run.run_id, "best_value").values.tolist() == [3.0, 1.0, 1.0]
