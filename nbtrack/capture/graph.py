"""The dependency graph of a kernel: which executions made what an execution used.

Each execution is a node that points at the executions whose values it needed. Only what a name's
present value depends on is kept: what was bound anew lets go of the executions behind it, so a
cell that runs a thousand times leaves one node.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from nbtrack.capture.touched import Touched

MAX_NODES = 20_000
"""Of a chain that really is that long (a counter, say), the oldest executions are let go."""
_LOOK_EVERY = 1024


@dataclass(slots=True, eq=False)
class Node:
    """One execution.

    Args:
        number: counts the kernel's executions.
        fresh: names that it bound to other objects than before.
        needs: executions it depends on, with the names.
        unrecorded: names it read that no recorded execution wrote.
        cut: what it depends on was let go.
    """

    msg_id: str
    number: int
    cell_id: str | None
    source: str
    fresh: frozenset[str] = frozenset()
    needs: tuple[tuple[Node, tuple[str, ...]], ...] = ()
    unrecorded: tuple[str, ...] = ()
    cut: bool = False


@dataclass(frozen=True, slots=True)
class LastRun:
    """The latest execution of a cell: its number, and its source."""

    number: int
    source: str


class Graph:
    """The executions of one kernel, as far as they are still needed.

    Args:
        outside: names that belong to the kernel itself, and that no cell wrote.
    """

    def __init__(self, outside: Iterable[str] = ()) -> None:
        self.cells: dict[str, LastRun] = {}
        self.order: list[str] = []
        self._last: dict[str, Node] = {}
        self._states: set[str] = set()
        self._outside = frozenset(outside)
        self._number = 0

    @property
    def states(self) -> set[str]:
        """Kinds of hidden state that executions set, as ``<numpy>``."""
        return self._states

    def current(self, name: str) -> Node | None:
        """The execution that made a name's present value; None where none is recorded."""
        return self._last.get(name)

    def unseen(self, names: Iterable[str]) -> None:
        """Something that is not recorded bound names, or took them away."""
        for name in names:
            self._last.pop(name, None)

    def add(self, msg_id: str, cell_id: str | None, source: str, touched: Touched) -> Node:
        """An execution is over.

        Args:
            msg_id: its id.
            cell_id: of its cell, where known.
            source: its code.
            touched: what it did to names.
        """
        self._number += 1
        needed: dict[Node, list[str]] = {}
        unrecorded = []
        unsure = {name for name, sure in touched.writes.items() if not sure}
        for name in sorted(touched.reads | touched.changes | unsure):
            maker = self._last.get(name)
            if maker is not None:
                needed.setdefault(maker, []).append(name)
            elif name in touched.before and name not in self._outside and name in touched.reads:
                unrecorded.append(name)
        needs = tuple((node, tuple(names)) for node, names in needed.items())
        node = Node(
            msg_id=msg_id,
            number=self._number,
            cell_id=cell_id,
            source=source,
            fresh=touched.fresh,
            needs=needs,
            unrecorded=tuple(unrecorded),
        )
        for name in touched.deletes:
            self._last.pop(name, None)
        for name in (*touched.writes, *touched.changes):
            self._last[name] = node
            if name.startswith("<"):
                self._states.add(name)
        self._note_cell(node)
        if self._number % _LOOK_EVERY == 0:
            self._let_go()
        return node

    def _note_cell(self, node: Node) -> None:
        if node.cell_id is None:
            return
        if node.cell_id not in self.cells:
            self.order.append(node.cell_id)
        self.cells[node.cell_id] = LastRun(node.number, node.source)

    def _let_go(self) -> None:
        nodes = reached(self._last.values())
        for node in nodes[: max(0, len(nodes) - MAX_NODES)]:
            node.cut = node.cut or bool(node.needs)
            node.needs = ()


def slice_of(node: Node) -> list[Node]:
    """The fewest executions that reproduce one, in the order they ran, itself last."""
    return reached([node])


def reached(nodes: Iterable[Node]) -> list[Node]:
    """Nodes and all that they depend on, in the order they ran."""
    found: dict[int, Node] = {}
    pending = list(nodes)
    while pending:
        node = pending.pop()
        if node.number not in found:
            found[node.number] = node
            pending.extend(other for other, _ in node.needs)
    return [found[number] for number in sorted(found)]


def positions(order: Iterable[str]) -> Mapping[str, int]:
    """The place of each cell in a notebook."""
    return {cell_id: at for at, cell_id in enumerate(order)}
