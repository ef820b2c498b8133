"""Which executions a kernel's values come from: the dependency graph, slices, honesty.

Each name stands for the last execution that bound or changed its object; that one depends on
those before it. What nothing leads to any more is forgotten with them.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from nbtrack.wire import FlagInfo


@dataclass(slots=True, eq=False)
class Node:
    """One execution in the graph.

    Args:
        order: counts the executions of the kernel.
        before: the executions that it depends on itself, with the names that lead there.
    """

    msg_id: str
    cell_id: str | None
    source: str
    order: int
    before: Mapping[Node, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Touched:
    """What an execution did to names.

    Args:
        reads: names it may read.
        writes: names it bound.
        changes: names whose objects it changed, or may have, without binding them.
        deletes: names it took away.
        unsure: names in ``writes`` that may still be what they were before.
    """

    reads: frozenset[str]
    writes: frozenset[str] = frozenset()
    changes: frozenset[str] = frozenset()
    deletes: frozenset[str] = frozenset()
    unsure: frozenset[str] = frozenset()


class Graph:
    """The executions of one kernel."""

    def __init__(self) -> None:
        self._latest: dict[str, Node] = {}
        self._cells: dict[str, Node] = {}
        self._unrecorded: set[str] = set()
        self._count = 0

    def node(self, msg_id: str, cell_id: str | None, source: str, touched: Touched) -> Node:
        """An execution, with what it depends on; `commit` makes it part of what follows."""
        needed: dict[Node, list[str]] = {}
        for name in sorted(touched.reads | touched.changes | touched.unsure):
            last = self._latest.get(name)
            if last is not None:
                needed.setdefault(last, []).append(name)
        self._count += 1
        before = {node: tuple(names) for node, names in needed.items()}
        return Node(msg_id, cell_id, source, self._count, before)

    def commit(self, node: Node, touched: Touched) -> None:
        """Let later executions come from this one."""
        for name in touched.writes | touched.changes:
            self._latest[name] = node
        self._unrecorded -= touched.writes
        for name in touched.deletes:
            self._latest.pop(name, None)
        if node.cell_id is not None:
            self._cells[node.cell_id] = node

    def unrecorded(self, touched: Touched) -> list[str]:
        """Names it reads that are from before anything was recorded, or came in unseen."""
        return sorted(name for name in touched.reads if name in self._unrecorded)

    def came_unseen(self, names: AbstractSet[str]) -> None:
        """Names appeared that no execution brought, by a thread for example."""
        self._unrecorded |= names - self._latest.keys()

    def flags(self, node: Node, touched: Touched) -> list[FlagInfo]:
        """What to know before trusting that the notebook makes this result again."""
        found = []
        names = self.unrecorded(touched)
        if names:
            text = f"{_listed(names)} {_were(names)} there before nbtrack recorded this kernel."
            found.append(FlagInfo(kind="unrecorded", text=text, names=names))
        part = slice_of(node)
        inside = {each.msg_id for each in part}
        used = _names_used(part)
        for each in part[:-1]:
            now = self._cells.get(each.cell_id or "")
            if now is None or now.msg_id in inside or now is each:
                continue
            names = sorted(used[each])
            found.append(_superseded(each, now, names))
        return found


def slice_of(node: Node) -> list[Node]:
    """The executions that one depends on, at any distance, in the order they ran, its own last."""
    found = {node}
    pending = [node]
    while pending:
        for before in pending.pop().before:
            if before not in found:
                found.add(before)
                pending.append(before)
    return sorted(found, key=lambda each: each.order)


def _names_used(part: list[Node]) -> dict[Node, set[str]]:
    used: dict[Node, set[str]] = {node: set() for node in part}
    for node in part:
        for before, names in node.before.items():
            used[before] |= set(names)
    return used


def _superseded(node: Node, now: Node, names: list[str]) -> FlagInfo:
    what = f"Uses {_listed(names)} from a cell"
    if now.source == node.source:
        kind, text = "out_of_order", f"{what} as it ran before; it has run again since."
    else:
        kind, text = "edited", f"{what} that was edited and run again since."
    return FlagInfo(kind=kind, text=text, names=names, cell_id=node.cell_id, msg_id=node.msg_id)


def _listed(names: list[str]) -> str:
    few = ", ".join(names[:4])
    return f"{few} and {len(names) - 4} more" if len(names) > 4 else few


def _were(names: list[str]) -> str:
    return "was" if len(names) == 1 else "were"
