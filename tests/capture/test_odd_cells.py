"""Cells that are hard to watch: a tracked one does what the untracked one does."""

from __future__ import annotations

import re
import textwrap

import pytest

from nbtrack.entities import ExecutionStatus, RunStatus
from nbtrack.store.base import RunQuery
from tests.capture.kernel import Kernel
from tests.capture.shell import WatchedShell

PAD = "\n" * 6
ODD = {
    "a length that raises": """
        class L:
            def __len__(self): raise RuntimeError("no length")
            def __iter__(self): return iter([1, 2])
        for x in L():
            print(x)
        """,
    "a length hint of one's own": """
        class L:
            def __length_hint__(self):
                print("computed")
                return 2
            def __iter__(self): return iter([1, 2])
        for x in L():
            print(x)
        """,
    "objects whose every question raises": """
        class W:
            __hash__ = None
            shape = ()
            def __eq__(self, other): raise RuntimeError("eq")
            def __float__(self): raise KeyError("float")
            def __bool__(self): raise RuntimeError("bool")
            def __getattr__(self, name): raise RuntimeError(name)
        for i in range(3):
            v = W()
        d = {"a": W(), "b": 1.0}
        """,
    "a lazy object": """
        class Lazy:
            @property
            def __class__(self):
                print("computed")
                return float
        for i in range(2):
            lazy = Lazy()
        print("done")
        del lazy
        """,
    "a dict with keys that have no text": """
        class K:
            def __str__(self): raise RuntimeError("str")
        for i in range(2):
            d = {K(): 1.0}
        """,
    "complex numbers": """
        import numpy as np
        c = np.complex128(1 + 2j)
        for i in range(2):
            z = np.array(c * i)
        """,
    "a dict that changes under its loop": """
        d = {1: 2}
        for k in d:
            d[k + 1] = 3
        """,
    "a weak reference": """
        import weakref
        class O: pass
        for i in range(3):
            o = O(); w = weakref.ref(o)
            del o
            print(w() is None)
        """,
    "an object that says when it goes": """
        class O:
            def __del__(self): print("gone")
        for i in range(3):
            o = O()
        print("end")
        del o
        """,
    "built-ins shadowed": """
        import builtins
        str = float = int = isinstance = list = dict = len = 3
        range = lambda n: [n, n]
        for i in range(3):
            y = i * 0.5
        del str, float, int, isinstance, list, dict, len, range
        y
        """,
    "else of loops": """
        for i in range(3):
            y = i * 0.5
        else:
            print("else", y)
        while y:
            y -= 0.5
            if y == 0.5: break
        else:
            print("never")
        """,
    "async loops": """
        async def ag():
            for i in range(3): yield i
        async for x in ag():
            y = x * 0.5
            print(y)
        """,
    "a generator left early": """
        def g():
            try:
                yield from range(5)
            finally:
                print("closed")
        for x in g():
            if x == 2: break
        print("after")
        """,
    "source of a function": """
        import inspect
        def foo(a):
            for i in range(a): b = i
            return b
        print(inspect.getsource(foo), foo.__code__.co_firstlineno)
        """,
    "warnings with lines": """
        import warnings
        warnings.simplefilter("always")
        for i in range(2):
            warnings.warn("hey")
        """,
    "a system exit": "import sys\nsys.exit(3)",
    "an exception of one's own": "class Stop(BaseException): pass\nraise Stop('x')",
    "another stdout": """
        import sys
        class Tee:
            def __init__(self, stream): self.stream = stream
            def write(self, text): return self.stream.write(text.upper())
            def flush(self): self.stream.flush()
        old = sys.stdout; sys.stdout = Tee(old)
        print("tee")
        sys.stdout = old
        sys.stdout.write("plain\\n")
        """,
    "traced code": """
        import sys
        lines = []
        def tracer(frame, event, arg):
            if frame.f_code.co_name == "work": lines.append((event, frame.f_lineno))
            return tracer
        def work():
            for i in range(2): y = i
        old = sys.gettrace(); sys.settrace(tracer)
        work()
        sys.settrace(old)
        lines
        """,
    "traced loops of every kind in functions": """
        import contextlib, sys
        lines = []
        def tracer(frame, event, arg):
            if frame.f_code.co_filename == own: lines.append((event, frame.f_lineno))
            return tracer if frame.f_code.co_filename == own else None
        def work(items):
            total = 0
            for i, x in enumerate(items):
                y = (
                    x
                    * 0.5
                )
                total += y
                if i == 3:
                    continue
                elif i == 4:
                    break
                while y > 1:
                    y /= 2
                    with contextlib.nullcontext(y) as z:
                        z
                else:
                    y = -1.0
            else:
                total = 7.5
            for j in range(2):
                try:
                    q = 1 / j
                except ZeroDivisionError:
                    q = 0.5
                finally:
                    r = q * 2
            for k in range(3):
                if (s := k * 1.5) > 1:
                    return s
        own = work.__code__.co_filename
        old = sys.gettrace(); sys.settrace(tracer)
        work(range(9)); work([1]); work([9])
        sys.settrace(old)
        lines
        """,
    "traced loops at the top": """
        import sys
        lines = []
        def tracer(frame, event, arg): return None
        def local(frame, event, arg):
            if event == "line": lines.append(frame.f_lineno)
            return local
        if True:
            frame = sys._getframe()
            old = sys.gettrace(), frame.f_trace
            sys.settrace(tracer); frame.f_trace = local
            n = 0
            while n < 4:
                n += 1
                y = n * 0.5
                for i in range(3):
                    z = i * 0.5
                    if i == n:
                        break
                else:
                    z = 9.5
            w = 1
            sys.settrace(old[0]); frame.f_trace = old[1]
        assert len(lines) > 30
        lines
        """,
    "covered code": """
        import coverage, sys
        def work(n):
            for i in range(n):
                y = i * 0.5
                if i == 2:
                    break
            while n:
                n -= 1
                z = n * 0.5
            return z
        own = work.__code__.co_filename
        measured = coverage.Coverage(branch=True, data_file=None, include=[own])
        measured.start(); work(4); work(1); measured.stop()
        data = measured.get_data()
        [sorted(data.arcs(file)) for file in data.measured_files()]
        """,
    "an error in a loop of a function": """
        def work(n):
            total = 0
            for i in range(n):
                y = i * 0.5
                total += y
                for j in [1, 2][
                    i
                ]:
                    pass
        work(3)
        """,
    "locals, frames and code of a function": """
        import sys
        def work(n):
            for i in range(n):
                y = i * 0.5
                here = sorted(locals()), sorted(sys._getframe().f_locals)
            return here, work.__code__.co_varnames, work.__code__.co_argcount
        work(2)
        """,
    "a recursive generator": """
        def walk(n):
            for i in range(n):
                y = i * 0.5
                yield y
                yield from walk(n - 1)
        list(walk(3))
        """,
    "an exception at hand in a loop": """
        import sys
        def work():
            try:
                1 / 0
            except ZeroDivisionError:
                for i in range(2):
                    y = i * 0.5
                    print(sys.exc_info()[0])
                raise
        work()
        """,
}  # fmt: skip


@pytest.mark.parametrize("cell", ODD.values(), ids=ODD)
def test_an_odd_cell_looks_as_untracked(shared_kernel: Kernel, cell: str) -> None:
    """The same outputs, the same errors, and no word of nbtrack's."""
    code = PAD + textwrap.dedent(cell).strip()
    untracked = shared_kernel.run(f"# first line\n{code}")
    tracked = shared_kernel.run(f"%%track\n{code}")
    shown = [[_comparable(part) for part in ran.shown()] for ran in (tracked, untracked)]
    assert shown[0] == shown[1]
    assert tracked.status == untracked.status


def _comparable(part: tuple[str, object]) -> tuple[str, object]:
    # A warning names the cell's file, which has another name each time.
    if part[0] == "stderr":
        return part[0], re.sub(r"\S*ipykernel_\d+/\d+", "cell", str(part[1]))
    return part


def test_an_error_without_a_text_ends_its_run(shared_kernel: Kernel) -> None:
    """IPython stumbles over it; the run still fails, and the next execution is recorded."""
    shared_kernel.run("class Bad(Exception):\n    def __str__(self): raise RuntimeError('no text')")
    bad = shared_kernel.run("%%track -n textless\nraise Bad()")
    later = shared_kernel.run("'later'")
    with shared_kernel.store() as store:
        (run,) = store.search_runs(RunQuery(filter="run_name = 'textless'")).items
        assert run.status is RunStatus.FAILED
        assert store.get_execution(bad.msg_id).status is ExecutionStatus.ERROR
        assert store.get_execution(later.msg_id).status is ExecutionStatus.OK


def test_a_container_that_grew_is_no_param(watched: WatchedShell) -> None:
    """It began empty in the code; what is in it now was computed."""
    fill = "def fill(items):\n    items.extend(range(1_000_000))"
    run = watched.track("items = []", fill, "fill(items)\ntotal = sum(items) / 2")
    assert run.params == {}
    assert list(run.metrics) == ["total"]


def test_complex_numbers_are_no_metrics(watched: WatchedShell) -> None:
    """Half of a number would be a wrong number."""
    run = watched.track("import numpy as np", "z = np.complex128(1 + 2j) * 2")
    assert run.metrics == {}
    assert run.failures == []
