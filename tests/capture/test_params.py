"""What becomes a param."""

from __future__ import annotations

import pytest

CASES = [
    (
        "literals",
        ["lr = 1e-3*2\nn = 2**10\nname = 'rf'\non = True\nnothing = None"],
        {"lr": "0.002", "n": "1024", "name": "rf", "on": "True", "nothing": "None"},
    ),
    (
        "a negative number and containers",
        ["a = -3\nb = [1, 2]\nc = (1, 'x')"],
        {"a": "-3", "b": "[1, 2]", "c": "(1, 'x')"},
    ),
    (
        "a dict with dotted keys",
        ["cfg = {'opt': {'lr': 0.1}, 'depth': 3}"],
        {"cfg.opt.lr": "0.1", "cfg.depth": "3"},
    ),
    ("a dict by keywords", ["cfg = dict(lr=0.1)"], {"cfg.lr": "0.1"}),
    ("two names at once", ["a, b = 1, 'x'"], {"a": "1", "b": "x"}),
    ("not private names", ["_a = 1\nb = 2"], {"b": "2"}),
    (
        "not modules, functions, classes",
        ["import math\ndef f(): pass\nclass C: pass\nx = 1"],
        {"x": "1"},
    ),
    ("an earlier cell that is read", ["lr = 0.1\nunused = 5", "print(lr)"], {"lr": "0.1"}),
    ("through a function", ["lr = 0.1", "def f(x):\n    return x * lr", "y = f(2)"], {"lr": "0.1"}),
    (
        "through a function of a function",
        ["lr = 0.1", "def g():\n    return lr", "def f():\n    return g()", "y = f()"],
        {"lr": "0.1"},
    ),
    (
        "through a value computed earlier",
        ["lr = 0.1", "model = list((lr,))", "y = sum(model)"],
        {"lr": "0.1"},
    ),
    (
        "through a method call earlier",
        ["rate = 0.5", "model = list()", "model.append(rate)", "y = sum(model)"],
        {"rate": "0.5"},
    ),
    (
        "the value when it was read",
        ["lr = 0.1", "model = list((lr,))", "lr = 0.9", "y = sum(model)"],
        {"lr": "0.1"},
    ),
    ("the present value when it is read", ["lr = 0.1", "lr = 0.9", "y = str(lr)"], {"lr": "0.9"}),
    ("a changed dict", ["cfg = {'lr': 0.1}", "cfg['lr'] = 0.2", "y = str(cfg)"], {"cfg.lr": "0.2"}),
    (
        "the branch that was taken",
        ["if True:\n    mode = 'a'\nelse:\n    mode = 'b'"],
        {"mode": "a"},
    ),
    ("arithmetic on literals", ["width = 4\nhidden = 2 * width"], {"width": "4", "hidden": "8"}),
    (
        "not what a loop changes",
        ["best = 0\nfor i in range(3):\n    best = max(best, i * 1.5)"],
        {},
    ),
    ("not an accumulator", ["losses = []\nlosses.append(1)"], {}),
    ("not an own name of a function", ["def f():\n    inner = 3\n    return inner\nf()"], {}),
    (
        "the settings of a model that is scored",
        [
            "class Model:\n    def __init__(self, **kw): pass\n    def score(self): return 1 / 3",
            "m = Model(depth=3, name='x', data=[1.5] * 2, verbose=True)",
            "m.score()",
        ],
        {"Model.depth": "3", "Model.name": "x", "Model.data": "[1.5, 1.5]"},
    ),
    (
        "two models apart, by their names",
        [
            "class Model:\n    def __init__(self, **kw): pass",
            "a = Model(c=1, d=5)\nb = Model(c=2, d=5)\ny = [a, b]",
        ],
        {"a.Model.c": "1", "b.Model.c": "2", "Model.d": "5"},
    ),
    (
        "models in a list",
        ["class Model:\n    def __init__(self, **kw): pass", "y = [Model(c=1), Model(c=2)]"],
        {"Model.c": "[1, 2]"},
    ),
    (
        "settings that were changed",
        [
            "class Model:\n    def __init__(self, **kw): pass\n"
            "    def set_params(self, **kw): pass",
            "m = Model(c=1, d=2)",
            "m.set_params(c=5, model__d=len('a'))\ny = str(m)",
        ],
        {"Model.c": "5"},
    ),
    (
        "of a library's functions, and seeds",
        [
            "import numpy as np\nfrom sklearn.model_selection import train_test_split",
            "rng = np.random.RandomState(7)\nnp.random.seed(3)\n"
            "a, b = train_test_split(rng.rand(8), test_size=0.25)",
        ],
        {"RandomState.seed": "7", "np.random.seed.seed": "3", "train_test_split.test_size": "0.25"},
    ),
    (
        "not of plotting, data frames and files",
        [
            "import matplotlib.pyplot as plt, pandas as pd, io\nimport numpy as np",
            "d = pd.DataFrame({'a': [1]}, columns=['a'])\nf = plt.figure(figsize=(1, 1))\n"
            "x = np.linspace(0, 1, num=5)\ny = sorted([2, 1], reverse=True)\nplt.close('all')",
        ],
        {},
    ),
    (
        "not on an ignored line",
        [
            "class M:\n    def __init__(self, **k): pass",
            "m = M(c=1)  # nbtrack: ignore\nn = M(d=2)",
        ],
        {"M.d": "2"},
    ),
    (
        "no credentials",
        ["api_key = 'abc'\nmax_tokens = 5\ndb = 'pg://u:pw@h/d'"],
        {"api_key": "***", "max_tokens": "5", "db": "***"},
    ),
    (
        "credentials in a dict",
        ["cfg = {'password': 'x', 'user': 'y'}"],
        {"cfg.password": "***", "cfg.user": "y"},
    ),
    ("-p", ["%%track -p seed=3+4\nx = 1"], {"seed": "7", "x": "1"}),
    (
        "-p from the namespace before",
        ["n = 2", "%%track -p 'k=n * 2'\nn = 3"],
        {"k": "4", "n": "3"},
    ),
    ("--only", ["%%track --only a*\nab = 1\nb = 2"], {"ab": "1"}),
    ("a repeated list", ["layers = [64] * 2"], {"layers": "[64, 64]"}),
    ("not empty containers", ["log = []", "found = {}\nx = 1\nprint(log)"], {"x": "1"}),
    (
        "not what varies: it is a series, or has all its values",
        [
            "for kernel in ['linear', 'rbf']:\n    pass\nlr = 0.5\nfor i in range(2):\n"
            "    lr = lr * 0.5\nrate = 1\nprint(rate)\nrate = 2\nn = 1\nn = 2"
        ],
        {"kernel": "['linear', 'rbf']", "n": "2"},
    ),
    ("nbtrack: ignore", ["a = 1  # nbtrack: ignore\nb = 2"], {"b": "2"}),
    ("--ignore", ["%%track --ignore a*\nab = 1\nb = 2"], {"b": "2"}),
]


@pytest.mark.parametrize(("cells", "expected"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_params(watched, cells, expected) -> None:
    """A tracked cell's params are the literals it binds or depends on."""
    run = watched.track(*cells)
    assert run.params == expected
    assert not run.failures


def test_origin_names_line_and_cell(watched) -> None:
    """A param's origin is the line that bound it, counted in its own cell."""
    run = watched.track("a = 1\nlr = 0.1", "\nx = 5\nprint(lr)")
    assert run.origins["lr"].line == 2
    assert run.origins["x"].line == 3
    assert run.origins["lr"].rule == "literal"


def test_failed_cell_binds_only_what_ran(watched) -> None:
    """Literals below the line that raised are not what later cells see."""
    watched.run("lr = 0.1", "1 / 0\nlr = 0.5")
    assert watched.track("y = str(lr)").params == {"lr": "0.1"}


def test_long_text_is_cut(watched) -> None:
    """A param's text keeps to MLflow's limit."""
    run = watched.track(f"prompt = {'x' * 10_000!r}")
    assert len(run.params["prompt"]) == 6000
