"""Which libraries are listened to, and whether a fit without an active run begins one."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import ModuleType
from typing import TYPE_CHECKING, Any

from nbtrack.capture.policy import Guard
from nbtrack.errors import UsageError
from nbtrack.integrations.imports import ImportWatch

if TYPE_CHECKING:
    from nbtrack.capture.cell import TrackedCell

WATCHED = {
    "sklearn.base": "sklearn",
    "xgboost.training": "xgboost",
    "lightgbm.engine": "lightgbm",
    "catboost.core": "catboost",
    "keras": "keras",
    "lightning.pytorch.trainer.trainer": "lightning",
    "pytorch_lightning.trainer.trainer": "lightning",
    "transformers.trainer": "transformers",
    "statsmodels.base.model": "statsmodels",
    "optuna.study.study": "optuna",
}
"""What is hooked into when which module was imported, by the name of our module for it."""

LIBRARIES = tuple(dict.fromkeys(WATCHED.values()))
_MLFLOW = {"pytorch": "lightning", "pytorch_lightning": "lightning", "tensorflow": "keras"}
_ONLY_IN_MLFLOW = frozenset(
    {"anthropic", "autogen", "bedrock", "crewai", "dspy", "fastai", "gemini", "gluon", "groq"}
    | {"langchain", "litellm", "llama_index", "mistral", "openai", "paddle", "pyspark"}
    | {"pyspark.ml", "semantic_kernel", "smolagents", "spark"}
)
"""What a script written for MLflow may exclude, which there is nothing of here."""


class Scope(Enum):
    """Where fits are recorded."""

    NOWHERE = "nowhere"
    RUNS = "where a run is active"
    EVERYWHERE = "everywhere; a fit without an active run begins one"


@dataclass
class Switches:
    """The state of autologging in this process.

    Attributes:
        scope: where fits are recorded.
        off: libraries that are not listened to.
        exclusive: leave runs alone that the user began.
        extra_tags: of runs that a fit begins.
        cell: gives the tracked cell that this thread is in; a kernel sets it.
    """

    scope: Scope = Scope.NOWHERE
    off: frozenset[str] = frozenset()
    exclusive: bool = False
    extra_tags: Mapping[str, Any] = field(default_factory=dict)
    cell: Callable[[], TrackedCell | None] = lambda: None

    def listens_to(self, library: str) -> bool:
        """Whether a library's fits are recorded."""
        return self.scope is not Scope.NOWHERE and library not in self.off


switches = Switches()
_guard = Guard()


def _hook_into(name: str) -> Callable[[ModuleType], None]:
    def imported(module: ModuleType) -> None:
        def install() -> None:
            ours = importlib.import_module(f"nbtrack.integrations.{name}")
            ours.install(module)

        _guard.run(f"hooking into {name}", install, None)

    return imported


_watch = ImportWatch({module: _hook_into(name) for module, name in WATCHED.items()})


def listen(scope: Scope, off: Collection[str] = ()) -> None:
    """Listen to libraries from now on, those imported already too.

    Args:
        scope: where fits are recorded.
        off: libraries that are left alone, by nbtrack's or MLflow's name.

    Raises:
        UsageError: a name is none of a library.
    """
    chosen = frozenset(_MLFLOW.get(name, name) for name in off) - _ONLY_IN_MLFLOW
    unknown = chosen - set(LIBRARIES)
    if unknown:
        raise UsageError(
            f"autolog knows no library {', '.join(map(repr, sorted(unknown)))}; "
            f"it knows {', '.join(LIBRARIES)}"
        )
    switches.scope, switches.off = scope, chosen
    if scope is Scope.NOWHERE:
        _watch.stop()
    else:
        _watch.start()


def loaded(name: str) -> ModuleType | None:
    """A module of a library, if the user's code has imported it."""
    return sys.modules.get(name)


def autolog(
    log_input_examples: bool = False,
    log_model_signatures: bool = True,
    log_models: bool = True,
    log_datasets: bool = True,
    log_traces: bool = True,
    disable: bool = False,
    exclusive: bool = False,
    disable_for_unsupported_versions: bool = False,
    silent: bool = False,
    extra_tags: Mapping[str, Any] | None = None,
    exclude_flavors: Collection[str] | None = None,
) -> None:
    """Have libraries' fits recorded: params, scores, series, searches and studies.

    Facts go to the active run; a fit without one begins and ends a run of its own. In a
    notebook tracked cells do this by themselves, and this call is for all others.

    Args:
        log_input_examples, log_model_signatures, log_models, log_datasets, log_traces: accepted
            for MLflow's sake; models are not logged.
        disable: switch autologging off, in tracked cells too.
        exclusive: leave runs alone that the user began.
        disable_for_unsupported_versions: accepted for MLflow's sake.
        silent: accepted for MLflow's sake; there is one warning at most.
        extra_tags: of runs that a fit begins.
        exclude_flavors: libraries to leave alone, of ``sklearn``, ``xgboost``, ``lightgbm``,
            ``catboost``, ``keras``, ``lightning``, ``transformers``, ``statsmodels``,
            ``optuna``; MLflow's other names for them are understood.

    Raises:
        UsageError: a name in ``exclude_flavors`` is none of a library.
    """
    listen(Scope.NOWHERE if disable else Scope.EVERYWHERE, exclude_flavors or ())
    switches.exclusive = exclusive
    switches.extra_tags = dict(extra_tags or {})
