"""Which way a metric is better, told from its name, and which run is best by it."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Literal

Direction = Literal["max", "min"]

SYSTEM_PREFIX = "system/"
# Words of a metric's name. The last word that is known decides: val_loss, accuracy/test.
_LESS_TEXT = """
loss losses error err errors rmse mse mae mape smape rmsle msle medae perplexity ppl bpc nll
logloss crossentropy entropy deviance wer cer ter fid kid brier ece hinge divergence kl
distance dist regret cost penalty residual latency duration elapsed time runtime seconds secs
ms memory bic aic hamming misclassification
"""
_MORE_TEXT = """
acc accuracy auc auroc auprc roc prauc f1 f2 fbeta r2 score precision recall sensitivity
specificity tpr tnr map ndcg mrr hit hits bleu rouge meteor iou miou dice jaccard kappa mcc
gini silhouette reward return likelihood loglik loglikelihood elbo psnr ssim throughput
correlation corr pearson spearman kendall explained purity ari nmi homogeneity completeness
lift success win wins top1 top5
"""
_LESS_IS_BETTER = frozenset(_LESS_TEXT.split())
_MORE_IS_BETTER = frozenset(_MORE_TEXT.split())
_WORDS = re.compile(r"[A-Z]+(?![a-z])\d*|[A-Z]?[a-z]+\d*|\d+")


def metric_direction(name: str) -> Direction | None:
    """Whether more or less of a metric is better, told from its name; None when it does not say.

    scikit-learn's ``neg_mean_squared_error`` and the like count as scores.
    """
    if is_system_metric(name):
        return None
    words = [word.lower() for word in _WORDS.findall(name)]
    if words[:1] == ["neg"] or "neg" in words[:-1]:
        return "max"
    joined = [*words, *(a + b for a, b in pairwise(words))]
    known = {word for word in joined if word in _LESS_IS_BETTER or word in _MORE_IS_BETTER}
    if not known:
        return None
    # "accuracy_loss" is a loss, "error_score" a score: the later word says what it is. Units
    # of time yield to anything else.
    last = max(known, key=lambda word: (_rank(word), joined.index(word)))
    return "min" if last in _LESS_IS_BETTER else "max"


def _rank(word: str) -> int:
    return word not in {"time", "seconds", "secs", "ms", "score", "elapsed", "duration", "return"}


def key_metric(names: Iterable[tuple[str, bool]]) -> str | None:
    """Which metric stands for a run where there is room for one.

    Args:
        names: of its metrics, each with whether the user logged it.

    Returns:
        The first that the user logged, else the first; of these one whose name tells which
        way is better, where there is one. None where all are of the machine.
    """
    told = [(not logged, metric_direction(name) is None, name) for name, logged in names]
    return min(
        (each for each in told if not is_system_metric(each[2])),
        key=lambda each: each[:2],
        default=(True, True, None),
    )[2]


def is_system_metric(name: str) -> bool:
    """Whether a metric tells of the machine, not of what was computed: MLflow's prefix says so."""
    return name.startswith(SYSTEM_PREFIX)


def best_index(values: Sequence[float | None], direction: Direction | None) -> int | None:
    """Where the best value is; None without a direction, with nothing to compare, or if all tie."""
    finite = [
        (value, i) for i, value in enumerate(values) if value is not None and math.isfinite(value)
    ]
    if direction is None or len(finite) < 2 or len({value for value, _ in finite}) < 2:
        return None
    pick = max if direction == "max" else min
    best = pick(value for value, _ in finite)
    return next(i for value, i in finite if value == best)
