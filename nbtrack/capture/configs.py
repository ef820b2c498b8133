"""Objects that hold a configuration, as plain values by dotted keys.

Values are read by attribute access alone. What an object is is asked of its type, so that a lazy
or foreign one stays untouched, and no library is imported for it.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import PurePath
from types import SimpleNamespace
from typing import Any
from weakref import WeakKeyDictionary

from nbtrack.capture.bindings import Binding
from nbtrack.capture.expressions import classify, dotted_name
from nbtrack.capture.kinds import Kind
from nbtrack.capture.literals import is_plain
from nbtrack.capture.policy import attempt
from nbtrack.capture.scalars import as_number

MAX_VALUES = 100
"""Values of one configuration that are kept."""
_MAX_DEPTH = 5
_WORDS = frozenset(
    {"cfg", "cfgs", "config", "configs", "configuration", "conf", "params", "parameters", "param"}
    | {"hparams", "hparam", "hp", "hps", "hyperparams", "hyperparameters", "args", "arguments"}
    | {"opt", "opts", "options", "settings", "setup", "kwargs", "flags"}
)
_TEXTS = frozenset({("torch", "device"), ("torch", "dtype"), ("datetime", "timedelta")})


@dataclass(slots=True, eq=False)
class ConfigSlot:
    """Stands for what a name is bound to until the code has run and shows what it is.

    Args:
        made: the object is made of values that stand in the code.
        values: by dotted key below the name; None where it turned out to be no configuration.
    """

    made: bool
    values: dict[str, object] | None = None


def slot_for(name: str, value: ast.expr, env: Mapping[str, Any]) -> ConfigSlot | None:
    """A slot for an assignment that may bind a configuration; None for one that cannot.

    Args:
        name: that is bound.
        value: the expression.
        env: the latest binding of each name.
    """
    if isinstance(value, ast.Dict) and is_config_name(name):
        return ConfigSlot(made=False)
    if not isinstance(value, ast.Call):
        return None
    return ConfigSlot(made=_of_literals(value, env))


def _of_literals(value: ast.Call, env: Mapping[str, Any]) -> bool:
    """Whether a class (by its name's capital) is called with values that stand in the code."""
    called = (dotted_name(value.func) or "").rpartition(".")[2]
    parts = [*value.args, *(keyword.value for keyword in value.keywords)]
    return called[:1].isupper() and all(
        _of_literals(part, env)
        if isinstance(part, ast.Call)
        else classify(part, env)[0] in (Kind.LITERAL, Kind.DERIVED)
        for part in parts
    )


def slot_key(name: str) -> str:
    """The key of a name's slot among what a binding was computed from."""
    return f"config:{name}"


def fill_slots(bindings: Iterable[Binding], namespace: Mapping[str, object]) -> None:
    """Put what a cell's slots turned out to hold into them; those that hold nothing go.

    Args:
        bindings: of the cell that has run.
        namespace: the user's, after it.
    """
    own = list(bindings)
    for binding in own:
        for key, literal in list(binding.reach.items()):
            slot = literal.value
            if not isinstance(slot, ConfigSlot) or slot.values is not None:
                continue
            value = namespace.get(literal.name)
            if is_config(literal.name, value, made=slot.made):
                slot.values, _ = config_values(value)
            else:
                binding.reach.pop(key)


def is_config_name(name: str) -> bool:
    """Whether a name says that it holds a configuration."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    return not _WORDS.isdisjoint(spaced.lower().split("_"))


def is_config(name: str, value: object, *, made: bool = False) -> bool:
    """Whether an object that a name is bound to is a configuration.

    Some types hold nothing else. A dataclass, named tuple or attrs object may as well hold
    results, and a dict anything: these count when they are made of values in the code (not
    dicts, which are literals then), or when their name or class says so.
    """
    kind = type(value)
    if kind is dict:
        return is_config_name(name) and all(type(key) is str for key in value)  # type: ignore[attr-defined]
    reader, certain = _reader(kind)
    if reader is None:
        return False
    return certain or made or is_config_name(name) or is_config_name(kind.__name__)


def is_config_class(kind: object) -> bool:
    """Whether a class is one that configurations are made of."""
    return isinstance(kind, type) and _reader(kind)[0] is not None


def config_values(value: object) -> tuple[dict[str, object], int]:
    """The plain values of a configuration, and how many there are more than are kept.

    Returns:
        Values by dotted key: numbers, texts, None, and containers of these. What is none of
        these is not in it.
    """
    found: dict[str, object] = {}
    more = _collect("", value, found, _MAX_DEPTH)
    return found, more


def _collect(prefix: str, value: object, found: dict[str, object], depth: int) -> int:
    more = 0
    for key, part in _items(value):
        if not key.startswith("_"):
            more += _one(f"{prefix}{key}", part, found, depth)
    return more


def _one(key: str, part: object, found: dict[str, object], depth: int) -> int:
    kind = type(part)
    nested = kind is dict and part and all(type(name) is str for name in part)  # type: ignore[attr-defined]
    if (nested or _reader(kind)[0] is not None) and depth > 1:
        return _collect(f"{key}.", part, found, depth - 1)
    plain = _plain(part)
    if plain is _NOTHING:
        return 0
    if len(found) >= MAX_VALUES:
        return 1
    found[key] = plain
    return 0


_NOTHING = object()


def _plain(value: object) -> object:
    """A value as one that can be written down; `_NOTHING` where it is none."""
    if is_plain(value):
        return value
    kind = type(value)
    if issubclass(kind, Enum):
        return value.name  # type: ignore[attr-defined]
    if issubclass(kind, PurePath) or (kind.__module__, kind.__name__) in _TEXTS:
        return str(value)
    number = as_number(value)
    if number is None:
        return _NOTHING
    return int(number) if "int" in str(getattr(value, "dtype", "")) else number


def _items(value: object) -> Iterable[tuple[str, object]]:
    kind = type(value)
    if kind is dict:
        return [(key, part) for key, part in value.items() if type(key) is str]  # type: ignore[attr-defined]
    reader, _ = _reader(kind)
    return [] if reader is None else reader(value)


_Reader = Callable[[Any], Iterable[tuple[str, object]]]


_readers: WeakKeyDictionary[type, tuple[_Reader | None, bool]] = WeakKeyDictionary()


def _reader(kind: type) -> tuple[_Reader | None, bool]:
    """What reads an object's values, and whether its type holds configurations only."""
    known = _readers.get(kind)
    if known is None:
        known = _find_reader(kind)
        if kind.__module__ != "__main__":
            # One of the notebook's may yet be made a dataclass, by a later cell.
            _readers[kind] = known
    return known


def _find_reader(kind: type) -> tuple[_Reader | None, bool]:
    argparse = sys.modules.get("argparse")
    if issubclass(kind, SimpleNamespace) or (argparse and issubclass(kind, argparse.Namespace)):
        return _of_dict, True
    omegaconf = sys.modules.get("omegaconf")
    if omegaconf is not None and issubclass(kind, omegaconf.DictConfig):
        return _of_omegaconf, True
    pydantic = sys.modules.get("pydantic")
    if pydantic is not None and issubclass(kind, pydantic.BaseModel):
        return _of_dict, True
    if _declares(kind, "__dataclass_fields__") and kind.__module__.partition(".")[0] not in _DATA:
        return _of_fields(tuple(kind.__dataclass_fields__)), False  # type: ignore[attr-defined]
    if _declares(kind, "__attrs_attrs__"):
        return _of_fields(tuple(part.name for part in kind.__attrs_attrs__)), False  # type: ignore[attr-defined]
    names = getattr(kind, "_fields", None) if issubclass(kind, tuple) else None
    if isinstance(names, tuple):
        return lambda value: list(zip(names, tuple.__iter__(value), strict=False)), False
    return None, False


def _declares(kind: type, name: str) -> bool:
    # Not `hasattr`, which may compute: a class can have a class of its own.
    return any(name in vars(base) for base in kind.__mro__)


_DATA = frozenset({"sklearn", "torch", "jax", "flax", "keras", "tensorflow"})
"""Libraries whose dataclasses are parts of models, not configurations."""


def _of_dict(value: object) -> Iterable[tuple[str, object]]:
    return list(vars(value).items())


def _of_fields(names: tuple[str, ...]) -> _Reader:
    def read(value: object) -> Iterable[tuple[str, object]]:
        for name in names:
            part, error = attempt(lambda name=name: getattr(value, name))  # type: ignore[misc]
            if error is None:
                yield name, part

    return read


def _of_omegaconf(value: Any) -> Iterable[tuple[str, object]]:
    # Interpolations stay as written: to resolve them may run code of the user's.
    plain = sys.modules["omegaconf"].OmegaConf.to_container(value, resolve=False)
    return [(str(key), part) for key, part in plain.items()]
