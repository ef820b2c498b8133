"""The store contract: applying records, and reading runs, series, artifacts and bytes back."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from datetime import timedelta

import numpy as np
import pytest

from nbtrack.entities import Direction, EndReason, Lifecycle, Origin, RunStatus
from nbtrack.errors import BlobMissingError, NotFoundError, StoreError, UsageError
from nbtrack.records import (
    ArtifactLogged,
    CaptureIncomplete,
    CaptureReported,
    DatasetLogged,
    EnvironmentCaptured,
    JournalPosition,
    MetricPoints,
    ParamLogged,
    Record,
    RunRenamed,
    RunResumed,
    TagSet,
)
from nbtrack.store.base import RunQuery, Store
from nbtrack.testing.builders import (
    DIGEST,
    SESSION_ID,
    dataset,
    points,
    run_ended,
    run_started,
    session_started,
    whole_run,
)
from nbtrack.testing.clock import START
from nbtrack.testing.contract_fixtures import ContractFixtures, MakeStore


class RecordsContract(ContractFixtures):
    """Records become runs that read back as they were recorded."""

    def test_datasets_read_back(self, store: Store) -> None:
        """What a run read and wrote reads back; told again, the newer facts count."""
        first, output = dataset(digest=None), dataset(direction=Direction.OUTPUT, name="model.pkl")
        hashed = dataset()
        store.apply([run_started(), *map(DatasetLogged, (first, output, hashed))])
        assert store.list_datasets("run-1") == [hashed, output]
        with pytest.raises(NotFoundError):
            store.list_datasets("run-9")

    def test_content_leads_to_the_runs_that_know_it(self, store: Store) -> None:
        """Who wrote and who read the same content is found by its digest, deleted runs aside."""
        wrote, read = dataset(direction=Direction.OUTPUT), dataset("run-2")
        store.apply(
            [run_started(), run_started("run-2"), *map(DatasetLogged, (wrote, read))],
        )
        assert store.dataset_users([DIGEST, "0" * 64]) == {DIGEST: [wrote, read]}
        store.set_lifecycle(["run-2"], deleted=True)
        assert store.dataset_users([DIGEST]) == {DIGEST: [wrote]}

    def test_capture_report_reads_back(self, store: Store) -> None:
        """What explains a run's capture is found from the run, with its flags."""
        store.apply([run_started(), CaptureReported("run-1", '{"slice":[]}', ("edited",))])
        run = store.get_run("run-1")
        assert run.flags == ("edited",)
        assert run.report_digest is not None
        assert store.get_blobs([run.report_digest])[run.report_digest] == b'{"slice":[]}'

    def test_run_reads_back(self, store: Store) -> None:
        """A run holds what its records said, to the microsecond."""
        origin = Origin("literal", "cell-1", 3)
        store.apply(
            [
                run_started(cell_id="cell-1"),
                ParamLogged("run-1", "lr", "0.1", origin),
                TagSet("run-1", "team", "blue"),
                EnvironmentCaptured("run-1", "e" * 64),
                CaptureIncomplete("run-1", "a figure was too large"),
                run_ended(
                    status=RunStatus.FAILED,
                    end_reason=EndReason.EXCEPTION,
                    error_name="ValueError",
                ),
            ]
        )
        run = store.get_run("run-1")
        assert run.run_name == "calm-otter"
        assert run.started_at == START
        assert run.duration_s == 2.0
        assert (run.status, run.end_reason) == (RunStatus.FAILED, EndReason.EXCEPTION)
        assert (run.error_name, run.error_message) == ("ValueError", "no such luck")
        assert run.params["lr"].value == "0.1"
        assert run.params["lr"].origin == origin
        assert run.tags == {"team": "blue"}
        assert run.environment_digest == "e" * 64
        assert run.capture_incomplete == "a figure was too large"
        assert (run.user_id, run.cell_id, run.session_id) == ("ada", "cell-1", SESSION_ID)

    def test_acknowledged_is_visible_to_others(self, store: Store, make_store: MakeStore) -> None:
        """What one handle applied, another one reads at once, also after both were closed."""
        other = make_store()
        store.apply(whole_run())
        assert other.get_run("run-1").status == RunStatus.FINISHED
        other.close()
        store.close()
        again = make_store()
        assert again.get_run("run-1").run_id == "run-1"
        again.close()

    def test_unknown_run_refuses_the_whole_batch(self, store: Store) -> None:
        """A record of a run that never started raises, and nothing of its batch is kept."""
        with pytest.raises(NotFoundError, match="nowhere"):
            store.apply([run_started(), ParamLogged("nowhere", "a", "1")])
        assert store.count_runs(RunQuery()) == 0

    def test_journal_is_applied_once(self, store: Store) -> None:
        """Draining a journal twice changes nothing; going on from its offset does."""
        batch: list[Record] = [run_started(), points([1.0])]
        store.apply(batch, position=JournalPosition("journal", 100))
        store.apply(batch, position=JournalPosition("journal", 100))
        store.apply([points([9.0])], position=JournalPosition("journal", 60))
        assert store.journal_offset("journal") == 100
        assert store.journal_offset("another") == 0
        assert len(store.metric_series("run-1", "loss")) == 1
        store.apply([points([2.0], steps=[1])], position=JournalPosition("journal", 120))
        assert store.metric_series("run-1", "loss").values.tolist() == [1.0, 2.0]

    def test_first_param_stays(self, store: Store) -> None:
        """A second value of a param is dropped, within a batch and between batches."""
        first: list[Record] = [run_started(), ParamLogged("run-1", "lr", "1")]
        store.apply([*first, ParamLogged("run-1", "lr", "2")])
        store.apply([ParamLogged("run-1", "lr", "3")])
        assert store.get_run("run-1").params["lr"].value == "1"

    def test_what_the_user_logs_replaces_a_captured_param(self, store: Store) -> None:
        """Within a batch and between batches, once; a captured value replaces nothing."""
        captured, explicit = Origin("autolog:sklearn"), Origin("explicit")
        first: list[Record] = [run_started(), ParamLogged("run-1", "a", "1", captured)]
        store.apply([*first, ParamLogged("run-1", "b", "1", captured)])
        store.apply([ParamLogged("run-1", "a", "2", explicit)])
        store.apply([ParamLogged("run-1", key, "3", captured) for key in ("a", "b")])
        batch = [("c", "1", captured), ("c", "2", explicit), ("c", "3", captured)]
        store.apply([ParamLogged("run-1", *each) for each in [*batch, ("a", "4", explicit)]])
        params = store.get_run("run-1").params
        assert {key: param.value for key, param in params.items()} == {"a": "2", "b": "1", "c": "2"}
        assert (params["a"].origin, params["b"].origin) == (explicit, captured)

    def test_tags_change_and_go(self, store: Store) -> None:
        """The last value of a tag counts; None removes it."""
        store.apply([run_started(), TagSet("run-1", "a", "1"), TagSet("run-1", "b", "1")])
        store.apply([TagSet("run-1", "a", "2"), TagSet("run-1", "b", None)])
        assert store.get_run("run-1").tags == {"a": "2"}

    def test_rename(self, store: Store) -> None:
        """A run can have a new name."""
        store.apply([*whole_run(), RunRenamed("run-1", "best so far")])
        assert store.get_run("run-1").run_name == "best so far"

    def test_second_end_is_ignored(self, store: Store) -> None:
        """The first end of a run counts."""
        store.apply(whole_run())
        late = START + timedelta(hours=1)
        store.apply([run_ended(status=RunStatus.FAILED, ended_at=late)])
        assert store.get_run("run-1").status == RunStatus.FINISHED

    def test_own_end_corrects_presumed_death(self, store: Store) -> None:
        """A process that was taken for dead says itself how its run ended."""
        store.apply(
            [
                run_started(),
                run_ended(status=RunStatus.FAILED, end_reason=EndReason.PROCESS_DIED),
            ]
        )
        store.apply([run_ended()])
        run = store.get_run("run-1")
        assert (run.status, run.end_reason) == (RunStatus.FINISHED, EndReason.COMPLETED)

    def test_resumed_run_ends_again(self, store: Store) -> None:
        """A resumed run is running, takes points, and ends a second time."""
        store.apply([*whole_run(metrics={"loss": 1.0})])
        store.apply([RunResumed("run-1", "other-session", START)])
        run = store.get_run("run-1")
        assert (run.status, run.ended_at, run.end_reason) == (RunStatus.RUNNING, None, None)
        later = START + timedelta(seconds=60)
        store.apply([points([0.5], steps=[1]), run_ended(ended_at=later)])
        assert store.get_run("run-1").ended_at == later
        assert store.metric_series("run-1", "loss").values.tolist() == [1.0, 0.5]

    def test_records_of_a_deleted_run_are_kept(self, store: Store) -> None:
        """Deleting a run that still logs loses nothing."""
        store.apply([run_started()])
        store.set_lifecycle(["run-1"], deleted=True)
        store.apply([points([1.0]), run_ended()])
        run = store.get_run("run-1")
        assert run.lifecycle_stage == Lifecycle.DELETED
        assert run.metrics["loss"].last == 1.0
        assert run.status == RunStatus.FINISHED

    def test_odd_text_is_not_lost(self, store: Store) -> None:
        """Text that no database takes as it is does not cost the batch it is in."""
        store.apply([run_started(), ParamLogged("run-1", "name", "a\ud800b"), points([1.0])])
        run = store.get_run("run-1")
        assert run.params["name"].value == "a\\ud800b"
        assert run.metrics["loss"].last == 1.0

    def test_steps_out_of_range_are_clipped(self, store: Store) -> None:
        """A step that no int64 holds does not cost the batch it is in."""
        store.apply([run_started(), points([1.0], steps=[10**30])])
        assert store.metric_series("run-1", "loss").steps.tolist() == [2**63 - 1]

    def test_series_in_pieces(self, store: Store) -> None:
        """Points logged in many batches read back in order, live and after the end."""
        store.apply([run_started()])
        expected: list[float] = []
        for piece in range(150):
            values = [piece + index / 10 for index in range(3)]
            store.apply([points(values, steps=range(piece * 3, piece * 3 + 3))])
            expected += values
        assert store.metric_series("run-1", "loss").values.tolist() == expected
        store.apply([run_ended()])
        series = store.metric_series("run-1", "loss")
        assert series.values.tolist() == expected
        assert series.steps.tolist() == list(range(450))
        summary = store.get_run("run-1").metrics["loss"]
        assert (summary.count, summary.first, summary.last) == (450, expected[0], expected[-1])
        assert summary.last_step == 449

    def test_last_is_by_step_then_time_then_position(self, store: Store) -> None:
        """The last value is not the one logged last, but that of the greatest step."""
        store.apply([run_started(), points([1.0, 2.0], steps=[5, 1])])
        assert store.get_run("run-1").metrics["loss"].last == 1.0
        store.apply([points([3.0, 4.0, 5.0], steps=[5, 5, 5], timestamps_ms=[7, 9**14, 9**14])])
        assert store.get_run("run-1").metrics["loss"].last == 5.0
        store.apply([points([6.0], steps=[4])])
        assert store.get_run("run-1").metrics["loss"].last == 5.0

    def test_nan_and_infinity(self, store: Store) -> None:
        """NaN and infinities stay in the series; the extremes ignore NaN."""
        nan, inf = math.nan, math.inf
        store.apply(
            [
                run_started(),
                points([nan, 1.0, inf, -0.0, nan]),
                points([nan, nan], key="empty"),
                points([-inf], key="low"),
            ]
        )
        series = store.metric_series("run-1", "loss").values
        np.testing.assert_array_equal(series, [nan, 1.0, inf, -0.0, nan])
        assert math.copysign(1, series[3]) == -1
        metrics = store.get_run("run-1").metrics
        assert (metrics["loss"].min, metrics["loss"].max) == (-0.0, inf)
        assert math.isnan(metrics["loss"].last)
        assert math.isnan(metrics["loss"].first)
        assert math.isnan(metrics["empty"].min)
        assert math.isnan(metrics["empty"].max)
        assert (metrics["low"].last, metrics["low"].min) == (-inf, -inf)
        store.apply([points([2.0], key="empty", steps=[9])])
        assert store.get_run("run-1").metrics["empty"].min == 2.0

    def test_arrays_and_lists(self, store: Store) -> None:
        """Points are taken as lists and as NumPy arrays, also mixed in one batch."""
        steps = np.arange(3, dtype=np.int64)
        arrays = MetricPoints("run-1", "loss", steps, steps + 10, steps / 2)  # type: ignore[arg-type]
        store.apply([run_started(), arrays, points([7.0], steps=[3], timestamps_ms=[13])])
        series = store.metric_series("run-1", "loss")
        assert series.values.tolist() == [0.0, 0.5, 1.0, 7.0]
        assert series.timestamps_ms.tolist() == [10, 11, 12, 13]
        assert [str(series.steps.dtype), str(series.values.dtype)] == ["int64", "float64"]

    def test_columns_of_different_length(self, store: Store) -> None:
        """Points whose columns do not fit are refused, with their whole batch."""
        with pytest.raises(UsageError, match="1 steps"):
            store.apply([run_started(), points([1.0, 2.0], steps=[1])])
        assert store.count_runs(RunQuery()) == 0

    def test_origin_of_a_metric(self, store: Store) -> None:
        """A metric keeps the first origin that was given."""
        origin = Origin("loop", "cell-1", 4)
        store.apply([run_started(), MetricPoints("run-1", "loss", [0], [0], [1.0], origin)])
        store.apply([points([0.5], steps=[1])])
        assert store.get_run("run-1").metrics["loss"].origin == origin

    def test_unknown_series(self, store: Store) -> None:
        """An unknown run and an unknown metric are told apart."""
        store.apply([run_started()])
        with pytest.raises(NotFoundError) as caught:
            store.metric_series("run-1", "loss")
        assert caught.value.kind == "metric"
        with pytest.raises(NotFoundError) as caught:
            store.metric_series("run-2", "loss")
        assert caught.value.kind == "run"

    def test_artifacts(self, store: Store) -> None:
        """Artifacts are listed by path and read back; a path replaces itself."""
        old, small, large = store.put_blobs([b"old", b"small", b"large" * 100_000])
        store.apply(
            [
                run_started(),
                ArtifactLogged("run-1", "b.txt", old, 3, "text/plain", START),
                ArtifactLogged("run-1", "b.txt", small, 5, "text/plain", START, Origin("explicit")),
                ArtifactLogged("run-1", "a.bin", large, 500_000, "application/x", START),
            ]
        )
        assert [item.path for item in store.list_artifacts("run-1")] == ["a.bin", "b.txt"]
        artifact, data = store.read_artifact("run-1", "b.txt")
        assert (data, artifact.size_bytes, artifact.origin) == (b"small", 5, Origin("explicit"))
        assert store.read_artifact("run-1", "a.bin")[1] == b"large" * 100_000
        with pytest.raises(NotFoundError):
            store.read_artifact("run-1", "c.txt")
        with pytest.raises(NotFoundError):
            store.list_artifacts("run-2")

    def test_artifact_without_bytes(self, store: Store) -> None:
        """An artifact whose bytes are gone says so."""
        store.apply([run_started(), ArtifactLogged("run-1", "a", "f" * 64, 1, "text/plain", START)])
        with pytest.raises(BlobMissingError):
            store.read_artifact("run-1", "a")

    def test_blobs(self, store: Store) -> None:
        """Bytes of any size read back by their digests; twice the same is the same."""
        contents = [b"", b"a", b"a" * 200, bytes(range(256)) * 1000, b"a"]
        digests = store.put_blobs(contents)
        assert digests[1] == digests[4]
        assert store.put_blobs(contents) == digests
        assert store.get_blobs(digests) == dict(zip(digests, contents, strict=True))
        assert store.get_blobs([]) == {}
        with pytest.raises(BlobMissingError):
            store.get_blobs([digests[0], "0" * 64])

    def test_many_blobs(self, store: Store) -> None:
        """Thousands of blobs go in and out in one call each."""
        contents = [str(index).encode() for index in range(2500)]
        digests = store.put_blobs(contents)
        assert list(store.get_blobs(digests).values()) == contents

    def test_sessions(self, store: Store) -> None:
        """A session reads back."""
        record = session_started(notebook_path="/data/churn.ipynb")
        store.apply([record])
        assert store.get_session(SESSION_ID) == record.session
        with pytest.raises(NotFoundError):
            store.get_session("0")

    def test_threads(self, store: Store) -> None:
        """Threads write and read at once; nothing is lost and nobody fails."""
        failures: list[BaseException] = []

        def work(name: str) -> None:
            try:
                store.apply([run_started(name)])
                for step in range(20):
                    store.apply([points([step / 2], run_id=name, steps=[step])])
                    store.get_run(name)
            except (StoreError, NotFoundError) as error:
                failures.append(error)

        threads = [threading.Thread(target=work, args=(f"run-{index}",)) for index in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failures == []
        assert {store.get_run(f"run-{i}").metrics["loss"].count for i in range(8)} == {20}

    def test_closed(self, make_store: MakeStore) -> None:
        """Closing twice is fine; using a closed store is an error that says so."""
        store = make_store()
        store.close()
        store.close()
        with pytest.raises(StoreError, match="closed"):
            store.count_runs(RunQuery())

    def test_changes(self, store: Store) -> None:
        """A cursor tells which runs changed since, whatever of them changed."""
        store.apply([*whole_run("run-1"), *whole_run("run-2")])
        cursor = store.changes().cursor
        assert store.changes(cursor).run_ids == ()
        writes: list[Callable[[], None]] = [
            lambda: store.apply([TagSet("run-2", "a", "1")]),
            lambda: store.apply([points([1.0], run_id="run-2")]),
            lambda: store.set_lifecycle(["run-2"], deleted=True),
            lambda: store.apply([RunRenamed("run-2", "new")]),
        ]
        for write in writes:
            write()
            changes = store.changes(cursor)
            assert changes.run_ids == ("run-2",)
            assert changes.cursor > cursor
            cursor = changes.cursor
        assert set(store.changes(0).run_ids) == {"run-1", "run-2"}
