"""What a cell's code does to global names, step by step, by its syntax tree alone.

The steps know nothing of the kernel, so that a cell that runs again is not read again. What they
come to there (which functions are followed, what really changed) is `touched.py`'s.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from nbtrack.capture.chains import handed_on, held_by, is_true, path_of, root_of
from nbtrack.capture.magic_code import MagicCode, magic_code
from nbtrack.capture.names import base_name, bound_in, imported_names, parameter_names, target_names
from nbtrack.capture.trees import children, walk

_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_BRANCHES = (ast.If, ast.Try, ast.TryStar, ast.For, ast.AsyncFor, ast.While, ast.Match)
_TAKES_IN = frozenset({"append", "add", "insert", "extend", "setdefault", "update", "appendleft"})
"""Methods after which a container holds what it was given."""
_LEAVES = (ast.Constant, ast.Pass, ast.Break, ast.Continue)


class Do:
    """What a step does to its name.

    ``READ``; ``WRITE`` binds it; ``CHANGE`` changes its object; ``DELETE``; ``METHOD`` calls a
    method on it (detail: path of attributes, and whether through a call's value); ``PASS`` gives
    it to a function (detail: `Passed`); ``CALL`` calls it (detail: path); ``SHARE`` makes it part
    of what another name (detail) is bound to; ``IMPORT`` binds a module or what is in it (detail:
    dotted path); ``DEFINE`` binds a function or class (detail: `Defined`).

    Plain texts: members of an enum take a multiple of the time to look up, for every step.
    """

    READ: Final = "read"
    WRITE: Final = "write"
    CHANGE: Final = "change"
    DELETE: Final = "delete"
    METHOD: Final = "method"
    PASS: Final = "pass"
    CALL: Final = "call"
    SHARE: Final = "share"
    IMPORT: Final = "import"
    DEFINE: Final = "define"


class Passed(NamedTuple):
    """How a name is given to a function: to which, and as which argument."""

    path: tuple[str, ...]
    place: int | str


class Step(NamedTuple):
    """One thing that code does. ``sure``: it happens each time the code runs to its end."""

    do: str
    name: str
    detail: Any = None
    sure: bool = True


@dataclass(slots=True)
class Defined:
    """A function or class of a cell, as its callers see it.

    Args:
        steps: what calling it does to global names.
        parameters: names in order, ``self`` of a class's ``__init__`` left out.
        on_parameters: what it does to what it is given.
        methods: of a class; the first parameter is the object itself.
    """

    steps: tuple[Step, ...]
    parameters: tuple[str, ...] = ()
    on_parameters: tuple[Step, ...] = ()
    methods: Mapping[str, Defined] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Effects:
    """The steps of a cell, one group for each statement, with the line it begins at."""

    statements: tuple[tuple[int, tuple[Step, ...]], ...]

    def until(self, line: int | None) -> list[tuple[Step, ...]]:
        """The steps of the statements that begin at a line or before it; all for None."""
        return [steps for at, steps in self.statements if line is None or at <= line]


def read_effects(tree: ast.Module) -> Effects:
    """The steps of a cell's code, before any change for tracking."""
    groups = []
    for statement in tree.body:
        reader = _Reader()
        reader.statement(statement, True)
        groups.append((statement.lineno, tuple(dict.fromkeys(reader.steps))))
    return Effects(tuple(groups))


class _Reader:
    """Reads code of one scope."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self._hidden: frozenset[str] = frozenset()
        self._sure = True

    def add(self, do: str, name: str | None, detail: object = None) -> None:
        """Note a step, unless it is about a name of an inner scope."""
        if name is not None and name not in self._hidden:
            self.steps.append(Step(do, name, detail, self._sure))

    def statement(self, node: ast.stmt, sure: bool) -> None:
        before, self._sure = self._sure, sure
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            self._expressions([*node.decorator_list, *_defaults(node.args)])
            self._define(node.name, _function(node.args, node.body))
        elif isinstance(node, ast.ClassDef):
            self._class(node)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            self._import(node)
        elif isinstance(node, ast.Assign):
            self._assign(node.targets, node.value)
        elif isinstance(node, ast.AnnAssign):
            if node.value is not None:
                self._assign([node.target], node.value)
        elif isinstance(node, ast.AugAssign):
            self.expression(node.value)
            name = base_name(node.target)
            self.add(Do.READ, name)
            self.add(Do.CHANGE, name, "augmented")
            self._target(node.target)
        elif isinstance(node, ast.Delete):
            for target in node.targets:
                self._delete(target)
        elif isinstance(node, _BRANCHES):
            self._branches(node, sure)
        elif isinstance(node, (ast.With, ast.AsyncWith)):
            for item in node.items:
                self.expression(item.context_expr)
                if item.optional_vars is not None:
                    self._target(item.optional_vars)
                    self._share(item.optional_vars, item.context_expr)
            self._block(node.body, sure)
        elif not isinstance(node, _LEAVES):
            self._expressions(children(node))
        self._sure = before

    def _block(self, body: Iterable[ast.stmt], sure: bool) -> None:
        for statement in body:
            self.statement(statement, sure)

    def _branches(self, node: ast.stmt, sure: bool) -> None:
        if isinstance(node, ast.If):
            self.expression(node.test)
            self._block([*node.body, *node.orelse], False)
        elif isinstance(node, (ast.For, ast.AsyncFor)):
            self.expression(node.iter)
            self._sure = False
            self._target(node.target)
            self._share(node.target, node.iter)
            self._block([*node.body, *node.orelse], False)
        elif isinstance(node, ast.While):
            self.expression(node.test)
            self._block([*node.body, *node.orelse], False)
        elif isinstance(node, (ast.Try, ast.TryStar)):
            self._block(node.body, False)
            for handler in node.handlers:
                self._sure = False
                if handler.type is not None:
                    self.expression(handler.type)
                hidden = self._hidden
                self._hidden |= {handler.name} if handler.name else set()
                self._block(handler.body, False)
                self._hidden = hidden
            self._block(node.orelse, False)
            self._block(node.finalbody, sure)
        elif isinstance(node, ast.Match):
            self.expression(node.subject)
            for case in node.cases:
                self._sure = False
                self._pattern(case.pattern, node.subject)
                if case.guard is not None:
                    self.expression(case.guard)
                self._block(case.body, False)

    def _pattern(self, pattern: ast.pattern, subject: ast.expr) -> None:
        for node in walk(pattern):
            if isinstance(node, (ast.MatchAs, ast.MatchStar)) and node.name:
                self.add(Do.WRITE, node.name)
                self.add(Do.SHARE, base_name(subject), node.name)
            elif isinstance(node, ast.MatchMapping) and node.rest:
                self.add(Do.WRITE, node.rest)
            elif isinstance(node, ast.MatchValue):
                self.expression(node.value)
            elif isinstance(node, ast.MatchClass):
                self.expression(node.cls)

    def _assign(self, targets: list[ast.expr], value: ast.expr) -> None:
        if isinstance(value, ast.Lambda) and all(isinstance(t, ast.Name) for t in targets):
            self._expressions(_defaults(value.args))
            defined = _function(value.args, [ast.copy_location(ast.Expr(value.body), value)])
            for name in (name for target in targets for name in target_names(target)):
                self._define(name, defined)
            return
        self.expression(value)
        for target in targets:
            self._target(target)
            self._share(target, value)

    def _target(self, target: ast.expr) -> None:
        """What is assigned to: names are bound, parts of objects change these."""
        if isinstance(target, ast.Name):
            self.add(Do.WRITE, target.id)
        elif isinstance(target, ast.Starred):
            self._target(target.value)
        elif isinstance(target, (ast.Tuple, ast.List)):
            for part in target.elts:
                self._target(part)
        else:
            self.expression(target)
            self.add(Do.CHANGE, base_name(target))

    def _delete(self, target: ast.expr) -> None:
        if isinstance(target, (ast.Tuple, ast.List)):
            for part in target.elts:
                self._delete(part)
        elif isinstance(target, ast.Name):
            self.add(Do.DELETE, target.id)
        else:
            self.expression(target)
            self.add(Do.CHANGE, base_name(target))

    def _share(self, target: ast.expr, value: ast.expr) -> None:
        """Names that are bound to (a part of) what another is bound to, or to what holds it."""
        sources = held_by(value)
        name_of = base_name(target)
        names = [name_of] if name_of else target_names(target)
        for name in names:
            for source in sources:
                if source != name and name not in self._hidden:
                    self.add(Do.SHARE, source, name)

    def _import(self, node: ast.Import | ast.ImportFrom) -> None:
        for name, path in imported_names(node).items():
            self.add(Do.IMPORT, name, path)

    def _define(self, name: str, defined: Defined) -> None:
        self.add(Do.DEFINE, name, _Once(defined))

    def _class(self, node: ast.ClassDef) -> None:
        self._expressions([*node.decorator_list, *node.bases, *node.keywords])
        bound, shared = bound_in(node.body)
        hidden, methods, rest = self._hidden, {}, []
        for statement in node.body:
            if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)):
                self._expressions([*statement.decorator_list, *_defaults(statement.args)])
                methods[statement.name] = _function(statement.args, statement.body)
            else:
                rest.append(statement)
        self._hidden |= bound - shared
        self._block(rest, self._sure)
        self._hidden = hidden
        steps = tuple(dict.fromkeys(step for made in methods.values() for step in made.steps))
        start = methods.get("__init__", Defined(()))
        self._define(node.name, Defined(steps, start.parameters[1:], start.on_parameters, methods))

    def _expressions(self, nodes: Iterable[ast.AST]) -> None:
        for node in nodes:
            self.expression(node)

    def expression(self, node: ast.AST) -> None:
        """Any node that is no statement."""
        if isinstance(node, ast.Name):
            self.add(Do.READ if isinstance(node.ctx, ast.Load) else Do.WRITE, node.id)
        elif isinstance(node, ast.Call):
            self._call(node)
        elif isinstance(node, ast.NamedExpr):
            self._assign([node.target], node.value)
        elif isinstance(node, ast.Lambda):
            self._expressions(_defaults(node.args))
            self._inside(set(parameter_names(node.args)), [node.body])
        elif isinstance(node, _COMPREHENSIONS):
            targets = {name for part in node.generators for name in target_names(part.target)}
            self.expression(node.generators[0].iter)
            parts = [part for part in children(node) if part is not node.generators[0]]
            first = node.generators[0]
            self._inside(targets, [first.target, *first.ifs, *parts])
        elif isinstance(node, ast.stmt):
            self.statement(node, self._sure)
        elif not isinstance(node, ast.Constant):
            self._expressions(children(node))

    def _inside(self, names: set[str], nodes: Iterable[ast.AST]) -> None:
        hidden, sure = self._hidden, self._sure
        self._hidden, self._sure = hidden | names, False
        self._expressions(nodes)
        self._hidden, self._sure = hidden, sure

    def _call(self, node: ast.Call) -> None:
        found = magic_code(node)
        if found is not None:
            self._magic(found)
            return
        path = path_of(node.func)
        self._expressions([node.func, *node.args, *(each.value for each in node.keywords)])
        given: list[tuple[int | str, ast.expr]] = [*enumerate(node.args)]
        given += [(keyword.arg or "**", keyword.value) for keyword in node.keywords]
        for place, argument in given:
            for name in handed_on(argument):
                self.add(Do.PASS, name, Passed(path, place))
                if place == "out":
                    self.add(Do.CHANGE, name)
        root, through = root_of(node.func)
        if root is None:
            return
        if isinstance(node.func, ast.Attribute):
            self.add(Do.METHOD, root, (path[1:], through))
            if node.func.attr in _TAKES_IN:
                for source in {each for _, argument in given for each in handed_on(argument)}:
                    self.add(Do.SHARE, source, root)
            if any(each.arg == "inplace" and is_true(each.value) for each in node.keywords):
                self.add(Do.CHANGE, root)
        else:
            self.add(Do.CALL, root, path)

    def _magic(self, found: MagicCode) -> None:
        for tree in found.trees:
            inner = _Reader()
            for statement in tree.body:
                inner.statement(statement, self._sure)
            for step in inner.steps:
                if found.binds or step.do not in (Do.WRITE, Do.DELETE, Do.IMPORT, Do.DEFINE):
                    self.add(step.do, step.name, step.detail)
        for name in found.reads:
            self.add(Do.READ, name)
        for name in found.writes:
            self.add(Do.WRITE, name)
        for name in found.state_read:
            self.add(Do.READ, name)
        for name in found.state_changed:
            self.add(Do.CHANGE, name)


class _Once:
    """Holds what has no hash of its own, for steps to be compared by identity."""

    __slots__ = ("defined",)

    def __init__(self, defined: Defined) -> None:
        self.defined = defined


def _function(arguments: ast.arguments, body: list[Any]) -> Defined:
    """A function: what happens to globals when it is called, and to its parameters."""
    bound, shared = bound_in(body)
    parameters = tuple(parameter_names(arguments))
    local = (frozenset(parameters) | bound) - shared
    reader = _Reader()
    for statement in body:
        reader.statement(statement, False)
    steps: list[Step] = []
    inner: list[Step] = []
    for step in reader.steps:
        nested = step.detail.defined.steps if step.do is Do.DEFINE else ()
        for one in (step, *nested):
            one = one._replace(sure=False)
            (inner if one.name in local else steps).append(one)
    outside = (step for step in steps if step.do is not Do.SHARE or step.detail not in local)
    return Defined(tuple(dict.fromkeys(outside)), parameters, tuple(dict.fromkeys(inner)))


def _defaults(arguments: ast.arguments) -> list[ast.AST]:
    return [*arguments.defaults, *(each for each in arguments.kw_defaults if each is not None)]
