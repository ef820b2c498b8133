"""Inputs logged by hand."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np
import pandas as pd
import pytest

import nbtrack
from nbtrack.entities import RunDataset
from nbtrack.errors import UsageError
from nbtrack.tracking import session as sessions
from nbtrack.tracking.session import Session
from nbtrack.wire import DatasetDocument


@pytest.fixture(autouse=True)
def here(tmp_path: Path) -> Iterator[Session]:
    """The process-wide session, on a store of its own."""
    yield sessions.use(Session(tmp_path / "store", drain_interval_s=0.02))
    sessions.session().close()


def stored() -> tuple[RunDataset, DatasetDocument | None]:
    """The one input of the run that was active last, and what is known of its content."""
    here = sessions.session()
    assert here.background.wait(30)
    assert here.flush()
    run = nbtrack.last_active_run()
    assert run is not None
    (found,) = here.store.list_datasets(run.run_id)
    if found.document_digest is None:
        return found, None
    text = here.store.get_blobs([found.document_digest])[found.document_digest]
    return found, msgspec.json.decode(text, type=DatasetDocument)


def test_a_file_is_hashed_in_the_background(tmp_path: Path) -> None:
    """With name, context and tags as given."""
    (tmp_path / "a.csv").write_bytes(b"a\n1\n")
    with nbtrack.start_run():
        nbtrack.log_input(tmp_path / "a.csv", "train", {"kind": "raw"}, name="mine")
    found, document = stored()
    assert (found.name, found.context, found.size_bytes) == ("mine", "train", 4)
    assert found.digest == hashlib.sha256(b"a\n1\n").hexdigest()
    assert document is not None
    assert document.tags == {"kind": "raw"}


def test_a_folder_has_a_digest_over_its_files(tmp_path: Path) -> None:
    """And says how many they are."""
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "x").write_text("1")
    with nbtrack.start_run():
        nbtrack.log_input(tmp_path / "d")
    found, _ = stored()
    assert (found.note, found.size_bytes, found.digest is not None) == ("1 files", 1, True)


def test_a_table_has_columns_and_the_source_it_is_said_to_have() -> None:
    """The same table gives the same digest; a password in its source is not kept."""
    table = pd.DataFrame({"a": [1.0, 3.0]})
    with nbtrack.start_run():
        nbtrack.log_input(table, source="https://ada:pw@example.org/t.csv")
    found, document = stored()
    assert (found.name, found.source) == ("t.csv", "https://ada@example.org/t.csv")
    assert document is not None
    assert (document.row_count, document.columns[0].mean) == (2, 2.0)
    with nbtrack.start_run():
        nbtrack.log_input(table.copy())
    assert stored()[0].digest == found.digest


def test_an_array_has_a_shape() -> None:
    """NumPy's."""
    with nbtrack.start_run():
        nbtrack.log_input(np.ones((3, 2)))
    document = stored()[1]
    assert document is not None
    assert document.shape == [3, 2]


class OfMlflow:
    """What a dataset of MLflow looks like (mlflow.data.dataset.Dataset)."""

    digest = "1a2b3c4d"

    def to_dict(self) -> dict[str, str]:
        return {
            "name": "wine",
            "digest": self.digest,
            "source": json.dumps({"url": "https://example.org/wine.csv"}),
            "source_type": "http",
            "schema": json.dumps({"mlflow_colspec": [{"type": "double", "name": "ph"}]}),
            "profile": json.dumps({"num_rows": 5}),
        }


def test_a_dataset_of_mlflow() -> None:
    """By its own description."""
    with nbtrack.start_run():
        nbtrack.log_input(OfMlflow(), context="test")
    found, document = stored()
    assert (found.name, found.digest, found.source_type) == ("wine", "1a2b3c4d", "http")
    assert found.source == "https://example.org/wine.csv"
    assert document is not None
    assert (document.row_count, document.columns[0].name) == (5, "ph")


@pytest.mark.parametrize("wrong", ["no/such/file", 5, [1, 2]])
def test_what_is_no_data_is_a_clear_error(wrong: object) -> None:
    """Nothing is logged then."""
    with nbtrack.start_run(), pytest.raises(UsageError, match="input"):
        nbtrack.log_input(wrong)
