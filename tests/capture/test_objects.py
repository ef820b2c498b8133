"""Params from live objects: configurations, estimators, optimisers, compiled models."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest

from nbtrack.capture.notebook import FileCells
from nbtrack.entities import Origin
from nbtrack.store.base import RunQuery
from tests.capture.kernel import Kernel
from tests.capture.shell import WatchedShell

CONFIGS = [
    (
        "a namespace of argparse, read later",
        ["import argparse\np = argparse.ArgumentParser()\np.add_argument('--lr', default=0.1)\n"
         "p.add_argument('--tag')\nargs = p.parse_args([])", "y = str(args.lr)"],
        {"args.lr": "0.1", "args.tag": "None"},
    ),
    (
        "in the same cell, with what it does not know",
        ["import argparse\np = argparse.ArgumentParser()\np.add_argument('--n', default=3)\n"
         "args, rest = p.parse_known_args(['--x'])"],
        {"args.n": "3"},
    ),
    (
        "a simple namespace, nested",
        [
            "from types import SimpleNamespace as NS\nc = NS(a=NS(lr=0.5), layers=[1, 2])\n"
            "x = str(c.a.lr)"
        ],
        {"c.a.lr": "0.5", "c.layers": "[1, 2]"},
    ),
    (
        "a dataclass with its defaults",
        ["from dataclasses import dataclass\n@dataclass\nclass Setup:\n    lr: float = 0.1\n"
         "    name: str = 'x'\n    data: object = None\nc = Setup(lr=0.5, data=object())",
         "y = str(c)"],
        {"c.lr": "0.5", "c.name": "x"},
    ),
    (
        "a dataclass, all in one cell",
        ["from dataclasses import dataclass\n@dataclass\nclass Job:\n    lr: float = 0.1\n"
         "    n: int = 3\nc = Job(lr=0.5)\ny = str(c)"],
        {"c.lr": "0.5", "c.n": "3"},
    ),
    (
        "the values when the cell started",
        ["from types import SimpleNamespace as NS\nc = NS(lr=0.5)", "y = str(c)\nc.lr = 0.9"],
        {"c.lr": "0.5"},
    ),
    (
        "through what was computed from it, as it was then",
        ["from types import SimpleNamespace as NS\nc = NS(lr=0.5)", "model = list([c.lr])",
         "c.lr = 0.9", "y = str(model)"],
        {"c.lr": "0.5", "NS.lr": None},
    ),
    (
        "through what was computed from it in its own cell",
        ["import argparse\nargs = argparse.Namespace(lr=0.5)\nmodel = list([args.lr])",
         "y = str(model)"],
        {"args.lr": "0.5"},
    ),
    (
        "a named tuple, enums and paths",
        ["import enum, pathlib\nfrom typing import NamedTuple\n"
         "class Mode(enum.Enum):\n    FAST = 1\n"
         "class Opts(NamedTuple):\n    mode: Mode = Mode.FAST\n    at: object = pathlib.Path('d')",
         "opts = Opts()\ny = str(opts)"],
        {"opts.mode": "FAST", "opts.at": "d"},
    ),
    (
        "a dict that is named so and holds other things too",
        ["import json\nconfig = json.loads('{\"lr\": 0.5, \"a\": {\"b\": 1}}')\nconfig['f'] = len",
         "y = str(config['lr'])"],
        {"config.lr": "0.5", "config.a.b": "1"},
    ),
    ("not any dict", ["import json\nscores = json.loads('{\"a\": 0.5}')", "y = str(scores)"], {}),
    (
        "credentials in it",
        ["from types import SimpleNamespace as NS\nc = NS(api_key='x', n=1)\ny = str(c)"],
        {"c.api_key": "***", "c.n": "1"},
    ),
    (
        "not what the user ignores",
        ["from types import SimpleNamespace as NS\nc = NS(a=1)",
         "%%track --ignore c.a\ny = str(c)"],
        {},
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("cells", "expected"), [c[1:] for c in CONFIGS], ids=[c[0] for c in CONFIGS]
)
def test_configurations(watched: WatchedShell, cells: list[str], expected: dict) -> None:
    """A configuration that a cell uses gives its values by dotted keys, and is no metric."""
    run = watched.track(*cells)
    assert watched.sink.ended[-1][1].error is None
    ours = {key: value for key, value in run.params.items() if not key.startswith("NS.")}
    assert ours == {key: value for key, value in expected.items() if value is not None}
    assert run.metrics == {}
    assert not run.failures


LIBRARIES = {
    "pydantic": (
        "from pydantic import BaseModel\nclass Train(BaseModel):\n    lr: float = 0.1\n"
        "    deep: dict = {'a': 1}\nt = Train(lr=0.5)",
        {"t.lr": "0.5", "t.deep.a": "1"},
    ),
    "omegaconf": (
        "from omegaconf import OmegaConf\nt = OmegaConf.create({'lr': 0.5, 'a': {'b': '${lr}'}})",
        {"t.lr": "0.5", "t.a.b": "${lr}"},
    ),
    "attrs": (
        "import attrs\n@attrs.define\nclass Train:\n    lr: float = 0.1\n    n: int = 2\n"
        "t = Train(lr=0.5)",
        {"t.lr": "0.5", "t.n": "2"},
    ),
}


@pytest.mark.parametrize("library", LIBRARIES)
def test_configurations_of_libraries(watched: WatchedShell, library: str) -> None:
    """Those of pydantic, OmegaConf and attrs are read without computing anything of theirs."""
    pytest.importorskip(library)
    code, expected = LIBRARIES[library]
    run = watched.track(code, "y = str(t)")
    assert {key: run.params[key] for key in expected} == expected
    assert {run.origins[key].rule for key in expected} == {"object"}
    assert run.failures == []


def test_many_values_are_bounded(watched: WatchedShell) -> None:
    """Of a huge configuration the first values are kept, and that there are more is said."""
    run = watched.track(
        "from types import SimpleNamespace as NS\nc = NS(**{f'k{i}': i for i in range(500)})",
        "y = str(c)",
    )
    assert len(run.params) == 100
    (left,) = [item for item in run.explained.left_out if item.key == "c.*"]
    assert "400 more" in left.why


def test_what_a_skipped_cell_made_stays_hidden(watched: WatchedShell) -> None:
    """A configuration of a cell that is not recorded is not read by later ones."""
    run = watched.track(
        "# nbtrack: skip\nfrom types import SimpleNamespace as NS\nc = NS(lr=0.5)", "y = str(c)"
    )
    assert run.params == {}


def test_foreign_objects_are_not_asked(watched: WatchedShell) -> None:
    """An object whose attributes compute is never read as a configuration."""
    watched.track(
        "asked = []\nclass Lazy:\n    def __getattr__(self, name):\n        asked.append(name)\n"
        "        return 1\n    @property\n    def __class__(self):\n        asked.append('class')\n"
        "        return dict\nconfig = Lazy()",
        "y = [config]",
    )
    assert watched.shell.user_ns["asked"] == []


FIT = "from sklearn.svm import SVC\nX, y = [[0.0], [1.0], [2.0], [3.0]], [0, 1, 0, 1]\n"


def test_estimators(watched: WatchedShell) -> None:
    """What a cell trains has its settings; those that nobody chose are marked."""
    pytest.importorskip("sklearn")
    run = watched.track(
        FIT, "strength = 7\nclf = SVC(C=strength * 1.5, kernel='linear')\nclf.fit(X, y)"
    )
    assert run.params["SVC.C"] == "10.5"
    assert run.params["SVC.kernel"] == "linear"
    marks = {key: run.origins[key].is_default for key in run.params}
    assert marks["SVC.C"] is False
    assert run.params["SVC.gamma"] == "scale" and marks["SVC.gamma"] is True
    assert marks["strength"] is None
    assert run.origins["SVC.C"].line == 3


def test_estimators_that_are_only_used(watched: WatchedShell) -> None:
    """One that a cell uses has what was chosen, and no defaults; also inside of a pipeline."""
    pytest.importorskip("sklearn")
    run = watched.track(
        f"{FIT}from sklearn.pipeline import make_pipeline\n"
        "from sklearn.preprocessing import StandardScaler\nbase = str(8)\n"
        "pipe = make_pipeline(StandardScaler(with_mean=False), SVC(C=float(base))).fit(X, y)",
        "pipe.predict(X)",
    )
    ours = {key: value for key, value in run.params.items() if "." in key}
    assert ours == {"StandardScaler.with_mean": "False", "SVC.C": "8.0"}


def test_estimators_in_a_loop_vary(watched: WatchedShell) -> None:
    """A setting that is another one in each iteration is no param; the report says so."""
    pytest.importorskip("sklearn")
    run = watched.track(
        FIT, "for c in [1.5, 2.5]:\n    clf = SVC(C=c)\n    score = clf.fit(X, y).score(X, y)"
    )
    assert "SVC.C" not in run.params
    assert [value for _, value in run.points["c"]] == [1.5, 2.5]
    (left,) = [item for item in run.explained.left_out if item.key == "SVC.C"]
    assert "iteration" in left.why


def test_two_estimators_of_a_class(watched: WatchedShell) -> None:
    """Settings of two that differ are told apart by the names they are bound to."""
    pytest.importorskip("sklearn")
    run = watched.track(FIT, "a = SVC(C=float('3'))\nb = SVC(C=float('4'))\nz = [a, b]")
    assert {key: run.params[key] for key in ("SVC.C", "b.SVC.C")} == {
        "SVC.C": "3.0",
        "b.SVC.C": "4.0",
    }


def test_optimisers_of_torch(watched: WatchedShell) -> None:
    """The decisive settings of an optimiser's groups are params, with what is a default marked."""
    pytest.importorskip("torch")
    run = watched.track(
        "import torch\nnet = torch.nn.Linear(2, 1)\nrate = float('0.5')",
        "opt = torch.optim.Adam(net.parameters(), lr=rate, eps=rate / 10)\n"
        "groups = [{'params': [net.weight], 'lr': rate}, {'params': [net.bias]}]\n"
        "sgd = torch.optim.SGD(groups, lr=0.25, momentum=0.9)\n"
        "plan = torch.optim.lr_scheduler.ExponentialLR(sgd, 0.5)\nsgd.step()\nplan.step()",
    )
    chosen = {key: value for key, value in run.params.items() if not run.origins[key].is_default}
    assert chosen == {
        "Adam.lr": "0.5",
        "Adam.eps": "0.05",
        "SGD.lr": "0.25",
        "SGD.momentum": "0.9",
        "SGD.group0.lr": "0.5",
        "SGD.group1.lr": "0.25",
    }
    defaults = {key: value for key, value in run.params.items() if run.origins[key].is_default}
    assert defaults["Adam.betas"] == "(0.9, 0.999)"
    assert run.failures == []


def test_compiled_models_of_keras(watched: WatchedShell, monkeypatch: pytest.MonkeyPatch) -> None:
    """A model has what it was compiled with, and its optimiser's settings."""
    pytest.importorskip("torch")
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    pytest.importorskip("keras")
    run = watched.track(
        "import keras\nparts = [keras.layers.Input((2,)), keras.layers.Dense(1)]\n"
        "model = keras.Sequential(parts)\n"
        "rate, kind = float('0.5'), str('mse')\n"
        "model.compile(keras.optimizers.SGD(rate, momentum=rate), loss=kind, metrics=[kind])",
        "w = str(model)",
    )
    assert run.params["compile.loss"] == "mse"
    assert run.params["compile.metrics"] == "['mse']"
    assert run.params["SGD.learning_rate"] == "0.5"
    assert run.params["SGD.momentum"] == "0.5"
    assert run.failures == []


def test_parameters_cells(watched: WatchedShell) -> None:
    """A cell tagged `parameters` gives all it binds to later cells, used or not, as last set."""
    tags = {"a = 1\nb = str('x')\nimport math\nc = 2": ("parameters",)}
    watched.hooks._tags_of = lambda source, cell_id: tags.get(source, ())
    watched.run(next(iter(tags)), "# Parameters\na = 5\n", "c = 7")
    run = watched.track("y = sum([0.5])")
    assert run.params == {"a": "5", "b": "x"}
    assert {run.origins[key].rule for key in run.params} == {"tagged"}


def test_parameters_cells_of_jupyterlab(shared_kernel: Kernel) -> None:
    """JupyterLab says a cell's tags with the request to run it."""
    shared_kernel.run("depth_given = 5\nname_given = 'x'", cell_id="p1", tags=["parameters"])
    shared_kernel.run("%%track -n tagged\ny = sum([0.5])", cell_id="p2")
    shared_kernel.run("del depth_given, name_given")
    with shared_kernel.store() as store:
        (run,) = store.search_runs(RunQuery(filter="run_name = 'tagged'")).items
        assert {key: param.value for key, param in run.params.items()} == {
            "depth_given": "5",
            "name_given": "x",
        }
        assert run.params["depth_given"].origin == Origin("tagged", "p1", 1)


def test_tags_in_a_notebook_file(tmp_path: Path) -> None:
    """Where no client says a cell's tags, the notebook's file does, by its id or its source."""
    cells = [
        nbformat.v4.new_code_cell("a = 1", id="one", metadata={"tags": ["parameters"]}),
        nbformat.v4.new_code_cell("b = 1", id="two"),
    ]
    path = tmp_path / "n.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    found = FileCells()
    assert found.tags(str(path), "a = 1\n", None) == ("parameters",)
    assert found.tags(str(path), "a = 2", "one") == ("parameters",)
    assert found.tags(str(path), "a = 1", "two") == ()
    assert found.tags(str(tmp_path / "gone.ipynb"), "a = 1", "one") == ()


def test_long_values_are_whole(watched: WatchedShell) -> None:
    """A value that is longer than a param can be is a file, and the param says which."""
    run = watched.track(f"prompt = {'x' * 10_000!r}")
    assert len(run.params["prompt"]) == 6000
    assert run.params["prompt"].endswith("… [10,000 characters, whole in params/prompt.txt]")
    assert run.artifacts["params/prompt.txt"].data == b"x" * 10_000
