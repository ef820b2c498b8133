"""What of a tracked cell is a param, what a metric, and what a series; from its code alone."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass, field

from nbtrack.capture.arguments import named_apart
from nbtrack.capture.bindings import Binding, CellFlow, Literal, Loop
from nbtrack.capture.configs import ConfigSlot
from nbtrack.capture.expressions import result_key
from nbtrack.capture.kinds import Kind
from nbtrack.capture.options import TrackOptions
from nbtrack.capture.printed import Printed, printed_values
from nbtrack.capture.trees import nodes_of
from nbtrack.capture.varying import is_number, iterated, switched, used_between

_LOG_CALLS = frozenset({"log", "log_metric", "log_metrics"})
_RECORDING_CALLS = _LOG_CALLS - {"log"} | {"log_param", "log_params"}
"""Calls whose value is what they were given: already recorded, and no result of the cell."""
_INDEX_WORDS = frozenset({"idx", "id", "ids"})
_NO_VALUES = (Kind.IMPORT, Kind.FUNCTION)
_LOOPS = (ast.For, ast.AsyncFor, ast.While)


@dataclass(frozen=True, slots=True)
class Watched:
    """A name whose value may be a metric.

    Args:
        line: of its last binding.
        conditional: it counts only when another object was bound.
    """

    name: str
    line: int
    conditional: bool


@dataclass(frozen=True, slots=True)
class LoopPlan:
    """What one loop yields.

    Args:
        watched: names whose values count when an iteration is over.
        targets: names of its target that are watched; they have their values from the start.
        outer: no loop is around it.
    """

    loop: Loop
    watched: tuple[Watched, ...]
    targets: tuple[Watched, ...]
    outer: bool
    label: str


@dataclass(frozen=True, slots=True)
class LastExpression:
    """The cell's last expression, when it may be a metric."""

    key: str
    line: int


@dataclass(slots=True)
class CellPlan:
    """What a tracked cell is watched for.

    Attributes:
        params: literals, nearest first.
        own: names of those that this cell binds.
        unsure: params of this cell that stand in several places; the namespace knows which.
        finals: names bound at the cell's top level.
        loops: in the order of the cell's loops.
        configs: what may be configurations; see `ConfigSlot`.
        settings: arguments of calls: (name, value, where it stands).
        here: the ``id`` of those that stand in this cell.
        varied: numbers that a name is bound to one after the other: (line, value) pairs.
        printed: values that are computed only to be printed.
        explicit: names that are left alone: the cell logs them itself, or says so.
    """

    params: list[Literal] = field(default_factory=list)
    own: set[str] = field(default_factory=set)
    unsure: frozenset[str] = frozenset()
    finals: list[Watched] = field(default_factory=list)
    loops: list[LoopPlan] = field(default_factory=list)
    last: LastExpression | None = None
    configs: list[Literal] = field(default_factory=list)
    settings: list[tuple[str, object, Literal]] = field(default_factory=list)
    here: frozenset[int] = frozenset()
    varied: dict[str, list[tuple[int, float]]] = field(default_factory=dict)
    printed: list[Printed] = field(default_factory=list)
    explicit: frozenset[str] = frozenset()

    @property
    def metric_names(self) -> frozenset[str]:
        """Names that the cell itself yields metrics of."""
        names = {each.name for loop in self.loops for each in (*loop.watched, *loop.targets)}
        names |= {final.name for final in self.finals}
        return frozenset(names | ({self.last.key} if self.last else set()))


def plan_cell(
    tree: ast.Module,
    cell: CellFlow,
    options: TrackOptions,
    ignored: frozenset[int] = frozenset(),
) -> CellPlan:
    """Decide what a cell is watched for.

    Args:
        tree: its syntax tree.
        cell: what `Flow.read` found in it.
        options: of its ``%%track`` line.
        ignored: lines whose names are left alone.
    """
    unwanted = {binding.name for binding in cell.bindings if binding.line in ignored}
    explicit = _explicit_keys(tree) | unwanted
    by_name: dict[str, list[Binding]] = {}
    for binding in cell.bindings:
        by_name.setdefault(binding.name, []).append(binding)
    plan = CellPlan(explicit=explicit)
    _plan_params(plan, tree, cell, by_name, options, ignored)
    plan.unsure = frozenset(name for name, own in by_name.items() if len(own) > 1)
    _plan_metrics(plan, cell, by_name, options)
    plan.last = _last_expression(tree, cell, explicit)
    bound = {name for name, own in by_name.items() if own[-1].kind not in _NO_VALUES}
    taken = explicit | bound | ({plan.last.key} if plan.last else set())
    found = printed_values(tree, cell.env, taken, ignored)
    plan.printed = [value for value in found if options.wants(value.key)]
    return plan


def _plan_params(
    plan: CellPlan,
    tree: ast.Module,
    cell: CellFlow,
    by_name: dict[str, list[Binding]],
    options: TrackOptions,
    ignored: frozenset[int],
) -> None:
    """What stands in the code: settings, names of literals, and what may be configurations."""
    unwanted = {binding.name for binding in cell.bindings if binding.line in ignored}
    literals = cell.literals()
    plan.settings = [
        setting
        for setting in named_apart(literal for literal in literals if literal.owner is not None)
        if not _left_out(setting[2], cell, ignored) and options.wants_any(setting[0])
    ]
    plan.here = frozenset(id(literal) for literal in cell.arguments.values())
    for literal in literals:
        if literal.owner is not None:
            continue
        if isinstance(literal.value, ConfigSlot):
            wanted = not literal.name.startswith("_") and literal.name not in unwanted
            plan.configs += [literal] if wanted else []
            continue
        name, own = literal.name, by_name.get(literal.name, [])
        if name.startswith("_") or name in unwanted or not options.wants_any(name):
            continue
        if any(made.literal is literal for made in own):
            if not _is_setting(own):
                continue
            plan.own.add(name)
        varied = used_between(tree, cell, own) if len(own) > 1 else []
        if varied and name not in plan.explicit:
            plan.varied[name] = varied
            continue
        plan.params.append(literal)
    for literal in _listed(cell, by_name):
        if literal.name not in unwanted and options.wants_any(literal.name):
            plan.own.add(literal.name)
            plan.params.append(literal)


def _plan_metrics(
    plan: CellPlan,
    cell: CellFlow,
    by_name: dict[str, list[Binding]],
    options: TrackOptions,
) -> None:
    """What is computed: names bound in loops, and at the top level."""
    explicit = plan.explicit
    owners = series_owners(cell, by_name, options, explicit)
    targets = target_owners(cell, by_name, options, explicit)
    for loop in cell.loops:
        watched, outer = tuple(owners.get(loop.index, ())), loop.parent is None
        heads = tuple(targets.get(loop.index, ()))
        plan.loops.append(LoopPlan(loop, watched, heads, outer, loop_label(loop)))
    for name, own in by_name.items():
        outside = [made for made in own if made.loop is None and not made.mutation]
        named = not name.startswith("_") and not is_index(name)
        wanted = named and name not in explicit and options.wants_any(name)
        if wanted and outside and outside[-1].kind is Kind.COMPUTED:
            certain = any(not made.conditional for made in outside)
            plan.finals.append(Watched(name, outside[-1].line, not certain))


def _listed(cell: CellFlow, by_name: dict[str, list[Binding]]) -> list[Literal]:
    """Targets of loops over values that are no numbers, and stand in the loop's head."""
    return [
        Literal(name, values, loop.node.lineno, conditional=False)
        for loop in cell.loops
        for name, values, in_head in iterated(loop, cell.env)
        if in_head and not name.startswith("_") and len(by_name.get(name, ())) == 1
        if not all(is_number(value) for value in values)
    ]


def _left_out(literal: Literal, cell: CellFlow, ignored: frozenset[int]) -> bool:
    """Whether a setting stands on a line of this cell that is left alone."""
    return literal.line in ignored and any(own is literal for own in cell.arguments.values())


def is_index(name: str) -> bool:
    """Whether a name says that it counts or points, and measures nothing."""
    return not _INDEX_WORDS.isdisjoint(name.lower().split("_"))


def _is_setting(own: list[Binding]) -> bool:
    """Whether a name's bindings in its cell are all literals outside of loops."""
    return all(made.kind in (Kind.LITERAL, Kind.DERIVED) and made.loop is None for made in own)


def series_owners(
    cell: CellFlow,
    by_name: dict[str, list[Binding]],
    options: TrackOptions,
    explicit: frozenset[str],
) -> dict[int, list[Watched]]:
    """For each loop, the names it yields points of: a name belongs to its outermost loop."""
    depths: dict[int, int] = {}
    for loop in cell.loops:
        depths[loop.index] = 0 if loop.parent is None else depths[loop.parent] + 1
    owners: dict[int, list[Watched]] = {}
    for name, own in by_name.items():
        inside = [made for made in own if made.loop is not None and not made.mutation]
        unnamed = name.startswith("_") or is_index(name)
        if unnamed or name in explicit or not options.wants_any(name):
            continue
        if switched(own):
            watched = Watched(name, inside[-1].line, False)
            owners.setdefault(inside[0].loop or 0, []).append(watched)
            continue
        if not any(made.kind is Kind.COMPUTED for made in inside):
            continue
        for root in {_root(cell, made.loop) for made in inside}:
            under = [made for made in inside if _root(cell, made.loop) == root]
            if not any(made.kind is Kind.COMPUTED for made in under):
                continue
            level = min(depths[made.loop] for made in under if made.loop is not None)
            at = [m for m in under if m.loop is not None and depths[m.loop] == level]
            for index in sorted({made.loop for made in at if made.loop is not None}):
                here = [made for made in at if made.loop == index]
                certain = any(not made.conditional for made in here)
                owners.setdefault(index, []).append(Watched(name, here[-1].line, not certain))
    return owners


def target_owners(
    cell: CellFlow,
    by_name: dict[str, list[Binding]],
    options: TrackOptions,
    explicit: frozenset[str],
) -> dict[int, list[Watched]]:
    """For each loop, its targets that take numbers which stand in the code: settings that vary."""
    owners: dict[int, list[Watched]] = {}
    for loop in cell.loops:
        for name, values, _ in iterated(loop, cell.env):
            kinds = {made.kind for made in by_name.get(name, ())}
            left_alone = name.startswith("_") or name in explicit or is_index(name)
            numbers = all(is_number(value) for value in values) and kinds == {Kind.TARGET}
            if numbers and not left_alone and options.wants_any(name):
                watched = Watched(name, loop.node.lineno, False)
                owners.setdefault(loop.index, []).append(watched)
    return owners


def _root(cell: CellFlow, index: int | None) -> int | None:
    while index is not None and cell.loops[index].parent is not None:
        index = cell.loops[index].parent
    return index


def loop_label(loop: Loop) -> str:
    """What to call a loop: its counter, its target, or ``while``."""
    if isinstance(loop.node, ast.While):
        return "while"
    return loop.counter or ast.unparse(loop.node.target)


def _last_expression(
    tree: ast.Module, cell: CellFlow, explicit: frozenset[str]
) -> LastExpression | None:
    if not tree.body or not isinstance(tree.body[-1], ast.Expr):
        return None
    node = tree.body[-1].value
    if isinstance(node, ast.Constant) or _called_name(node) in _RECORDING_CALLS:
        return None
    if isinstance(node, ast.Name):
        binding = cell.env.get(node.id)
        if binding is not None and binding.kind is not Kind.COMPUTED:
            return None
    else:
        from nbtrack.capture.expressions import classify

        if classify(node, cell.env)[0] is not Kind.COMPUTED:
            return None
    key = result_key(node)
    return None if key in explicit or is_index(key) else LastExpression(key, node.lineno)


def _explicit_keys(tree: ast.Module) -> frozenset[str]:
    """Metric names that the cell itself logs, where they stand in the code."""
    keys: set[str] = set()
    for node in nodes_of(tree):
        if not isinstance(node, ast.Call):
            continue
        name = _called_name(node)
        if name not in _LOG_CALLS:
            continue
        if name == "log":
            keys |= {keyword.arg for keyword in node.keywords if keyword.arg}
        keys |= set(_texts(node.args[:1]))
    return frozenset(keys - {"step"})


def _called_name(node: ast.expr) -> str:
    """The last name of what an expression calls; empty for one that calls nothing by name."""
    called = node.func if isinstance(node, ast.Call) else None
    return called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")


def _texts(nodes: Iterable[ast.expr]) -> Iterable[str]:
    for node in nodes:
        for part in node.keys if isinstance(node, ast.Dict) else [node]:
            if isinstance(part, ast.Constant) and isinstance(part.value, str):
                yield part.value
