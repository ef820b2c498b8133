"""Stores that earlier versions wrote open in this one, with all that they held.

``assets`` keeps one small store of every schema that was released, as its version wrote it:
``schema-NNNN.db.zst``. Run this file as a program to write the one of the present schema, once,
when a version with a new schema is about to be released; an asset is never written again.
"""

from __future__ import annotations

import sqlite3
import sys
import tempfile
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
import zstandard

from nbtrack.entities import Origin
from nbtrack.records import ArtifactLogged, CaptureReported, DatasetLogged, ParamLogged, TagSet
from nbtrack.store import open_store
from nbtrack.store.base import RunQuery
from nbtrack.store.dialect import DATABASE_NAME
from nbtrack.store.migrate import HEAD_REVISION
from nbtrack.store.texts import NOTE_TAG
from nbtrack.testing.builders import (
    dataset,
    execution_started,
    manifest,
    new_revision,
    points,
    run_ended,
    run_started,
    session_started,
)
from nbtrack.testing.clock import START

ASSETS = Path(__file__).with_name("assets")


def write_asset(directory: Path) -> None:
    """Write a store that holds something of every noun."""
    store = open_store(directory)
    notebook_id = store.create_notebook("/data/churn.ipynb").notebook_id
    revision = store.add_revision(new_revision(notebook_id, "a", "b", changed=["b"], label="v1"))
    store.link_execution("msg-1", revision.revision_id)
    store.bind_kernel("kernel-1", notebook_id)
    [digest] = store.put_blobs([b"hello"])
    store.apply(
        [
            session_started(notebook_path="/data/churn.ipynb"),
            execution_started(source="lr = 0.1"),
            run_started(msg_id="msg-1", cell_id="b"),
            ParamLogged("run-1", "lr", "0.1", Origin("literal", "b", 1)),
            points([float("nan"), 2.0, 1.0]),
            TagSet("run-1", "team", "blue"),
            ArtifactLogged("run-1", "a.txt", digest, 5, "text/plain", START),
            DatasetLogged(dataset()),
            CaptureReported("run-1", "{}", ("edited",)),
            run_ended(ended_at=START + timedelta(seconds=7)),
        ]
    )
    store.close()


def test_present_schema_has_its_asset() -> None:
    """The store of the present schema is kept before the next one is begun."""
    assert (ASSETS / f"schema-{HEAD_REVISION}.db.zst").exists()


@pytest.mark.parametrize("asset", sorted(ASSETS.glob("*.zst")), ids=lambda path: path.name)
def test_old_store_opens(asset: Path, tmp_path: Path) -> None:
    """Whatever an earlier version recorded reads the same today."""
    (tmp_path / DATABASE_NAME).write_bytes(zstandard.decompress(asset.read_bytes()))
    store = open_store(tmp_path)
    run = store.get_run("run-1")
    assert (run.run_name, run.experiment_name, run.duration_s) == ("calm-otter", "churn", 7.0)
    assert run.revision_number == 1
    assert run.data.params == {"lr": "0.1"}
    assert run.params["lr"].origin == Origin("literal", "b", 1)
    assert run.data.metrics == {"loss": 1.0}
    assert run.tags == {"team": "blue"}
    assert store.metric_series("run-1", "loss").values.tolist()[1:] == [2.0, 1.0]
    assert store.read_artifact("run-1", "a.txt")[1] == b"hello"
    assert store.get_execution("msg-1").source == "lr = 0.1"
    revision = store.execution_revision("msg-1")
    assert revision is not None
    assert (revision.label, revision.changes[0].cell_id) == ("v1", "b")
    assert store.get_manifest(revision.revision_id) == manifest("a", "b")
    notebook = store.kernel_notebook("kernel-1")
    assert notebook is not None
    assert notebook.path == "/data/churn.ipynb"
    assert store.count_runs(RunQuery(filter="metrics.loss < 2 AND params.lr > 0.05")) == 1
    assert [match.msg_id for match in store.search_text("lr").items] == ["msg-1"]
    if asset.name >= "schema-0002":
        assert store.list_datasets("run-1") == [dataset()]
        assert run.flags == ("edited",)
    store.close()


def test_old_texts_are_indexed(tmp_path: Path) -> None:
    """Notes and params of a store from before there was an index are searched like new ones."""
    path = tmp_path / DATABASE_NAME
    path.write_bytes(zstandard.decompress((ASSETS / "schema-0002.db.zst").read_bytes()))
    with closing(sqlite3.connect(path)) as connection:
        tags = [("run-1", NOTE_TAG, "Größer is better"), ("run-1", "size", "big")]
        connection.executemany("INSERT INTO tags VALUES (?, ?, ?)", tags)
        params = [("run-1", "depth", "12"), ("run-1", "kind", "12 layers")]
        connection.executemany("INSERT INTO params (run_id, key, value) VALUES (?, ?, ?)", params)
        connection.commit()
    store = open_store(tmp_path)
    [match] = store.search_text("größer").items
    assert (match.kind, match.run_ids) == ("note", ("run-1",))
    assert store.count_runs(RunQuery(filter="params.depth >= 12")) == 1
    assert store.count_runs(RunQuery(filter="params.kind >= 12")) == 0
    store.apply([TagSet("run-1", NOTE_TAG, "kleiner")])
    assert not store.search_text("größer").items
    assert store.search_text("kleiner").items
    store.close()


if __name__ == "__main__":
    target = ASSETS / f"schema-{HEAD_REVISION}.db.zst"
    if target.exists():
        sys.exit(f"{target.name} exists; an asset is never written again")
    with tempfile.TemporaryDirectory() as place:
        write_asset(Path(place))
        with closing(sqlite3.connect(Path(place) / DATABASE_NAME)) as connection:
            connection.execute("VACUUM")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        ASSETS.mkdir(exist_ok=True)
        target.write_bytes(zstandard.compress((Path(place) / DATABASE_NAME).read_bytes(), 19))
