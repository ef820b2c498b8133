"""What every estimator with scikit-learn's interface tells: its settings and training score.

For scikit-learn's own, and for those of libraries that follow it (XGBoost, LightGBM, CatBoost).
"""

from __future__ import annotations

import inspect
import math
import sys
import time
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from weakref import WeakKeyDictionary

from nbtrack.capture.settings import defaults_of, estimator_settings
from nbtrack.integrations.fits import Fit
from nbtrack.integrations.wrapping import Call

_MOST_DEEP = 4
_SAMPLES = (20, 200)
_MOST_KEPT = 30
_PLAIN = frozenset({bool, int, float, str, type(None)})


def record_settings(fit: Fit, estimator: Any) -> None:
    """Settings of an estimator and of those inside it, as ``CLASS.NAME``, defaults marked."""
    fit.notes["estimator"] = estimator
    seen: set[str] = set()
    for name, kind, settings in _parts(estimator):
        owner = kind.__name__
        where = owner if owner not in seen else f"{name}.{owner}"
        seen.add(where)
        shown = {
            key: value if type(value) in _PLAIN else _short(value)
            for key, value in settings.items()
        }
        fit.params(where, shown, defaults_of(kind))


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


def _parts(
    estimator: Any, name: str = "", depth: int = 0
) -> Iterator[tuple[str, type, Mapping[str, object]]]:
    """(name, class, settings) of an estimator and of those it is made of."""
    settings = estimator_settings(estimator)
    yield name, type(estimator), settings
    if depth == _MOST_DEEP:
        return
    for key, value in settings.items():
        if type(value) in _PLAIN:
            continue
        if is_estimator(value):
            yield from _parts(value, key, depth + 1)
        elif isinstance(value, (list, tuple)):
            for part in value[:_MOST_KEPT]:
                if _is_step(part) and is_estimator(part[1]):
                    yield from _parts(part[1], part[0], depth + 1)


def record_training_score(fit: Fit, call: Call) -> None:
    """``training_score``: what ``score`` gives on the data of the fit.

    Left out, and told so, where computing it would take long beside the fit.
    """
    estimator = call.owner
    owner = type(estimator).__name__
    number = fit.told.number(owner)
    if not hasattr(estimator, "score"):
        return
    given = call.arguments()
    values = list(given.items())[1:3]
    if len(values) < 2 or values[1][1] is None:
        return
    inputs, targets = values[0][1], values[1][1]
    options = {}
    weights = given.get("sample_weight")
    if weights is not None and "sample_weight" in inspect.signature(estimator.score).parameters:
        options["sample_weight"] = weights
    estimate_s = _estimate(fit, estimator, inputs, targets)
    if not fit.affordable(estimate_s):
        why = f"left out where it would take long beside the fit ({estimate_s:.2g} s)"
        fit.left_out("metric", "training_score", why)
        return
    began_at_s = time.perf_counter()
    with _aside():
        score = estimator.score(inputs, targets, **options)
    _note_cost(type(estimator), size(inputs), time.perf_counter() - began_at_s)
    # The first class fitted in a run has MLflow's name for it, others one of their own.
    first = fit.log.first_owner(owner)
    fit.metric("training_score" if first else f"{owner}.training_score", score, number)


_costs: WeakKeyDictionary[type, tuple[float, float]] = WeakKeyDictionary()
"""The size of the data that was last scored by a class, and the seconds that it took."""
_FAR = 4.0
"""Data so many times larger than what was scored before tells nothing of the time it takes."""


def _note_cost(kind: type, data_size: float, took_s: float) -> None:
    known_size, known_s = _costs.get(kind, (data_size, took_s))
    if data_size <= known_size * _FAR and known_size <= data_size * _FAR:
        # What came between one time is soon forgotten.
        took_s = min(took_s, (known_s + took_s) / 2)
    _costs[kind] = data_size, took_s


def _estimate(fit: Fit, estimator: Any, inputs: Any, targets: Any) -> float:
    """Seconds that scoring all the data may take: as before, or by scoring a little of it."""
    count = rows(inputs)
    if count is None:
        return float("inf")
    few, more = _SAMPLES
    if count <= more and not fit.told.spent_s:
        # The first of a run, of next to nothing: whatever it took last time.
        return 0.0
    known_size, known_s = _costs.get(type(estimator), (0.0, 0.0))
    scale = size(inputs) / known_size if known_size else float("inf")
    if scale <= _FAR:
        return known_s * max(1.0, scale)
    if count <= more or not fit.affordable(known_s):
        return known_s
    few_s, more_s = (_time_to_score(estimator, inputs, targets, rows) for rows in _SAMPLES)
    return more_s + max(more_s - few_s, 0.0) / (more - few) * (count - more)


def _time_to_score(estimator: Any, inputs: Any, targets: Any, count: int) -> float:
    began_at_s = time.perf_counter()
    with _aside():
        estimator.score(_head(inputs, count), _head(targets, count))
    return time.perf_counter() - began_at_s


def size(data: Any) -> float:
    """How much there is to score, in numbers."""
    shape = getattr(data, "shape", None)
    if isinstance(shape, tuple) and shape:
        return float(math.prod(shape))
    return float(rows(data) or 0)


def rows(data: Any) -> int | None:
    """How many samples; None for what does not say."""
    shape = getattr(data, "shape", None)
    if isinstance(shape, tuple) and shape:
        return int(shape[0])
    return len(data) if hasattr(data, "__len__") else None


def _head(data: Any, count: int) -> Any:
    return data.iloc[:count] if hasattr(data, "iloc") else data[:count]


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
