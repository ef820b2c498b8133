"""Which global names a piece of code reads and binds, by its syntax tree."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from nbtrack.capture.shell_code import shell_expressions
from nbtrack.capture.trees import children

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_SCOPES = (*_FUNCTIONS, ast.Lambda, ast.ClassDef)


class Names:
    """What a piece of module-level code does to global names.

    Attributes:
        reads: names read while it executes.
        deferred: names read later, when a function it defines is called.
        binds: names it binds, also by ``:=`` and by ``global`` in functions it defines.
    """

    __slots__ = ("binds", "deferred", "reads")

    def __init__(self, *nodes: ast.AST) -> None:
        self.reads: set[str] = set()
        self.deferred: set[str] = set()
        self.binds: set[str] = set()
        for node in nodes:
            self._walk(node, frozenset(), self.reads)

    def _walk(self, node: ast.AST, hidden: frozenset[str], into: set[str]) -> None:
        kind = type(node)
        if kind is ast.Name:
            name: str = node.id  # type: ignore[attr-defined]
            if name not in hidden:
                if isinstance(node.ctx, ast.Load):  # type: ignore[attr-defined]
                    into.add(name)
                else:
                    self.binds.add(name)
            return
        if kind is ast.Constant:
            return
        if kind is ast.Call:
            for part in shell_expressions(node):
                self._walk(part, hidden, into)
        if isinstance(node, _FUNCTIONS):
            self._function(node, hidden, into)
        elif isinstance(node, ast.Lambda):
            self._walk_all(_defaults(node.args), hidden, into)
            self._walk(node.body, hidden | frozenset(parameter_names(node.args)), into)
        elif isinstance(node, ast.ClassDef):
            self._class(node, hidden, into)
        elif isinstance(node, _COMPREHENSIONS):
            targets: set[str] = set()
            for part in node.generators:
                targets |= set(target_names(part.target))
            self._walk_all(children(node), hidden | targets, into)
        elif isinstance(node, ast.ExceptHandler) and node.name:
            self._walk_all(children(node), hidden | {node.name}, into)
        elif isinstance(node, ast.pattern):
            self.binds |= set(pattern_names(node)) - hidden
            self._walk_all(children(node), hidden, into)
        else:
            self._walk_all(children(node), hidden, into)

    def _walk_all(self, nodes: Iterable[ast.AST], hidden: frozenset[str], into: set[str]) -> None:
        for node in nodes:
            self._walk(node, hidden, into)

    def _function(
        self,
        node: ast.FunctionDef | ast.AsyncFunctionDef,
        hidden: frozenset[str],
        into: set[str],
    ) -> None:
        self._walk_all(node.decorator_list, hidden, into)
        self._walk_all(_defaults(node.args), hidden, into)
        bound, shared = bound_in(node.body)
        local = (frozenset(parameter_names(node.args)) | bound) - shared
        self._walk_all(node.body, (hidden | local) - shared, self.deferred)
        if node.name not in hidden:
            self.binds.add(node.name)

    def _class(self, node: ast.ClassDef, hidden: frozenset[str], into: set[str]) -> None:
        self._walk_all([*node.decorator_list, *node.bases, *node.keywords], hidden, into)
        bound, shared = bound_in(node.body)
        for statement in node.body:
            # A method does not see the names of its class body.
            own = hidden if isinstance(statement, _FUNCTIONS) else (hidden | bound) - shared
            before = set(self.binds)
            self._walk(statement, own, into)
            if isinstance(statement, _FUNCTIONS):
                self.binds = before
        if node.name not in hidden:
            self.binds.add(node.name)


def target_names(target: ast.AST) -> Iterator[str]:
    """The plain names an assignment target binds, in order."""
    if isinstance(target, ast.Name):
        yield target.id
    elif isinstance(target, ast.Starred):
        yield from target_names(target.value)
    elif isinstance(target, (ast.Tuple, ast.List)):
        for part in target.elts:
            yield from target_names(part)


def pattern_names(node: ast.pattern) -> Iterator[str]:
    """The name that a part of a ``case`` pattern captures by itself."""
    captured = node.rest if isinstance(node, ast.MatchMapping) else getattr(node, "name", None)
    if captured:
        yield captured


def base_name(node: ast.AST) -> str | None:
    """The name at the root of an attribute or subscript chain: ``a`` of ``a.b[0].c``."""
    while isinstance(node, (ast.Attribute, ast.Subscript)):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None


def imported_names(node: ast.Import | ast.ImportFrom) -> dict[str, str]:
    """The names an import statement binds, with what they stand for; none for ``*``."""
    if isinstance(node, ast.ImportFrom):
        module = "." * node.level + (node.module or "")
        named = [alias for alias in node.names if alias.name != "*"]
        return {alias.asname or alias.name: f"{module}.{alias.name}" for alias in named}
    return {
        alias.asname or alias.name.partition(".")[0]: (
            alias.name if alias.asname else alias.name.partition(".")[0]
        )
        for alias in node.names
    }


def parameter_names(arguments: ast.arguments) -> list[str]:
    """The names of a function's parameters, in order, those with stars last."""
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    every += [extra for extra in (arguments.vararg, arguments.kwarg) if extra is not None]
    return [argument.arg for argument in every]


def _defaults(arguments: ast.arguments) -> list[ast.AST]:
    return [
        *arguments.defaults,
        *(default for default in arguments.kw_defaults if default is not None),
    ]


def bound_in(body: list[ast.stmt]) -> tuple[frozenset[str], frozenset[str]]:
    """Names bound in a scope, and those it declares global."""
    bound: set[str] = set()
    shared: set[str] = set()
    pending: list[ast.AST] = list(body)
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Global):
            shared |= set(node.names)
        elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            bound.add(node.id)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            bound |= set(imported_names(node))
        elif isinstance(node, ast.ExceptHandler) and node.name:
            bound.add(node.name)
        elif isinstance(node, ast.pattern):
            bound |= set(pattern_names(node))
        if isinstance(node, (*_FUNCTIONS, ast.ClassDef)):
            bound.add(node.name)
        elif not isinstance(node, _SCOPES):
            pending.extend(children(node))
    return frozenset(bound), frozenset(shared)
