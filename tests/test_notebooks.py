"""Every notebook in notebooks/ runs in a real kernel, and what it records is what it says."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from nbtrack.entities import ExecutionStatus, Run, RunStatus
from nbtrack.ranking import is_system_metric
from nbtrack.store import open_store
from nbtrack.store.base import RunQuery, Store

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
ALL = sorted(NOTEBOOKS.glob("*.ipynb"))

pytest.importorskip("sklearn", reason="the examples need it: pip install 'nbtrack[demo]'")


class Executed:
    """A notebook after its execution by nbclient, and the store it recorded into."""

    def __init__(self, source: Path, directory: Path) -> None:
        self.path = directory / source.name
        shutil.copy(source, self.path)
        self.document = nbformat.read(self.path, as_version=4)
        profile = directory / "ipython" / "profile_default"
        profile.mkdir(parents=True)
        (profile / "ipython_kernel_config.json").write_text(
            json.dumps({"IPKernelApp": {"extra_extensions": ["nbtrack"]}})
        )
        environment = {
            **os.environ,
            "NBTRACK_STORE": str(directory / "store"),
            "IPYTHONDIR": str(directory / "ipython"),
            "JUPYTER_CONFIG_DIR": str(directory / "config"),
            "JUPYTER_DATA_DIR": str(directory / "data"),
            "JUPYTER_RUNTIME_DIR": str(directory / "runtime"),
            "JPY_SESSION_NAME": str(self.path),
        }
        client = NotebookClient(
            self.document,
            timeout=120,
            kernel_name="python3",
            resources={"metadata": {"path": str(directory)}},
        )
        with client.setup_kernel(env=environment):
            for index, cell in enumerate(self.document.cells):
                if cell.cell_type == "code":
                    client.execute_cell(cell, index)
        self.store: Store = open_store(directory / "store")

    def runs(self) -> dict[str, Run]:
        """The notebook's runs by name, in the order they started."""
        found = self.store.search_runs(RunQuery()).items
        return {run.run_name: run for run in reversed(found)}

    def output(self, cell_id: str) -> str:
        """What a cell printed or showed, as text."""
        (cell,) = [cell for cell in self.document.cells if cell["id"] == cell_id]
        texts = []
        for output in cell.outputs:
            texts.append(output.get("text") or output.get("data", {}).get("text/plain", ""))
        return "\n".join(texts)


@pytest.fixture(scope="module")
def execute(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Path], Executed]]:
    """Executes a notebook, once for all tests."""
    done: dict[Path, Executed] = {}

    def once(path: Path) -> Executed:
        if path not in done:
            done[path] = Executed(path, tmp_path_factory.mktemp("notebook"))
        return done[path]

    yield once
    for executed in done.values():
        executed.store.close()


@pytest.fixture(params=ALL, ids=[path.stem for path in ALL])
def executed(request: pytest.FixtureRequest, execute: Callable[[Path], Executed]) -> Executed:
    """Each notebook in turn."""
    return execute(request.param)


@pytest.fixture
def first(execute: Callable[[Path], Executed]) -> Executed:
    """The notebook of the demo."""
    return execute(NOTEBOOKS / "01-first-run.ipynb")


@pytest.fixture
def second(execute: Callable[[Path], Executed]) -> Executed:
    """The notebook about the library."""
    return execute(NOTEBOOKS / "02-scripts-and-api.ipynb")


@pytest.mark.parametrize("path", ALL, ids=[path.stem for path in ALL])
def test_committed_clean(path: Path) -> None:
    """The notebooks are committed without outputs, counts or trust, with readable cell ids."""
    document = json.loads(path.read_text(encoding="utf-8"))
    nbformat.validate(document)
    assert document["metadata"]["kernelspec"]["name"] == "python3"
    for cell in document["cells"]:
        assert cell["metadata"] == {}
        assert cell["id"].replace("-", "").isalpha()
        if cell["cell_type"] == "code":
            assert (cell["outputs"], cell["execution_count"]) == ([], None)


def test_every_execution_is_recorded(executed: Executed) -> None:
    """Each code cell's execution is in the store, ended well, with its very source."""
    recorded = executed.store.list_executions().items
    assert {each.status for each in recorded} == {ExecutionStatus.OK}
    sources = [cell.source for cell in executed.document.cells if cell.cell_type == "code"]
    assert [each.source for each in reversed(recorded)] == sources


def test_the_notebook_has_a_history(executed: Executed) -> None:
    """The notebook is known by its path, with a revision that every run points to."""
    (notebook,) = executed.store.list_notebooks()
    assert notebook.path == str(executed.path)
    assert notebook.revision_count >= 1
    for run in executed.runs().values():
        assert run.notebook_id == notebook.notebook_id
        assert run.revision_number is not None


def results(run: Run) -> dict[str, int]:
    """How many points each metric has that is a result."""
    return {key: metric.count for key, metric in run.metrics.items() if not is_system_metric(key)}


def test_first_run(first: Executed) -> None:
    """Four tracked cells give four runs, with the params and metrics that the text promises."""
    runs = first.runs()
    assert list(runs) == ["baseline", "svm", "network", "forest"]
    assert {run.status for run in runs.values()} == {RunStatus.FINISHED}
    every = {name: {k: p.value for k, p in run.params.items()} for name, run in runs.items()}
    assert every["baseline"]["LogisticRegression.max_iter"] == "500"
    assert every["baseline"]["train_test_split.test_size"] == "0.3"
    # Beside arguments of calls, the names that the text speaks of.
    params = {
        name: {key: value for key, value in found.items() if "." not in key}
        for name, found in every.items()
    }
    assert params["baseline"] == {"model_kind": "logistic regression", "C": "0.01"}
    assert params["svm"] == {"model_kind": "support vector machine", "C": "10.0", "gamma": "0.05"}
    assert params["network"] == {
        "model_kind": "neural network",
        "hidden_units": "32",
        "learning_rate": "0.001",
        "epochs": "300",
    }
    assert params["forest"] == {"model_kind": "random forest", "n_trees": "20", "max_depth": "6"}
    for name in ("baseline", "svm", "forest"):
        assert results(runs[name]) in ({"accuracy": 1}, {"accuracy": 1, "training_score": 1})
    counts = results(runs["network"])
    assert counts == {"loss": 300, "accuracy": 300}
    assert 0.85 < runs["baseline"].metrics["accuracy"].last < runs["svm"].metrics["accuracy"].last
    assert runs["forest"].tags["purpose"] == "demo"
    media = [each.media_type for each in first.store.list_artifacts(runs["forest"].run_id)]
    assert "image/png" in media


def test_first_run_shows_cards_and_the_best(first: Executed) -> None:
    """Each tracked cell shows one card, and the code finds the best run."""
    assert first.output("choose").startswith("svm: accuracy 0.99")
    for name, run in first.runs().items():
        (cell,) = [cell for cell in first.document.cells if cell["id"] == name]
        cards = [
            output.data
            for output in cell.outputs
            if "application/vnd.nbtrack.run+json" in output.get("data", {})
        ]
        assert len(cards) == 1
        assert cards[0]["application/vnd.nbtrack.run+json"]["run_id"] == run.run_id
        assert name in cards[0]["text/html"]


def test_scripts_and_api(second: Executed) -> None:
    """The library's calls record params, a series, files, and runs inside a run."""
    runs = second.runs()
    boosting = runs["boosting"]
    logged = {key for key, param in boosting.params.items() if param.origin.rule == "explicit"}
    assert logged == {"learning_rate", "max_depth", "n_estimators"}
    assert boosting.metrics["test_loss"].count == 60
    assert boosting.metrics["accuracy"].last > 0.9
    assert boosting.tags["data"] == "breast cancer"
    paths = [artifact.path for artifact in second.store.list_artifacts(boosting.run_id)]
    assert paths == ["model.json", "report.txt", "roc.png"]
    parent = runs["depth search"]
    children = [run for run in runs.values() if run.parent_run_id == parent.run_id]
    assert [run.params["max_depth"].value for run in children] == ["1", "2", "3"]
    assert len(second.output("search").splitlines()) == 5
