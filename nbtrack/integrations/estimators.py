"""What every estimator with scikit-learn's interface tells: its settings and training score.

For scikit-learn's own, and for those of libraries that follow it (XGBoost, LightGBM, CatBoost).
"""

from __future__ import annotations

import inspect
import sys
import time
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from weakref import WeakKeyDictionary

from nbtrack.integrations.fits import Fit
from nbtrack.integrations.wrapping import Call

_MOST_DEEP = 4
_SAMPLE = 200
_MOST_KEPT = 30


def record_settings(fit: Fit, estimator: Any) -> None:
    """Settings of an estimator and of those inside it, as ``CLASS.NAME``, defaults marked."""
    fit.notes["estimator"] = estimator
    seen: set[str] = set()
    for name, owner, part in _parts(estimator):
        where = owner if owner not in seen else f"{name}.{owner}"
        seen.add(where)
        fit.params(where, _settings(part), defaults(type(part)))


def _settings(estimator: Any) -> dict[str, object]:
    values = estimator.get_params(deep=False)
    return {name: _short(value) for name, value in values.items()}


def _short(value: object) -> object:
    """A setting; estimators in it by their classes."""
    if is_estimator(value):
        return type(value).__name__
    if isinstance(value, (list, tuple)) and any(_is_step(part) for part in value):
        return ", ".join(f"{part[0]}: {_class(part[1])}" for part in value)
    return value


def _class(part: object) -> str:
    return part if isinstance(part, str) else type(part).__name__


def is_estimator(value: object) -> bool:
    """Whether a value is an estimator, not a class of them."""
    return hasattr(value, "get_params") and not isinstance(value, type)


def _is_step(part: object) -> bool:
    return isinstance(part, tuple) and len(part) > 1 and isinstance(part[0], str)


def _parts(estimator: Any, name: str = "", depth: int = 0) -> Iterator[tuple[str, str, Any]]:
    """(name, class, estimator) of an estimator and of those it is made of."""
    yield name, type(estimator).__name__, estimator
    if depth == _MOST_DEEP:
        return
    for key, value in estimator.get_params(deep=False).items():
        if is_estimator(value):
            yield from _parts(value, key, depth + 1)
        elif isinstance(value, (list, tuple)):
            for part in value[:_MOST_KEPT]:
                if _is_step(part) and is_estimator(part[1]):
                    yield from _parts(part[1], part[0], depth + 1)


_defaults: WeakKeyDictionary[type, Mapping[str, object]] = WeakKeyDictionary()


def defaults(kind: type) -> Mapping[str, object]:
    """What a class's settings are if nothing is said; settings without a default are not in it."""
    known = _defaults.get(kind)
    if known is None:
        found: dict[str, object] = {}
        for owner in reversed(kind.__mro__):
            make = owner.__dict__.get("__init__")
            if inspect.isfunction(make):
                for name, parameter in inspect.signature(make).parameters.items():
                    if parameter.default is not inspect.Parameter.empty:
                        found[name] = parameter.default
        known = _defaults[kind] = found
    return known


def record_training_score(fit: Fit, call: Call) -> None:
    """``training_score``: what ``score`` gives on the data of the fit.

    Left out, with a tag that says so, where computing it would take long beside the fit.
    """
    estimator, given = call.owner, call.arguments()
    if not hasattr(estimator, "score"):
        return
    values = list(given.items())[1:3]
    if len(values) < 2 or values[1][1] is None:
        return
    inputs, targets = values[0][1], values[1][1]
    options = {}
    weights = given.get("sample_weight")
    if weights is not None and "sample_weight" in inspect.signature(estimator.score).parameters:
        options["sample_weight"] = weights
    began_at_s = time.perf_counter()
    with _aside():
        estimate_s = _estimate(estimator, inputs, targets)
        if not fit.affordable(estimate_s):
            text = f"left out where it would take long beside the fit ({estimate_s:.2g} s)"
            fit.tag_once("nbtrack.training_score", text)
            fit.took(looking_s=time.perf_counter() - began_at_s)
            return
        score = estimator.score(inputs, targets, **options)
    _put_score(fit, type(estimator).__name__, score)
    fit.took(looking_s=time.perf_counter() - began_at_s)


def _put_score(fit: Fit, owner: str, score: object) -> None:
    # The first class fitted in a run has MLflow's name for it, others one of their own.
    first = fit.log.first_owner(owner)
    fit.metric("training_score" if first else f"{owner}.training_score", score)


def _estimate(estimator: Any, inputs: Any, targets: Any) -> float:
    """Seconds that scoring all the data may take, by scoring a little of it."""
    count = rows(inputs)
    if count is None:
        return float("inf")
    if count <= _SAMPLE:
        return 0.0
    began_at_s = time.perf_counter()
    estimator.score(_head(inputs), _head(targets))
    return (time.perf_counter() - began_at_s) * count / _SAMPLE


def rows(data: Any) -> int | None:
    """How many samples; None for what does not say."""
    shape = getattr(data, "shape", None)
    if isinstance(shape, tuple) and shape:
        return int(shape[0])
    return len(data) if hasattr(data, "__len__") else None


def _head(data: Any) -> Any:
    return data.iloc[:_SAMPLE] if hasattr(data, "iloc") else data[:_SAMPLE]


@contextmanager
def _aside() -> Iterator[None]:
    """Compute something that the user did not ask for: no warnings, no random numbers used up.

    The filter is put in by hand: `warnings.catch_warnings` makes Python forget which warnings
    it has shown, so that the user would see them again.
    """
    everything = ("ignore", None, Warning, None, 0)
    numpy = sys.modules.get("numpy")
    state = None if numpy is None else numpy.random.get_state(legacy=False)
    warnings.filters.insert(0, everything)  # type: ignore[attr-defined]
    try:
        yield
    finally:
        warnings.filters.remove(everything)  # type: ignore[attr-defined]
        if numpy is not None:
            numpy.random.set_state(state)
