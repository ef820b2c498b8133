"""What the live objects of a tracked cell tell: configurations, and settings of models.

Objects that the cell was given are read when it starts; those that it makes, when it is over.
What the code of a call says is captured from the code: objects add what does not stand there.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import Any

from nbtrack.capture.arguments import TALK
from nbtrack.capture.bindings import Binding, CellFlow, Literal
from nbtrack.capture.configs import (
    MAX_VALUES,
    ConfigSlot,
    config_values,
    is_config,
    is_config_class,
)
from nbtrack.capture.names import base_name, target_names
from nbtrack.capture.plan import CellPlan
from nbtrack.capture.report import Report
from nbtrack.capture.settings import Setting, settings_of
from nbtrack.capture.trees import nodes_of
from nbtrack.entities import Origin

_MAX_DEFAULTS = 100


class CellObjects:
    """Reads the objects of one tracked cell.

    Args:
        namespace: the user's.
        given: the params of the run so far, as text by key.
        give: takes a param: key, value, origin.
        report: is told what was left out.

    Attributes:
        configs: names that hold configurations, which are no metrics.
    """

    def __init__(
        self,
        namespace: Mapping[str, Any],
        given: Mapping[str, str],
        give: Callable[[str, object, Origin], None],
        report: Report,
    ) -> None:
        self._namespace = namespace
        self._given = given
        self._give = give
        self._report = report
        self.configs: set[str] = set()
        self._slots: list[tuple[Literal, int, int]] = []
        self._made: dict[str, tuple[Binding, int]] = {}
        self._before: dict[str, int] = {}
        self._fitted: set[str] = set()
        self._defaults = 0

    def watch(self, tree: ast.Module, flow: CellFlow, plan: CellPlan, offset: int) -> None:
        """A tree of the cell is about to run: read what it is given.

        Args:
            tree: of the cell.
            flow: what was read in it.
            plan: what else it is watched for.
            offset: lines of the cell's source above the tree's first.
        """
        self._fitted |= _fitted_names(tree)
        own = {made.name: made for made in flow.bindings if not made.mutation}
        for name, made in own.items():
            if not name.startswith("_") and name not in plan.explicit:
                self._made[name] = made, offset
                self._before.setdefault(name, id(self._namespace.get(name)))
        for literal in plan.configs:
            slot = literal.value
            assert isinstance(slot, ConfigSlot)
            if slot.values is None:
                self._slots.append((literal, offset, id(self._namespace.get(literal.name))))
                continue
            value = self._namespace.get(literal.name)
            live = literal.name in flow.reads and is_config(literal.name, value, made=slot.made)
            values, more = config_values(value) if live else (slot.values, 0)
            self._config(
                literal.name, values, more, Origin("object", literal.cell_id, literal.line)
            )
        for name in sorted(flow.reads - self.configs):
            binding = flow.env.get(name)
            known = binding is not None and (binding.literal is not None or binding.hidden)
            if name.startswith("_") or known:
                continue
            value = self._namespace.get(name)
            if is_config(name, value):
                self._config(name, *config_values(value), Origin("object"))
            elif name not in own:
                self._settings(name, value, Origin("object"), varies=False)

    def is_config_call(self, literal: Literal, cell: CellFlow) -> bool | None:
        """Whether a setting is an argument of what makes a configuration that a name holds.

        Args:
            literal: the setting.
            cell: its cell, where that is yet to run.

        Returns:
            None where the class is yet to be defined by the cell.
        """
        called = literal.name.rpartition(".")[0].rpartition(".")[2]
        if not literal.owner:
            return False
        if called not in self._namespace:
            return None if called in cell.writes else False
        return is_config_class(self._namespace[called])

    def finish(self, cell_id: str | None, *, failed: bool) -> None:
        """The cell is over: read what it made.

        Args:
            cell_id: of the cell.
            failed: it stopped on its way; what it did not get to is as it was before.
        """
        for literal, offset, before in self._slots:
            value = self._namespace.get(literal.name)
            stale = failed and id(value) == before
            slot = literal.value
            assert isinstance(slot, ConfigSlot)
            if not stale and is_config(literal.name, value, made=slot.made):
                origin = Origin("object", literal.cell_id, literal.line + offset)
                self._config(literal.name, *config_values(value), origin)
        for name, (binding, offset) in self._made.items():
            value = self._namespace.get(name)
            if name in self.configs or (failed and id(value) == self._before[name]):
                continue
            origin = Origin("object", cell_id, binding.line + offset)
            self._settings(name, value, origin, varies=binding.loop is not None)

    def _config(self, name: str, values: Mapping[str, object], more: int, origin: Origin) -> None:
        self.configs.add(name)
        for key, value in values.items():
            self._give(f"{name}.{key}", value, origin)
        if more:
            why = f"a configuration is kept up to {MAX_VALUES} values; it has {more} more"
            self._report.left_out("param", f"{name}.*", why, origin.line)

    def _settings(self, name: str, value: object, origin: Origin, *, varies: bool) -> None:
        """Give the settings of an object that do not stand in the code of a call."""
        for setting in settings_of(value):
            key, argument = setting.key, setting.key.rpartition(".")[2]
            known = [text for other, text in self._given.items() if _ends(other, key)]
            if known:
                chosen = not (setting.is_default or setting.decisive or varies)
                if chosen and not any(str(setting.value) in text for text in known):
                    self._give(f"{name}.{key}", setting.value, _marked(origin, setting))
                continue
            if setting.is_default and not setting.decisive:
                self._default(name, setting, origin)
            elif argument in TALK:
                self._report.left_out("param", key, "it changes nothing in what is computed")
            elif varies:
                self._report.left_out("param", key, "it is another one in each iteration")
            elif self._given.get(argument) != str(setting.value):
                self._give(key, setting.value, _marked(origin, setting))

    def _default(self, name: str, setting: Setting, origin: Origin) -> None:
        """A default is kept, marked, for what the cell trains."""
        if name not in self._fitted:
            return
        self._defaults += 1
        if self._defaults > _MAX_DEFAULTS:
            why = f"defaults are kept up to {_MAX_DEFAULTS} in a cell"
            self._report.left_out("param", setting.key, why)
            return
        self._give(setting.key, setting.value, _marked(origin, setting))


def _ends(known: str, key: str) -> bool:
    return known == key or known.endswith(f".{key}")


def _marked(origin: Origin, setting: Setting) -> Origin:
    return Origin(origin.rule, origin.cell_id, origin.line, setting.is_default)


def _fitted_names(tree: ast.Module) -> set[str]:
    """Names of what a cell trains: ``name.fit(...)`` and ``name = Class(...).fit(...)``."""
    names: set[str | None] = set()
    for node in nodes_of(tree):
        if isinstance(node, ast.Assign) and _is_fit(node.value):
            names |= {name for target in node.targets for name in target_names(target)}
        elif isinstance(node, ast.Call) and _is_fit(node):
            names.add(base_name(node.func))
    return {name for name in names if name is not None}


def _is_fit(node: ast.AST) -> bool:
    called = node.func if isinstance(node, ast.Call) else None
    return isinstance(called, ast.Attribute) and called.attr.startswith(("fit", "partial_fit"))
