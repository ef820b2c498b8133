"""What a careful person would write down of ten examples, by hand, and how capture compares.

Written from the examples' code and output: the settings that decide the result (also those of
generated data), and the numbers that the author computes to look at. Whatever capture has
beside them counts as too much. What capture marks as the default of an object that was trained
is kept apart, as nobody chose it, and does not count.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from nbtrack.entities import Run

_BLOBS = {"centers": "[[1, 1], [-1, -1], [1, -1]]"}
_CLUSTER_SCORES = (
    "homogeneity",
    "completeness",
    "v_measure",
    "adjusted_rand_index",
    "adjusted_mutual_information",
    "silhouette_coefficient",
)


@dataclass(frozen=True)
class Notes:
    """The notes on one example.

    Args:
        params: argument or name to text. Where two calls take an argument of one name, it is
            written with the call's.
        metrics: names.
    """

    params: Mapping[str, str | tuple[str, ...]]
    metrics: Sequence[str]


CAREFUL = {
    "cluster/plot_dbscan": Notes(
        {**_BLOBS, "n_samples": "750", "cluster_std": "0.4", "random_state": "0"}
        | {"eps": "0.3", "min_samples": "10"},
        (*_CLUSTER_SCORES, "n_clusters_", "n_noise_"),
    ),
    "cluster/plot_affinity_propagation": Notes(
        {**_BLOBS, "n_samples": "300", "cluster_std": "0.5", "make_blobs.random_state": "0"}
        | {"preference": "-50", "AffinityPropagation.random_state": "0"},
        (*_CLUSTER_SCORES, "n_clusters_"),
    ),
    "linear_model/plot_lasso_model_selection": Notes(
        {"n_random_features": "14", "criterion": ("aic", "bic"), "seed": "42"}
        | {"LassoCV.cv": "20", "LassoLarsCV.cv": "20"},
        ("alpha_aic", "alpha_bic", "fit_time"),
    ),
    "cluster/plot_mean_shift": Notes(
        {**_BLOBS, "make_blobs.n_samples": "10000", "cluster_std": "0.6", "quantile": "0.2"}
        | {"estimate_bandwidth.n_samples": "500", "bin_seeding": "True"},
        ("bandwidth", "n_clusters_"),
    ),
    "model_selection/plot_train_error_vs_test_error": Notes(
        {"n_samples_train": "150", "n_samples_test": "300", "n_features": "500"}
        | {"n_informative": "50", "noise": "1.0", "random_state": "42", "l1_ratio": "0.9"}
        | {"positive": "True", "max_iter": "10000", "train_test_split.shuffle": "False"}
        | {"make_regression.shuffle": "False"},
        ("test_score", "alpha"),
    ),
    "cross_decomposition/plot_pcr_vs_pls": Notes(
        {"n_samples": "500", "cov": "[[3, 3], [3, 4]]", "seed": "0"}
        | {"pcr.PCA.n_components": "1", "PLSRegression.n_components": "1"}
        | {"PCA.n_components": "2"},
        ("pcr_r_squared", "pls_r_squared", "pca_2.score"),
    ),
    "linear_model/plot_ols_ridge": Notes(
        {"test_size": "20", "shuffle": "False"},
        ("mean_squared_error", "coefficient_of_determination"),
    ),
    "cluster/plot_kmeans_silhouette_analysis": Notes(
        {"n_samples": "500", "n_features": "2", "centers": "4", "cluster_std": "1"}
        | {"center_box": "(-10.0, 10.0)", "shuffle": "True", "make_blobs.random_state": "1"}
        | {"range_n_clusters": "[2, 3, 4, 5, 6]", "KMeans.random_state": "10"},
        ("silhouette_avg",),
    ),
    "model_selection/plot_nested_cross_validation_iris": Notes(
        {"NUM_TRIALS": "30", "p_grid.C": "[1, 10, 100]", "p_grid.gamma": "[0.01, 0.1]"}
        | {"kernel": "rbf", "n_splits": "4", "shuffle": "True"},
        ("average_difference", "score_difference.std"),
    ),
    "classification/plot_classification_probability": Notes(
        {"test_size": "0.5", "train_test_split.random_state": "42", "n_bins": "5"}
        | {"LogisticRegression.C": "[0.1, 100, 10, 10, 10]", "Nystroem.kernel": "rbf"}
        | {"gamma": "0.5", "n_components": "50", "Nystroem.random_state": "1"}
        | {"HistGradientBoostingClassifier.random_state": "42", "n_knots": "5"}
        | {"quantile_method": "averaged_inverted_cdf", "interaction_only": "True"}
        | {"GaussianProcessClassifier.kernel": "1**2 * RBF(length_scale=[1, 1])"},
        ("accuracy_test", "roc_auc_test", "log_loss_test"),
    ),
}


@dataclass
class Verdict:
    """How capture compares with the notes."""

    right: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)
    extra: list[str] = field(default_factory=list)
    defaults: int = 0

    @property
    def recall(self) -> float:
        """Of what is noted, the share that was captured."""
        return len(self.right) / (len(self.right) + len(self.missed))

    @property
    def precision(self) -> float:
        """Of what was captured, the share that is noted."""
        return len(self.right) / (len(self.right) + len(self.extra))

    def text(self) -> str:
        """The figures, and what differs."""
        lines = [f"recall {self.recall:.3f}, precision {self.precision:.3f}"]
        lines[0] += f" ({self.defaults} values marked as defaults are apart)"
        lines += [f"  missed {item}" for item in self.missed]
        lines += [f"  extra  {item}" for item in self.extra]
        return "\n".join(lines)


def judge(runs: Mapping[str, Sequence[Run]]) -> Verdict:
    """Compare what the runs of each example hold with the notes on it.

    Args:
        runs: of each example in `CAREFUL`.
    """
    verdict = Verdict()
    for name, notes in CAREFUL.items():
        kept = [param for run in runs[name] for param in run.params.values()]
        chosen = [param for param in kept if not (param.origin and param.origin.is_default)]
        verdict.defaults += len(kept) - len(chosen)
        params = {(param.key, param.value) for param in chosen}
        # What is measured on the machine is no claim about the code.
        found = {key for run in runs[name] for key in run.metrics}
        metrics = {key for key in found if not key.startswith("system/")}
        used: set[tuple[str, str]] = set()
        for key, values in notes.params.items():
            for value in (values,) if isinstance(values, str) else values:
                hits = {p for p in params if p[1] == value and f".{p[0]}".endswith(f".{key}")}
                used |= hits
                (verdict.right if hits else verdict.missed).append(f"{name}: {key}={value}")
        for key in notes.metrics:
            (verdict.right if key in metrics else verdict.missed).append(f"{name}: {key}")
        told = _told_by_libraries(runs[name])
        extra = params - used - told
        verdict.extra += [f"{name}: {key}={value}" for key, value in sorted(extra)]
        seen = metrics - set(notes.metrics) - {key for key, value in told if not value}
        verdict.extra += [f"{name}: {key}" for key in sorted(seen)]
    return verdict


def _told_by_libraries(runs: Sequence[Run]) -> set[tuple[str, str]]:
    """What came by autologging alone: a fit's own report beside what was read from the cell."""
    params = [(key, param.value, param.origin) for run in runs for key, param in run.params.items()]
    metrics = [(key, "", metric.origin) for run in runs for key, metric in run.metrics.items()]
    by_cell = {
        (key, value)
        for key, value, origin in [*params, *metrics]
        if origin is None or not origin.rule.startswith("autolog:")
    }
    return {(key, value) for key, value, _ in [*params, *metrics]} - by_cell
