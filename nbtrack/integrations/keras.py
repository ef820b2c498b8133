"""Keras 3: a callback in each ``Model.fit`` gives the history, a series for each metric."""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType
from typing import Any

import numpy as np

from nbtrack.capture.settings import defaults_of
from nbtrack.integrations.fits import Fit
from nbtrack.integrations.wrapping import Call, Silent, handlers, wrapped

_FIT = (
    "epochs",
    "batch_size",
    "validation_split",
    "validation_batch_size",
    "validation_freq",
    "steps_per_epoch",
    "validation_steps",
    "initial_epoch",
    "shuffle",
    "class_weight",
)
_NO_SETTINGS = frozenset({"name"})


class Fits(Silent):
    """Records ``Model.fit``."""

    name = "keras"

    def __init__(self, keras: ModuleType) -> None:
        self.keras = keras

    def before(self, fit: Fit, call: Call) -> None:
        """Compile settings, those of the fit, and the callback."""
        given = call.arguments()
        fit.do("reading compile settings", lambda: _compiled(fit, call.owner), None)
        fit.params("fit", {name: given[name] for name in _FIT if name in given})
        callback = _series(self.keras, fit)
        callbacks = given.get("callbacks")
        if isinstance(callbacks, self.keras.callbacks.CallbackList):
            callback.set_model(call.owner)
            callbacks.callbacks.append(callback)
            call.notes["remove"] = (callbacks, callback)
            return
        if callbacks is None or hasattr(callbacks, "on_epoch_end"):
            callbacks = [] if callbacks is None else [callbacks]
        call.replace("callbacks", [*callbacks, callback])

    def after(self, fit: Fit, call: Call) -> None:
        """The model is built by now: its summary."""
        lines: list[str] = []
        call.owner.summary(print_fn=lambda line, **_: lines.append(str(line)))
        fit.text("model_summary.txt", "\n".join(lines))
        history = getattr(call.result, "history", None)
        if isinstance(history, Mapping):
            fit.metric("epochs_trained", max((len(v) for v in history.values()), default=0))

    def ended(self, fit: Fit, call: Call) -> None:
        """Take the callback out of a list that is the user's."""
        if "remove" in call.notes:
            callbacks, callback = call.notes["remove"]
            callbacks.callbacks.remove(callback)


def _compiled(fit: Fit, model: Any) -> None:
    settings = model.get_compile_config() or {}
    optimizer = getattr(model, "optimizer", None)
    if optimizer is not None:
        config = {
            name: _short(value)
            for name, value in optimizer.get_config().items()
            if name not in _NO_SETTINGS
        }
        fit.params(type(optimizer).__name__, config, defaults_of(type(optimizer)))
        fit.param("compile.optimizer", type(optimizer).__name__)
    for name in ("loss", "loss_weights", "metrics", "weighted_metrics"):
        value = settings.get(name)
        if value is not None:
            fit.param(f"compile.{name}", _named(value))


def _short(value: Any) -> Any:
    """A setting as it was written: Keras keeps 0.01 as the 32-bit float next to it."""
    if type(value) is float and float(np.float32(value)) == value:
        return float(str(np.float32(value)))
    return _named(value)


def _named(value: Any) -> Any:
    """A loss or metrics as they are called; a serialized object by its class."""
    if isinstance(value, Mapping) and "class_name" in value:
        inner = value.get("config")
        if value["class_name"] == "function" and isinstance(inner, str):
            return inner
        return value["class_name"]
    if isinstance(value, (list, tuple)):
        return [_named(part) for part in value]
    return value


def _series(keras: ModuleType, fit: Fit) -> Any:
    class Series(keras.callbacks.Callback):  # type: ignore[misc, name-defined]
        def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
            for name, value in (logs or {}).items():
                fit.metric(name, value, epoch)

    return Series()


def install(module: ModuleType) -> None:
    """Listen to ``keras.Model``; its ``fit`` stands in a class of the backend's."""
    model = module.Model
    handlers["keras"] = Fits(module)
    if not hasattr(model.fit, "__nbtrack__"):
        model.fit = wrapped(model.fit, "keras")
