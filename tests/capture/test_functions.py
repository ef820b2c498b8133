"""Loops in functions that a tracked cell defines."""

from __future__ import annotations

import multiprocessing
import sys

import pytest

from tests.capture.shell import WatchedShell

CASES = [
    (
        "by the loop's own counter",
        "def train(n):\n    for epoch in range(1, n + 1):\n        loss = epoch / 2\ntrain(3)",
        {"loss": [(1, 0.5), (2, 1.0), (3, 1.5)]},
    ),
    (
        "not counters, targets, sizes, literals, private names, indices",
        "def f():\n    i = 0\n    for x in [1, 2]:\n        i += 1\n        done = True\n"
        "        n = len([x])\n        _y = x * 1.5\n        best_idx = x * 2\nf()",
        {},
    ),
    (
        "not what is bound outside of loops",
        "def f():\n    a = sum([1])\n    for i in range(2):\n        b = i / 2\n    return [a]\n"
        "f();",
        {"b": [(0, 0.0), (1, 0.5)]},
    ),
    (
        "nested: each name in its outermost loop, inner steps counted through",
        "def f():\n    for e in range(2):\n        hits = 0\n        for b in range(2):\n"
        "            hits += b * e\n            loss = e + b / 2\n        acc = loss + 10\nf()",
        {
            "loss": [(0, 0.0), (1, 0.5), (2, 1.0), (3, 1.5)],
            "hits": [(0, 0.0), (1, 1.0)],
            "acc": [(0, 10.5), (1, 11.5)],
        },
    ),
    (
        "an inner function in a loop's body",
        "def f():\n    def g():\n        for j in range(2):\n            a = j * 2.0\n"
        "    for i in range(2):\n        g()\n        b = i * 3.0\nf()",
        {"a": [(0, 0.0), (1, 2.0), (2, 0.0), (3, 2.0)], "b": [(0, 0.0), (1, 3.0)]},
    ),
    (
        "break and continue",
        "def f():\n    for i in range(9):\n        a = i * 1.5\n        if i == 3:\n"
        "            break\n        if i % 2:\n            continue\n        b = i * 2.5\nf()",
        {"a": [(0, 0.0), (1, 1.5), (2, 3.0), (3, 4.5)], "b": [(0, 0.0), (2, 5.0)]},
    ),
    (
        "left by return, the last iteration too",
        "def f(x):\n    while True:\n        x = x / 2\n        if x < 1:\n            return [x]\n"
        "f(4);",
        {"x": [(0, 2.0), (1, 1.0), (2, 0.5)]},
    ),
    (
        "left by an error that is caught",
        "def f():\n    for i in range(3):\n        a = i * 2.0\n        [1, 2][i]\n"
        "try:\n    f()\nexcept IndexError:\n    pass",
        {"a": [(0, 0.0), (1, 2.0), (2, 4.0)]},
    ),
    (
        "only when it is bound",
        "def f():\n    best = 0\n    for i, s in enumerate(map(float, '132')):\n"
        "        if s > best:\n            best = s + 0\nf()",
        {"best": [(0, 1.0), (1, 3.0)]},
    ),
    (
        "a setting that takes several values",
        "def f():\n    for lr in [0.5, 0.25]:\n        for b in range(2):\n"
        "            a = lr * b\nf()",
        {"lr": [(0, 0.5), (1, 0.25)], "a": [(0, 0.0), (1, 0.5), (2, 0.0), (3, 0.25)]},
    ),
    (
        "several calls continue the series",
        "def f(k):\n    for i in range(2):\n        a = i * k\nf(1.0)\nf(3.0)",
        {"a": [(0, 0.0), (1, 1.0), (2, 0.0), (3, 3.0)]},
    ),
    (
        "recursion",
        "def f(depth):\n    for i in range(2):\n        a = depth + i / 2\n"
        "        if depth and i:\n            f(depth - 1)\nf(1)",
        {"a": [(0, 1.0), (1, 1.5), (2, 0.0), (3, 0.5)]},
    ),
    (
        "generators that take turns",
        "def g(k):\n    for i in range(2):\n        a = i * k\n        yield\n"
        "for _ in zip(g(1.0), g(3.0)):\n    pass",
        {"a": [(0, 0.0), (1, 0.0), (2, 1.0), (3, 3.0)]},
    ),
    (
        "two functions with one name for it",
        "def train():\n    for i in range(2):\n        loss = i * 2.0\n"
        "def check():\n    for i in range(2):\n        loss = i * 3.0\ntrain()\ncheck()",
        {"train.loss": [(0, 0.0), (1, 2.0)], "check.loss": [(0, 0.0), (1, 3.0)]},
    ),
    (
        "a name that the cell itself has",
        "def train():\n    for i in range(2):\n        loss = i * 2.0\n    return loss\n"
        "loss = train() + 1",
        {"train.loss": [(0, 0.0), (1, 2.0)], "loss": [(0, 3.0)]},
    ),
    (
        "methods of two classes",
        "class A:\n    def fit(self):\n        for i in range(2):\n            loss = i * 2.0\n"
        "class B:\n    def fit(self):\n        for i in range(2):\n            loss = i * 3.0\n"
        "A().fit()\nB().fit()",
        {"A.fit.loss": [(0, 0.0), (1, 2.0)], "B.fit.loss": [(0, 0.0), (1, 3.0)]},
    ),
    (
        "tuples, walrus, with, dicts",
        "import contextlib\ndef f():\n    n = 3\n    while (n := n - 1) > 0 + sum([]):\n"
        "        a, b = n / 2, [n]\n        logs = dict(loss=n * 1.5)\n"
        "        with contextlib.nullcontext(n * 2.5) as c:\n            pass\nf()",
        {
            "n": [(0, 2.0), (1, 1.0)],
            "a": [(0, 1.0), (1, 0.5)],
            "c": [(0, 5.0), (1, 2.5)],
            "logs.loss": [(0, 3.0), (1, 1.5)],
        },
    ),
    (
        "async functions",
        "import asyncio\nasync def g():\n    for i in range(2):\n        yield i\n"
        "async def f():\n    async for i in g():\n        await asyncio.sleep(0)\n"
        "        a = i * 2.0\nawait f()",
        {"a": [(0, 0.0), (1, 2.0)]},
    ),
    (
        "decorated by what keeps them Python",
        "import functools\ndef mine(f): return f\n@mine\n@functools.lru_cache\ndef f(k):\n"
        "    for i in range(2):\n        a = i * k\n    return k\nf(2);",
        {"a": [(0, 0.0), (1, 2.0)], "f": [(0, 2.0)]},
    ),
    (
        "not decorated by what may compile them, or handed to it",
        "import numba_like as nb\n@nb.njit\ndef f():\n    for i in range(2):\n        a = i * 2.0\n"
        "def g():\n    for i in range(2):\n        b = i * 2.0\nf()\nnb.jit(g)()",
        {},
    ),
    (
        "not on ignored lines, nor what is logged",
        "def log(**k): pass\ndef f():\n    for i in range(2):\n"
        "        a = i * 2.0  # nbtrack: ignore\n        b = i * 3.0\n        log(b=b)\nf()",
        {},
    ),
    ("--ignore by the function's name", "%%track --ignore train\ndef train():\n"
     "    for i in range(2):\n        a = i * 2.0\n        train.x = a\n"
     "def other():\n    for i in range(2):\n        a = i * 3.0\ntrain()\nother()",
     {"other.a": [(0, 0.0), (1, 3.0)]}),
    (
        "NaN and infinity",
        "def f():\n    for v in ['nan', 'inf']:\n        a = float(v)\n        b = a == a\nf()",
        {"a": [(0, pytest.approx(float("nan"), nan_ok=True)), (1, float("inf"))]},
    ),
]  # fmt: skip


@pytest.fixture(autouse=True)
def numba_like(monkeypatch: pytest.MonkeyPatch) -> None:
    """A module whose decorators give functions back."""
    module = type(sys)("numba_like")
    module.njit = module.jit = lambda function: function
    monkeypatch.setitem(sys.modules, "numba_like", module)


@pytest.mark.parametrize(("cell", "expected"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_loops_in_functions(watched: WatchedShell, cell: str, expected: dict) -> None:
    """A function's loops yield a series for each scalar they bind."""
    run = watched.track(cell)
    assert watched.sink.ended[-1][1].error is None
    assert run.points == expected
    assert not run.failures


def test_the_line_is_the_bindings(watched: WatchedShell) -> None:
    """A series' origin is the line in the function that binds its name."""
    run = watched.track(
        "x = 1\ndef f():\n    for i in range(2):\n        i\n        a = i / 2\nf()"
    )
    assert (run.origins["a"].rule, run.origins["a"].line) == ("loop", 6)


def test_threads_lose_nothing(watched: WatchedShell) -> None:
    """A function that runs in several threads at once gives every point, with steps that grow."""
    run = watched.track(
        "import time\nfrom concurrent.futures import ThreadPoolExecutor\ndef f(k):\n"
        "    for i in range(50):\n        a = k + i * 0.5\n        time.sleep(0)\n"
        "with ThreadPoolExecutor(4) as pool:\n    list(pool.map(f, [0, 100, 200, 300]))"
    )
    values = sorted(value for _, value in run.points["a"])
    assert values == sorted(k + i * 0.5 for k in (0, 100, 200, 300) for i in range(50))
    steps = [step for step, _ in run.points["a"]]
    assert steps == sorted(set(steps))


def test_progress_of_a_loop_in_a_function(watched: WatchedShell) -> None:
    """The outermost loop of a function tells how far it is, and when it is left."""
    seen = []
    watched.shell.user_ns["look"] = lambda: seen.append(
        [(loop.label, loop.done, loop.total, loop.running) for loop in watched.sink.runs[-1].loops]
    )
    run = watched.track(
        "def f():\n    for epoch in range(3):\n        for b in [1]:\n            pass\n"
        "        look()\nf()"
    )
    assert seen == [[("epoch", done, 3, True)] for done in range(3)]
    assert [(loop.done, loop.running) for loop in run.loops] == [(3, False)]


def test_functions_are_as_written_afterwards(watched: WatchedShell) -> None:
    """When the cell is over its functions have the code that the user wrote."""
    cell = (
        "import functools\ndef f(n):\n    for i in range(n):\n        a = i * 2.0\n    return n\n"
        "class C:\n    @staticmethod\n    def g():\n        for i in range(2):\n"
        "            b = i / 2\n"
        "    @property\n    def p(self):\n        for i in range(2):\n            c = i / 2\n"
        "def made():\n    def inner():\n        for i in range(2):\n            d = i / 2\n"
        "        return 7\n    return inner\nkept = made()\nf(2)"
    )
    watched.track(cell)
    tracked = {name: watched.shell.user_ns[name] for name in ("f", "C", "kept")}
    watched.run(f"# untracked\n{cell}")
    plain = watched.shell.user_ns
    for one, other in (
        (tracked["f"], plain["f"]),
        (tracked["C"].g, plain["C"].g),
        (tracked["C"].p.fget, plain["C"].p.fget),
    ):
        assert one.__code__.co_code == other.__code__.co_code
        assert list(one.__code__.co_lines())[1:] == list(other.__code__.co_lines())[1:]
    # A closure that is out of reach keeps its calls; they do nothing any more.
    points = dict(watched.sink.runs[-1].points)
    assert tracked["kept"]() == 7
    assert watched.sink.runs[-1].points == points


def test_a_function_runs_where_nbtrack_is_not(watched: WatchedShell) -> None:
    """A followed function does its work in another process, while its cell runs."""
    pytest.importorskip("joblib", reason="sends functions to other processes")
    run = watched.track(
        "from joblib import Parallel, delayed\ndef f(k):\n    for i in range(3):\n"
        "        a = i * k\n    return a\n"
        "found = Parallel(n_jobs=2)(delayed(f)(k) for k in (1, 2))\n"
        "total = sum(found)"
    )
    assert run.metrics == {"total": 6.0}
    assert watched.shell.user_ns["found"] == [2, 4]


def test_a_forked_child_records_nothing(watched: WatchedShell) -> None:
    """The journal belongs to the parent: a child that was forked leaves it alone."""
    if "fork" not in multiprocessing.get_all_start_methods():
        pytest.skip("no fork on this system")
    run = watched.track(
        "import os\ndef f():\n    for i in range(3):\n        a = i * 2.0\n"
        "    return [a]\nchild = os.fork()\nif not child:\n    before = len(str(f))\n    f()\n"
        "    os._exit(0)\nos.waitpid(child, 0)\nf();"
    )
    assert run.points["a"] == [(0, 0.0), (1, 2.0), (2, 4.0)]


def test_objects_are_not_kept(watched: WatchedShell) -> None:
    """What a function's loop binds is free to go when the function lets it go."""
    run = watched.track(
        "import weakref\nclass Big(list): pass\ndef f():\n    gone = []\n"
        "    for i in range(2):\n        big = Big()\n        seen = weakref.ref(big)\n"
        "        big = str(1)\n        gone.append(seen() is None)\n    return gone\nf()"
    )
    assert watched.shell.user_ns["_"] == [True, True]
    assert run.failures == []
