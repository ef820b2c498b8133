"""The fluent API: MLflow's names mean what they mean in MLflow."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import matplotlib.figure
import numpy as np
import pandas as pd
import PIL.Image
import pytest
import yaml

import nbtrack
from nbtrack.entities import RunStatus
from nbtrack.errors import NotFoundError, StateError, UsageError
from nbtrack.tracking import session as sessions
from nbtrack.tracking.begin import begin_run
from nbtrack.tracking.session import Session


@pytest.fixture(autouse=True)
def here(tmp_path: Path) -> Iterator[Session]:
    """The process-wide session, on a store of its own."""
    yield sessions.use(Session(tmp_path / "store", drain_interval_s=0.02))
    sessions.session().close()


def artifact(path: str) -> bytes:
    """The bytes of an artifact of the run that was active last."""
    run = nbtrack.last_active_run()
    assert run is not None
    return sessions.session().store.read_artifact(run.run_id, path)[1]


def test_a_log_call_without_a_run_starts_one() -> None:
    """As in MLflow; it stays active until it is ended."""
    assert nbtrack.active_run() is None
    nbtrack.log_metric("a", 1)
    nbtrack.log(b=2)
    run = nbtrack.active_run()
    assert run is not None
    nbtrack.end_run()
    assert nbtrack.active_run() is None
    assert nbtrack.get_run(run.run_id).data.metrics == {"a": 1.0, "b": 2.0}
    nbtrack.end_run()


def test_a_second_run_must_be_nested() -> None:
    """Starting a run while one is active is an error, except inside it."""
    with nbtrack.start_run() as outer:
        with pytest.raises(StateError, match="nested=True"):
            nbtrack.start_run()
        with nbtrack.start_run(nested=True) as inner:
            nbtrack.log(x=1)
        nbtrack.log(x=2)
    assert nbtrack.get_run(inner.run_id).parent_run_id == outer.run_id
    assert nbtrack.get_run(inner.run_id).data.metrics == {"x": 1.0}
    assert nbtrack.get_run(outer.run_id).data.metrics == {"x": 2.0}


def test_runs_started_in_a_tracked_cell_nest_in_its_run(here: Session) -> None:
    """No error, no nested=True needed; end_run leaves the cell's own run alone."""
    cell = begin_run(here, of_cell=True)
    nbtrack.end_run()
    nbtrack.log(x=1)
    with nbtrack.start_run() as inner:
        nbtrack.log(x=2)
    nbtrack.log(x=3)
    cell.end()
    assert nbtrack.get_run(inner.run_id).parent_run_id == cell.run_id
    assert nbtrack.metric_history(cell.run_id, "x").values.tolist() == [1.0, 3.0]


def test_an_outer_run_that_ends_takes_inner_ones_with_it() -> None:
    """A run that was never ended does not stay active after its parent."""
    with nbtrack.start_run():
        inner = nbtrack.start_run(nested=True)
    assert nbtrack.active_run() is None
    assert nbtrack.get_run(inner.run_id).status is RunStatus.FINISHED


@pytest.mark.parametrize("status", ["FAILED", "KILLED", "FINISHED"])
def test_end_run_takes_mlflows_statuses(status: str) -> None:
    """And no others."""
    run = nbtrack.start_run()
    with pytest.raises(UsageError):
        nbtrack.end_run("DONE")
    run = nbtrack.active_run() or nbtrack.start_run()
    nbtrack.end_run(status)
    assert nbtrack.get_run(run.run_id).status == status


def test_a_run_is_taken_up_again() -> None:
    """start_run(run_id=...) goes on with it; a deleted one must be restored first."""
    with nbtrack.start_run(run_name="first") as run:
        nbtrack.log(x=1)
    with nbtrack.start_run(run_id=run.run_id) as again:
        nbtrack.log(x=2)
    assert again.run_name == "first"
    assert nbtrack.metric_history(run.run_id, "x").steps.tolist() == [0, 1]
    nbtrack.delete_run(run.run_id)
    with pytest.raises(StateError, match="restore_run"):
        nbtrack.start_run(run_id=run.run_id)
    nbtrack.restore_run(run.run_id)
    nbtrack.start_run(run_id=run.run_id)


def test_experiments_are_chosen_made_and_found() -> None:
    """By name or id; runs go to the chosen one."""
    experiment = nbtrack.set_experiment("one")
    assert nbtrack.set_experiment("one") == experiment
    with nbtrack.start_run() as run:
        pass
    assert run.info.experiment_id == experiment.experiment_id
    two = nbtrack.create_experiment("two")
    with nbtrack.start_run(experiment_id=two) as run:
        pass
    assert nbtrack.get_run(run.run_id).experiment_name == "two"
    assert nbtrack.get_experiment_by_name("two") == nbtrack.get_experiment(two)
    assert nbtrack.get_experiment_by_name("none") is None
    with pytest.raises(UsageError):
        nbtrack.set_experiment()
    with pytest.raises(NotFoundError):
        nbtrack.start_run(experiment_id="99")


def test_search_gives_mlflows_columns() -> None:
    """Filtered, ordered, typed; runs without a value have none."""
    nbtrack.set_experiment("here")
    for i in range(3):
        with nbtrack.start_run(run_name=f"r{i}", tags={"kind": "a"}):
            nbtrack.log_param("n", i)
            nbtrack.log(acc=i / 10)
            if i == 2:
                nbtrack.log(extra=1)
    nbtrack.set_experiment("there")
    with nbtrack.start_run(run_name="other"):
        pass
    assert list(nbtrack.search_runs()["run_name"]) == ["other"]
    frame = nbtrack.search_runs(
        experiment_names=["here"], filter_string="metrics.acc > 0.05", order_by=["metrics.acc DESC"]
    )
    assert isinstance(frame, pd.DataFrame)
    assert list(frame["run_name"]) == ["r2", "r1"]
    assert list(frame["params.n"]) == ["2", "1"]
    assert list(frame["tags.kind"]) == ["a", "a"]
    assert frame["metrics.extra"].isna().tolist() == [False, True]
    assert frame["metrics.acc"].dtype == np.float64
    assert frame["start_time"].dt.tz is not None
    assert {"run_id", "experiment_id", "status", "end_time", "artifact_uri"} <= set(frame.columns)
    assert len(nbtrack.search_runs(search_all_experiments=True, max_results=3)) == 3
    listed = nbtrack.search_runs(search_all_experiments=True, output_format="list")
    assert [run.run_name for run in listed] == ["other", "r2", "r1", "r0"]
    with pytest.raises(UsageError):
        nbtrack.search_runs(filter_string="metrics.acc >")


def test_files_and_directories_are_kept(tmp_path: Path) -> None:
    """With their folders, byte for byte; a missing file is a clear error."""
    (tmp_path / "d" / "e").mkdir(parents=True)
    (tmp_path / "d" / "e" / "f.bin").write_bytes(b"\x00\x01")
    (tmp_path / "g.csv").write_text("a,b\n")
    with nbtrack.start_run() as run:
        nbtrack.log_artifact(tmp_path / "g.csv", "data")
        nbtrack.log_artifacts(tmp_path / "d", "all")
        with pytest.raises(UsageError, match=r"none\.txt"):
            nbtrack.log_artifact("none.txt")
        for path in ("../x.txt", "/x.txt", ""):
            with pytest.raises(UsageError):
                nbtrack.log_text("x", path)
    assert artifact("data/g.csv") == b"a,b\n"
    assert artifact("all/e/f.bin") == b"\x00\x01"
    kinds = {a.path: a.media_type for a in run.session.store.list_artifacts(run.run_id)}
    assert kinds == {"data/g.csv": "text/csv", "all/e/f.bin": "application/octet-stream"}


@pytest.mark.parametrize("name", ["experiment_ids", "experiment_names", "order_by"])
def test_a_text_in_the_place_of_a_list_is_refused(name: str) -> None:
    """Its letters are not taken for ids: the error says what would be right."""
    with pytest.raises(UsageError, match=rf"{name} is a list.*{name}=\['metrics.acc > 1'\]"):
        nbtrack.search_runs(**{name: "metrics.acc > 1"})


def test_texts_dicts_and_tables_are_kept() -> None:
    """JSON, or YAML by the extension; a table grows by the rows logged to it again."""
    with nbtrack.start_run():
        nbtrack.log_text("hällo", "a/t.txt")
        nbtrack.log_dict({"k": [1, "ü"]}, "d.json")
        nbtrack.log_dict({"k": [1, "ü"]}, "d.yaml")
        nbtrack.log_table({"x": [1, 2], "y": np.array([0.5, 1.5])}, "t.json")
        nbtrack.log_table(pd.DataFrame({"x": [3], "z": ["new"]}), "t.json")
        with pytest.raises(UsageError, match="different lengths"):
            nbtrack.log_table({"x": [1, 2], "y": [1]}, "u.json")
        with pytest.raises(UsageError, match=r"\.json"):
            nbtrack.log_table({"x": [1]}, "t.csv")
    assert artifact("a/t.txt").decode() == "hällo"
    assert json.loads(artifact("d.json")) == yaml.safe_load(artifact("d.yaml")) == {"k": [1, "ü"]}
    assert json.loads(artifact("t.json")) == {
        "columns": ["x", "y", "z"],
        "data": [[1, 0.5, None], [2, 1.5, None], [3, None, "new"]],
    }


def test_figures_and_images_are_kept() -> None:
    """In the format of the file name; arrays by MLflow's rules."""
    figure = matplotlib.figure.Figure()
    figure.subplots().plot([1, 2])
    with nbtrack.start_run() as run:
        nbtrack.log_figure(figure, "f.svg")
        nbtrack.log_image(np.linspace(0, 1, 12).reshape(3, 4), "i.png")
        nbtrack.log_image(PIL.Image.new("RGB", (5, 6)), "p.jpg")
        nbtrack.log_image(np.zeros((2, 2, 3), np.uint8), key="val/pred", step=7)
        for wrong in (np.full((2, 2), 2.0), np.zeros(3), np.zeros((2, 2, 5)), "text"):
            with pytest.raises(UsageError):
                nbtrack.log_image(wrong, "x.png")
        with pytest.raises(UsageError):
            nbtrack.log_figure("text", "x.png")
        with pytest.raises(UsageError):
            nbtrack.log_image(np.zeros((2, 2)))
    assert artifact("f.svg").startswith(b"<?xml")
    assert PIL.Image.open(io.BytesIO(artifact("i.png"))).size == (4, 3)
    assert PIL.Image.open(io.BytesIO(artifact("p.jpg"))).size == (5, 6)
    paths = [each.path for each in run.session.store.list_artifacts(run.run_id)]
    assert any(path.startswith("images/val#pred%step%7%timestamp%") for path in paths)


def test_a_threads_log_call_goes_to_the_main_threads_run() -> None:
    """Workers of a pool log to the active run without being told."""
    with nbtrack.start_run() as run:
        thread = threading.Thread(target=lambda: nbtrack.log(x=1))
        thread.start()
        thread.join()
    assert nbtrack.get_run(run.run_id).data.metrics == {"x": 1.0}


def test_another_store_is_chosen_by_its_path_or_uri(tmp_path: Path) -> None:
    """Open runs in the one before end; a server's address is refused with the reason."""
    run = nbtrack.start_run()
    before = sessions.session()
    nbtrack.set_tracking_uri((tmp_path / "other").as_uri())
    assert run.status is RunStatus.FINISHED
    assert nbtrack.get_tracking_uri() == str(tmp_path / "other")
    with nbtrack.start_run(run_name="there"):
        pass
    assert [each.run_name for each in nbtrack.search_runs(output_format="list")] == ["there"]
    nbtrack.set_tracking_uri(f"sqlite:///{before.location}/nbtrack.db")
    assert nbtrack.get_run(run.run_id).status is RunStatus.FINISHED
    for uri in ("http://localhost:5000", "sqlite:///mlflow.db"):
        with pytest.raises(UsageError, match="directory"):
            nbtrack.set_tracking_uri(uri)


_SCRIPT = """
import nbtrack as mlflow

mlflow.set_experiment("script")
with mlflow.start_run(run_name="parent") as parent:
    mlflow.log_params({"alpha": 0.5, "l1_ratio": 0.1})
    mlflow.set_tag("release.version", "2.2.0")
    for epoch in range(3):
        mlflow.log_metric("rmse", 1.0 / (epoch + 1), step=epoch)
    mlflow.log_metrics({"mae": 0.2, "r2": 0.7})
    with mlflow.start_run(nested=True, run_name="child"):
        mlflow.log_metric("rmse", 0.1)
    mlflow.log_dict({"a": 1}, "config.json")
    print(parent.info.run_id)
mlflow.start_run(run_name="left open")
mlflow.log_param("p", 1)
"""


def test_a_common_mlflow_script_runs(tmp_path: Path) -> None:
    """`import nbtrack as mlflow`: everything it logged is there when the process has ended."""
    env = {**os.environ, "NBTRACK_STORE": str(tmp_path / "script")}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", _SCRIPT], capture_output=True, text=True, env=env
    )
    assert done.returncode == 0, done.stderr
    assert "Warning" not in done.stderr
    nbtrack.set_tracking_uri(tmp_path / "script")
    run = nbtrack.get_run(done.stdout.strip())
    assert run.data.params == {"alpha": "0.5", "l1_ratio": "0.1"}
    assert run.data.metrics == {"rmse": 1.0 / 3, "mae": 0.2, "r2": 0.7}
    assert run.tags == {"release.version": "2.2.0"}
    assert run.environment_digest is not None
    frame = nbtrack.search_runs(experiment_names=["script"])
    assert list(frame["run_name"]) == ["left open", "child", "parent"]
    assert set(frame["status"]) == {"FINISHED"}
    assert not list((tmp_path / "script" / "journals").iterdir())
