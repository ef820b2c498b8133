"""Notebooks nobody here wrote: examples of scikit-learn's gallery, from its source distribution.

The examples come with the very version of scikit-learn that is installed, and are split into
cells by sphinx-gallery, whose format they are in.
"""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

_ROOT = Path(__file__).parents[2] / ".corpus"
_BACKEND = """
from pathlib import Path


def prepare_metadata_for_build_wheel(metadata_directory, config_settings=None):
    folder = Path(metadata_directory, "scikit_learn-0.dist-info")
    folder.mkdir()
    (folder / "METADATA").write_text(Path("PKG-INFO").read_text())
    return folder.name
"""
"""Stands in for the build backend: pip asks it for metadata, and nothing is built."""

EXAMPLES = (
    "classification/plot_classification_probability",
    "classification/plot_digits_classification",
    "classification/plot_lda_qda",
    "cluster/plot_affinity_propagation",
    "cluster/plot_agglomerative_clustering_metrics",
    "cluster/plot_agglomerative_dendrogram",
    "cluster/plot_bisect_kmeans",
    "cluster/plot_dbscan",
    "cluster/plot_digits_agglomeration",
    "cluster/plot_digits_linkage",
    "cluster/plot_feature_agglomeration_vs_univariate_selection",
    "cluster/plot_inductive_clustering",
    "cluster/plot_kmeans_assumptions",
    "cluster/plot_kmeans_digits",
    "cluster/plot_kmeans_plusplus",
    "cluster/plot_kmeans_silhouette_analysis",
    "cluster/plot_linkage_comparison",
    "cluster/plot_mean_shift",
    "cluster/plot_mini_batch_kmeans",
    "cluster/plot_optics",
    "cluster/plot_segmentation_toy",
    "compose/plot_feature_union",
    "covariance/plot_covariance_estimation",
    "covariance/plot_mahalanobis_distances",
    "covariance/plot_sparse_cov",
    "cross_decomposition/plot_compare_cross_decomposition",
    "cross_decomposition/plot_pcr_vs_pls",
    "datasets/plot_random_multilabel_dataset",
    "decomposition/plot_ica_blind_source_separation",
    "decomposition/plot_ica_vs_pca",
    "decomposition/plot_incremental_pca",
    "decomposition/plot_kernel_pca",
    "decomposition/plot_pca_vs_lda",
    "decomposition/plot_sparse_coding",
    "linear_model/plot_lasso_model_selection",
    "linear_model/plot_logistic_path",
    "linear_model/plot_ols_ridge",
    "linear_model/plot_ridge_path",
    "model_selection/plot_confusion_matrix",
    "model_selection/plot_nested_cross_validation_iris",
    "model_selection/plot_roc",
    "model_selection/plot_train_error_vs_test_error",
    "neighbors/plot_classification",
    "neighbors/plot_regression",
    "svm/plot_svm_regression",
    "tree/plot_cost_complexity_pruning",
    "tree/plot_iris_dtc",
    "tree/plot_unveil_tree_structure",
)


@dataclass(frozen=True)
class Example:
    """One example as a notebook: its name and its code cells."""

    name: str
    cells: tuple[str, ...]


def gallery() -> Path:
    """The examples' directory; downloaded once for each version of scikit-learn."""
    import sklearn

    kept = _ROOT / f"scikit-learn-{sklearn.__version__}"
    _ROOT.mkdir(exist_ok=True)
    with (_ROOT / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.exists():
            with tempfile.TemporaryDirectory(dir=_ROOT) as scratch:
                _download(f"scikit-learn=={sklearn.__version__}", Path(scratch)).rename(kept)
    return kept


def _download(requirement: str, scratch: Path) -> Path:
    backend = scratch / "backend"
    backend.mkdir()
    (backend / "mesonpy.py").write_text(_BACKEND)
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pip", "download", "-q", "--disable-pip-version-check"),
            *("--no-deps", "--no-build-isolation", "--no-binary", "scikit-learn"),
            *("--dest", str(scratch), requirement),
        ],
        env={**os.environ, "PYTHONPATH": str(backend)},
        capture_output=True,
        text=True,
        check=False,
    )
    archives = list(scratch.glob("scikit_learn-*.tar.gz"))
    if done.returncode != 0 or not archives:
        raise RuntimeError(f"scikit-learn's source could not be downloaded: {done.stderr[-2000:]}")
    with tarfile.open(archives[0]) as archive:
        for member in archive.getmembers():
            _, found, name = member.name.partition("/examples/")
            source = archive.extractfile(member) if found and member.isfile() else None
            if source is not None and ".." not in name:
                target = scratch / "examples" / name
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(source.read())
    return scratch / "examples"


def example(name: str) -> Example:
    """One example, by its path without the ending."""
    from sphinx_gallery.py_source_parser import split_code_and_text_blocks

    _, blocks = split_code_and_text_blocks(str(gallery() / f"{name}.py"))
    cells = (text.strip("\n") for kind, text, _ in blocks if kind == "code")
    return Example(name, tuple(cell for cell in cells if cell.strip()))
