"""The store contract: housekeeping."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from nbtrack.entities import ExecutionStatus, utc_now
from nbtrack.errors import ArchiveError, BlobMissingError, NotFoundError
from nbtrack.records import ArtifactLogged, CaptureReported, ExecutionEnded
from nbtrack.store.base import RunQuery, Store
from nbtrack.store.texts import NOTE_TAG
from nbtrack.store.upkeep.facts import ArchiveSelection, CollectionRules
from nbtrack.testing.builders import (
    SESSION_ID,
    execution_started,
    new_revision,
    session_started,
    whole_run,
)
from nbtrack.testing.clock import START
from nbtrack.testing.contract_fixtures import ContractFixtures


def rules(**changes: object) -> CollectionRules:
    """Rules that let everything go that may go, whenever it was stored."""
    later = utc_now() + timedelta(hours=3)
    return CollectionRules(**{"deleted_before": later, "unused_before": later, **changes})  # type: ignore[arg-type]


def freed(lines: object) -> dict[str, int]:
    """Counts by kind."""
    return {line.kind: line.count for line in lines}  # type: ignore[attr-defined]


class UpkeepContract(ContractFixtures):
    """Collecting garbage takes what is asked for, and nothing that is needed."""

    def test_deleted_runs_go(self, store: Store) -> None:
        """A run deleted long enough ago goes with all it held; others stay; the plan says so."""
        [digest] = store.put_blobs([b"weights"])
        for run_id in ("run-1", "run-2"):
            store.apply(whole_run(run_id, params={"a": "1"}, metrics={"m": 1.0}, tags={"t": "x"}))
        store.apply([ArtifactLogged("run-1", "w", digest, 7, "a/b", START)])
        store.set_lifecycle(["run-1"], deleted=True)
        assert store.plan_collection(rules(deleted_before=utc_now() - timedelta(days=1))) == []
        planned = store.plan_collection(rules())
        assert freed(planned) == {"deleted runs": 1, "blobs": 1}
        assert store.get_run("run-1").params["a"].value == "1"
        assert freed(store.collect(rules())) == {"deleted runs": 1, "blobs": 1}
        with pytest.raises(NotFoundError):
            store.get_run("run-1")
        with pytest.raises(BlobMissingError):
            store.get_blobs([digest])
        assert store.get_run("run-2").data.metrics == {"m": 1.0}
        assert store.collect(rules()) == []

    def test_restored_runs_stay(self, store: Store) -> None:
        """What was brought back is not deleted any more, and says nothing of it."""
        store.apply(whole_run())
        before = store.get_run("run-1")
        store.set_lifecycle(["run-1"], deleted=True)
        store.set_lifecycle(["run-1"], deleted=False)
        assert store.get_run("run-1") == before
        assert store.collect(rules()) == []

    def test_parents_of_kept_runs_stay(self, store: Store) -> None:
        """A deleted run of which another one is part stays as long as that one does."""
        store.apply(whole_run("top"))
        store.apply(whole_run("middle", parent_run_id="top"))
        store.apply(whole_run("leaf", parent_run_id="middle"))
        store.set_lifecycle(["top", "middle"], deleted=True)
        assert store.collect(rules()) == []
        store.set_lifecycle(["leaf"], deleted=True)
        assert freed(store.collect(rules())) == {"deleted runs": 3}

    def test_referenced_bytes_stay(self, store: Store) -> None:
        """Bytes stay that a run, a document of a run, a revision or an execution names."""
        large = b"large" * 100_000
        digests = store.put_blobs([b"artifact", b"module", large, b"source", b"lost"])
        notebook_id = store.create_notebook("/a.ipynb").notebook_id
        store.apply(whole_run())
        store.apply(
            [
                ArtifactLogged("run-1", "a", digests[0], 8, "a/b", START),
                CaptureReported("run-1", f'{{"local_modules": {{"m.py": "{digests[1]}"}}}}'),
                ArtifactLogged("run-1", "b", digests[2], len(large), "a/b", START),
                session_started(),
                execution_started(source="source"),
            ]
        )
        store.add_revision(new_revision(notebook_id, "a"))
        assert freed(store.collect(rules())) == {"blobs": 1}
        assert store.get_blobs(digests[:4])
        assert store.get_execution("msg-1").source == "source"

    def test_bytes_stored_a_moment_ago_stay(self, store: Store) -> None:
        """Bytes that were stored again lately stay, though nothing refers to them yet."""
        digests = store.put_blobs([b"old", b"old" * 100_000])
        store.put_blobs([b"old", b"old" * 100_000])
        assert store.collect(rules(unused_before=utc_now() - timedelta(minutes=1))) == []
        assert len(store.get_blobs(digests)) == 2

    def test_named_bytes_stay(self, store: Store) -> None:
        """Bytes that a journal names stay."""
        digests = store.put_blobs([b"logged", b"logged" * 100_000])
        assert store.collect(rules(named=frozenset(digests))) == []
        assert freed(store.collect(rules())) == {"blobs": 1, "blob files": 1}

    def test_old_runs(self, store: Store) -> None:
        """With a rule for it, old runs go, but for those that are running or marked to be kept."""
        store.apply(whole_run("old"))
        store.apply(whole_run("kept", tags={"nbtrack.keep": "yes"}))
        store.apply(whole_run("running")[:-1])
        assert store.plan_collection(rules()) == []
        assert freed(store.collect(rules(runs_before=utc_now()))) == {"old runs": 1}
        assert {run.run_id for run in store.get_runs(["kept", "running"])} == {"kept", "running"}

    def test_old_executions(self, store: Store) -> None:
        """With a rule for it, old executions go, but not those of a session with a run."""
        store.apply([session_started(), session_started("b" * 32), *whole_run()])
        for msg_id, session_id in (("needed", SESSION_ID), ("lone", "b" * 32)):
            store.apply(
                [
                    execution_started(msg_id, session_id=session_id, source=msg_id),
                    ExecutionEnded(msg_id, ExecutionStatus.OK, utc_now(), 0.1),
                ]
            )
        store.apply([execution_started("running", session_id="b" * 32, source="running")])
        assert store.plan_collection(rules()) == []
        assert freed(store.collect(rules(executions_before=utc_now()))) == {
            "executions": 1,
            "blobs": 1,
        }
        assert store.get_execution("needed").source == "needed"
        assert store.get_execution("running").source == "running"
        with pytest.raises(NotFoundError):
            store.get_execution("lone")

    def test_archive(self, store: Store, tmp_path: Path) -> None:
        """What was exported comes back after it was removed, and importing it twice is no more."""
        [digest] = store.put_blobs([b"weights"])
        store.apply(whole_run(params={"a": "1"}, metrics={"m": 1.0}, experiment="churn"))
        store.apply([ArtifactLogged("run-1", "w", digest, 7, "a/b", START)])
        before = store.get_run("run-1")
        path = tmp_path / "one.zip"
        store.export_archive(path, ArchiveSelection(run_ids=("run-1",)))
        store.set_lifecycle(["run-1"], deleted=True)
        store.collect(rules())
        assert store.import_archive(path).added == {"runs": 1}
        assert store.get_run("run-1") == before
        assert store.read_artifact("run-1", "w")[1] == b"weights"
        cursor = store.changes().cursor
        assert store.import_archive(path).added == {}
        assert store.changes(cursor).run_ids == ()
        path.write_bytes(path.read_bytes()[:-50])
        with pytest.raises(ArchiveError):
            store.import_archive(path)

    def test_words_of_collected_notes(self, store: Store, tmp_path: Path) -> None:
        """Words of a collected note are found no more, and are found again after an import."""
        store.apply(whole_run(tags={NOTE_TAG: "a zebra"}, params={"a": "7"}))
        query = RunQuery(text="zebra", filter="params.a < 8")
        path = tmp_path / "one.zip"
        store.export_archive(path, ArchiveSelection())
        store.set_lifecycle(["run-1"], deleted=True)
        store.collect(rules())
        assert store.count_runs(RunQuery(text="zebra", view="all")) == 0
        store.import_archive(path)
        assert store.count_runs(query) == 1
        store.repair_contents()
        assert store.count_runs(query) == 1

    def test_repair(self, store: Store) -> None:
        """Of a store in which nothing is wrong, a repair says so, and lists what is missing."""
        store.apply(whole_run(metrics={"m": 1.0}))
        assert {finding.level for finding in store.repair_contents()} == {"ok"}
        store.apply([ArtifactLogged("run-1", "w", "c" * 64, 7, "a/b", START)])
        [lost] = [finding for finding in store.repair_contents() if finding.level == "lost"]
        assert "artifact w of run run-1" in lost.details[0]
