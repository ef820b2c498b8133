"""Functions of a tracked cell anew, with loops that tell what they do.

A function outlives its cell, and may run in another process, where nbtrack is not. So its code
calls nbtrack by built-in names that stay, each call guarded against their absence, and adds no
name of its own to the function. Values are handed over where they are bound: no frame is looked
into, and a name without a value is never read. Each call stands on the line of what it follows,
so that tracebacks, coverage and debuggers see the lines they would.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping

from nbtrack.capture.function_plan import FUNCTIONS, FunctionLoop, blocks_of
from nbtrack.capture.loops import tick_line, with_call_at_break
from nbtrack.capture.names import target_names
from nbtrack.capture.trees import children, walk

BEGIN, TICK, END, NOTE = (
    f"__nbtrack_function_{word}__" for word in ("begin", "tick", "end", "note")
)
_SCOPES = (*FUNCTIONS, ast.ClassDef)
_ASSIGNMENTS = (ast.Assign, ast.AnnAssign, ast.AugAssign)
_Enclosing = tuple[tuple[int, FunctionLoop], ...]


def followed_functions(
    tree: ast.Module, loops: Iterable[FunctionLoop], first_number: int
) -> dict[int, ast.stmt]:
    """The cell's functions and classes whose loops are followed, written anew.

    Args:
        tree: the cell's; left as it is.
        loops: as planned.
        first_number: of the first loop.

    Returns:
        New statements, by the ``id`` of those that they replace.
    """
    numbered = {id(loop.loop.node): (at, loop) for at, loop in enumerate(loops, first_number)}
    writer = _Writer(numbered)
    return {
        id(node): writer.statement(node, ())[0]
        for node in _outermost(tree.body)
        if any(id(part) in numbered for part in walk(node))
    }


def _outermost(body: list[ast.stmt]) -> Iterable[ast.stmt]:
    for statement in body:
        if isinstance(statement, _SCOPES):
            yield statement
        else:
            for block in blocks_of(statement):
                yield from _outermost(block)


class _Writer:
    """Copies statements, their blocks with calls in them; expressions are shared."""

    def __init__(self, numbered: Mapping[int, tuple[int, FunctionLoop]]) -> None:
        self._numbered = numbered

    def statement(self, node: ast.stmt, around: _Enclosing) -> list[ast.stmt]:
        """A statement anew, with the calls that belong before and after it."""
        if isinstance(node, _SCOPES):
            return [self._copy(node, ())]
        if isinstance(node, (ast.For, ast.AsyncFor, ast.While)):
            return self._loop(node, around)
        if isinstance(node, ast.Return):
            return [*(_call(END, node, number) for number, _ in reversed(around)), node]
        if isinstance(node, (*_ASSIGNMENTS, ast.Expr)):
            return [node, *_notes(_bound(node), node, around)]
        copy = self._copy(node, around)
        if isinstance(node, (ast.With, ast.AsyncWith)):
            targets = (item.optional_vars for item in node.items if item.optional_vars)
            names = {name for target in targets for name in target_names(target)}
            copy.body = [*_notes(names, node, around), *copy.body]  # type: ignore[attr-defined]
        return [copy]

    def _block(self, body: list[ast.stmt], around: _Enclosing) -> list[ast.stmt]:
        return [new for statement in body for new in self.statement(statement, around)]

    def _copy(self, node: ast.AST, around: _Enclosing) -> ast.stmt:
        fields = {name: getattr(node, name) for name in node._fields if hasattr(node, name)}
        for name in ("body", "orelse", "finalbody"):
            if isinstance(fields.get(name), list):
                fields[name] = self._block(fields[name], around)
        for name in ("handlers", "cases"):
            if name in fields:
                fields[name] = [self._copy(part, around) for part in fields[name]]
        return ast.copy_location(type(node)(**fields), node)  # type: ignore[return-value]

    def _loop(self, node: ast.For | ast.AsyncFor | ast.While, around: _Enclosing) -> list[ast.stmt]:
        found = self._numbered.get(id(node))
        inside = around if found is None else (*around, found)
        fields = {name: getattr(node, name) for name in node._fields if hasattr(node, name)}
        fields["body"] = self._block(node.body, inside)
        fields["orelse"] = self._block(node.orelse, around)
        copy = ast.copy_location(type(node)(**fields), node)
        is_while = isinstance(node, ast.While)
        names = _walrus(node.test) if is_while else set(target_names(node.target))  # type: ignore[union-attr]
        copy.body = [*_notes(names, node, inside), *copy.body]
        if found is None:
            return [copy]
        number, loop = found
        copy.body = with_call_at_break(copy.body, lambda at: _call(END, at, number))
        counter = loop.loop.counter if loop.outer else None
        counted = [] if counter is None else [ast.Name(id=counter, ctx=ast.Load())]
        copy.body = [_call(TICK, tick_line(node), number, *counted), *copy.body]
        # Where the loop is left by itself; a call after it would come after a `break` as well.
        copy.orelse = [_call(END, node, number), *copy.orelse]
        if loop.outer and not isinstance(copy, ast.While):
            copy.iter = _through_begin(copy.iter, number)
        return [copy]


def _notes(names: set[str], at: ast.stmt, around: _Enclosing) -> list[ast.stmt]:
    """Calls that hand over what a statement bound."""
    return [
        _call(NOTE, at, number, ast.Constant(slot), ast.Name(id=watched.name, ctx=ast.Load()))
        for number, loop in around
        for slot, watched in enumerate(loop.watched)
        if watched.name in names
    ]


def _bound(node: ast.stmt) -> set[str]:
    names = _walrus(node)
    if isinstance(node, ast.Assign):
        names |= {name for target in node.targets for name in target_names(target)}
    elif isinstance(node, (ast.AnnAssign, ast.AugAssign)) and node.value is not None:
        names |= set(target_names(node.target))
    return names


def _walrus(node: ast.AST) -> set[str]:
    """Names that are surely bound by ``:=`` when an expression has been computed."""
    names: set[str] = set()
    pending: list[ast.AST] = [node]
    while pending:
        part = pending.pop()
        if isinstance(part, (ast.Lambda, ast.BoolOp, ast.IfExp, ast.comprehension)):
            continue
        if isinstance(part, ast.NamedExpr):
            names.add(part.target.id)
        pending.extend(children(part))
    return names


def _call(name: str, at: ast.stmt, number: int, *values: ast.expr) -> ast.stmt:
    """A call that is nothing where the name does not exist, on one line."""
    call = ast.Call(
        func=ast.Name(id=name, ctx=ast.Load()), args=[ast.Constant(number), *values], keywords=[]
    )
    missing = ast.ExceptHandler(
        type=ast.Name(id="NameError", ctx=ast.Load()), name=None, body=[ast.Pass()]
    )
    guarded = ast.Try(body=[ast.Expr(call)], handlers=[missing], orelse=[], finalbody=[])
    _place(guarded, at)
    return guarded


def _through_begin(iterable: ast.expr, number: int) -> ast.expr:
    """An iterable that passes through a function, where that function exists."""
    found = ast.parse(
        f"__import__('builtins').__dict__.get({BEGIN!r}, lambda number, items: items)({number})",
        mode="eval",
    ).body
    assert isinstance(found, ast.Call)
    _place(found, iterable)
    found.args.append(iterable)
    return found


def _place(made: ast.AST, at: ast.stmt | ast.expr) -> None:
    for part in ast.walk(made):
        if isinstance(part, (ast.stmt, ast.expr, ast.ExceptHandler, ast.arg)):
            part.lineno, part.col_offset = at.lineno, at.col_offset
            part.end_lineno, part.end_col_offset = at.lineno, at.col_offset
