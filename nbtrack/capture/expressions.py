"""What kind of value an expression yields: a literal, a size, or something computed."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any, Protocol

from nbtrack.capture.kinds import UNKNOWN, Kind
from nbtrack.capture.literals import NotLiteralError, literal_value
from nbtrack.capture.trees import walk

_SIZE_ATTRIBUTES = frozenset({"shape", "size", "ndim", "nbytes", "itemsize"})
_SIZE_CALLS = frozenset({"len", "id", "hash"})
_CLOCKS = frozenset(
    {"time", "time_ns", "perf_counter", "perf_counter_ns", "monotonic", "monotonic_ns"}
    | {"process_time", "process_time_ns", "now", "today", "utcnow"}
)
_MADE_OF_PARTS = (
    ast.Name,
    ast.UnaryOp,
    ast.BinOp,
    ast.List,
    ast.Tuple,
    ast.Set,
    ast.Dict,
    ast.Call,
)
_PLAIN_CALLS = frozenset({"int", "float", "round", "abs", "min", "max", "divmod"})


class _Known(Protocol):
    kind: Kind
    value: object


def classify(node: ast.expr, env: Mapping[str, Any]) -> tuple[Kind, object]:
    """The kind of an expression's value, and what it is worth where it stands in the code.

    Args:
        node: the expression.
        env: the latest binding of each name (with ``kind`` and ``value``).
    """
    if isinstance(node, ast.Call) and not _is_dict_call(node):
        sized = _is_clock(node) or is_size(node, env)
        return (Kind.SIZE if sized else Kind.COMPUTED), UNKNOWN
    known: dict[str, object] = {}
    if isinstance(node, _MADE_OF_PARTS):
        for name in walk(node):
            if isinstance(name, ast.Name):
                made = env.get(name.id)
                if made is not None and made.kind in (Kind.LITERAL, Kind.DERIVED):
                    known[name.id] = made.value
    try:
        value = literal_value(node, known)
    except NotLiteralError:
        return (Kind.SIZE if _is_clock(node) or is_size(node, env) else Kind.COMPUTED), UNKNOWN
    return (Kind.DERIVED if known else Kind.LITERAL), value


def _is_dict_call(node: ast.Call) -> bool:
    return isinstance(node.func, ast.Name) and node.func.id == "dict"


def is_size(node: ast.expr, env: Mapping[str, _Known]) -> bool:
    """Whether an expression is a length or shape, or arithmetic on these and on literals."""
    return _only_plain(node, env) and _has_size(node, env)


def _has_size(node: ast.AST, env: Mapping[str, _Known]) -> bool:
    return any(
        _is_size_leaf(part)
        or (isinstance(part, ast.Name) and part.id in env and env[part.id].kind is Kind.SIZE)
        for part in walk(node)
    )


def _only_plain(node: ast.expr, env: Mapping[str, _Known]) -> bool:
    if isinstance(node, ast.Constant) or _is_size_leaf(node):
        return True
    if isinstance(node, ast.Name):
        return node.id in env and env[node.id].kind in (Kind.LITERAL, Kind.DERIVED, Kind.SIZE)
    if isinstance(node, ast.BinOp):
        return _only_plain(node.left, env) and _only_plain(node.right, env)
    if isinstance(node, ast.UnaryOp):
        return _only_plain(node.operand, env)
    if isinstance(node, ast.Subscript):
        return _only_plain(node.value, env)
    if isinstance(node, ast.Tuple):
        return all(_only_plain(part, env) for part in node.elts)
    if isinstance(node, ast.Call):
        called = node.func.id if isinstance(node.func, ast.Name) else ""
        return called in _PLAIN_CALLS and all(_only_plain(part, env) for part in node.args)
    return False


def _is_size_leaf(node: ast.AST) -> bool:
    if isinstance(node, ast.Attribute):
        return node.attr in _SIZE_ATTRIBUTES
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return node.func.id in _SIZE_CALLS
    return False


def _is_clock(node: ast.expr) -> bool:
    if not isinstance(node, ast.Call):
        return False
    called = node.func
    name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
    return name in _CLOCKS


def is_counter_step(node: ast.expr, name: str) -> bool:
    """Whether an expression is ``name + 1`` or the like: a whole literal step."""
    return (
        isinstance(node, ast.BinOp)
        and isinstance(node.op, (ast.Add, ast.Sub))
        and isinstance(node.left, ast.Name)
        and node.left.id == name
        and isinstance(node.right, ast.Constant)
        and type(node.right.value) is int
    )


def result_key(node: ast.expr) -> str:
    """A metric's name for an expression: the dotted name it is read or called by.

    Conversions are looked through: ``round(acc, 3)`` is ``acc``.
    """
    while isinstance(node, (ast.Call, ast.Await, ast.UnaryOp)):
        if isinstance(node, ast.Await):
            node = node.value
        elif isinstance(node, ast.UnaryOp):
            node = node.operand
        elif isinstance(node.func, ast.Name) and node.func.id in _PLAIN_CALLS and node.args:
            node = node.args[0]
        elif isinstance(node.func, ast.Attribute) and node.func.attr in ("item", "round"):
            node = node.func.value
        else:
            node = node.func
    return dotted_name(node) or "result"


def dotted_name(node: ast.AST) -> str | None:
    """The dotted name by which an expression is read or called; None where there is none."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Call):
        return dotted_name(node.func)
    if isinstance(node, ast.Attribute):
        root = dotted_name(node.value)
        return f"{root}.{node.attr}" if root else node.attr
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
        root = dotted_name(node.value)
        return f"{root}.{node.slice.value!s}" if root else None
    return None
