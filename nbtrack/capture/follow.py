"""Follows the names of a kernel from execution to execution, into its dependency graph."""

from __future__ import annotations

import ast
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence

from nbtrack.capture.effects import Effects, read_effects
from nbtrack.capture.graph import Graph, Node, slice_of
from nbtrack.capture.honesty import flags_of
from nbtrack.capture.resolve import KnownCode
from nbtrack.capture.touched import ExecutionWatch, Touched, identities, rebound
from nbtrack.wire import FlagInfo

_MAX_READ = 256


class Follower:
    """The names of one kernel. One execution is followed at a time.

    Args:
        namespace: the user's.
        hidden: names in it that are the shell's own.
    """

    def __init__(self, namespace: Mapping[str, object], hidden: Iterable[str]) -> None:
        self.graph = Graph(hidden)
        self._namespace = namespace
        self._code = KnownCode()
        self._seen: dict[str, int] = {}
        self._watch: ExecutionWatch | None = None
        self._node: Node | None = None
        self._read: OrderedDict[tuple[str, int], Effects] = OrderedDict()

    def enter(self) -> None:
        """An execution begins."""
        before = identities(self._namespace)
        if before != self._seen:
            self.graph.unseen(rebound(self._seen, before))
        self._watch = ExecutionWatch(self._namespace, self._code, self.graph.states, before)

    def read(self, tree: ast.Module, source: str, number: int) -> None:
        """A tree of the execution, unchanged, is about to run.

        Args:
            tree: what runs.
            source: of the cell.
            number: counts the trees of one source.
        """
        if self._watch is not None:
            self._watch.begin(self._effects(tree, source, number))

    def _effects(self, tree: ast.Module, source: str, number: int) -> Effects:
        """The steps of a tree; what ran before is not read again."""
        key = (source, number)
        found = self._read.get(key)
        if found is None:
            found = self._read[key] = read_effects(tree)
            if len(self._read) > _MAX_READ:
                self._read.popitem(last=False)
        else:
            self._read.move_to_end(key)
        return found

    def leave(
        self, msg_id: str, cell_id: str | None, source: str, stopped_at: int | None
    ) -> Touched:
        """The execution is over.

        Args:
            msg_id: its id.
            cell_id: of its cell, where known.
            source: its code.
            stopped_at: the line of its tree at which it failed.
        """
        self._node = None
        if self._watch is None:
            return Touched()
        watch, self._watch = self._watch, None
        touched, self._seen = watch.end(stopped_at)
        self._node = self.graph.add(msg_id, cell_id, source, touched)
        return touched

    def explain(self, order: Sequence[str]) -> tuple[list[str], list[FlagInfo]]:
        """What the execution that just ended depends on: its slice, and what to know of it.

        Args:
            order: ids of the notebook's cells from the top; empty where they are not known.
        """
        if self._node is None:
            return [], []
        found = [node.msg_id for node in slice_of(self._node)]
        return found, flags_of(self._node, self.graph, order)
