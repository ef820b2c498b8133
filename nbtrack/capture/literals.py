"""Values that stand in the code: literals, and arithmetic on them.

Nothing here executes user code: an expression is computed from its syntax tree, with bounds.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from typing import Any

_MAX_EXPONENT = 1000
_MAX_BITS = 4096
_MAX_TEXT = 1_000_000
_MAX_FLAT = 50
_MAX_REPEATED = 1000
_MAX_PARTS = 10_000

_BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}
_UNARY: dict[type[ast.unaryop], Callable[[Any], Any]] = {
    ast.UAdd: operator.pos,
    ast.USub: operator.neg,
    ast.Not: operator.not_,
    ast.Invert: operator.invert,
}


class NotLiteralError(ValueError):
    """The expression is not a literal, nor arithmetic on literals."""


def literal_value(node: ast.expr, names: Mapping[str, object] | None = None) -> Any:
    """What an expression of literals is worth.

    Args:
        node: the expression.
        names: values of names that may occur in it.

    Raises:
        NotLiteralError: it is made of something else, or is not computable within bounds.
    """
    if isinstance(node, ast.Constant):
        if isinstance(node.value, (bool, int, float, complex, str)) or node.value is None:
            return node.value
    elif isinstance(node, ast.Name):
        if names is not None and node.id in names:
            return names[node.id]
    elif isinstance(node, ast.UnaryOp):
        return _compute(_UNARY[type(node.op)], literal_value(node.operand, names))
    elif isinstance(node, ast.BinOp):
        return _binary(node, names)
    elif isinstance(node, (ast.List, ast.Tuple, ast.Set)):
        parts = [literal_value(part, names) for part in node.elts]
        if isinstance(node, ast.Tuple):
            return tuple(parts)
        return _compute(set, parts) if isinstance(node, ast.Set) else parts
    elif isinstance(node, ast.Dict):
        return _dict(node, names)
    elif isinstance(node, ast.Call):
        return _dict_call(node, names)
    raise NotLiteralError(type(node).__name__)


def _binary(node: ast.BinOp, names: Mapping[str, object] | None) -> Any:
    work = _BINARY.get(type(node.op))
    left, right = literal_value(node.left, names), literal_value(node.right, names)
    repeated = isinstance(left, (list, tuple)) and type(right) is int
    if repeated and isinstance(node.op, ast.Mult) and len(left) * right <= _MAX_REPEATED:
        return left * right
    if work is None or not (_is_number(left) and _is_number(right)):
        both_text = isinstance(left, str) and isinstance(right, str)
        if not (both_text and isinstance(node.op, ast.Add)):
            raise NotLiteralError("operands")
        return left + right
    if isinstance(node.op, ast.Pow):
        large = isinstance(left, int) and left.bit_length() * abs(right) > _MAX_BITS
        if abs(right) > _MAX_EXPONENT or large:
            raise NotLiteralError("exponent")
    return _compute(work, left, right)


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float, complex))


def _dict(node: ast.Dict, names: Mapping[str, object] | None) -> dict[Any, Any]:
    result: dict[Any, Any] = {}
    for key, value in zip(node.keys, node.values, strict=True):
        if key is None:
            raise NotLiteralError("unpacking")
        result[_compute(_hashable, literal_value(key, names))] = literal_value(value, names)
    return result


def _dict_call(node: ast.Call, names: Mapping[str, object] | None) -> dict[str, Any]:
    plain = isinstance(node.func, ast.Name) and node.func.id == "dict" and not node.args
    if not plain or not node.keywords:
        raise NotLiteralError("call")
    result = {}
    for keyword in node.keywords:
        if keyword.arg is None:
            raise NotLiteralError("unpacking")
        result[keyword.arg] = literal_value(keyword.value, names)
    return result


def _hashable(value: Any) -> Any:
    hash(value)
    return value


def _compute(work: Callable[..., Any], *operands: Any) -> Any:
    try:
        return work(*operands)
    except (TypeError, ValueError, ArithmeticError) as error:
        raise NotLiteralError(str(error)) from None


def is_plain(value: object) -> bool:
    """Whether a value is made only of numbers, text, None and small containers of these.

    Nobody writes a container of millions by hand: to look through one would only cost time.
    """
    pending, room = [(value, 4)], _MAX_PARTS
    while pending:
        part, depth = pending.pop()
        kind = type(part)
        if part is None or issubclass(kind, (bool, int, float, complex, str)):
            continue
        if depth == 0 or kind not in (dict, list, tuple, set):
            return False
        room -= len(part)  # type: ignore[arg-type]
        if room < 0:
            return False
        if kind is dict:
            pending += [(key, 0) for key in part]  # type: ignore[attr-defined]
            part = part.values()  # type: ignore[attr-defined]
        pending += [(inner, depth - 1) for inner in part]  # type: ignore[attr-defined]
    return True


def flatten(key: str, value: object) -> list[tuple[str, str]]:
    """(key, text) pairs of a literal value: a small dict as dotted keys, else one pair.

    A list or tuple stays one text, as its order and length are one choice of the user.
    """
    pairs = _flat(key, value)
    if len(pairs) > _MAX_FLAT:
        return [(key, str(value)[:_MAX_TEXT])]
    return [(name, str(part)[:_MAX_TEXT]) for name, part in pairs]


def _flat(key: str, value: object) -> list[tuple[str, object]]:
    nested = isinstance(value, dict) and value and all(isinstance(k, str) and k for k in value)
    if not nested:
        return [(key, value)]
    pairs: list[tuple[str, object]] = []
    for part, inner in value.items():  # type: ignore[attr-defined]
        pairs += _flat(f"{key}.{part}", inner)
        if len(pairs) > _MAX_FLAT:
            break
    return pairs
