"""Which cell bound each name, to what kind of value, and from which other names.

A `Flow` lives as long as the kernel. Each cell is read once, from its syntax tree, before it
runs (`Flow.read`), and becomes part of what later cells see when it has run (`Flow.commit`).
The bindings remember the literals that their values come from.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Protocol

from nbtrack.capture.arguments import argument_literals, changed_settings
from nbtrack.capture.bindings import Binding, CellFlow, Literal, Loop, reached
from nbtrack.capture.configs import ConfigSlot, fill_slots, slot_for, slot_key
from nbtrack.capture.expressions import classify, is_counter_step
from nbtrack.capture.kinds import UNKNOWN, Kind
from nbtrack.capture.literals import is_plain
from nbtrack.capture.names import Names, base_name, imported_names, target_names

_NO_ARGUMENTS: Mapping[str, Literal] = MappingProxyType({})
_BLOCKS = (ast.If, ast.With, ast.AsyncWith, ast.Try, ast.TryStar, ast.Match)
_SHELL_NAMES = frozenset({"get_ipython", "display", "In", "Out", "exit", "quit"})


class Flow:
    """The bindings of a kernel, execution by execution.

    Args:
        env: the latest binding of each name to begin with.
    """

    def __init__(self, env: Mapping[str, Binding] = MappingProxyType({})) -> None:
        self._env = dict(env)
        self._tagged: dict[str, Binding] = {}

    def read(
        self, tree: ast.Module, *, cell_id: str | None = None, stop_line: int | None = None
    ) -> CellFlow:
        """Read a cell that is about to run; changes nothing.

        Args:
            tree: its syntax tree, before any change for tracking.
            cell_id: its nbformat id.
            stop_line: statements that begin after this line did not run.
        """
        body = tree.body
        if stop_line is not None:
            body = [statement for statement in body if statement.lineno <= stop_line]
        reader = _CellReader(dict(self._env), cell_id)
        reader.cell.tagged = [
            binding for name, binding in self._tagged.items() if self._env.get(name) is binding
        ]
        reader.block(body, (), conditional=False, loop=None)
        return reader.finish()

    def commit(
        self, cell: CellFlow, namespace: Mapping[str, object], *, tagged: bool = False
    ) -> None:
        """Make a cell that has run part of what later cells see.

        Args:
            cell: as read before.
            namespace: the user's, after the cell: tells which of several literals it was.
            tagged: the cell holds parameters: later cells have them all, used or not.
        """
        for binding in cell.bindings:
            literal = binding.literal
            if (
                literal is not None
                and literal.conditional
                and cell.env.get(binding.name) is binding
            ):
                actual = namespace.get(binding.name, UNKNOWN)
                literal.value = actual if is_plain(actual) else literal.value
        fill_slots(cell.bindings, namespace)
        self._env = {name: made for name, made in cell.env.items() if name in namespace}
        if tagged:
            self._keep_tagged(cell, namespace)

    def _keep_tagged(self, cell: CellFlow, namespace: Mapping[str, object]) -> None:
        for name in cell.writes:
            binding = self._env.get(name)
            if binding is None or binding.kind in (Kind.IMPORT, Kind.FUNCTION):
                continue
            value = namespace[name]
            if binding.literal is None and is_plain(value):
                binding.literal = Literal(name, value, binding.line)
            if binding.literal is not None:
                binding.literal.tagged = True
            self._tagged[name] = binding


class _Bind(Protocol):
    """Records a binding made by the statement that is being read."""

    def __call__(
        self,
        name: str,
        kind: Kind,
        *,
        value: object = UNKNOWN,
        deps: tuple[Binding, ...] = (),
        deferred: frozenset[str] = frozenset(),
        conditional: bool = False,
        mutation: bool = False,
        arguments: Mapping[str, Literal] = _NO_ARGUMENTS,
    ) -> None: ...


class _CellReader:
    """Reads one tree, statement by statement."""

    def __init__(self, env: dict[str, Binding], cell_id: str | None) -> None:
        self.cell = CellFlow(env=env)
        self.cell_id = cell_id
        self._own: set[int] = set()
        self._names: dict[ast.AST, Names] = {}
        self._looping = False

    def finish(self) -> CellFlow:
        cell = self.cell
        cell.writes |= {made.name for made in cell.bindings if not made.mutation}
        followed: set[str] = set()
        pending = [*cell.reads, *cell.deferred]
        while pending:
            name = pending.pop()
            if name not in followed:
                followed.add(name)
                binding = cell.env.get(name)
                if binding is not None:
                    pending.extend(binding.deferred)
        inner = {made.name for made in cell.bindings} - cell.reads
        cell.reads = {
            name
            for name in followed - inner
            if name in cell.env or not (hasattr(builtins, name) or name in _SHELL_NAMES)
        }
        return cell

    def block(
        self,
        body: Iterable[ast.stmt],
        control: tuple[Binding, ...],
        *,
        conditional: bool,
        loop: int | None,
    ) -> None:
        for statement in body:
            self._statement(statement, control, conditional, loop)
            if loop is not None and not conditional:
                conditional = _continues(statement)

    def _statement(
        self,
        node: ast.stmt,
        control: tuple[Binding, ...],
        conditional: bool,
        loop: int | None,
    ) -> None:
        def bind(name: str, kind: Kind, **facts: Any) -> None:
            self._bind(name, kind, node.lineno, control, conditional, loop, **facts)

        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            names = self._names_in(node)
            deps = self._read(names)
            for other in sorted(names.binds - {node.name}):
                bind(other, Kind.COMPUTED, conditional=True)
            bind(node.name, Kind.FUNCTION, deps=deps, deferred=frozenset(names.deferred))
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            for name, module in imported_names(node).items():
                bind(name, Kind.IMPORT, module=module)
        elif isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign)):
            self._assignment(node, bind)
        elif isinstance(node, (ast.For, ast.AsyncFor, ast.While)):
            self._loop(node, control, conditional, loop)
        elif isinstance(node, _BLOCKS):
            self._blocks(node, control, conditional, loop, bind)
        elif isinstance(node, ast.Delete):
            for target in node.targets:
                self._delete(target, bind)
        elif isinstance(node, ast.Expr):
            self._effect(node.value, bind)
        else:
            self._expression(node, bind)

    def _delete(self, target: ast.expr, bind: _Bind) -> None:
        names = list(target_names(target))
        if not names:
            self._expression(target, bind)
            self._mutate(base_name(target), bind, ())
        for name in names:
            self.cell.env.pop(name, None)
            self.cell.deletes.add(name)

    def _blocks(
        self,
        node: ast.stmt,
        control: tuple[Binding, ...],
        conditional: bool,
        loop: int | None,
        bind: _Bind,
    ) -> None:
        """Statements made of blocks, loops aside."""
        if isinstance(node, ast.If):
            inside = control + self._expression(node.test, bind)
            self.block(node.body, inside, conditional=True, loop=loop)
            self.block(node.orelse, inside, conditional=True, loop=loop)
        elif isinstance(node, (ast.With, ast.AsyncWith)):
            for item in node.items:
                deps = self._expression(item.context_expr, bind)
                for name in target_names(item.optional_vars) if item.optional_vars else ():
                    bind(name, Kind.COMPUTED, deps=deps)
            self.block(node.body, control, conditional=conditional, loop=loop)
        elif isinstance(node, (ast.Try, ast.TryStar)):
            for handler in node.handlers:
                if handler.type is not None:
                    self._expression(handler.type, bind)
            for part in (node.body, *(h.body for h in node.handlers), node.orelse):
                self.block(part, control, conditional=True, loop=loop)
            self.block(node.finalbody, control, conditional=conditional, loop=loop)
        elif isinstance(node, ast.Match):
            inside = control + self._expression(node.subject, bind)
            for case in node.cases:
                self._expression(case.pattern, bind)
                if case.guard is not None:
                    self._expression(case.guard, bind)
                self.block(case.body, inside, conditional=True, loop=loop)

    def _bind(
        self,
        name: str,
        kind: Kind,
        line: int,
        control: tuple[Binding, ...],
        around: bool,
        loop: int | None,
        *,
        value: object = UNKNOWN,
        deps: tuple[Binding, ...] = (),
        deferred: frozenset[str] = frozenset(),
        conditional: bool = False,
        mutation: bool = False,
        arguments: Mapping[str, Literal] = _NO_ARGUMENTS,
        module: str | None = None,
    ) -> None:
        conditional = conditional or around
        before = self.cell.env.get(name)
        if before is not None and (conditional or mutation):
            deps = (*deps, before)
        reach, leads_to = reached(deps + control, self.cell.env)
        literal = None
        if kind in (Kind.LITERAL, Kind.DERIVED):
            literal = Literal(name, value, line, self.cell_id, conditional)
            reach.pop(name, None)
        reach.update(arguments)
        binding = Binding(
            name=name,
            kind=kind,
            line=line,
            literal=literal,
            reach=reach,
            deferred=deferred | leads_to,
            loop=loop,
            conditional=conditional,
            mutation=mutation,
            module=module,
        )
        self.cell.env[name] = binding
        self.cell.bindings.append(binding)
        self._own.add(id(binding))

    def _read(self, names: Names) -> tuple[Binding, ...]:
        deps = []
        for name in sorted(names.reads):
            binding = self.cell.env.get(name)
            if binding is None or id(binding) not in self._own:
                self.cell.reads.add(name)
            if binding is not None:
                deps.append(binding)
                if id(binding) not in self._own:
                    self.cell.roots.append(binding)
        self.cell.deferred |= names.deferred
        return tuple(deps)

    def _names_in(self, node: ast.AST) -> Names:
        # The body of a loop is read twice, and its expressions say the same both times.
        names = self._names.get(node)
        if names is None:
            names = self._names[node] = Names(node)
        return names

    def _expression(self, node: ast.AST, bind: _Bind) -> tuple[Binding, ...]:
        names = self._names_in(node)
        deps = self._read(names)
        for name in sorted(names.binds):
            bind(name, Kind.COMPUTED, deps=deps)
        return deps

    def _effect(self, node: ast.expr, bind: _Bind) -> None:
        deps = self._expression(node, bind)
        call = node.value if isinstance(node, ast.Await) else node
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute):
            name = base_name(call.func)
            before = None if name is None else self.cell.env.get(name)
            arguments = self._arguments(node, name)
            if before is not None:
                changed = changed_settings(call, before.name, before.reach, self.cell_id)
                self.cell.arguments.update(changed)
                arguments |= changed
            self._mutate(name, bind, deps, arguments)
        else:
            self._arguments(node, "")

    def _arguments(self, node: ast.AST, owner: str | None) -> dict[str, Literal]:
        """The settings in an expression's calls, which are then part of the cell's."""
        found = argument_literals(node, owner or "", self.cell.env, self.cell_id, False)
        self.cell.arguments.update(found)
        return found

    def _slot(self, name: str, value: ast.expr) -> dict[str, Literal]:
        """A place for the configuration that an assignment may bind."""
        slot = slot_for(name, value, self.cell.env)
        if slot is None:
            return {}
        return {slot_key(name): Literal(name, slot, value.lineno, self.cell_id)}

    def _mutate(
        self,
        name: str | None,
        bind: _Bind,
        deps: tuple[Binding, ...],
        arguments: Mapping[str, Literal] = _NO_ARGUMENTS,
    ) -> None:
        before = None if name is None else self.cell.env.get(name)
        if name is None or before is None or before.kind in (Kind.IMPORT, Kind.FUNCTION):
            return
        known = before.reach.get(slot_key(name))
        if known is not None and isinstance(known.value, ConfigSlot):
            # What was made of it before keeps its values; what is made now has these.
            slot = ConfigSlot(known.value.made)
            arguments = {**arguments, slot_key(name): replace(known, value=slot)}
        bind(name, Kind.COMPUTED, deps=deps, mutation=True, arguments=arguments)

    def _assignment(self, node: ast.Assign | ast.AnnAssign | ast.AugAssign, bind: _Bind) -> None:
        if node.value is None:
            return
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        deps = self._expression(node.value, bind)
        if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
            self._augmented(node, node.target.id, deps, bind)
            return
        for target in targets:
            pairs = (
                zip(target.elts, node.value.elts, strict=False)
                if (
                    isinstance(target, (ast.Tuple, ast.List))
                    and isinstance(node.value, (ast.Tuple, ast.List))
                    and len(target.elts) == len(node.value.elts)
                )
                else [(target, node.value)]
            )
            for part, value in pairs:
                self._assign_one(part, value, deps, bind)

    def _assign_one(
        self, target: ast.expr, value: ast.expr, deps: tuple[Binding, ...], bind: _Bind
    ) -> None:
        if isinstance(target, (ast.Attribute, ast.Subscript)):
            deps += self._expression(target, bind)
            self._store(target, value, deps, bind)
            return
        kind, worth = classify(value, self.cell.env)
        if not isinstance(target, ast.Name) and kind is not Kind.SIZE:
            kind, worth = Kind.COMPUTED, UNKNOWN
        names = list(target_names(target))
        arguments = self._arguments(value, names[0] if len(names) == 1 else "")
        if kind is Kind.COMPUTED:
            for name in names:
                arguments |= self._slot(name, value)
        for name in names:
            own, known = kind, worth
            if is_counter_step(value, name):
                own, known = Kind.COUNTER, UNKNOWN
            elif kind is Kind.DERIVED and self._looping and name in self._names_in(value).reads:
                own, known = Kind.COMPUTED, UNKNOWN
            bind(name, own, value=known, deps=deps, arguments=arguments)

    def _store(
        self, target: ast.expr, value: ast.expr, deps: tuple[Binding, ...], bind: _Bind
    ) -> None:
        """``name[key] = value`` and ``name.part = value``."""
        name = base_name(target)
        before = None if name is None else self.cell.env.get(name)
        kind, worth = classify(value, self.cell.env)
        plain = (
            isinstance(target, ast.Subscript)
            and isinstance(target.value, ast.Name)
            and isinstance(target.slice, ast.Constant)
            and kind in (Kind.LITERAL, Kind.DERIVED)
        )
        if name and before is not None and plain and isinstance(before.value, dict):
            assert isinstance(target, ast.Subscript) and isinstance(target.slice, ast.Constant)
            changed = {**before.value, target.slice.value: worth}
            bind(name, Kind.LITERAL, value=changed, deps=deps, mutation=True)
        else:
            self._mutate(name, bind, deps)

    def _augmented(
        self, node: ast.AugAssign, name: str, deps: tuple[Binding, ...], bind: _Bind
    ) -> None:
        whole = ast.BinOp(left=ast.Name(name, ast.Load()), op=node.op, right=node.value)
        before = self.cell.env.get(name)
        deps = deps if before is None else (*deps, before)
        self._read(Names(whole))
        kind, worth = classify(whole, self.cell.env)
        if is_counter_step(whole, name):
            kind, worth = Kind.COUNTER, UNKNOWN
        elif kind is Kind.DERIVED and self._looping:
            kind, worth = Kind.COMPUTED, UNKNOWN
        bind(name, kind, value=worth, deps=deps)

    def _loop(
        self,
        node: ast.For | ast.AsyncFor | ast.While,
        control: tuple[Binding, ...],
        conditional: bool,
        loop: int | None,
    ) -> None:
        def bind(name: str, kind: Kind, **facts: Any) -> None:
            self._bind(name, kind, node.lineno, control, conditional, index, **facts)

        index = len(self.cell.loops)
        own = Loop(node, index, loop, _counter(node))
        self.cell.loops.append(own)
        source = node.test if isinstance(node, ast.While) else node.iter
        inside = control + self._expression(source, bind)
        if not isinstance(node, ast.While):
            for name in target_names(node.target):
                bind(name, Kind.TARGET, deps=inside)
        if self._looping:
            self.block(node.body, inside, conditional=False, loop=index)
        else:
            # Twice: the second time sees what an earlier iteration bound.
            kept, loops = len(self.cell.bindings), len(self.cell.loops)
            self._looping = True
            self.block(node.body, inside, conditional=False, loop=index)
            del self.cell.bindings[kept:], self.cell.loops[loops:]
            self.block(node.body, inside, conditional=False, loop=index)
            self._looping = False
        self.block(node.orelse, inside, conditional=True, loop=loop)


def _counter(node: ast.For | ast.AsyncFor | ast.While) -> str | None:
    if isinstance(node, ast.While):
        return None
    if isinstance(node.target, ast.Name):
        return node.target.id
    call = node.iter
    counted = isinstance(call, ast.Call) and base_name(call.func) == "enumerate"
    if counted and isinstance(node.target, ast.Tuple) and isinstance(node.target.elts[0], ast.Name):
        return node.target.elts[0].id
    return None


def _continues(statement: ast.stmt) -> bool:
    """Whether a statement holds a ``continue`` of the loop it stands in."""
    if isinstance(statement, ast.Continue):
        return True
    if isinstance(statement, (ast.For, ast.AsyncFor, ast.While)):
        return any(_continues(inner) for inner in statement.orelse)
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return False
    blocks = [getattr(statement, name, []) for name in ("body", "orelse", "finalbody")]
    for part in (*getattr(statement, "handlers", []), *getattr(statement, "cases", [])):
        blocks.append(part.body)
    return any(_continues(inner) for block in blocks for inner in block)
