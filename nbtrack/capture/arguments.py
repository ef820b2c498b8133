"""Settings that stand as arguments: ``DBSCAN(eps=0.3)``, ``train_test_split(test_size=0.5)``.

Read from the code alone, so that they follow the data flow as literals bound to names do: a cell
that scores a model has the model's settings as params, wherever it was made. What counts is the
making of objects (a name with a capital, by PEP 8's convention) and calls into machine learning
libraries; not plotting, and not the plumbing of data frames and files.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from nbtrack.capture.bindings import Literal
from nbtrack.capture.expressions import dotted_name
from nbtrack.capture.kinds import UNKNOWN, Kind
from nbtrack.capture.literals import NotLiteralError, literal_value
from nbtrack.capture.trees import children

_LEARNING = frozenset(
    {"sklearn", "xgboost", "lightgbm", "catboost", "keras", "tensorflow", "torch", "statsmodels"}
    | {"transformers", "lightning", "pytorch_lightning", "optuna", "imblearn", "jax", "optax"}
)
_PLUMBING = frozenset(
    {"matplotlib", "seaborn", "plotly", "bokeh", "altair", "IPython", "ipywidgets", "tqdm", "rich"}
    | {"numpy", "pandas", "polars", "pyarrow", "pathlib", "collections", "datetime", "decimal"}
    | {"fractions", "argparse", "logging", "threading", "subprocess", "concurrent", "io"}
)
_PLOTTING = ("sklearn.inspection", "sklearn.metrics", "sklearn.tree.plot_tree")
_METHODS = frozenset({"fit", "fit_transform", "partial_fit", "compile", "train"})
"""Methods of models whose arguments are settings of the training."""
_SEEDED = frozenset({"RandomState", "default_rng", "seed", "manual_seed", "Generator"})
"""Calls whose one positional argument is the seed of what is random."""
TALK = frozenset({"verbose", "n_jobs", "ax", "copy", "return_X_y", "as_frame", "dtype", "device"})
"""Arguments that change nothing in what is computed."""
_SHOWN = ("Error", "Exception", "Display", "Logger", "Handler")


def argument_literals(
    node: ast.AST, owner: str, env: Mapping[str, Any], cell_id: str | None, conditional: bool
) -> dict[str, Literal]:
    """The settings in the calls of an expression.

    Args:
        node: the expression.
        owner: the name its value is bound to; empty where there is none.
        env: the latest binding of each name.
        cell_id: the nbformat id of its cell.
        conditional: it stands in a branch.

    Returns:
        Literals named ``Callable.argument``, under keys that no other call's have.
    """
    found: dict[str, Literal] = {}
    calls = sorted(_settings_calls(node, env), key=lambda found: _place(found[0]))
    for call, name in calls:
        for argument, part in _arguments(call):
            value = _worth(part)
            if value is not UNKNOWN:
                key = f"{name}.{argument}"
                literal = Literal(key, value, part.lineno, cell_id, conditional, owner)
                found[f"{owner}:{key}:{call.lineno}:{call.col_offset}"] = literal
    return found


def changed_settings(
    node: ast.AST, owner: str, reach: Mapping[str, Literal], cell_id: str | None
) -> dict[str, Literal]:
    """What ``owner.set_params(step__argument=value)`` makes of the settings behind a name.

    Args:
        node: the expression.
        owner: the name.
        reach: the literals behind it.
        cell_id: the nbformat id of the cell.

    Returns:
        The settings that are others now, under the keys of those they replace; `UNKNOWN` ones
        where the new value does not stand in the code.
    """
    called = node.func if isinstance(node, ast.Call) else None
    if not isinstance(called, ast.Attribute) or called.attr != "set_params":
        return {}
    assert isinstance(node, ast.Call)
    found: dict[str, Literal] = {}
    for keyword in node.keywords:
        *steps, argument = (keyword.arg or "").split("__")
        value, line = _worth(keyword.value), keyword.value.lineno
        replaced: dict[str, Literal | None] = {
            key: literal
            for key, literal in reach.items()
            if literal.owner is not None
            and literal.name.rpartition(".")[2] == argument
            and (not steps or literal.name.lower().startswith(f"{steps[-1].lower()}."))
        }
        name = ".".join([owner, *steps, argument])
        for key, literal in (replaced or {f"{owner}:{name}": None}).items():
            named = name if literal is None else literal.name
            found[key] = Literal(named, value, line, cell_id, False, owner)
    return found


def _arguments(call: ast.Call) -> Iterator[tuple[str, ast.expr]]:
    for keyword in call.keywords:
        if keyword.arg is not None and keyword.arg not in TALK:
            yield keyword.arg, keyword.value
    if (dotted_name(call.func) or "").rpartition(".")[2] in _SEEDED:
        yield from (("seed", part) for part in call.args[:1])


def _place(node: ast.expr) -> tuple[int, int]:
    return node.lineno, node.col_offset


def _worth(node: ast.expr) -> object:
    try:
        return literal_value(node, {})
    except NotLiteralError:
        return UNKNOWN


def named_apart(literals: Iterable[Literal]) -> Iterator[tuple[str, object, Literal]]:
    """Settings under the names that tell them apart: (name, value, where it stands).

    Two models of one class with different settings are told apart by the names they are bound
    to; where these are the same too (a list of models), the setting has all the values.

    Args:
        literals: those of calls, nearest first.
    """
    groups: dict[str, list[Literal]] = {}
    for literal in literals:
        if literal.value is UNKNOWN:
            continue
        groups.setdefault(literal.name, []).append(literal)
    for name, group in groups.items():
        if all(_same(literal.value, group[0].value) for literal in group):
            yield name, group[0].value, group[0]
            continue
        by_owner: dict[str, list[Literal]] = {}
        for literal in group:
            by_owner.setdefault(literal.owner or "", []).append(literal)
        for owner, own in by_owner.items():
            values = [literal.value for literal in sorted(own, key=lambda literal: literal.line)]
            value = values[0] if all(_same(one, values[0]) for one in values) else values
            yield (f"{owner}.{name}" if owner and len(by_owner) > 1 else name), value, own[0]


def _same(one: object, other: object) -> bool:
    return type(one) is type(other) and repr(one) == repr(other)


def _settings_calls(node: ast.AST, env: Mapping[str, Any]) -> Iterator[tuple[ast.Call, str]]:
    pending = [node]
    while pending:
        part = pending.pop()
        if isinstance(part, (ast.Lambda, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            continue
        pending.extend(children(part))
        if isinstance(part, ast.Call) and (part.keywords or part.args):
            name = _name_of(part.func, env)
            if name is not None:
                yield part, name


def _name_of(called: ast.expr, env: Mapping[str, Any]) -> str | None:
    """What to call the settings of a call; None where its arguments are no settings."""
    if isinstance(called, ast.Attribute) and called.attr in _METHODS:
        root = dotted_name(called)
        binding = env.get((root or "").partition(".")[0])
        source = binding.module if binding is not None else None
        return called.attr if source is None or _top(source) in _LEARNING else None
    path = dotted_name(called)
    if path is None:
        return None
    root, _, rest = path.partition(".")
    name = path.rpartition(".")[2]
    binding = env.get(root)
    if name in _SEEDED:
        return name if name[0].isupper() or "_" in name else path
    if name.startswith("from_"):
        return None
    module: str | None = None
    if binding is not None and binding.kind is Kind.IMPORT:
        module = f"{binding.module}.{rest}" if rest else binding.module
    elif rest:
        return None
    if module is not None and (_top(module) in _PLUMBING or module.startswith(_PLOTTING)):
        return None
    if name[:1].isupper():
        known = module is not None or binding is not None
        return name if known and not name.endswith(_SHOWN) else None
    return name if module is not None and _top(module) in _LEARNING else None


def _top(module: str | None) -> str:
    return (module or "").partition(".")[0]
