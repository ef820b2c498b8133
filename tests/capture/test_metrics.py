"""What becomes a metric, and which points it has."""

from __future__ import annotations

import pytest

SETUP = "import time, numpy as np\nfrom fractions import Fraction\nfrom decimal import Decimal\n"
CASES = [
    ("computed scalars", "acc = sum([0.5, 0.25])", {"acc": [(0, 0.75)]}),
    (
        "NumPy scalars and 0-d arrays",
        "a = np.mean([1, 2])\nb = np.array(2.5)",
        {"a": [(0, 1.5)], "b": [(0, 2.5)]},
    ),
    (
        "fractions and decimals",
        "a = Fraction(1, 2) + 0\nb = Decimal('1.5') + 0",
        {"a": [(0, 0.5)], "b": [(0, 1.5)]},
    ),
    ("not bools, arrays, text", "a = 1 in [1]\nb = np.ones(1)\nc = str(5)", {}),
    ("not literals", "a = 5\nb = 2 * a", {}),
    (
        "not sizes",
        "X = np.ones((4, 2))\nn = len(X)\nd = X.shape[1]\nm, k = X.shape\nh = len(X) // 2\n"
        "s = X.size",
        {},
    ),
    (
        "not clock readings, but spans",
        "t0 = time.time()\nspan = time.time() * 0 - 0 * t0",
        {"span": [(0, 0.0)]},
    ),
    ("not private names", "_a = sum([1])", {}),
    (
        "a dict of scalars",
        "m = dict(zip(['a', 'b'], [1.0, 2]))",
        {"m.a": [(0, 1.0)], "m.b": [(0, 2.0)]},
    ),
    ("a nested dict", "r = {'x': {'f1': sum([0.5])}}", {"r.x.f1": [(0, 0.5)]}),
    (
        "named tuples and dataclasses, by their scalar fields",
        "from typing import NamedTuple\nfrom dataclasses import dataclass\n"
        "class Found(NamedTuple):\n    acc: float\n    name: str\n"
        "@dataclass\nclass Result:\n    found: Found\n    loss: float\n"
        "r = Result(Found(sum([0.5]), 'x'), np.float32(0.25))",
        {"r.found.acc": [(0, 0.5)], "r.loss": [(0, 0.25)]},
    ),
    (
        "scalars of pandas, but not its dates, spans and gaps",
        "import pandas as pd\ns = pd.Series([1.0, 3.0])\na = s.mean()\nb = s.iloc[0]\n"
        "c = pd.NA if a else 0\nd = pd.Timestamp('2020') + pd.Timedelta(1)\n"
        "e = np.array(['2020'], 'datetime64[ns]').max()\nf = np.timedelta64(5, 'ns') * 2\n"
        "g = pd.NaT if a else 0",
        {"a": [(0, 2.0)], "b": [(0, 1.0)]},
    ),
    ("not a mixed dict", "r = {'x': sum([0.5]), 'name': str(1)}", {}),
    ("two names at once", "a, b = sum([1]), sum([2])", {"a": [(0, 1.0)], "b": [(0, 2.0)]}),
    ("the last expression, by its name", "np.mean([1, 3])", {"np.mean": [(0, 2.0)]}),
    ("the last expression looked through", "x = sum([0.126])\nround(x, 2)", {"x": [(0, 0.126)]}),
    ("not what a log call gives back", "log_param = max\nlog_param(3, sum([4]))", {}),
    ("not a literal last", "a = 3\na", {}),
    ("not a text last", "str(3)", {}),
    ("what replaces a literal", "a = 0\na = sum([4])", {"a": [(0, 4.0)]}),
    ("not what an untaken branch binds", "if not 1:\n    a = sum([1])", {}),
    (
        "inside with",
        "import contextlib\nwith contextlib.nullcontext():\n    a = sum([1.5])",
        {"a": [(0, 1.5)]},
    ),
    ("what an f-string prints", "print(f'Best acc: {sum([0.5]):.3f}')", {"best_acc": [(0, 0.5)]}),
    (
        "what a format prints",
        "print('R2 %.2f, RMSE: %0.1f' % (sum([1]), sum([2.5])))\n"
        "print('Loss {:.2f}.'.format(sum([3])))",
        {"r2": [(0, 1.0)], "rmse": [(0, 2.5)], "loss": [(0, 3.0)]},
    ),
    (
        "what stands after a text",
        "print('The mean is', np.mean([1, 3]), 'and', len([1]))",
        {"np.mean": [(0, 2.0)]},
    ),
    (
        "not twice what a name has",
        "a = sum([2])\nprint(f'a: {a}, rounded {round(a, 1)}')",
        {"a": [(0, 2.0)]},
    ),
    (
        "printed in a loop, by its counter",
        "for epoch in range(0, 4, 2):\n    print('loss', sum([epoch]))",
        {"loss": [(0, 0.0), (2, 2.0)]},
    ),
    ("not printed on an ignored line", "print('a', sum([1]))  # nbtrack: ignore", {}),
    ("not through another print", "print = str\nprint(sum([1]))\n1", {}),
    ("not indices", "best_idx = np.argmax([1, 3])\nclass_id = int(best_idx)", {}),
    ("NaN and infinity", "a = float('inf') * 1", {"a": [(0, float("inf"))]}),
    (
        "a loop, by its own counter",
        "for epoch in range(1, 4):\n    loss = epoch / 2",
        {"loss": [(1, 0.5), (2, 1.0), (3, 1.5)]},
    ),
    (
        "a setting that takes several values",
        "for lr in [0.1, 0.01]:\n    y = lr * 2",
        {"y": [(0, 0.2), (1, 0.02)], "lr": [(0, 0.1), (1, 0.01)]},
    ),
    (
        "several settings, with names for their values",
        "rates = [0.5, 0.25]\nfor i, (lr) in enumerate(rates):\n"
        "    for depth, c in zip([2, 8], [1.5, 2.5]):\n        pass",
        {
            "lr": [(0, 0.5), (1, 0.25)],
            "depth": [(0, 2.0), (1, 8.0), (2, 2.0), (3, 8.0)],
            "c": [(0, 1.5), (1, 2.5), (2, 1.5), (3, 2.5)],
        },
    ),
    ("not what counts", "for n in [3, 4, 5]:\n    pass\nfor word in 'ab':\n    pass", {}),
    (
        "a setting that is switched in a loop",
        "lr = 0.5\nfor epoch in range(3):\n    if epoch == 1:\n        lr = 0.25",
        {"lr": [(0, 0.5), (1, 0.25), (2, 0.25)]},
    ),
    (
        "a setting that is used with one value after the other",
        "lr = 0.5\nprint(lr)\nlr = 0.25\nprint(lr)\nk = 1\nk = 2",
        {"lr": [(0, 0.5), (1, 0.25)]},
    ),
    (
        "a setting that a function reads between its values",
        "lr = 0.5\ndef f():\n    print(lr)\nf()\nlr = 0.25\nf()",
        {"lr": [(0, 0.5), (1, 0.25)]},
    ),
    (
        "enumerate",
        "for i, x in enumerate([2.0, 3.0], 5):\n    y = x * 2",
        {"y": [(5, 4.0), (6, 6.0)], "x": [(5, 2.0), (6, 3.0)]},
    ),
    (
        "a while loop",
        "n = 3.0\nwhile n > 1:\n    n = n - 1 + 0 * sum([1])\n",
        {"n": [(0, 2.0), (1, 1.0)]},
    ),
    (
        "not counters, targets, sizes, literals",
        "i = 0\nfor x in [1, 2]:\n    i += 1\n    done = True\n    n = len([x])",
        {},
    ),
    ("an accumulator", "t = 0\nfor x in [1, 2]:\n    t += x", {"t": [(1, 1.0), (2, 3.0)]}),
    (
        "nested: each name in its outermost loop",
        "for e in range(2):\n    for b in range(2):\n        loss = e + b / 2\n    acc = loss + 10",
        {"loss": [(0, 0.0), (1, 0.5), (2, 1.0), (3, 1.5)], "acc": [(0, 10.5), (1, 11.5)]},
    ),
    (
        "nested: reset outside, added inside",
        "for e in range(2):\n    hits = 0\n    for b in range(3):\n        hits += b * e",
        {"hits": [(0, 0.0), (1, 3.0)]},
    ),
    (
        "break counts its partial iteration",
        "for i in range(5):\n    a = i * 1.5\n    if i == 2:\n        break\n    b = i * 2.5",
        {"a": [(0, 0.0), (1, 1.5), (2, 3.0)], "b": [(0, 0.0), (1, 2.5)]},
    ),
    (
        "continue skips what it skips",
        "for i in range(4):\n    a = i * 1.5\n    if i % 2:\n        continue\n    b = i * 2.5",
        {"a": [(0, 0.0), (1, 1.5), (2, 3.0), (3, 4.5)], "b": [(0, 0.0), (2, 5.0)]},
    ),
    (
        "a conditional binding only when it happens",
        "best = 0\nfor i, s in enumerate(map(float, '213')):\n    if s > best:\n"
        "        best = s + 0",
        {"best": [(0, 2.0), (2, 3.0)]},
    ),
    (
        "a loop whose counter falls",
        "for k in [5, 3, 9]:\n    a = k / 2",
        {"a": [(5, 2.5), (6, 1.5), (9, 4.5)], "k": [(5, 5.0), (6, 3.0), (9, 9.0)]},
    ),
    (
        "else of a loop",
        "for i in range(2):\n    a = i * 2.0\nelse:\n    z = sum([9])",
        {"a": [(0, 0.0), (1, 2.0)], "z": [(0, 9.0)]},
    ),
    (
        "bound again after the loop",
        "for i in range(2):\n    a = i * 2.0\na = a * 1.5",
        {"a": [(0, 0.0), (1, 2.0), (2, 3.0)]},
    ),
    (
        "two loops one after the other",
        "for i in range(2):\n    a = i * 2.0\nfor i in range(2):\n    a = i * 3.0",
        {"a": [(0, 0.0), (1, 2.0), (2, 0.0), (3, 3.0)]},
    ),
    (
        "a loop in with and try",
        "import contextlib\nwith contextlib.nullcontext():\n"
        "    try:\n        for i in range(2):\n            a = i * 2.0\n    finally:\n        pass",
        {"a": [(0, 0.0), (1, 2.0)]},
    ),
    ("a loop that never runs", "for i in []:\n    a = i * 2.0", {}),
    ("a schedule", "lr = 1.0\nfor i in range(2):\n    lr *= 0.5", {"lr": [(0, 0.5), (1, 0.25)]}),
    (
        "a dict in a loop",
        "for i in range(2):\n    logs = dict(loss=i * 0.5)",
        {"logs.loss": [(0, 0.0), (1, 0.5)]},
    ),
    (
        "not what the cell logs itself",
        "def log(**k): pass\nfor i in range(2):\n    a = i * 2.0\n    log(a=a, step=i)",
        {},
    ),
    (
        "await in a loop",
        "import asyncio\nfor i in range(2):\n    await asyncio.sleep(0)\n    a = i * 2.0",
        {"a": [(0, 0.0), (1, 2.0)]},
    ),
    (
        "async for",
        "async def g():\n    for i in range(2):\n        yield i\n"
        "async for i in g():\n    a = i * 2.0",
        {"a": [(0, 0.0), (1, 2.0)]},
    ),
    (
        "in %%time",
        "%%time\nfor i in range(2):\n    a = i * 2.0\nb = sum([1])",
        {"a": [(0, 0.0), (1, 2.0)], "b": [(0, 1.0)]},
    ),
]


@pytest.mark.parametrize(("cell", "expected"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_metrics(watched, cell, expected) -> None:
    """A tracked cell's metrics are the scalars it computes, its loops' as series."""
    run = watched.track(SETUP, cell)
    assert watched.sink.ended[-1][1].error is None
    assert run.points == expected
    assert not run.failures


def test_tensors(watched) -> None:
    """Tensors of no dimension are metrics, those with a gradient too; others are not."""
    pytest.importorskip("torch")
    run = watched.track(
        "import torch\nt = torch.ones(3, requires_grad=True)",
        "a = t.sum()\nb = t * 2\nc = (t > 0).all()\nd = torch.tensor(3) + 0\n"
        "e = torch.nn.functional.mse_loss(t, t)\nf = torch.zeros((), device='meta')\n"
        "for i in range(2):\n    loss = (t * i).mean()",
    )
    assert run.points == {
        "a": [(0, 3.0)],
        "d": [(0, 3.0)],
        "e": [(0, 0.0)],
        "loss": [(0, 0.0), (1, 1.0)],
    }
    assert run.failures == []


def test_error_keeps_what_was_captured(watched) -> None:
    """A cell that raises in a loop keeps the points of the iterations before."""
    run = watched.track("for i in range(5):\n    a = i * 2.0\n    if i == 3:\n        1 / 0")
    assert run.points["a"] == [(0, 0.0), (1, 2.0), (2, 4.0)]
    assert run.outcome.error_name == "ZeroDivisionError"


def test_error_does_not_show_stale_values(watched) -> None:
    """A name that a failed cell did not get to bind is no metric, though it exists."""
    run = watched.track("acc = sum([0.5])", "1 / 0\nacc = sum([0.7])")
    assert run.points == {}


def test_track_on_makes_runs_of_cells_with_metrics(watched) -> None:
    """With tracking on, a cell that yields a metric is a run from its own start; others are not."""
    watched.hooks.track_all = True
    watched.run("x = 5", "import math", "y = math.sqrt(x)", "for i in range(2):\n    z = i * 0.5")
    first, second = watched.sink.runs
    assert first.metrics == {"y": 5**0.5}
    assert first.params == {"x": "5"}
    assert first.facts.source == "y = math.sqrt(x)"
    assert second.points == {"z": [(0, 0.0), (1, 0.5)]}


def test_timed_code_is_left_alone(watched) -> None:
    """What `%%timeit` times is not watched: it binds nothing in the notebook."""
    run = watched.track("%%track\n%%timeit -n1 -r1\nfor i in range(2):\n    a = i * 2.0")
    assert run.points == {} and not run.failures
    run = watched.track("%%track\n%time b = sum([1.5])")
    assert run.metrics == {"b": 1.5}


def test_ignored_lines(watched) -> None:
    """Names bound on a line marked so are no metrics."""
    run = watched.track("a = sum([1])  # nbtrack: ignore\nfor i in range(2):\n    b = i * 2.0")
    assert set(run.metrics) == {"b"}


def test_old_objects_are_free_to_go(watched) -> None:
    """A tracked cell does not keep alive what it replaces."""
    run = watched.track(
        "import gc, weakref\nclass Model: pass\nmodel = Model()\nseen = weakref.ref(model)",
        "model = str(1)\nimport gc\ngc.collect()\ngone = int(seen() is None) + sum([])",
    )
    assert run.metrics == {"gone": 1.0}


def test_explicit_keys_win(watched) -> None:
    """A metric that the user logged to the run is not captured on top."""
    watched.shell.user_ns["mark"] = lambda key: watched.sink.runs[-1].explicit.add(key)
    run = watched.track("mark('a')\na = sum([1])\nb = sum([2])")
    assert run.metrics == {"b": 2.0}


def test_long_series_are_thinned_and_say_so(watched) -> None:
    """A loop of very many iterations has a bounded number of points, over its whole length."""
    run = watched.track("for i in range(400_000):\n    a = i * 2.0")
    points = run.points["a"]
    assert 100_000 <= len(points) <= 300_000
    assert points[-1][0] > 390_000
    assert any("thinned" in note for note in run.notes)


def test_progress_knows_the_length(watched) -> None:
    """The outermost loop's progress is known while it runs; inner ones have none."""
    seen = []
    watched.shell.user_ns["look"] = lambda: seen.append(
        [(loop.label, loop.done, loop.total) for loop in watched.sink.runs[-1].loops]
    )
    watched.track("for epoch in range(3):\n    for b in [1]:\n        pass\n    look()")
    assert seen == [[("epoch", 0, 3)], [("epoch", 1, 3)], [("epoch", 2, 3)]]


def test_nothing_is_left_behind(watched) -> None:
    """After a tracked loop no name of nbtrack is left in the namespace or the builtins."""
    import builtins

    before = set(vars(builtins)), set(watched.shell.user_ns)
    watched.track("for i in range(2):\n    a = i * 2.0")
    assert {name for name in set(vars(builtins)) - before[0] if "nbtrack" in name} == set()
    assert set(watched.shell.user_ns) - before[1] - {"i", "a", "_i1", "_i2"} == set()
