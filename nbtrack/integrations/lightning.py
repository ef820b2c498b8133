"""PyTorch Lightning: a ``Callback`` in each ``Trainer.fit`` records what modules log.

Both packages, ``lightning`` and ``pytorch_lightning``. A ``Logger`` would see the same, but its
presence decides where checkpoints are written.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from types import ModuleType
from typing import Any

from nbtrack.integrations.fits import Fit
from nbtrack.integrations.wrapping import Call, Silent, handlers, wrap_method

_TRAINER = (
    "max_epochs",
    "max_steps",
    "min_epochs",
    "accumulate_grad_batches",
    "gradient_clip_val",
    "precision",
)


class Fits(Silent):
    """Records ``Trainer.fit``."""

    name = "lightning"

    def before(self, fit: Fit, call: Call) -> None:
        """The module's hyperparameters, the trainer's settings, and the callback."""
        trainer, model = call.owner, call.argument("model")
        for source in (model, call.argument("datamodule")):
            hparams = getattr(source, "hparams", None)
            if isinstance(hparams, Mapping):
                fit.params(type(source).__name__, dict(hparams))
        values = {name: getattr(trainer, name, None) for name in _TRAINER}
        fit.params("Trainer", {name: value for name, value in values.items() if value is not None})
        callback = _series(type(trainer).__mro__, fit)
        trainer.callbacks.append(callback)
        call.notes["callback"] = callback

    def ended(self, fit: Fit, call: Call) -> None:
        """Take the callback out of the user's trainer."""
        callback = call.notes.get("callback")
        if callback is not None and callback in call.owner.callbacks:
            call.owner.callbacks.remove(callback)


def _series(kinds: tuple[type, ...], fit: Fit) -> Any:
    package = next(
        kind.__module__.partition(".trainer.")[0]
        for kind in kinds
        if kind.__module__.endswith(".trainer.trainer")
    )
    base: type = sys.modules[f"{package}.callbacks"].Callback

    class Series(base):  # type: ignore[misc]
        """Points by epoch; by step for what a module logs at each step."""

        def __init__(self) -> None:
            self.seen: dict[str, Any] = {}
            self.by_step: set[str] = set()

        def on_train_start(self, trainer: Any, module: Any) -> None:
            for optimizer in trainer.optimizers:
                settings = optimizer.defaults
                fit.params(type(optimizer).__name__, settings)

        def on_train_batch_start(self, trainer: Any, module: Any, *_: Any) -> None:
            self.seen = dict(trainer.logged_metrics)

        def on_train_batch_end(self, trainer: Any, module: Any, *_: Any) -> None:
            for key, value in trainer.logged_metrics.items():
                if self.seen.get(key) is not value:
                    self.by_step.add(key)
                    fit.metric(key, value, max(trainer.global_step - 1, 0))

        def on_train_epoch_end(self, trainer: Any, module: Any) -> None:
            metrics = trainer.callback_metrics
            for key, value in metrics.items():
                # What is logged by step and by epoch stands here under its plain name, too.
                if key not in self.by_step and f"{key}_epoch" not in metrics:
                    fit.metric(key, value, trainer.current_epoch)

    return Series()


def install(module: ModuleType) -> None:
    """Listen to a package's ``Trainer``."""
    handlers.setdefault("lightning", Fits())
    wrap_method(module.Trainer, "fit", "lightning")
