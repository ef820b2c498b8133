"""Archives: what goes into a store is what came out of another one, and nothing else changes."""

from __future__ import annotations

import json
import math
import shutil
import sqlite3
import zipfile
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nbtrack.errors import ArchiveError, NotFoundError
from nbtrack.records import (
    ArtifactLogged,
    CaptureReported,
    DatasetLogged,
    EnvironmentCaptured,
)
from nbtrack.store import open_store
from nbtrack.store.base import RunQuery, Store
from nbtrack.store.dialect import DATABASE_NAME
from nbtrack.store.schema import metadata
from nbtrack.store.upkeep.archive import STAYS, archived_tables
from nbtrack.store.upkeep.facts import ArchiveSelection
from nbtrack.testing.builders import (
    dataset,
    execution_started,
    new_revision,
    points,
    session_started,
    whole_run,
)
from nbtrack.testing.clock import START

EVERYTHING = ArchiveSelection()


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty store to copy."""
    directory = tmp_path_factory.mktemp("template") / "store"
    open_store(directory).close()
    return directory


@pytest.fixture
def make(tmp_path: Path, template: Path) -> Callable[[str], Store]:
    """Opens a new store of a name."""

    def new(name: str) -> Store:
        shutil.copytree(template, tmp_path / name)
        return open_store(tmp_path / name)

    return new


def dump(store: Store) -> dict[str, set[tuple[Any, ...]]]:
    """Every row of a store, but for counters of changes."""
    found = {}
    with closing(sqlite3.connect(Path(store.location) / DATABASE_NAME)) as database:
        for table in metadata.sorted_tables:
            if table.name in ("store_state", "journals", "texts", "spans"):
                continue
            names = [c.name for c in table.columns if c.name != "changed_seq"]
            query = f"SELECT {', '.join(names)} FROM {table.name}"
            found[table.name] = set(database.execute(query).fetchall())
    files = Path(store.location, "blobs").glob("??/??/*")
    found["files"] = {(path.name, path.read_bytes()) for path in files}
    return found


def fill(store: Store, prefix: str = "run") -> str:
    """Something of every noun; returns the notebook's id."""
    notebook_id = store.create_notebook(f"/{prefix}.ipynb").notebook_id
    [digest, large, environment] = store.put_blobs([b"hello", b"large" * 50_000, b"{}"])
    store.put_blobs([b"x"])
    revision = store.add_revision(
        new_revision(notebook_id, "a", "b", changed=["b"], label=f"{prefix} v1")
    )
    store.link_execution(f"{prefix}-msg", revision.revision_id)
    store.apply(
        [
            session_started(notebook_path=f"/{prefix}.ipynb"),
            execution_started(f"{prefix}-msg", source="lr = 0.1"),
            *whole_run(
                f"{prefix}-1",
                params={"lr": "0.1"},
                metrics={"loss": 0.5},
                tags={"team": "blue"},
                msg_id=f"{prefix}-msg",
                experiment="churn",
            ),
            points([math.nan, math.inf, -1.0], run_id=f"{prefix}-1"),
            ArtifactLogged(f"{prefix}-1", "a.txt", digest, 5, "text/plain", START),
            ArtifactLogged(f"{prefix}-1", "d/b.bin", large, 250_000, "a/b", START),
            EnvironmentCaptured(f"{prefix}-1", environment),
            DatasetLogged(dataset(f"{prefix}-1"), '{"rows": 3}'),
            CaptureReported(f"{prefix}-1", f'{{"modules": "{digest}"}}', ("edited",)),
            *whole_run(f"{prefix}-2", parent_run_id=f"{prefix}-1", metrics={"loss": 2.0}),
        ]
    )
    return notebook_id


def test_into_an_empty_store(make: Callable[[str], Store], tmp_path: Path) -> None:
    """Everything comes out as it went in, and importing twice changes nothing."""
    source, target = make("source"), make("target")
    fill(source)
    made = source.export_archive(tmp_path / "all.zip", EVERYTHING)
    assert made.rows["runs"] == 2
    # The manifest's digests of builders stand for nothing: the store never had these bytes.
    assert made.missing_blobs == ("d" * 64,)
    added = target.import_archive(tmp_path / "all.zip").added
    assert added["runs"] == 2
    wanted, got = dump(source), dump(target)
    # Bytes that nothing refers to stay where they are, and so do bindings of kernels.
    for table in wanted.keys() - {"blobs", "kernel_bindings"}:
        assert got[table] == wanted[table], table
    assert got["blobs"] < wanted["blobs"]
    assert not target.import_archive(tmp_path / "all.zip").added
    assert dump(target) == got
    assert target.count_runs(RunQuery(filter="params.lr < 0.5")) == 1
    assert target.count_runs(RunQuery(text="lr")) == source.count_runs(RunQuery(text="lr")) == 1
    series = target.metric_series("run-1", "loss").values.tolist()
    assert series[0] == 0.5
    assert math.isnan(series[1])
    assert series[2:] == [math.inf, -1.0]


def test_into_a_store_with_others(make: Callable[[str], Store], tmp_path: Path) -> None:
    """What was there stays to the byte; an experiment of the same name is the same."""
    source, target = make("source"), make("target")
    target.create_experiment("other")
    fill(target, "here")
    fill(source)
    before = dump(target)
    source.export_archive(tmp_path / "all.zip", EVERYTHING)
    target.import_archive(tmp_path / "all.zip")
    after = dump(target)
    for table, rows in before.items():
        assert rows <= after[table], table
    runs = target.get_runs(["run-1", "here-1"])
    assert {run.experiment_name for run in runs} == {"churn"}
    assert len({run.experiment_id for run in runs}) == 1
    assert runs[0].experiment_id != source.get_run("run-1").experiment_id


_RUNS = st.dictionaries(
    st.sampled_from("abcdef"),
    st.tuples(
        st.dictionaries(st.text(min_size=1, max_size=3), st.text(max_size=5), max_size=2),
        st.lists(st.floats(width=64), max_size=4),
        st.sampled_from(["Default", "x", "y"]),
    ),
    max_size=5,
)


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(there=_RUNS, here=_RUNS)
def test_any_stores(
    template: Path, tmp_path_factory: pytest.TempPathFactory, there: Any, here: Any
) -> None:
    """Whatever both stores hold: nothing here changes, all of theirs is here, twice is once."""
    place = tmp_path_factory.mktemp("any")
    stores = []
    for name, contents in (("there", there), ("here", here)):
        shutil.copytree(template, place / name)
        store = open_store(place / name)
        for run_id, (params, values, experiment) in contents.items():
            store.apply(whole_run(run_id, params=params, experiment=experiment))
            if values:
                store.apply([points(values, run_id=run_id)])
        stores.append(store)
    source, target = stores
    before = dump(target)
    source.export_archive(place / "a.zip", EVERYTHING)
    target.import_archive(place / "a.zip")
    after = dump(target)
    assert all(rows <= after[table] for table, rows in before.items())
    for run_id in there.keys() - here.keys():
        theirs, ours = source.get_run(run_id), target.get_run(run_id)
        assert (ours.params, ours.experiment_name) == (theirs.params, theirs.experiment_name)
        if theirs.metrics:
            expected = source.metric_series(run_id, "loss").values.tobytes()
            assert target.metric_series(run_id, "loss").values.tobytes() == expected
    target.import_archive(place / "a.zip")
    assert dump(target) == after
    for store in stores:
        store.close()


def test_histories_that_went_apart(make: Callable[[str], Store], tmp_path: Path) -> None:
    """Where both sides went on, theirs come after ours with new numbers; none is lost."""
    source = make("source")
    notebook_id = fill(source)
    source.close()
    shutil.copytree(tmp_path / "source", tmp_path / "target")
    source, target = open_store(tmp_path / "source"), open_store(tmp_path / "target")
    ours = target.add_revision(new_revision(notebook_id, "a", changed=["a"]))
    theirs = [source.add_revision(new_revision(notebook_id, "b", "c")) for _ in range(2)]
    source.export_archive(tmp_path / "a.zip", ArchiveSelection(notebook_ids=(notebook_id,)))
    done = target.import_archive(tmp_path / "a.zip")
    assert done.renumbered == [("/run.ipynb", 2, 3), ("/run.ipynb", 3, 4)]
    numbers = {
        revision.revision_id: revision.number
        for revision in target.list_revisions(notebook_id).items
    }
    assert numbers[ours.revision_id] == 2
    assert [numbers[revision.revision_id] for revision in theirs] == [3, 4]
    assert target.get_notebook(notebook_id).latest_revision_id == ours.revision_id
    assert target.get_revision(theirs[0].revision_id).parent_id == ours.parent_id
    assert not target.import_archive(tmp_path / "a.zip").added
    assert target.add_revision(new_revision(notebook_id, "d")).number == 5


def test_histories_of_which_one_went_on(make: Callable[[str], Store], tmp_path: Path) -> None:
    """Where only the archive went on, its numbers stay and its latest revision is the latest."""
    source, target = make("source"), make("target")
    notebook_id = fill(source)
    source.export_archive(tmp_path / "1.zip", EVERYTHING)
    target.import_archive(tmp_path / "1.zip")
    later = source.add_revision(new_revision(notebook_id, "b", "c"))
    source.export_archive(tmp_path / "2.zip", EVERYTHING)
    done = target.import_archive(tmp_path / "2.zip")
    assert (done.added, done.renumbered) == ({"revisions": 1}, [])
    assert target.get_notebook(notebook_id) == source.get_notebook(notebook_id)
    assert target.get_revision(later.revision_id) == later


def test_a_path_that_another_notebook_has(make: Callable[[str], Store], tmp_path: Path) -> None:
    """A notebook whose path another one has here is imported as deleted, and a note says so."""
    source, target = make("source"), make("target")
    notebook_id = fill(source)
    mine = target.create_notebook("/run.ipynb")
    source.export_archive(tmp_path / "a.zip", EVERYTHING)
    assert "/run.ipynb" in target.import_archive(tmp_path / "a.zip").notes[0]
    assert target.find_notebook("/run.ipynb") == mine
    assert target.get_notebook(notebook_id).revision_count == 1


def test_selections(make: Callable[[str], Store], tmp_path: Path) -> None:
    """A selection brings what it refers to, and nothing else."""
    source = make("source")
    fill(source, "one")
    notebook_id = fill(source, "two")

    def taken(name: str, selection: ArchiveSelection) -> set[str]:
        source.export_archive(tmp_path / f"{name}.zip", selection)
        target = make(name)
        target.import_archive(tmp_path / f"{name}.zip")
        return {run.run_id for run in target.search_runs(RunQuery()).items}

    query = RunQuery(filter="metrics.loss > 1")
    # Of a nested run the one that it is part of comes too.
    assert taken("query", ArchiveSelection(query)) == {"one-1", "one-2", "two-1", "two-2"}
    assert taken("id", ArchiveSelection(run_ids=("one-1",))) == {"one-1"}
    assert taken("notebook", ArchiveSelection(notebook_ids=(notebook_id,))) >= {"two-1"}
    with pytest.raises(NotFoundError):
        source.export_archive(tmp_path / "none.zip", ArchiveSelection(run_ids=("none",)))
    assert not (tmp_path / "none.zip").exists()


def test_running_runs(make: Callable[[str], Store], tmp_path: Path) -> None:
    """A run that was running where the archive was made has ended here, as interrupted."""
    source, target = make("source"), make("target")
    source.apply(whole_run(metrics={"m": 1.0})[:-1])
    source.export_archive(tmp_path / "a.zip", EVERYTHING)
    target.import_archive(tmp_path / "a.zip")
    run = target.get_run("run-1")
    assert run.end_reason == "process_died"
    assert run.ended_at == max(run.started_at, run.metrics["m"].last_at)
    before = dump(target)
    target.import_archive(tmp_path / "a.zip")
    assert dump(target) == before


def rewritten(path: Path, change: Callable[[dict[str, bytes]], object]) -> Path:
    """An archive with its files changed."""
    with zipfile.ZipFile(path) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    change(files)
    target = path.with_name("changed.zip")
    with zipfile.ZipFile(target, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return target


def _manifest(**values: Any) -> Callable[[dict[str, bytes]], None]:
    def change(files: dict[str, bytes]) -> None:
        files["manifest.json"] = json.dumps(
            {**json.loads(files["manifest.json"]), **values}
        ).encode()

    return change


def _rows(table: str, old: bytes, new: bytes) -> Callable[[dict[str, bytes]], None]:
    """Rows changed by someone who also mends the checksum."""

    def change(files: dict[str, bytes]) -> None:
        import hashlib

        name = f"rows/{table}.jsonl"
        assert old in files[name]
        files[name] = files[name].replace(old, new)
        manifest = json.loads(files["manifest.json"])
        manifest["rows"][table]["sha256"] = hashlib.sha256(files[name]).hexdigest()
        files["manifest.json"] = json.dumps(manifest).encode()

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_manifest(version=2), "newer than this one"),
        (_manifest(schema="9999"), "newer than this one"),
        (_manifest(format="other"), "no archive of nbtrack"),
        (_manifest(rows=3), "damaged"),
        (lambda files: files.pop("manifest.json"), "no archive of nbtrack"),
        (lambda files: files.pop("rows/params.jsonl"), "do not belong"),
        (lambda files: files.update({"../evil": b"x"}), "do not belong"),
        (lambda files: files.update({"blobs/../../evil": b"x"}), "do not belong"),
        (lambda files: files.update({"rows/params.jsonl": b"{}\n"}), "checksum"),
        (lambda files: files.update({_blob(files): b"other"}), "the bytes of blob"),
        (lambda files: files.pop(_blob(files)), "of 6 blobs"),
        (_rows("artifacts", b'"a.txt"', b'"../a"'), "leads out of the run"),
        (_rows("params", b'"run-1"', b'"run-9"'), "names a missing run_id"),
        (_rows("runs", b'"FINISHED"', b'"GONE"'), "GONE"),
        (_rows("runs", b'"run_name"', b'"surprise"'), "unknown"),
        (_rows("metrics", b'"count":4', b'"count":"4"'), "count is"),
        (_rows("metric_chunks", b'"data":"', b'"data":"AAAA'), "damaged"),
    ],
)
def test_bad_archives(
    make: Callable[[str], Store], tmp_path: Path, change: Any, message: str
) -> None:
    """A damaged, forged or newer archive is refused with the reason, and changes nothing."""
    source, target = make("source"), make("target")
    fill(source)
    fill(target, "here")
    source.export_archive(tmp_path / "a.zip", EVERYTHING)
    before = dump(target)
    with pytest.raises(ArchiveError, match=message):
        target.import_archive(rewritten(tmp_path / "a.zip", change))
    assert dump(target) == before
    assert not (tmp_path / "evil").exists()


def _blob(files: dict[str, bytes]) -> str:
    return next(name for name in files if name.startswith("blobs/"))


def test_flipped_bytes(make: Callable[[str], Store], tmp_path: Path) -> None:
    """A flipped byte anywhere is found, or changes nothing that is read; a cut file is refused."""
    source, target = make("source"), make("target")
    fill(source)
    source.export_archive(tmp_path / "a.zip", EVERYTHING)
    data = (tmp_path / "a.zip").read_bytes()
    before = dump(target)
    good = make("good")
    good.import_archive(tmp_path / "a.zip")
    bad = tmp_path / "bad.zip"
    refused = 0
    for position in range(0, len(data), max(1, len(data) // 60)):
        bad.write_bytes(data[:position] + bytes([data[position] ^ 0x55]) + data[position + 1 :])
        try:
            target.import_archive(bad)
        except ArchiveError:
            refused += 1
            assert dump(target) == before
        else:
            # Some bytes of a zip file, times and attributes, say nothing of its content.
            assert dump(target) == dump(good)
            target.close()
            shutil.rmtree(tmp_path / "target")
            target = make("target")
    assert refused > 30
    bad.write_bytes(data[:-100])
    with pytest.raises(ArchiveError):
        target.import_archive(bad)


def test_every_table_is_archived() -> None:
    """Whoever adds a table says whether it goes into archives."""
    archived = {table.name for table in archived_tables()}
    assert archived | STAYS == set(metadata.tables)
    assert not archived & STAYS


def test_bytes_are_those_of_one_state(make: Callable[[str], Store], tmp_path: Path) -> None:
    """What is written while an archive is made is not in it by half."""
    source, target = make("source"), make("target")
    source.apply(whole_run("a", metrics={"m": 1.0}))

    def meddle(stage: str, done: int, total: int) -> None:
        if stage == "Writing runs":
            source.apply(whole_run("b", started_at=START + timedelta(1), params={"p": "1"}))

    source.export_archive(tmp_path / "a.zip", EVERYTHING, progress=meddle)
    target.import_archive(tmp_path / "a.zip")
    assert [run.run_id for run in target.search_runs(RunQuery()).items] == ["a"]
    assert source.get_run("b").params["p"].value == "1"
