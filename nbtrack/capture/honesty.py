"""What to know before trusting that the notebook, run from its top, makes a result again.

Judged by what the kernel knows: the cells that ran, and their order in the notebook where that is
known, else the order in which they ran first.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from nbtrack.capture.graph import Graph, Node, positions, slice_of
from nbtrack.wire import FlagInfo

_MAX_FLAGS = 50
_MAX_NAMES = 8


def flags_of(node: Node, graph: Graph, order: Sequence[str] = ()) -> list[FlagInfo]:
    """The flags of an execution that was just added to the graph.

    Args:
        node: the execution.
        graph: tells what ran since.
        order: ids of the notebook's cells from the top; empty where they are not known.
    """
    nodes = slice_of(node)
    places = positions(order if order else graph.order)
    found: dict[tuple[str, str | None, tuple[str, ...]], FlagInfo] = {}
    for user in nodes:
        for flag in (*_unrecorded(user), *_of_links(user, node, graph, places, set(order))):
            found.setdefault((flag.kind, flag.cell_id, tuple(flag.names)), flag)
    return list(found.values())[:_MAX_FLAGS]


def named(names: Sequence[str]) -> str:
    """Names as a sentence has them; of hidden state, what it is."""
    shown = [f"the state of {name[1:-1]}" if name[0] == "<" else name for name in names]
    if len(shown) > _MAX_NAMES:
        shown = [*shown[:_MAX_NAMES], f"{len(shown) - _MAX_NAMES} more"]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


def _unrecorded(user: Node) -> Iterator[FlagInfo]:
    if user.unrecorded:
        names = list(user.unrecorded)
        yield FlagInfo(
            kind="unrecorded",
            text=f"{_cell(user)} uses {named(names)}, which no recorded execution made: "
            "from before nbtrack was loaded, or from code that it cannot see.",
            names=names,
            cell_id=user.cell_id,
            msg_id=user.msg_id,
        )
    if user.cut:
        yield FlagInfo(
            kind="unrecorded",
            text=f"{_cell(user)} depends on more executions than are kept.",
            cell_id=user.cell_id,
            msg_id=user.msg_id,
        )


def _of_links(
    user: Node,
    own: Node,
    graph: Graph,
    places: Mapping[str, int],
    present: Collection[str],
) -> Iterator[FlagInfo]:
    """Flags of the values that an execution used."""
    for maker, names in user.needs:
        public = [name for name in names if not name.startswith("<")] or list(names)
        if maker.cell_id is None:
            continue
        last = graph.cells.get(maker.cell_id)
        again = last is not None and last.number > maker.number
        told = named(public)
        if again and last is not None and last.source != maker.source:
            yield _flag(
                "edited",
                f"{_cell(user)} used {told} from cell {maker.cell_id}, which was edited and ran "
                "again since.",
                maker,
                public,
            )
        elif (
            again
            and user is not own
            and maker.cell_id != own.cell_id
            and any(_newer(graph, name, maker) for name in names)
        ):
            yield _flag(
                "out_of_order",
                f"{_cell(user)} used {told} from cell {maker.cell_id} and did not run again "
                "when that cell made it anew.",
                maker,
                public,
            )
        if present and maker.cell_id in graph.cells and maker.cell_id not in present:
            yield _flag(
                "deleted",
                f"{_cell(user)} used {told} from cell {maker.cell_id}, which is no longer in "
                "the notebook.",
                maker,
                public,
            )
        yield from _below(user, maker, public, places)


def _below(
    user: Node, maker: Node, names: list[str], places: Mapping[str, int]
) -> Iterator[FlagInfo]:
    at, made_at = places.get(user.cell_id or ""), places.get(maker.cell_id or "")
    if at is not None and made_at is not None and made_at > at:
        yield _flag(
            "out_of_order",
            f"{_cell(user)} used {named(names)} from cell {maker.cell_id}, which stands below it.",
            maker,
            names,
        )


def _newer(graph: Graph, name: str, maker: Node) -> bool:
    """Whether the same cell has bound a name to something else since."""
    now = graph.current(name)
    return (
        now is not None
        and now.number > maker.number
        and now.cell_id == maker.cell_id
        and name in now.fresh
    )


def _flag(kind: str, text: str, maker: Node, names: list[str]) -> FlagInfo:
    return FlagInfo(kind=kind, text=text, names=names, cell_id=maker.cell_id, msg_id=maker.msg_id)


def _cell(node: Node) -> str:
    return "An execution" if node.cell_id is None else f"Cell {node.cell_id}"
