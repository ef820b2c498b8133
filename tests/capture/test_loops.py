"""The changed syntax tree of a tracked cell, over a lot of code that others wrote."""

from __future__ import annotations

import ast
import copy
import os
from pathlib import Path
from types import CodeType

import pytest

from nbtrack.capture.flow import Flow
from nbtrack.capture.function_loops import followed_functions
from nbtrack.capture.function_plan import plan_functions
from nbtrack.capture.loops import instrument
from nbtrack.capture.options import TrackOptions
from nbtrack.capture.plan import CellPlan, plan_cell
from nbtrack.capture.printed import replacements

LIBRARY = Path(os.__file__).parent
FILES = sorted(LIBRARY.glob("[a-d]*.py"))


def as_cell(path: Path) -> ast.Module:
    """A file's code, with function bodies at the top level too, where tracked loops are."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    leaving = (ast.Return, ast.Yield, ast.YieldFrom, ast.Nonlocal, ast.Global, ast.Await)
    for part in list(ast.walk(tree)):
        inside = ast.walk(part) if isinstance(part, ast.FunctionDef) else ()
        if isinstance(part, ast.FunctionDef) and not any(isinstance(i, leaving) for i in inside):
            tree.body.extend(part.body)
    return tree


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_any_code_still_compiles(path: Path) -> None:
    """The changed tree compiles as the original does, and the original is left as it was."""
    tree = as_cell(path)
    before = ast.dump(tree, include_attributes=True)
    plan = plan_cell(tree, Flow().read(tree), TrackOptions())
    changed = instrument(tree, plan, 0, replacements(plan.printed, len(plan.loops)))
    assert ast.dump(tree, include_attributes=True) == before
    compile(ast.fix_missing_locations(copy.deepcopy(tree)), str(path), "exec")
    compile(ast.fix_missing_locations(changed), str(path), "exec")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_any_functions_still_compile(path: Path) -> None:
    """Functions whose loops are followed compile, with the arguments and names they had."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    before = ast.dump(tree, include_attributes=True)
    flow = Flow().read(tree)
    loops = plan_functions(tree, flow, TrackOptions(), frozenset(), frozenset(), frozenset())
    changed = instrument(tree, CellPlan(), 0, followed_functions(tree, loops, 0))
    assert ast.dump(tree, include_attributes=True) == before
    old = compile(tree, str(path), "exec")
    new = compile(ast.fix_missing_locations(changed), str(path), "exec")
    assert _variables(new) == _variables(old)


def _variables(code: CodeType) -> list[tuple[object, ...]]:
    """What each function in a piece of code is called, and its variables."""
    found: list[tuple[object, ...]] = []
    for part in code.co_consts:
        if isinstance(part, CodeType) and part.co_varnames[:2] != ("number", "items"):
            place = (part.co_qualname, part.co_firstlineno, part.co_flags)
            found += [(*place, part.co_varnames, part.co_freevars), *_variables(part)]
    return found


def test_the_corpus_has_loops() -> None:
    """The code above is worth the test: it has hundreds of loops."""
    loops = [
        part
        for path in FILES
        for part in ast.walk(as_cell(path))
        if isinstance(part, (ast.For, ast.While))
    ]
    assert len(loops) > 300


def test_lines_stay_where_they_are() -> None:
    """Each statement of the changed tree keeps its place, and the hooks have the loop's line."""
    tree = ast.parse("x = 1\nfor i in range(3):\n    y = i\n    z = y\nwhile x:\n    x = 0\n")
    changed = instrument(tree, plan_cell(tree, Flow().read(tree), TrackOptions()), 0, {})
    kept = [(type(s).__name__, s.lineno) for s in changed.body if not isinstance(s, ast.Expr)]
    assert kept == [("Assign", 1), ("For", 2), ("While", 5)]
    loop = next(s for s in changed.body if isinstance(s, ast.For))
    assert [s.lineno for s in loop.body] == [2, 3, 4]
