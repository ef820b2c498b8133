"""Which loops in functions that a tracked cell defines are followed, and under which keys.

A function is left alone where its code may be compiled by something other than Python (a
decorator, or a call such as ``njit(f)``), and where it is the pass of a model, which is hot and
binds no results.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from nbtrack.capture.bindings import Binding, CellFlow, Loop
from nbtrack.capture.expressions import dotted_name
from nbtrack.capture.flow import Flow
from nbtrack.capture.kinds import Kind
from nbtrack.capture.options import TrackOptions
from nbtrack.capture.plan import Watched, loop_label, series_owners, target_owners
from nbtrack.capture.trees import nodes_of, walk

Function = ast.FunctionDef | ast.AsyncFunctionDef
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_PLAIN_DECORATORS = frozenset(
    {"staticmethod", "classmethod", "property", "cached_property", "cache", "lru_cache", "wraps"}
    | {"contextmanager", "asynccontextmanager", "no_grad", "enable_grad", "inference_mode"}
    | {"override", "final", "abstractmethod", "singledispatch"}
)
_COMPILERS = frozenset(
    {"jit", "njit", "pjit", "vectorize", "guvectorize", "cfunc", "compile", "script", "trace"}
    | {"function", "pmap", "vmap", "scan", "fori_loop", "while_loop", "kernel"}
)
_PASSES = frozenset({"forward", "call"})


@dataclass(frozen=True, slots=True)
class FunctionLoop:
    """One loop in a function.

    Args:
        watched: names it yields points of.
        keys: of their metrics, in the same order.
        outer: no loop of the function is around it.
    """

    loop: Loop
    watched: tuple[Watched, ...]
    keys: tuple[str, ...]
    outer: bool
    label: str


@dataclass(frozen=True, slots=True)
class _Found:
    """A function with loops, before its series have keys."""

    path: str
    flow: CellFlow
    owners: dict[int, list[Watched]]


def plan_functions(
    tree: ast.Module,
    cell: CellFlow,
    options: TrackOptions,
    ignored: frozenset[int],
    taken: frozenset[str],
    explicit: frozenset[str],
) -> list[FunctionLoop]:
    """The loops to follow in the functions that a cell defines.

    Args:
        tree: the cell's.
        cell: what was read in it.
        options: of its ``%%track`` line.
        ignored: lines whose names are left alone.
        taken: keys of the cell's own metrics; a name that is one of them, or that two functions
            bind, gets its function's name before it.
        explicit: names that the cell logs itself.
    """
    compiled = _compiled(tree)
    found = [
        _read(node, path, cell, ignored, explicit)
        for node, path in _functions(tree.body, "")
        if node.name not in compiled and _is_plain(node, cell) and _has_loop(node)
    ]
    uses: dict[str, set[str]] = {}
    for one in found:
        for watched in one.owners.values():
            for name in watched:
                uses.setdefault(name.name, set()).add(one.path)
    loops = []
    for one in found:
        for loop in one.flow.loops:
            pairs = [
                (watched, _key(watched.name, one.path, uses, taken))
                for watched in one.owners.get(loop.index, ())
            ]
            wanted = [(watched, key) for watched, key in pairs if options.wants_any(key)]
            outer = loop.parent is None
            if wanted or outer:
                names, keys = tuple(w for w, _ in wanted), tuple(key for _, key in wanted)
                loops.append(FunctionLoop(loop, names, keys, outer, loop_label(loop)))
    return loops


def _read(
    node: Function, path: str, cell: CellFlow, ignored: frozenset[int], explicit: frozenset[str]
) -> _Found:
    """What a function's body binds, read as a cell's code is."""
    given = node.args
    arguments = {part.arg for part in (*given.posonlyargs, *given.args, *given.kwonlyargs)}
    arguments |= {part.arg for part in (given.vararg, given.kwarg) if part is not None}
    env = {name: binding for name, binding in cell.env.items() if name not in arguments}
    flow = Flow(env).read(ast.Module(body=node.body, type_ignores=[]))
    by_name: dict[str, list[Binding]] = {}
    for binding in flow.bindings:
        by_name.setdefault(binding.name, []).append(binding)
    unwanted = explicit | {made.name for made in flow.bindings if made.line in ignored}
    every = TrackOptions()
    owners = series_owners(flow, by_name, every, unwanted)
    for index, targets in target_owners(flow, by_name, every, unwanted).items():
        owners.setdefault(index, []).extend(targets)
    return _Found(path, flow, owners)


def _key(name: str, path: str, uses: dict[str, set[str]], taken: frozenset[str]) -> str:
    """The shortest key that says which function's name it is."""
    others = uses[name] - {path}
    if not others and name not in taken:
        return name
    parts = path.split(".")
    for count in range(1, len(parts) + 1):
        ending = ".".join(parts[-count:])
        if not any(f".{other}".endswith(f".{ending}") for other in others):
            return f"{ending}.{name}"
    return f"{path}.{name}"


def _functions(body: list[ast.stmt], prefix: str) -> Iterator[tuple[Function, str]]:
    """Every function of a cell with its dotted name; also in classes, functions and blocks."""
    for statement in body:
        if isinstance(statement, FUNCTIONS):
            yield statement, f"{prefix}{statement.name}"
        named = isinstance(statement, (*FUNCTIONS, ast.ClassDef))
        inside = f"{prefix}{statement.name}." if named else prefix  # type: ignore[attr-defined]
        for block in blocks_of(statement):
            yield from _functions(block, inside)


def blocks_of(node: ast.AST) -> Iterator[list[ast.stmt]]:
    """The blocks of statements in a statement."""
    for name in ("body", "orelse", "finalbody"):
        block = getattr(node, name, None)
        if isinstance(block, list):
            yield block
    for part in (*getattr(node, "handlers", ()), *getattr(node, "cases", ())):
        yield part.body


def _has_loop(node: Function) -> bool:
    return any(isinstance(part, (ast.For, ast.AsyncFor, ast.While)) for part in walk(node))


def _is_plain(node: Function, cell: CellFlow) -> bool:
    if node.name in _PASSES or (node.name.startswith("__") and node.name.endswith("__")):
        return False
    return all(_keeps_python(decorator, cell) for decorator in node.decorator_list)


def _keeps_python(decorator: ast.expr, cell: CellFlow) -> bool:
    path = dotted_name(decorator) or ""
    made = cell.env.get(path)
    own = made is not None and made.kind is Kind.FUNCTION
    return own or path.rpartition(".")[2] in (_PLAIN_DECORATORS | {"setter"})


def _compiled(tree: ast.Module) -> set[str]:
    """Names that are handed to something that compiles functions."""
    names: set[str] = set()
    for node in nodes_of(tree):
        if isinstance(node, ast.Call):
            called = (dotted_name(node.func) or "").rpartition(".")[2]
            if called in _COMPILERS:
                names |= {part.id for part in walk(node) if isinstance(part, ast.Name)}
    return names
