"""Settings that take several values inside of one cell: loops over literals, and rebinding."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from nbtrack.capture.bindings import Binding, CellFlow, Loop
from nbtrack.capture.expressions import classify
from nbtrack.capture.kinds import Kind
from nbtrack.capture.trees import nodes_of


def iterated(loop: Loop, env: Mapping[str, Binding]) -> Iterator[tuple[str, list[object], bool]]:
    """The targets of a loop that take values which stand in the code.

    Args:
        loop: any.
        env: the latest binding of each name.

    Yields:
        (name, values, whether the values stand in the loop's head); ``enumerate`` and ``zip``
        are looked through. Whole numbers that go up by one count, and are no settings.
    """
    node = loop.node
    if isinstance(node, ast.While):
        return
    for target, source in _pairs(node.target, node.iter):
        if not isinstance(target, ast.Name):
            continue
        kind, worth = classify(source, env)
        if kind not in (Kind.LITERAL, Kind.DERIVED) or not isinstance(worth, (list, tuple)):
            continue
        values = list(worth)
        if len({repr(value) for value in values}) > 1 and not _counts(values):
            yield target.id, values, isinstance(source, (ast.List, ast.Tuple))


def _pairs(target: ast.expr, source: ast.expr) -> Iterator[tuple[ast.expr, ast.expr]]:
    called = source.func.id if _is_call(source) else ""  # type: ignore[attr-defined]
    if called == "enumerate" and isinstance(target, ast.Tuple) and len(target.elts) == 2:
        assert isinstance(source, ast.Call)
        for inner in source.args[:1]:
            yield from _pairs(target.elts[1], inner)
    elif called == "zip" and isinstance(target, ast.Tuple):
        assert isinstance(source, ast.Call)
        for part, inner in zip(target.elts, source.args, strict=False):
            yield part, inner
    else:
        yield target, source


def _is_call(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name)


def is_number(value: object) -> bool:
    """Whether a literal is a number, and no bool."""
    return type(value) in (int, float)


def _counts(values: Sequence[object]) -> bool:
    return all(type(value) is int for value in values) and all(
        later == before + 1  # type: ignore[operator]
        for before, later in pairwise(values)
    )


def switched(own: Sequence[Binding]) -> bool:
    """Whether a name is bound to several numbers that stand in the code, also in a loop."""
    plain = all(made.kind in (Kind.LITERAL, Kind.DERIVED) for made in own)
    values = {repr(made.value) for made in own if is_number(made.value)}
    return plain and len(values) > 1 and any(made.loop is not None for made in own)


def used_between(
    tree: ast.Module, cell: CellFlow, own: Sequence[Binding]
) -> list[tuple[int, float]]:
    """The (line, value) pairs of a name that is bound to one number after another and used between.

    Args:
        tree: of the cell.
        cell: what was read in it: functions read names when they are called.
        own: the name's bindings in the cell, in order.

    Returns:
        Nothing where only the last value can have been used.
    """
    plain = all(
        made.kind is Kind.LITERAL and made.loop is None and not made.conditional for made in own
    )
    pairs = [(made.line, float(made.value)) for made in own if is_number(made.value)]  # type: ignore[arg-type]
    if not plain or len(pairs) != len(own) or len({value for _, value in pairs}) < 2:
        return []
    name, reads = own[0].name, []
    for node in nodes_of(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            made = cell.env.get(node.id)
            if node.id == name or (made is not None and name in made.deferred):
                reads.append(node.lineno)
    lines = [line for line, _ in pairs]
    gaps = pairwise(lines)
    used = all(any(first < at <= last for at in reads) for first, last in gaps)
    return pairs if used else []
