"""The table of hard cells for names: what each execution reads, binds and changes, and slices."""

from __future__ import annotations

import textwrap
import time
from dataclasses import dataclass

import pytest

from nbtrack.capture import graph
from nbtrack.capture.graph import Graph, reached, slice_of
from nbtrack.capture.touched import Touched
from nbtrack.history.earlier import earlier_of
from nbtrack.present import capture_report
from nbtrack.store.base import RunQuery
from tests.capture.kernel import Kernel
from tests.capture.shell import WatchedShell


@dataclass
class Hard:
    """Cells that run in turn; what the last one does, and which ones it needs."""

    cells: list[str]
    reads: str = ""
    writes: str = ""
    changes: str = ""
    needs: tuple[int, ...] = ()


HARD = {
    "a plain read": Hard(["x = 1", "y = x"], "x", "y", needs=(0,)),
    "what was bound anew": Hard(["x = 1", "x = 2", "y = x"], "x", "y", needs=(1,)),
    "a chain": Hard(["a = 1", "b = a", "z = 0", "c = b"], "b", "c", needs=(0, 1)),
    "names of its own": Hard(["x = 1", "x = 2\ny = x"], "", "x y"),
    "augmented assignment": Hard(["x = 1", "x += 1", "x += 2"], "x", "x", needs=(0, 1)),
    "a list augmented": Hard(["x = [1]", "y = x", "x += [2]", "y"], "y", needs=(0, 1, 2)),
    "a subscript": Hard(["d = {}", "d['a'] = 1", "d['a']"], "d", needs=(0, 1)),
    "a subscript assigned": Hard(["d = {}", "k = 'a'", "d[k] = 1"], "d k", "", "d", (0, 1)),
    "a subscript deleted": Hard(["d = {1: 2}", "del d[1]"], "d", "", "d", (0,)),
    "an attribute assigned": Hard(
        ["class C: pass", "c = C()", "c.a = 1"], "c", "", "c", (0, 1)
    ),
    "an attribute read": Hard(
        ["class C: a = 1", "c = C()", "c.a", "y = c.a"], "c", "y", needs=(0, 1)
    ),
    "a method that changes": Hard(["x = []", "x.append(1)"], "x", "", "x", (0,)),
    "a method that may change, and did not": Hard(["x = [1]", "x.clear() if len(x) > 1 else 0"],
        "x", needs=(0,)),
    "a method that looks": Hard(["x = [1]", "x.count(1)", "y = x"], "x", "y", needs=(0,)),
    "a method of a class of one's own": Hard(
        [
            "class C:\n    def __init__(self): self.n = [0]\n"
            "    def look(self): return self.n\n    def put(self): self.n.append(1)",
            "c = C()", "c.look()", "c.put()", "c.n",
        ],
        "c", needs=(0, 1, 3),
    ),
    "passed to a function that looks": Hard(
        ["def f(d): return d[0]", "x = [1]", "f(x)", "y = x"], "x", "y", needs=(1,)
    ),
    "passed to a function that changes": Hard(
        ["def f(d): d.append(1)", "x = [1]", "f(x)", "y = x"], "x", "y", needs=(0, 1, 2)
    ),
    "passed on to a part that is changed": Hard(
        ["def f(d):\n    e = d['k']\n    e.append([])", "x = {'k': [[]]}", "f(x)", "x"],
        "x", needs=(0, 1, 2),
    ),
    "passed to a built-in": Hard(["x = [[3], [1]]", "sorted(x)", "y = x"], "x", "y", needs=(0,)),
    "passed to what nobody knows": Hard(
        ["import ast", "x = [[]]", "ast.anything = lambda v: v.append(1)", "ast.anything(x)", "x"],
        "x", needs=(0, 1, 2, 3),
    ),
    "an iterator that is used up": Hard(
        ["it = iter([1, 2, 3])", "a = next(it)", "b = list(it)"], "it", "b", "it", (0, 1)
    ),
    "a function's globals": Hard(
        ["rate = 1", "def f(): return rate", "rate = 2", "y = f()"], "f rate", "y", needs=(1, 2)
    ),
    "functions through functions": Hard(
        ["a = 1", "def f(): return a", "def g(): return f()", "y = g()"],
        "a f g", "y", needs=(0, 1, 2),
    ),
    "a function only defined": Hard(["rate = 1", "def f(): return rate"], "", "f"),
    "a global in a function": Hard(
        ["n = 0", "def f():\n    global n\n    n = n + 1", "f()"], "f n", "n", needs=(0, 1)
    ),
    "a global list that a function fills": Hard(
        ["log = []", "def f(): log.append(1)", "f()", "log"], "log", needs=(0, 1, 2)
    ),
    "a lambda by its name": Hard(["k = 2", "f = lambda v: v * k", "y = f(1)"], "f k", "y",
        needs=(0, 1)),
    "a function by another name": Hard(
        ["k = 2", "def f(): return k", "g = f", "y = g()"], "g k", "y", needs=(0, 1, 2)
    ),
    "a partial": Hard(
        ["from functools import partial", "k = 2", "def f(a): return a * k", "p = partial(f, 1)",
         "y = p()"], "k p", "y", needs=(0, 1, 2, 3),
    ),
    "a decorated function": Hard(
        ["import functools", "n = 3", "@functools.cache\ndef f(): return n", "y = f()"],
        "f n", "y", needs=(0, 1, 2),
    ),
    "a comprehension": Hard(["xs = [1]", "k = 2", "y = [v * k for v in xs]"], "k xs", "y",
        needs=(0, 1)),
    "a name of a comprehension": Hard(["v = 1", "y = [v for v in range(2)]"], "", "y"),
    "a name in a comprehension's condition": Hard(
        ["m = 1", "y = {a: b for a in range(2) for b in range(a) if b < m}"], "m", "y", needs=(0,)
    ),
    "star-unpacking": Hard(["xs = [1, 2, 3]", "a, *b = xs"], "xs", "a b", needs=(0,)),
    "a swap": Hard(["a, b = 1, 2", "a, b = b, a"], "a b", "a b", needs=(0,)),
    "a walrus": Hard(["xs = [1]", "(n := len(xs))"], "xs", "n", needs=(0,)),
    "a walrus in a comprehension": Hard(["y = [last := v for v in range(3)]"], "", "last y"),
    "match": Hard(
        ["p = {'k': 3}", "match p:\n    case {'k': int(v), **rest}: got = v\n    case _: no = 1"],
        "p", "got rest v", needs=(0,),
    ),
    "a branch taken": Hard(["x = 1", "if True:\n    x = 2", "x"], "x", needs=(1,)),
    "a branch not taken": Hard(["x = 1.5", "if False:\n    x = 2.5", "x"], "x", needs=(0,)),
    "a loop's names": Hard(["for i in range(3):\n    y = i", "z = y"], "y", "z", needs=(0,)),
    "a loop that reads itself": Hard(
        ["t = 0", "for i in range(3):\n    t = t + i"], "t", "i t", needs=(0,)
    ),
    "an exception's name": Hard(["try:\n    1 / 0\nexcept ValueError as e:\n    e\n"
        "except ZeroDivisionError as f:\n    y = f"], "", "y"),
    "with": Hard(
        ["import contextlib", "with contextlib.nullcontext(3) as v:\n    y = v"],
        "contextlib", "v y", needs=(0,),
    ),
    "del": Hard(["x = 1", "y = x", "del x"], "x", "x", needs=(0,)),
    "a name deleted and made again": Hard(["x = 1", "del x", "x = 3", "x"], "x", needs=(2,)),
    "an import": Hard(["import math", "y = math.pi"], "math", "y", needs=(0,)),
    "import *": Hard(["from math import *", "y = cos(0)"], "cos", "y", needs=(0,)),
    "import * and its names in one cell": Hard(["from math import *\ny = cos(0)"], "",
        "cos y *"),
    "an import in a function": Hard(["def f():\n    import math\n    return math.pi", "y = f()"],
        "f", "y", needs=(0,)),
    "async": Hard(
        ["import asyncio", "k = 2", "async def f():\n    await asyncio.sleep(0)\n    return k",
         "y = await f()"], "asyncio f k", "y", needs=(0, 1, 2),
    ),
    "an f-string": Hard(["x = 1", "y = f'{x:>{x}}'"], "x", "y", needs=(0,)),
    "a class that reads": Hard(["x = 1", "class C:\n    a = x\n    b = a"], "x", "C", needs=(0,)),
    "exec": Hard(["exec('hidden = 1')", "hidden"], "hidden", needs=(0,)),
    "globals()": Hard(["globals()['made'] = 1", "made"], "made", needs=(0,)),
    "%time": Hard(["x = 1", "%time y = x"], "x", "y", needs=(0,)),
    "%%time": Hard(["x = 1", "%%time\ny = x"], "x", "y", needs=(0,)),
    "%timeit": Hard(["x = 1", "%timeit -n1 -r1 y = x"], "x", "", needs=(0,)),
    "%%timeit": Hard(["x = 1", "%%timeit -n1 -r1\ny = x"], "x", "", needs=(0,)),
    "%%capture": Hard(["x = 1", "%%capture out\ny = x"], "x", "out y", needs=(0,)),
    "a shell line": Hard(["x = 1", "!true $x {x + 1}"], "x", "", needs=(0,)),
    "a shell line's output": Hard(["x = 1", "y = !echo {x}"], "x", "y", needs=(0,)),
    "%%bash": Hard(["x = 1", "%%bash -s {x} --out said\necho $1"], "x", "said", needs=(0,)),
    "%env": Hard(["%env NBT_GRAPH=1", "import os", "y = os.environ['NBT_GRAPH']"], "os", "y",
        needs=(0, 1)),
    "the seed of a module": Hard(
        ["import random", "random.seed(1)", "y = random.random()"], "random", "y", "random", (0, 1)
    ),
    "numpy's seed, imported again": Hard(
        ["import numpy as np", "np.random.seed(1)", "import numpy as np", "y = np.random.rand()"],
        "np", "y", "np", (0, 1, 2),
    ),
    "an array that is only looked at": Hard(
        ["import numpy as np\na = np.zeros(9)", "a.mean(); np.sort(a)", "y = a"], "a", "y",
        needs=(0,),
    ),
    "an array changed in place": Hard(
        ["import numpy as np\na = np.zeros(9)", "a[0] = 1", "a += 1", "np.add(a, 1, out=a)",
         "y = a"], "a", "y", needs=(0, 1, 2, 3),
    ),
    "an array shuffled": Hard(
        ["import numpy as np\na = np.arange(9)", "np.random.shuffle(a)", "y = a"], "a", "y",
        needs=(0, 1),
    ),
    "a view of an array": Hard(
        ["import numpy as np\na = np.zeros(9)", "v = a[:3]", "v += 1", "y = a"], "a", "y",
        needs=(0, 1, 2),
    ),
    "a table": Hard(
        ["import pandas as pd\ndf = pd.DataFrame({'a': [1, 2]})", "df.head(); df.describe()",
         "df['b'] = 3", "y = df.mean()"], "df", "y", needs=(0, 2),
    ),
    "a table changed in place": Hard(
        ["import pandas as pd\ndf = pd.DataFrame({'a': [2, 1]})",
         "df.sort_values('a', inplace=True)", "y = df.mean()"], "df", "y", needs=(0, 1),
    ),
    "a part of a table": Hard(
        ["import pandas as pd\ndf = pd.DataFrame({'a': [2, 1]})", "part = df[df.a > 1].copy()",
         "part['b'] = 1", "y = df.mean()"], "df", "y", needs=(0,),
    ),
    "an estimator": Hard(
        ["from sklearn.linear_model import Ridge", "import numpy as np\nX = np.eye(3)\ny = [1,2,3]",
         "m = Ridge()", "m.fit(X, y)", "m.predict(X)", "s = m.score(X, y)"],
        "X m y", "s", needs=(0, 1, 2, 3),
    ),
    "a part that another name holds": Hard(
        ["d = {'k': []}", "part = d['k']", "part.append(1)", "y = d"], "d", "y", needs=(0, 1, 2)
    ),
    "the same object by another name": Hard(
        ["a = []", "b = a", "b.append(1)", "y = a"], "a", "y", needs=(0, 1, 2)
    ),
    "a failed cell's names": Hard(
        ["x = 1", "x = 2\n1 / 0\nx = 3", "y = x"], "x", "y", needs=(1,)
    ),
}  # fmt: skip


@pytest.mark.parametrize("hard", HARD.values(), ids=HARD)
def test_hard_cells(watched: WatchedShell, hard: Hard) -> None:
    """The last cell's names are those expected, and its slice the cells that it needs."""
    *before, last = [textwrap.dedent(cell) for cell in hard.cells]
    run = watched.track(*before, last)
    _, _, reads, writes = watched.sink.ended[-1]
    wanted = set(hard.writes.split())
    if "*" in wanted:
        assert wanted - {"*"} <= set(writes)
    else:
        assert set(writes) == wanted
    assert set(reads) == set(hard.reads.split())
    assert set(watched.sink.changed[-1]) == set(hard.changes.split())
    numbers = {facts.msg_id: at for at, facts in enumerate(watched.sink.started)}
    assert run.explained is not None and not run.failures
    assert [numbers[msg_id] for msg_id in run.explained.slice] == [*hard.needs, len(before)]


def flags(run):
    """Kind and names of a run's flags."""
    return {(flag.kind, tuple(flag.names)) for flag in run.explained.flags}


def run_as(watched: WatchedShell, cell_id: str, source: str) -> None:
    """Run a cell that has an id."""
    watched.shell.run_cell(source, cell_id=cell_id)


def test_clean_order_has_no_flags(watched: WatchedShell) -> None:
    """Cells that ran from the top once, and again as they are, raise no flag."""
    for _ in range(2):
        run_as(watched, "a", "x = 1")
        run_as(watched, "b", "y = x + 1")
        run_as(watched, "c", "%%track\nz = y + 1")
    assert flags(watched.sink.runs[-1]) == set()


def test_a_value_of_an_edited_cell(watched: WatchedShell) -> None:
    """A value from a cell that ran again with other code, which no longer makes it, is flagged."""
    run_as(watched, "a", "x = 1")
    run_as(watched, "a", "other = 1")
    run_as(watched, "c", "%%track\nz = x + 1.5")
    assert flags(watched.sink.runs[-1]) == {("edited", ("x",))}
    (flag,) = watched.sink.runs[-1].explained.flags
    assert (flag.text, flag.cell_id) == (
        "Cell c used x from cell a, which was edited and ran again since.",
        "a",
    )
    assert watched.sink.runs[-1].flags == ("edited",)


def test_a_chain_that_did_not_run_again(watched: WatchedShell) -> None:
    """A value computed before the cell it depends on was edited and run again is flagged."""
    run_as(watched, "a", "x = 1")
    run_as(watched, "b", "y = x + 1")
    run_as(watched, "a", "x = 5")
    run_as(watched, "c", "%%track\nz = y + 1.5")
    assert flags(watched.sink.runs[-1]) == {("edited", ("x",))}


def test_stale_through_a_cell_of_the_same_code(watched: WatchedShell) -> None:
    """A cell that ran again on other values, without what it feeds, is out of order."""
    run_as(watched, "p", "w = 1")
    run_as(watched, "a", "x = w + 1")
    run_as(watched, "b", "y = x + 1")
    run_as(watched, "q", "w = 7")
    run_as(watched, "a", "x = w + 1")
    run_as(watched, "c", "%%track\nz = y + 1.5")
    assert ("out_of_order", ("x",)) in flags(watched.sink.runs[-1])


def test_what_no_execution_made(watched: WatchedShell) -> None:
    """A name that was set between executions is unrecorded; one that a cell set anew is not."""
    watched.run("y = 1")
    watched.shell.user_ns["y"] = [5]
    assert flags(watched.track("z = len(y)")) == {("unrecorded", ("y",))}
    assert flags(watched.track("y = [2]", "z = len(y)")) == set()


def test_superseded_executions_are_let_go() -> None:
    """A cell that runs a thousand times leaves one node; a true chain is kept to a limit."""
    kept = Graph()
    for number in range(1000):
        kept.add(f"m{number}", "a", "x = 1", Touched(writes={"x": True}))
    assert len(reached([kept.current("x")])) == 1


def test_long_chains_are_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a chain longer than the limit the oldest executions are let go, and it says so."""
    monkeypatch.setattr(graph, "MAX_NODES", 100)
    kept = Graph()
    for number in range(2048):
        touched = Touched(frozenset({"x"}), {"x": True}, before={"x"} if number else set())
        kept.add(f"m{number}", "a", "x += 1", touched)
    nodes = slice_of(kept.current("x"))
    assert len(nodes) <= 101 and nodes[0].cut


def test_slice_in_a_kernel(shared_kernel: Kernel) -> None:
    """A run's recorded slice is what its page shows as earlier; names changed are kept."""
    first = shared_kernel.run("graph_rows = [3]", cell_id="g1")
    shared_kernel.run("graph_other = 1", cell_id="g2")
    second = shared_kernel.run("graph_rows.append(4)", cell_id="g3")
    shared_kernel.run("len(graph_rows)", cell_id="g4")
    last = shared_kernel.run("%%track -n sliced\ngraph_total = sum(graph_rows) / 2", cell_id="g5")
    with shared_kernel.store() as store:
        (run,) = store.search_runs(RunQuery(filter="attributes.run_name = 'sliced'")).items
        execution = store.get_execution(last.msg_id)
        assert execution.names_read == ("graph_rows",)
        assert store.get_execution(second.msg_id).names_changed == ("graph_rows",)
        report = capture_report(store, run)
        assert report is not None
        assert report.slice == [first.msg_id, second.msg_id, last.msg_id]
        for recorded in (report.slice, ()):
            found = earlier_of(store, execution, recorded)
            assert [one.msg_id for one in found] == [first.msg_id, second.msg_id]


def test_thread_in_a_kernel(shared_kernel: Kernel) -> None:
    """What a thread binds between executions is unrecorded."""
    shared_kernel.run(
        "import threading, time\n"
        "def late():\n    time.sleep(0.4)\n    globals()['graph_late'] = 2\n"
        "graph_thread = threading.Thread(target=late); graph_thread.start()"
    )
    time.sleep(1)
    shared_kernel.run("%%track -n late\ngraph_y = graph_late * 1.5")
    with shared_kernel.store() as store:
        (run,) = store.search_runs(RunQuery(filter="attributes.run_name = 'late'")).items
    assert run.flags == ("unrecorded",)
