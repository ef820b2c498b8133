"""The dependency graph: names read, bound and changed, slices, and what to know of them."""

from __future__ import annotations

import numpy as np
import pytest

from tests.capture.shell import WatchedShell

pd = pytest.importorskip("pandas", reason="the table has cells with DataFrames")

# name, cells before, the cell, what it reads, binds and changes (None: not looked at)
NAMES = [
    ("a comprehension", "xs = [1]; k = 2", "ys = [k * x for x in xs]", "k xs", "ys", ""),
    ("augmented", "n = 1", "n += 1", "n", "n", ""),
    ("subscript store", "d = {}", "d['a'] = 1", "d", "", "d"),
    ("a store that changes nothing", "d = {'a': 1}", "d['a'] = 1", "d", "", ""),
    ("attribute store", "class A: pass\na = A()", "a.x = 1", "a", "", "a"),
    ("method that changes", "xs = [1]", "xs.append(2)", "xs", "", "xs"),
    ("method that is pure", "xs = [1]", "n = xs.index(1)", "xs", "n", ""),
    ("method that could and does not", "xs = [1]", "xs.extend([])", "xs", "", ""),
    ("alias", "xs = [1]; other = xs", "xs.append(2)", "xs", "", "other xs"),
    ("import", "", "import math as m", "", "m", ""),
    ("import star", "", "from math import *", "", None, ""),
    ("global", "", "def f():\n    global g\n    g = 1\nf()", "", "f g", ""),
    ("del", "a = 1", "del a", "a", "a", ""),
    ("del item", "d = {1: 2}", "del d[1]", "d", "", "d"),
    ("star-unpacking", "xs = [1, 2, 3]", "a, *b = xs", "xs", "a b", ""),
    ("walrus", "xs = [1]", "if (n := len(xs)) > 3: pass", "xs", "n", ""),
    ("match", "p = (1, 2)", "match p:\n    case (a, b) if a: c = b", "p", "a b c", ""),
    ("match rest", "p = {'k': 1}", "match p:\n    case {'k': v, **rest}: pass", "p", "rest v", ""),
    ("except name", "class E(Exception): pass", "try: pass\nexcept E: pass", "E", "", ""),
    ("await", "import asyncio", "r = await asyncio.sleep(0, 5)", "asyncio", "r", ""),
    ("%time", "def f(x): return x\nk = 2", "%time y = f(k)", "f k", "y", ""),
    ("%%time", "k = 2", "%%time\ny = k", "k", "y", ""),
    ("%timeit", "k = [2]", "%timeit -n 1 -r 1 len(k)", "k", "", ""),
    ("a command", "folder = '.'", "out = !echo {folder} $folder", "folder", "out", ""),
    ("exec", "", "exec('hidden = 1')", "", "hidden", ""),
    ("a function followed", "k = 2\ndef f(): return k", "y = f()", "f k", "y", ""),
    ("a function that changes", "log = []\ndef f(): log.append(1)", "f()", "f log", "", "log"),
    (
        "functions in functions",
        "t = []\ndef f():\n    t.append(1)\ndef g():\n    f()",
        "g()",
        "f g t",
        "",
        "t",
    ),
    ("a branch not taken", "a = 1", "if a > 5:\n    b = 2", "a", "", ""),
    ("a branch that rebinds nothing new", "b = 'q w'", "if False:\n    b = 'e r'", "", "", ""),
    ("passed to a function", "def f(x): x.append(1)\nxs = []", "f(xs)", "f xs", "", "xs"),
    (
        "passed to one that only reads",
        "def f(x): return x[0]\nxs = [1]",
        "y = f(xs)",
        "f xs",
        "y",
        "",
    ),
    ("lambda", "xs = [3]; k = 1", "ys = sorted(xs, key=lambda v: v * k)", "k xs", "ys", ""),
    ("class body", "k = 1", "class A:\n    z = k\n    def m(self): return k", "k", "A", ""),
    ("decorator", "def d(f): return f", "@d\ndef g(): pass", "d", "g", ""),
    ("an array changed in place", "import numpy as np\na = np.zeros(9)", "a[2] = 1", "a", "", "a"),
    (
        "a column added",
        "import pandas as pd\ndf = pd.DataFrame({'a': [1]})",
        "df['b'] = 2",
        "df",
        "",
        "df",
    ),
    (
        "a frame that is shown",
        "import pandas as pd\ndf = pd.DataFrame({'a': [1]})",
        "df.describe()",
        "df",
        "",
        "",
    ),
    (
        "in place",
        "import pandas as pd\ndf = pd.DataFrame({'a': [2, 1]})",
        "df.sort_values('a', inplace=True)",
        "df",
        "",
        "df",
    ),
    ("a seed", "import random", "random.seed(0)", "random", "", "random"),
    ("an iterator", "it = iter([1, 2])", "n = next(it)", "it", "n", "it"),
]


@pytest.fixture
def watched() -> WatchedShell:
    """A shell that is watched."""
    return WatchedShell()


@pytest.mark.parametrize(
    ("before", "cell", "reads", "writes", "changes"),
    [c[1:] for c in NAMES],
    ids=[c[0] for c in NAMES],
)
def test_names(watched, before, cell, reads, writes, changes, capsys) -> None:
    """A cell reads, binds and changes what its code says, where that is what happened."""
    if before:
        watched.run(before)
    watched.run(cell)
    _, outcome, read, written = watched.sink.ended[-1]
    assert outcome.error is None
    assert " ".join(read) == reads
    if writes is not None:
        assert " ".join(written) == writes
    assert " ".join(watched.sink.changed[-1]) == changes


def test_a_star_import_binds_what_came(watched) -> None:
    """`from math import *` binds the names that are there afterwards."""
    watched.run("from math import *")
    assert {"sqrt", "pi"} <= set(watched.sink.ended[-1][3])


# name, cells, numbers of the cells in the slice of the last
SLICES = [
    ("only what is needed", ("a = 1", "b = 2", "c = a", "score = c * 2"), [0, 2, 3]),
    ("bound again", ("a = 1", "a = 2", "score = a"), [1, 2]),
    ("changed since", ("xs = []", "xs.append(1)", "print(xs)", "score = sum(xs)"), [0, 1, 3]),
    ("through a function", ("k = 2", "def f(): return k", "z = 0", "score = f()"), [0, 1, 3]),
    (
        "a seed counts",
        ("import random", "random.seed(1)", "b = 1", "score = random.random()"),
        [0, 1, 3],
    ),
    ("a plot does not", ("xs = [1]", "print(xs); len(xs)", "score = sum(xs)"), [0, 2]),
    ("a failed cell may have bound", ("a = 1", "boom()\na = 2", "score = a"), [0, 2]),
    ("deleted and made anew", ("a = 1", "del a", "a = 3", "score = a"), [2, 3]),
    (
        "a loop that trains",
        ("m = []", "for i in range(3): m.append(i)", "score = sum(m)"),
        [0, 1, 2],
    ),
    ("an alias that changed", ("a = []", "b = a", "b.append(1)", "score = sum(a)"), [0, 1, 2, 3]),
]


@pytest.mark.parametrize(("cells", "wanted"), [c[1:] for c in SLICES], ids=[c[0] for c in SLICES])
def test_slices(watched, cells, wanted) -> None:
    """The slice of a tracked cell is the fewest executed cells that its result comes from."""
    run = watched.track(*cells)
    ran = [facts.msg_id for facts in watched.sink.started]
    assert [ran.index(msg_id) for msg_id in run.explained.slice] == wanted


def test_a_cell_run_a_thousand_times_leaves_one_link(watched) -> None:
    """What was superseded is forgotten: the slice holds the last of many equal executions."""
    for _ in range(50):
        watched.run("a = 1", "b = a + 1")
    run = watched.track("score = b")
    assert len(run.explained.slice) == 3


def flags(run) -> dict[str, list[str]]:
    """The names of each kind of flag."""
    return {flag.kind: flag.names for flag in run.explained.flags}


class TestFlags:
    def test_a_clean_run_has_none(self, watched) -> None:
        """A result of cells that stand as they ran needs no warning."""
        run = watched.track("a = 1", "score = a + 1")
        assert flags(run) == {}
        assert run.flags == ()

    def test_values_from_before_the_history(self, watched) -> None:
        """A value that no recorded cell made is told, with its name."""
        watched.shell.user_ns["from_elsewhere"] = 3
        run = watched.track("a = 1", "score = a + from_elsewhere")
        assert flags(run) == {"unrecorded": ["from_elsewhere"]}
        assert run.flags == ("unrecorded",)
        watched.run("from_elsewhere = 4")
        assert flags(watched.track("score = from_elsewhere")) == {}

    def test_a_cell_that_was_edited_since(self, watched) -> None:
        """A value from a cell whose text is another one by now is told, until all is run again."""
        watched.cell("load", "a = 1")
        watched.cell("prepare", "b = a * 2")
        watched.cell("load", "a = 5")
        assert flags(watched.cell("fit", "%%track\nscore = b")) == {"edited": ["a"]}
        watched.cell("prepare", "b = a * 2")
        assert flags(watched.cell("fit", "%%track\nscore = b")) == {}

    def test_a_cell_that_ran_again_since(self, watched) -> None:
        """A value that is older than its cell's last run is told as out of order."""
        watched.cell("load", "import random\na = random.random()")
        watched.cell("prepare", "b = a * 2")
        watched.cell("load", "import random\na = random.random()")
        assert flags(watched.cell("fit", "%%track\nscore = b")) == {"out_of_order": ["a"]}


def test_a_large_table_is_not_copied_or_read(watched) -> None:
    """A look at an object of 200 MB allocates next to nothing."""
    import tracemalloc

    watched.shell.user_ns["big"] = pd.DataFrame(np.zeros((1_000_000, 25)))
    watched.run("def use(x): return x.shape")
    tracemalloc.start()
    watched.track("shape = use(big)")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 5_000_000
