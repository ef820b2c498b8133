"""Numbers that a cell computes only to print them.

``print(f"Accuracy: {clf.score(X, y):.3f}")`` binds no name, and yet the number is what its
author looks at. Such values pass through a function that notes them; what is printed stays as
it is. A value is named after the words before it, else after the code that computes it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from nbtrack.capture.expressions import classify, result_key
from nbtrack.capture.kinds import Kind

PREFIX = "__nbtrack_printed_"
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_LOOPS = (ast.For, ast.AsyncFor, ast.While)
_PERCENT = re.compile(r"%(?:%|[-+ #0]*(?:\d+|\*)?(?:\.(?:\d+|\*))?[a-zA-Z])")
_BRACES = re.compile(r"\{\{|\}\}|\{(?P<field>[^{}]*)\}")
_MAX_WORDS = 5
_MAX_LABEL = 40
_NO_LABELS = frozenset({"is", "are", "of", "the", "with", "at", "in", "for", "by", "and", "on"})
"""A label that begins or ends with one of these is the inside of a sentence."""


@dataclass(frozen=True, slots=True)
class Printed:
    """One value in a ``print`` call.

    Args:
        key: the metric's.
        line: 1-based, in the tree.
        loop: the outermost loop around it.
        nested: more than one loop is around it.
        node: the expression.
        statement: the call.
    """

    key: str
    line: int
    loop: ast.stmt | None
    nested: bool
    node: ast.expr
    statement: ast.stmt


def printed_values(
    tree: ast.Module, env: Mapping[str, Any], taken: Iterable[str], ignored: frozenset[int]
) -> list[Printed]:
    """The computed values that a cell prints, outside of functions.

    Args:
        tree: the cell's.
        env: the latest binding of each name, as `classify` takes it.
        taken: keys that other captured values have.
        ignored: lines that are left alone.
    """
    if "print" in env:
        return []
    used = set(taken)
    found: list[Printed] = []
    for statement, loops in _statements(tree.body, ()):
        if statement.lineno in ignored or not isinstance(statement, ast.Expr):
            continue
        call = statement.value
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name):
            for label, node in _parts(call) if call.func.id == "print" else ():
                key = _key(label, node, used) if _is_computed(node, env) else None
                if key is not None:
                    used.add(key)
                    outer = loops[0] if loops else None
                    nested = len(loops) > 1
                    found.append(Printed(key, node.lineno, outer, nested, node, statement))
    return found


def replacements(printed: list[Printed], first_number: int) -> dict[int, ast.stmt]:
    """The print statements anew, each value passing through its hook.

    Args:
        printed: as found.
        first_number: of the first value's hook.

    Returns:
        New statements, by the ``id`` of those that they replace.
    """
    hooks = {id(value.node): hook_name(first_number + at) for at, value in enumerate(printed)}
    statements = {id(value.statement): value.statement for value in printed}
    return {number: _through(node, hooks) for number, node in statements.items()}


def hook_name(number: int) -> str:
    """The built-in name by which the code hands a value over."""
    return f"{PREFIX}{number}__"


def _through(node: Any, hooks: Mapping[int, str]) -> Any:
    """A copy of a syntax tree in which the hooked expressions are arguments of their hooks."""
    if isinstance(node, list):
        return [_through(part, hooks) for part in node]
    if not isinstance(node, ast.AST):
        return node
    fields = {name: _through(getattr(node, name, None), hooks) for name in node._fields}
    copy: ast.AST = type(node)(**fields)
    ast.copy_location(copy, node)
    name = hooks.get(id(node))
    if name is None:
        return copy
    assert isinstance(node, ast.expr) and isinstance(copy, ast.expr)
    called = ast.copy_location(ast.Name(id=name, ctx=ast.Load()), node)
    return ast.copy_location(ast.Call(func=called, args=[copy], keywords=[]), node)


def _statements(
    body: Iterable[ast.stmt], loops: tuple[ast.stmt, ...]
) -> Iterator[tuple[ast.stmt, tuple[ast.stmt, ...]]]:
    """Every statement outside of functions, with the loops around it."""
    for statement in body:
        yield statement, loops
        if isinstance(statement, _FUNCTIONS):
            continue
        inside = (*loops, statement) if isinstance(statement, _LOOPS) else loops
        yield from _statements(getattr(statement, "body", ()), inside)
        for name in ("orelse", "finalbody"):
            yield from _statements(getattr(statement, name, ()), loops)
        for part in (*getattr(statement, "handlers", ()), *getattr(statement, "cases", ())):
            yield from _statements(part.body, loops)


def _parts(call: ast.Call) -> Iterator[tuple[str, ast.expr]]:
    """The values in a ``print`` call, each with the text before it."""
    before = ""
    for argument in call.args:
        if isinstance(argument, ast.Constant):
            before = argument.value if isinstance(argument.value, str) else ""
            continue
        formatted = _formatted(argument)
        if formatted is None:
            yield before, argument
        else:
            yield from formatted
        before = ""


def _formatted(node: ast.expr) -> list[tuple[str, ast.expr]] | None:
    """The values of an f-string, a ``%`` or a ``str.format``; None for anything else."""
    if isinstance(node, ast.JoinedStr):
        return list(_joined(node))
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod) and _text(node.left):
        values = node.right.elts if isinstance(node.right, ast.Tuple) else [node.right]
        matches = (found for found in _PERCENT.finditer(_text(node.left)) if found[0] != "%%")
        return _labelled(_text(node.left), [found.span() for found in matches], values)
    called = node.func if isinstance(node, ast.Call) else None
    if isinstance(called, ast.Attribute) and called.attr == "format" and _text(called.value):
        assert isinstance(node, ast.Call)
        text = _text(called.value)
        fields = [found for found in _BRACES.finditer(text) if found["field"] is not None]
        if any(found["field"].partition(":")[0].partition("!")[0] for found in fields):
            return []
        return _labelled(text, [found.span() for found in fields], node.args)
    return None


def _joined(node: ast.JoinedStr) -> Iterator[tuple[str, ast.expr]]:
    before = ""
    for part in node.values:
        if isinstance(part, ast.FormattedValue):
            yield before, part.value
            before = ""
        else:
            before = _text(part)


def _labelled(
    text: str, spans: list[tuple[int, int]], values: list[ast.expr]
) -> list[tuple[str, ast.expr]]:
    if len(spans) != len(values) or any(isinstance(value, ast.Starred) for value in values):
        return []
    starts = [0, *(end for _, end in spans)]
    labels = [text[start:at] for start, (at, _) in zip(starts, spans, strict=False)]
    return list(zip(labels, values, strict=True))


def _text(node: ast.AST) -> str:
    value = node.value if isinstance(node, ast.Constant) else None
    return value if isinstance(value, str) else ""


def _is_computed(node: ast.expr, env: Mapping[str, Any]) -> bool:
    """Whether a value is computed here: a name's value was captured where it was bound."""
    looked_through: ast.expr = node
    while isinstance(looked_through, ast.Call) and len(looked_through.args) >= 1:
        called = looked_through.func
        if not (isinstance(called, ast.Name) and called.id in ("round", "float", "int", "abs")):
            break
        looked_through = looked_through.args[0]
    if isinstance(looked_through, (ast.Name, ast.Constant, ast.JoinedStr, ast.Starred)):
        return False
    return classify(looked_through, env)[0] is Kind.COMPUTED


def _key(label: str, node: ast.expr, used: set[str]) -> str | None:
    """The first name for a value that nothing else has."""
    source = result_key(node)
    keys = (_slug(label), "" if source == "result" else source)
    return next((key for key in keys if key and key not in used), None)


def _slug(label: str) -> str:
    """Words before a value as a key; empty where they name nothing."""
    last = label.rstrip().rpartition("\n")[2]
    words = re.findall(r"[^\W_]+", re.split(r"[,;|]", last)[-1].lower())
    while words and words[-1] in ("is", "are", "of"):
        words.pop()
    if not words or len(words) > _MAX_WORDS or words[0] in _NO_LABELS or words[-1] in _NO_LABELS:
        return ""
    slug = "_".join(words)
    return slug if len(slug) <= _MAX_LABEL and not slug[0].isdigit() else ""
