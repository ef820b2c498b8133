"""Hugging Face transformers: a ``TrainerCallback`` in each ``Trainer.train`` records its logs."""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType
from typing import Any

from nbtrack.capture.settings import defaults_of
from nbtrack.integrations.fits import Fit
from nbtrack.integrations.switches import loaded
from nbtrack.integrations.wrapping import Call, Silent, handlers, wrap_method

_PLACES = frozenset({"output_dir", "logging_dir", "run_name", "local_rank", "report_to"})
"""Where things are written, not how the training goes."""


class Trainings(Silent):
    """Records ``Trainer.train``."""

    name = "transformers"

    def before(self, fit: Fit, call: Call) -> None:
        """``TrainingArguments``, what the model's configuration says of its own, the callback."""
        trainer = call.owner
        arguments = trainer.args
        values = {
            name: getattr(value, "value", value)
            for name, value in vars(arguments).items()
            if not name.startswith("_") and name not in _PLACES
        }
        known = defaults_of(type(arguments))
        fit.params(
            "TrainingArguments",
            {name: value for name, value in values.items() if name in known},
            known,
        )
        fit.do("reading a model's configuration", lambda: _configuration(fit, trainer.model), None)
        callback = _series(fit)
        trainer.add_callback(callback)
        call.notes["callback"] = callback

    def ended(self, fit: Fit, call: Call) -> None:
        """Take the callback out of the user's trainer."""
        callback = call.notes.get("callback")
        if callback is not None:
            call.owner.remove_callback(callback)


def _configuration(fit: Fit, model: Any) -> None:
    config = getattr(model, "config", None)
    if config is None:
        return
    hidden = ("transformers_version", "architectures", "model_type", "id2label", "label2id")
    own = {name: value for name, value in config.to_diff_dict().items() if name not in hidden}
    fit.params(type(config).__name__, own, defaults_of(type(config)))


def _series(fit: Fit) -> Any:
    base: type = loaded("transformers.trainer_callback").TrainerCallback  # type: ignore[union-attr]

    class Series(base):  # type: ignore[misc]
        def on_log(
            self,
            args: Any,
            state: Any,
            control: Any,
            logs: Mapping[str, Any] | None = None,
            **_: Any,
        ) -> None:
            for name, value in (logs or {}).items():
                fit.metric(name, value, state.global_step)

    return Series()


def install(module: ModuleType) -> None:
    """Listen to ``transformers.Trainer`` and those made of it."""
    handlers.setdefault("transformers", Trainings())
    wrap_method(module.Trainer, "train", "transformers")
