"""What is remembered of code that ran: bindings of names, and the literals behind them."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from nbtrack.capture.kinds import UNKNOWN, Kind


@dataclass(slots=True, eq=False)
class Literal:
    """A value that stands in the code, where it was bound to a name.

    Args:
        line: 1-based, in the tree it was read from.
        cell_id: the nbformat id of the cell, where known.
        conditional: it stands in a branch.
        owner: for an argument of a call, the name that the call's value is bound to (empty for
            none); None for a literal that is bound to a name itself.
        tagged: its cell is tagged as holding parameters.
    """

    name: str
    value: object
    line: int
    cell_id: str | None = None
    conditional: bool = False
    owner: str | None = None
    tagged: bool = False


@dataclass(slots=True, eq=False)
class Binding:
    """One binding of one name.

    Args:
        line: 1-based, in the tree it was read from.
        literal: what a literal, or arithmetic on literals, is worth.
        reach: the literals it was computed from, at any distance. Not the bindings between:
            a cell that runs a thousand times must not leave a chain of a thousand links.
        deferred: global names that functions it leads to read when they are called.
        loop: index of the innermost loop of its cell around it; None outside of loops.
        conditional: it may not happen each time the code around it runs.
        mutation: the object changed, but the name was not bound.
        hidden: its cell is not recorded, and neither is what the name holds.
        module: of an import, what is imported: ``package.module`` or ``package.module.name``.
    """

    name: str
    kind: Kind
    line: int
    literal: Literal | None = None
    reach: dict[str, Literal] = field(default_factory=dict)
    deferred: frozenset[str] = frozenset()
    loop: int | None = None
    conditional: bool = False
    mutation: bool = False
    module: str | None = None
    hidden: bool = False

    @property
    def value(self) -> object:
        """What a literal is worth; `UNKNOWN` for anything else."""
        return UNKNOWN if self.literal is None else self.literal.value


@dataclass(slots=True, eq=False)
class Loop:
    """A loop of a cell, outside of functions.

    Args:
        parent: index of the loop around it.
        counter: the name that counts its iterations, where it has one.
    """

    node: ast.For | ast.AsyncFor | ast.While
    index: int
    parent: int | None
    counter: str | None


@dataclass(slots=True)
class CellFlow:
    """What one cell's code says.

    Attributes:
        env: the latest binding of each name, as after the cell.
        bindings: those of this cell, in order.
        roots: bindings of earlier cells that it reads.
        tagged: bindings of cells that are tagged as holding parameters; read or not.
        reads: global names it may read; functions of earlier cells are followed.
        writes: global names it binds.
        deletes: global names it deletes.
        arguments: settings in calls of this cell, by `argument_literals`' keys.
    """

    env: dict[str, Binding]
    bindings: list[Binding] = field(default_factory=list)
    roots: list[Binding] = field(default_factory=list)
    tagged: list[Binding] = field(default_factory=list)
    reads: set[str] = field(default_factory=set)
    writes: set[str] = field(default_factory=set)
    deletes: set[str] = field(default_factory=set)
    deferred: set[str] = field(default_factory=set)
    loops: list[Loop] = field(default_factory=list)
    arguments: dict[str, Literal] = field(default_factory=dict)

    def merge(self, later: CellFlow) -> CellFlow:
        """One view of two trees of one execution (a cell magic's line, then its body)."""
        return CellFlow(
            env=later.env,
            bindings=self.bindings + later.bindings,
            roots=self.roots + later.roots,
            tagged=self.tagged + later.tagged,
            reads=self.reads | (later.reads - self.writes),
            writes=self.writes | later.writes,
            deletes=self.deletes | later.deletes,
            deferred=self.deferred | later.deferred,
            loops=self.loops + later.loops,
            arguments=self.arguments | later.arguments,
        )

    def literals(self) -> list[Literal]:
        """The literals this cell binds or depends on, nearest first, one a name."""
        found, _ = reached([*self.bindings, *self.roots, *self.tagged], self.env, self.deferred)
        return list((self.arguments | found).values())


def reached(
    bindings: Sequence[Binding], env: Mapping[str, Binding], deferred: Iterable[str] = ()
) -> tuple[dict[str, Literal], frozenset[str]]:
    """What bindings lead to: literals, nearest first, and names their functions read.

    Args:
        bindings: where to begin.
        env: tells what a function reads when it is called now.
        deferred: further names that are read by functions.
    """
    found: dict[str, Literal] = {}
    for binding in bindings:
        if binding.literal is not None:
            found.setdefault(binding.name, binding.literal)
    names = dict.fromkeys(sorted(deferred))
    for binding in bindings:
        for name, literal in binding.reach.items():
            found.setdefault(name, literal)
        names.update(dict.fromkeys(binding.deferred))
    followed: set[str] = set()
    pending = list(names)
    while pending:
        name = pending.pop(0)
        behind = env.get(name)
        if name in followed or behind is None:
            continue
        followed.add(name)
        if behind.literal is not None:
            found.setdefault(name, behind.literal)
        for other, literal in behind.reach.items():
            found.setdefault(other, literal)
        pending.extend(behind.deferred)
    return found, frozenset(names) | followed
