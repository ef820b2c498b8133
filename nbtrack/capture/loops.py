"""The syntax tree of a tracked cell, with its loops made to tell what they do.

A loop keeps its iterator: a generator around it would add frames to tracebacks. Instead a call
is put at the head of the body (it looks at what the iteration before bound), one where the loop
is left, and the iterable passes through a function that only notes its length. Each call stands
on the line of what it follows, so that coverage and debuggers see the lines they would.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
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
    if id(node) in wanted.replaced:
        return [wanted.replaced[id(node)]]
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return [node]
    copy = _with_blocks(node, wanted)
    found = wanted.loops.get(id(node))
    if found is None:
        return [copy]
    _, number = found
    begin, tick, end = hook_names(number)
    assert isinstance(copy, (ast.For, ast.AsyncFor, ast.While))
    copy.body = [
        _call(tick, tick_line(copy)),
        *with_call_at_break(copy.body, lambda at: _call(end, at, 1)),
    ]
    # Where the loop is left by itself; a call after it would come after a `break` as well.
    copy.orelse = [_call(end, node), *copy.orelse]
    if isinstance(copy, ast.While):
        return [_call(begin, node), copy]
    copy.iter = ast.copy_location(
        ast.Call(func=_name(begin, copy.iter), args=[copy.iter], keywords=[]), copy.iter
    )
    return [copy]


def tick_line(node: ast.For | ast.AsyncFor | ast.While) -> ast.stmt:
    """The statement on whose line an iteration is said to begin.

    A ``while`` loop jumps from its test to its body: a call on the test's line would make it look
    tested twice.
    """
    return node.body[0] if isinstance(node, ast.While) else node


def with_call_at_break(
    body: list[ast.stmt], call: Callable[[ast.Break], ast.stmt]
) -> list[ast.stmt]:
    """A loop's body with a call before each ``break`` out of it.

    Args:
        body: already a copy; its statements are changed.
        call: makes the call that stands before a ``break``.
    """
    result: list[ast.stmt] = []
    for statement in body:
        if isinstance(statement, ast.Break):
            result.append(call(statement))
        elif isinstance(statement, (ast.For, ast.AsyncFor, ast.While)):
            statement.orelse = with_call_at_break(statement.orelse, call)
        elif not isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            for name in ("body", "orelse", "finalbody"):
                block = getattr(statement, name, None)
                if isinstance(block, list):
                    setattr(statement, name, with_call_at_break(block, call))
            for part in (*getattr(statement, "handlers", ()), *getattr(statement, "cases", ())):
                part.body = with_call_at_break(part.body, call)
        result.append(statement)
    return result


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


def _call(name: str, at: ast.stmt, *values: int) -> ast.stmt:
    """A statement that calls a hook, placed on one line."""
    arguments: list[ast.expr] = [ast.Constant(value) for value in values]
    call = ast.Call(func=ast.Name(id=name, ctx=ast.Load()), args=arguments, keywords=[])
    statement = ast.Expr(call)
    for part in ast.walk(statement):
        if isinstance(part, (ast.stmt, ast.expr)):
            part.lineno = part.end_lineno = at.lineno
            part.col_offset = part.end_col_offset = at.col_offset
    return statement
