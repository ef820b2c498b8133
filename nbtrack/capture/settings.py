"""The settings of live objects: estimators, optimisers, compiled models.

What an object is is asked of its type, by libraries that the user imported: none is imported
here. Estimators are asked by ``get_params``, which scikit-learn defines as reading attributes;
one that the notebook itself defines is not called.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

from nbtrack.capture.literals import is_plain
from nbtrack.capture.scalars import as_number

_DECISIVE = frozenset({"lr", "learning_rate", "weight_decay", "betas", "momentum"})
"""Settings of an optimiser that are of interest also where they are the default."""
_NO_SETTINGS = frozenset(
    {"params", "param_names", "initial_lr", "name", "swap", "foreach", "fused"}
)
_MAX_DEPTH = 4
_MAX_GROUPS = 10
_UNSET = object()


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting of an object.

    Args:
        key: ``Class.argument``.
        is_default: it is what the class has when nothing is said; None where that is not known.
        decisive: of interest also where it is the default.
    """

    key: str
    value: object
    is_default: bool | None
    decisive: bool = False


def settings_of(value: object) -> list[Setting]:
    """The settings of an object that are numbers, texts and containers of these.

    Returns:
        Nothing where it is none of the objects that are known here.
    """
    kind = type(value)
    if kind not in _readers:
        _readers[kind] = next(
            (
                read
                for read, module, name in _BASES
                if (base := _class(module, name)) is not None and issubclass(kind, base)
            ),
            None,
        )
    read = _readers[kind]
    return [] if read is None else list(read(value))


def _class(module: str, name: str) -> type | None:
    found = getattr(sys.modules.get(module), name, None)
    return found if isinstance(found, type) else None


def _estimator(value: Any, depth: int = _MAX_DEPTH) -> Iterator[Setting]:
    kind = type(value)
    if getattr(kind.get_params, "__module__", "__main__") == "__main__":
        return
    defaults = defaults_of(kind)
    inner: list[object] = []
    for name, part in estimator_settings(value).items():
        below = list(_estimators_in(part))
        inner += below
        if not below and is_plain(part):
            yield Setting(f"{kind.__name__}.{name}", part, _is_default(defaults, name, part))
    for part in inner if depth else ():
        yield from _estimator(part, depth - 1)


def _estimators_in(value: object) -> Iterator[object]:
    """The estimator in a setting, or those in its list of (name, estimator, ...) tuples."""
    base = _class("sklearn.base", "BaseEstimator")
    if base is None:
        return
    parts: list[object] = [value]
    if type(value) in (list, tuple):
        for part in value[:50]:  # type: ignore[index]
            parts += part if type(part) is tuple else [part]
    yield from (part for part in parts if issubclass(type(part), base))


def _optimiser(value: Any) -> Iterator[Setting]:
    kind, defaults = type(value), defaults_of(type(value))
    groups = value.param_groups[:_MAX_GROUPS]
    for name in groups[0] if groups else ():
        if name in _NO_SETTINGS:
            continue
        # A scheduler keeps the rate that the optimiser began with.
        own = [_number(group.get(f"initial_{name}", group.get(name))) for group in groups]
        same = all(repr(part) == repr(own[0]) for part in own)
        for number, part in enumerate(own[:1] if same else own):
            place = "" if same else f"group{number}."
            if is_plain(part):
                default = _is_default(defaults, name, part)
                key = f"{kind.__name__}.{place}{name}"
                yield Setting(key, part, default, name in _DECISIVE)


def _compiled(value: Any) -> Iterator[Setting]:
    if not value.compiled:
        return
    for name, part in value.get_compile_config().items():
        if name in ("optimizer", "loss", "metrics") and part is not None:
            yield Setting(f"compile.{name}", _named(part), None)
    yield from _keras_optimiser(value.optimizer)


def _named(value: Any) -> object:
    """What a serialised part of a model is called."""
    if isinstance(value, (list, tuple)):
        return [_named(part) for part in value]
    if isinstance(value, Mapping) and "class_name" in value:
        inner = value.get("config")
        is_function = value["class_name"] == "function" and isinstance(inner, str)
        return inner if is_function else value["class_name"]
    return value if is_plain(value) else str(value)


def _keras_optimiser(value: Any) -> Iterator[Setting]:
    kind = type(value)
    defaults = defaults_of(kind)
    for name, part in value.get_config().items():
        number = _number(part)
        # In single precision a default is another number than in the signature.
        near = defaults.get(name)
        if isinstance(number, float) and isinstance(near, float) and abs(number - near) < 1e-7:
            number = near
        if name not in _NO_SETTINGS and is_plain(number):
            default = _is_default(defaults, name, number)
            yield Setting(f"{kind.__name__}.{name}", number, default, name in _DECISIVE)


_BASES: tuple[tuple[Callable[[Any], Iterator[Setting]], str, str], ...] = (
    (_estimator, "sklearn.base", "BaseEstimator"),
    (_optimiser, "torch.optim.optimizer", "Optimizer"),
    (_compiled, "keras", "Model"),
    (_keras_optimiser, "keras", "Optimizer"),
)
_readers: WeakKeyDictionary[type, Callable[[Any], Iterator[Setting]] | None] = WeakKeyDictionary()
"""What reads the settings of a class's objects. A class keeps its bases: one of a library that is
imported later is none of these."""


def _number(value: object) -> object:
    """A tensor of one number as this number."""
    if is_plain(value):
        return value
    number = as_number(value)
    return value if number is None else number


_defaults: WeakKeyDictionary[type, Mapping[str, object]] = WeakKeyDictionary()


def defaults_of(kind: type) -> Mapping[str, object]:
    """The defaults in the signatures of a class and, where they are passed on, of its bases.

    Settings without a default are not in it.
    """
    known = _defaults.get(kind)
    if known is None:
        found: dict[str, object] = {}
        for base in kind.__mro__:
            make = vars(base).get("__init__")
            if inspect.isfunction(make):
                for name, argument in inspect.signature(make).parameters.items():
                    if argument.default is not inspect.Parameter.empty:
                        found.setdefault(name, argument.default)
        known = _defaults[kind] = found
    return known


_names: WeakKeyDictionary[type, tuple[str, ...]] = WeakKeyDictionary()


def estimator_settings(estimator: Any) -> Mapping[str, object]:
    """What ``get_params(deep=False)`` gives; scikit-learn's own reads the signature each time."""
    kind = type(estimator)
    names = _names.get(kind)
    if names is None:
        base: Any = _class("sklearn.base", "BaseEstimator")
        if base is None or kind.get_params is not base.get_params:
            values: Mapping[str, object] = estimator.get_params(deep=False)
            return values
        names = _names[kind] = tuple(kind._get_param_names())
    return {name: getattr(estimator, name) for name in names}


def _is_default(defaults: Mapping[str, object], name: str, value: object) -> bool | None:
    default = defaults.get(name, _UNSET)
    if default is _UNSET:
        # What has no default was chosen.
        return False
    return value is default or (type(value) is type(default) and repr(value) == repr(default))
