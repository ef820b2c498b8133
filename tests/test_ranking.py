"""Which way a metric is better."""

from __future__ import annotations

import math

import pytest

from nbtrack.ranking import best_index, key_metric, metric_direction


@pytest.mark.parametrize(
    ("name", "direction"),
    [
        ("loss", "min"),
        ("val_loss", "min"),
        ("valLoss", "min"),
        ("train/RMSE", "min"),
        ("mean_squared_error", "min"),
        ("perplexity", "min"),
        ("log_loss", "min"),
        ("fit_time", "min"),
        ("accuracy", "max"),
        ("val.acc", "max"),
        ("test-AUC", "max"),
        ("roc_auc_score", "max"),
        ("f1", "max"),
        ("f1_macro", "max"),
        ("R2", "max"),
        ("neg_mean_squared_error", "max"),
        ("recall@10", "max"),
        ("error_score", "min"),
        ("epoch", None),
        ("x", None),
        ("closs", None),
        ("", None),
    ],
)
def test_a_metrics_name_tells_which_way_is_better(name: str, direction: str | None) -> None:
    """Whole words count, in any spelling; an unknown name says nothing."""
    assert metric_direction(name) == direction


def test_the_best_needs_a_direction_and_a_difference() -> None:
    """NaN and missing values never win."""
    assert best_index([0.1, 0.3, None, math.nan], "max") == 1
    assert best_index([0.1, 0.3, None, math.nan], "min") == 0
    assert best_index([0.1, 0.3], None) is None
    assert best_index([0.3, 0.3], "max") is None
    assert best_index([0.3, None], "max") is None


def test_the_key_metric_is_what_the_user_logged_and_says_its_direction() -> None:
    """Logged before captured, then one that says which way is better, then the first."""
    assert key_metric([("n", False), ("loss", False), ("size", True)]) == "size"
    assert key_metric([("n", False), ("loss", False)]) == "loss"
    assert key_metric([("b", False), ("a", False)]) == "b"
    assert key_metric([("system/cpu", True)]) is None
    assert key_metric([]) is None
