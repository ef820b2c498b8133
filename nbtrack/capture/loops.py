"""The syntax tree of a tracked cell, with its loops made to tell what they do.

A loop keeps its iterator: a generator around it would add frames to tracebacks. Instead a call
is put at the head of the body (it looks at what the iteration before bound), one after the
loop, and the iterable passes through a function that only notes its length. The calls carry
the line numbers of the loop's own head.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass

from nbtrack.capture.plan import CellPlan, LoopPlan

PREFIX = "__nbtrack_loop_"


def hook_names(number: int) -> tuple[str, str, str]:
    """The built-in names by which a loop's code calls its begin, tick and end."""
    return f"{PREFIX}begin_{number}__", f"{PREFIX}tick_{number}__", f"{PREFIX}end_{number}__"


def instrument(
    tree: ast.Module, plan: CellPlan, first_number: int, replaced: Mapping[int, ast.stmt]
) -> ast.Module:
    """A tree whose loops call their hooks; the original is left as it is.

    Args:
        tree: the cell's.
        plan: says which loops there are.
        first_number: of the first loop; hooks of different cells never share a number.
        replaced: statements that stand in the place of others, by the ``id`` of those.
    """
    loops = {id(loop.loop.node): (loop, first_number + at) for at, loop in enumerate(plan.loops)}
    body = _block(tree.body, _Wanted(loops, replaced))
    return ast.Module(body=body, type_ignores=tree.type_ignores)


@dataclass(frozen=True, slots=True)
class _Wanted:
    loops: Mapping[int, tuple[LoopPlan, int]]
    replaced: Mapping[int, ast.stmt]


def _block(body: list[ast.stmt], wanted: _Wanted) -> list[ast.stmt]:
    result: list[ast.stmt] = []
    for statement in body:
        result.extend(_statement(statement, wanted))
    return result


def _statement(node: ast.stmt, wanted: _Wanted) -> list[ast.stmt]:
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return [node]
    if id(node) in wanted.replaced:
        return [wanted.replaced[id(node)]]
    copy = _with_blocks(node, wanted)
    found = wanted.loops.get(id(node))
    if found is None:
        return [copy]
    _, number = found
    begin, tick, end = hook_names(number)
    assert isinstance(copy, (ast.For, ast.AsyncFor, ast.While))
    head = _call(tick, node)
    copy.body = [head, *copy.body]
    before: list[ast.stmt] = []
    if isinstance(copy, ast.While):
        before.append(_call(begin, node))
    else:
        copy.iter = ast.copy_location(
            ast.Call(func=_name(begin, copy.iter), args=[copy.iter], keywords=[]), copy.iter
        )
    return [*before, copy, _call(end, node)]


def _with_blocks(node: ast.stmt, wanted: _Wanted) -> ast.stmt:
    """A copy of a statement, its blocks instrumented; expressions are shared."""
    fields = {name: getattr(node, name) for name in node._fields if hasattr(node, name)}
    for name in ("body", "orelse", "finalbody"):
        if isinstance(fields.get(name), list):
            fields[name] = _block(fields[name], wanted)
    if "handlers" in fields:
        fields["handlers"] = [_part(part, wanted) for part in fields["handlers"]]
    if "cases" in fields:
        fields["cases"] = [_part(part, wanted) for part in fields["cases"]]
    return ast.copy_location(type(node)(**fields), node)


def _part(node: ast.AST, wanted: _Wanted) -> ast.AST:
    fields = {name: getattr(node, name) for name in node._fields if hasattr(node, name)}
    fields["body"] = _block(fields["body"], wanted)
    return ast.copy_location(type(node)(**fields), node)


def _name(name: str, at: ast.AST) -> ast.Name:
    return ast.copy_location(ast.Name(id=name, ctx=ast.Load()), at)


def _call(name: str, at: ast.stmt) -> ast.stmt:
    """A statement that calls a hook, placed on one line; not an expression statement.

    As an expression statement it could become the cell's last expression.
    """
    call = ast.Call(func=ast.Name(id=name, ctx=ast.Load()), args=[], keywords=[])
    statement = ast.If(test=call, body=[ast.Pass()], orelse=[])
    for part in ast.walk(statement):
        if isinstance(part, (ast.stmt, ast.expr)):
            part.lineno = part.end_lineno = at.lineno
            part.col_offset = part.end_col_offset = at.col_offset
    return statement
