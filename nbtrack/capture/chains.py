"""Chains of attributes, subscripts and calls: at which name they begin, and what they hand on."""

from __future__ import annotations

import ast

from nbtrack.capture.names import base_name
from nbtrack.capture.trees import children

_CONTAINERS = (ast.List, ast.Tuple, ast.Set, ast.Dict, ast.Starred, ast.IfExp, ast.BoolOp)
_PASSING_ON = frozenset({"enumerate", "zip", "iter", "reversed", "partial"})
_GIVING_PARTS = frozenset({"items", "values", "get", "setdefault", "parameters", "iterrows"})


def path_of(node: ast.AST) -> tuple[str, ...]:
    """``a.b.c`` as a tuple, what is called or subscripted on the way looked through."""
    parts: list[str] = []
    while isinstance(node, (ast.Attribute, ast.Subscript, ast.Call, ast.Await)):
        if isinstance(node, ast.Attribute):
            parts.append(node.attr)
        node = node.func if isinstance(node, ast.Call) else node.value
    return (node.id, *reversed(parts)) if isinstance(node, ast.Name) else ()


def root_of(node: ast.AST) -> tuple[str | None, bool]:
    """The name at the root of a chain, also through calls, and whether there are any."""
    through = False
    while isinstance(node, (ast.Attribute, ast.Subscript, ast.Call, ast.Await)):
        through = through or isinstance(node, ast.Call)
        node = node.func if isinstance(node, ast.Call) else node.value
    return (node.id if isinstance(node, ast.Name) else None), through


def handed_on(node: ast.expr) -> set[str]:
    """Names whose objects an expression hands on: themselves, their parts, or in containers."""
    name = base_name(node)
    if name is not None:
        return {name}
    if isinstance(node, _CONTAINERS):
        return {
            name
            for part in children(node)
            if isinstance(part, ast.expr)
            for name in handed_on(part)
        }
    return set()


def held_by(node: ast.expr) -> set[str]:
    """Names whose objects are (part of) an expression's value, or are held by it."""
    if isinstance(node, ast.Call):
        called = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        made = called or (node.func.id if isinstance(node.func, ast.Name) else "")
        parts = [*node.args, *(each.value for each in node.keywords)]
        if made[:1].isupper() or made in _PASSING_ON:
            return {name for part in parts for name in held_by(part)}
        if called in _GIVING_PARTS:
            name, _ = root_of(node.func)
            return {name} if name else set()
        return set()
    if isinstance(node, ast.Await):
        return held_by(node.value)
    return handed_on(node)


def is_true(node: ast.expr) -> bool:
    """Whether an argument is not plainly off: ``inplace=flag`` may be on."""
    return not (isinstance(node, ast.Constant) and not node.value)
