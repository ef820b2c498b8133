"""statsmodels' fits."""

from __future__ import annotations

import pytest

from nbtrack.tracking import session as sessions

pytest.importorskip("statsmodels")
import pandas as pd
import statsmodels.api as sm
import statsmodels.formula.api as smf


def test_a_fit_has_the_numbers_of_its_summary(last, data) -> None:
    """Settings of the fit, the summary's numbers as the results have them, and its text."""
    results = sm.OLS(data[1], sm.add_constant(data[0])).fit(cov_type="HC1")
    run = last()
    for name in ("rsquared", "rsquared_adj", "aic", "bic", "llf", "fvalue", "f_pvalue"):
        assert run.data.metrics[name] == pytest.approx(getattr(results, name)), name
    assert run.data.params["fit.cov_type"] == "HC1"
    assert run.params["fit.cov_type"].origin.rule == "autolog:statsmodels"
    _, text = sessions.session().store.read_artifact(run.run_id, "model_summary.txt")
    assert b"OLS Regression Results" in text


def test_fits_that_fit_inside_are_one(last, data) -> None:
    """A logit by formula goes through several classes' fit; a time series has other numbers."""
    frame = pd.DataFrame({"y": data[1], "a": data[0][:, 1]})
    results = smf.logit("y ~ a", frame).fit(disp=0)
    run = last()
    assert run.data.params["Logit.formula"] == "y ~ a"
    assert run.data.metrics["prsquared"] == results.prsquared
    assert run.metrics["llf"].count == 1
    fitted = sm.tsa.ARIMA(data[0][:, 0], order=(1, 0, 0)).fit()
    assert last().data.params["ARIMA.order"] == "(1, 0, 0)"
    assert last().data.metrics["hqic"] == fitted.hqic
