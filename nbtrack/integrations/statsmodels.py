"""statsmodels: there is no callback, so ``fit`` of every model is wrapped.

Recorded are the settings of the fit, what the model says of itself, the numbers of the summary,
and the summary as text.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any

from nbtrack.capture.policy import attempt
from nbtrack.capture.scalars import as_number
from nbtrack.integrations.fits import Fit
from nbtrack.integrations.wrapping import Call, Silent, handlers, wrap_in_subclasses

METRICS = (
    "rsquared",
    "rsquared_adj",
    "prsquared",
    "pseudo_rsquared",
    "fvalue",
    "f_pvalue",
    "llr",
    "llr_pvalue",
    "llf",
    "aic",
    "bic",
    "hqic",
    "sse",
    "mse_resid",
    "mse_total",
    "ssr",
    "scale",
    "deviance",
    "pearson_chi2",
    "condition_number",
    "df_model",
    "df_resid",
    "nobs",
)
"""Numbers of a result's summary, by its attributes' names."""
_MOST_SUMMARIES = 20
_SUMMARY_S = 0.02
_SETTINGS = ("formula", "order", "seasonal_order", "trend", "k_trend", "endog_names")


class Fits(Silent):
    """Records fits of models."""

    name = "statsmodels"

    def before(self, fit: Fit, call: Call) -> None:
        """Settings of the fit and of the model."""
        model = call.owner
        kind = type(model).__name__
        fit.params("fit", {name: v for name, v in list(call.arguments().items())[1:] if _plain(v)})
        for name in _SETTINGS:
            value, _ = attempt(lambda name=name: getattr(model, name, None))  # type: ignore[misc]
            if isinstance(value, (str, int, float, tuple)):
                fit.param(f"{kind}.{name}", value)
        family = getattr(model, "family", None)
        if family is not None:
            fit.param(f"{kind}.family", type(family).__name__)
            fit.param(f"{kind}.link", type(getattr(family, "link", None)).__name__)

    def after(self, fit: Fit, call: Call) -> None:
        """The result's numbers and its summary."""
        result, kind = call.result, type(call.owner).__name__
        first = True
        for name in METRICS:
            value, _ = attempt(lambda name=name: getattr(result, name, None))  # type: ignore[misc]
            if as_number(value) is None:
                continue
            first = fit.log.first_owner(kind)
            fit.metric(name if first else f"{kind}.{name}", value, attribute=name)
        fit.do("keeping a summary", lambda: _summary(fit, result), None)


def _summary(fit: Fit, result: Any) -> None:
    written = fit.log.count("summaries")
    if not hasattr(result, "summary") or written >= _MOST_SUMMARIES:
        return
    if not fit.affordable(_SUMMARY_S):
        return
    summary = result.summary()
    text = summary.as_text() if hasattr(summary, "as_text") else str(summary)
    number = "" if written == 0 else f"_{written + 1}"
    fit.text(f"model_summary{number}.txt", text)
    fit.log.count("summaries", add=1)


def _plain(value: object) -> bool:
    if isinstance(value, (list, tuple)):
        return len(value) <= 20 and all(_plain(part) for part in value)
    return value is None or isinstance(value, (bool, int, float, str))


def install(module: ModuleType) -> None:
    """Listen to ``statsmodels.base.model.Model`` and all that are made of it."""
    handlers.setdefault("statsmodels", Fits())
    wrap_in_subclasses(module.Model, "fit", "statsmodels")
