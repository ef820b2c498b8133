"""Repair: what can be read of a damaged store is read, and the report says what happened."""

from __future__ import annotations

import random
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from nbtrack import housekeeping
from nbtrack.entities import EndReason
from nbtrack.errors import StateError
from nbtrack.records import ArtifactLogged
from nbtrack.store import open_store
from nbtrack.store.base import RunQuery
from nbtrack.store.dialect import DATABASE_NAME
from nbtrack.store.upkeep.facts import Finding
from nbtrack.testing.builders import execution_started, points, session_started, whole_run
from nbtrack.testing.clock import START
from tests.cli.conftest import document, record_save

RUNS = 300


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A closed store of some hundred runs."""
    directory = tmp_path / "store"
    store = open_store(directory)
    records = [session_started()]
    for number in range(RUNS):
        run_id = f"{number:032x}"
        records += whole_run(
            run_id,
            params={"a": str(number), "b": "x" * 50},
            metrics={"m": float(number), "n": 1.0},
            tags={"t": "y"},
        )
    store.apply(records)
    [small, large] = store.put_blobs([b"small", b"large" * 50_000])
    store.apply(
        [
            ArtifactLogged("0" * 32, "small", small, 5, "a/b", START),
            ArtifactLogged("0" * 32, "large", large, 250_000, "a/b", START),
            execution_started(source="code"),
        ]
    )
    record_save(store, tmp_path / "n.ipynb", document(x="1"), 1)
    record_save(store, tmp_path / "n.ipynb", document(x="2"), 2)
    store.close()
    return directory


def repaired(place: Path) -> dict[str, Finding]:
    """Findings by name."""
    return {finding.name: finding for finding in housekeeping.repair(str(place))}


def runs_of(place: Path) -> set[str]:
    """Ids of the runs that are there and can be read with all they hold."""
    store = open_store(place)
    try:
        return {run.run_id for run in store.search_runs(RunQuery(limit=50_000)).items}
    finally:
        store.close()


def edit(place: Path, *statements: str) -> None:
    """Change the database as a fault would."""
    with closing(sqlite3.connect(place / DATABASE_NAME)) as database:
        for statement in statements:
            database.execute(statement)
        database.commit()


def levels(found: dict[str, Finding]) -> set[str]:
    """What was found."""
    return {finding.level for finding in found.values()}


def test_a_sound_store(place: Path) -> None:
    """Of a sound store all is well, a copy is made, and nothing changes."""
    before = (place / DATABASE_NAME).read_bytes()
    found = repaired(place)
    assert levels(found) == {"ok"}, found
    copies = list((place / "backups").glob("before-repair-*/nbtrack.db"))
    assert [copy.read_bytes() for copy in copies] == [before]
    assert len(runs_of(place)) == RUNS


@pytest.mark.parametrize("kept", [0.9, 0.5])
def test_a_truncated_database(place: Path, kept: float) -> None:
    """Of a database that was cut short, rows on the pages that are left are kept."""
    path = place / DATABASE_NAME
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * kept)])
    found = repaired(place)
    assert found["database"].level == "lost"
    assert "damaged" in found["database"].message
    assert list((place / "backups").glob("damaged-*/nbtrack.db"))
    assert len(runs_of(place)) > RUNS * kept / 3
    # What is lost stays lost and is said again; the rest is well.
    assert repaired(place)["database"].level == "ok"


@pytest.mark.parametrize("seed", range(6))
def test_flipped_bytes_in_pages(place: Path, seed: int) -> None:
    """With three pages overwritten, most runs are kept, and the store is sound again."""
    path = place / DATABASE_NAME
    data = bytearray(path.read_bytes())
    chosen = random.Random(seed)
    for page in chosen.sample(range(1, len(data) // 4096), 3):
        data[page * 4096 : page * 4096 + 4096] = chosen.randbytes(4096)
    path.write_bytes(data)
    repaired(place)
    assert repaired(place)["database"].level == "ok"
    assert len(runs_of(place)) > RUNS / 2


def test_a_destroyed_header(place: Path) -> None:
    """A database whose first bytes are overwritten is read as if they were not."""
    path = place / DATABASE_NAME
    data = bytearray(path.read_bytes())
    data[:60] = b"\xff" * 60
    path.write_bytes(data)
    assert "not a database" in repaired(place)["database"].message
    assert len(runs_of(place)) == RUNS


@pytest.mark.parametrize("content", [b"", b"nonsense" * 1000])
def test_nothing_left(place: Path, content: bytes) -> None:
    """Of an empty or wholly other file nothing can be read: the report says so, and where to."""
    (place / DATABASE_NAME).write_bytes(content)
    finding = repaired(place)["database"]
    assert finding.level == "lost"
    assert "Nothing could be read" in finding.message
    assert "backup --restore" in finding.message
    assert runs_of(place) == set()


def test_a_deleted_log(tmp_path: Path) -> None:
    """With the write-ahead log deleted, what was checkpointed is kept and the store is sound."""
    directory = tmp_path / "store"
    code = (
        "import os, sys; from nbtrack.store import open_store\n"
        "from nbtrack.testing.builders import whole_run\n"
        "s = open_store(sys.argv[1])\n"
        "for i in range(300): s.apply(whole_run(f'{i:032x}', params={'a': 'b' * 2000}))\n"
        "os._exit(0)\n"
    )
    subprocess.run([sys.executable, "-c", code, str(directory)], check=True)
    (directory / f"{DATABASE_NAME}-wal").unlink()
    repaired(directory)
    assert repaired(directory)["database"].level == "ok"
    store = open_store(directory)
    for run in store.search_runs(RunQuery(limit=1000)).items:
        assert run.run_name
    store.apply(whole_run("new"))
    store.close()


def test_missing_and_damaged_blobs(place: Path) -> None:
    """Damaged bytes are set aside, missing ones listed with what refers to them."""
    (path,) = (place / "blobs").glob("??/??/*")
    path.write_bytes(b"other" * 50_000)
    edit(place, "UPDATE blobs SET data = x'00ff' WHERE length(data) = 6")
    found = repaired(place)
    assert len(found["damaged blobs"].details) == 2
    assert (place / "quarantine" / path.name).exists()
    lines = "\n".join(found["missing blobs"].details)
    assert f"artifact large of run {'0' * 32}" in lines
    assert f"artifact small of run {'0' * 32}" in lines
    store = open_store(place)
    store.put_blobs([b"small", b"large" * 50_000, b"code"])
    store.close()
    assert "artifact" not in "".join(
        repaired(place).get("missing blobs", Finding("", "ok", "")).details
    )


def test_metrics(place: Path) -> None:
    """Summaries are computed anew; a damaged chunk is set aside, and other points stay."""
    store = open_store(place)
    store.apply(whole_run("two")[:-1])
    store.apply([points([1.0, 2.0], run_id="two")])
    store.apply([points([3.0], run_id="two")])
    store.close()
    edit(
        place,
        f"UPDATE metrics SET max = 99, next_chunk = 0 WHERE run_id = '{1:032x}' AND key = 'm'",
        f"DELETE FROM metrics WHERE run_id = '{2:032x}' AND key = 'm'",
        f"DELETE FROM metric_chunks WHERE run_id = '{3:032x}' AND key = 'm'",
        "UPDATE metric_chunks SET data = x'0011' WHERE run_id = 'two' AND sequence = 1",
    )
    found = repaired(place)
    assert len(found["metrics"].details) == 2
    assert set(found["points"].details) == {
        f"metric m of run {3:032x}",
        "metric loss of run two",
    }
    store = open_store(place)
    assert store.get_run(f"{1:032x}").metrics["m"].max == 1.0
    assert store.get_run(f"{2:032x}").metrics["m"].last == 2.0
    assert store.get_run("two").metrics["loss"].count == 2
    assert store.metric_series("two", "loss").values.tolist() == [1.0, 2.0]
    store.apply([points([5.0], run_id=f"{1:032x}", key="m", steps=[5])])
    store.close()
    assert len(list((place / "quarantine").glob("*.chunk"))) == 1


def test_rows_that_do_not_fit_together(place: Path) -> None:
    """Lost owners come back as recovered ones; links to what is gone are taken away."""
    edit(
        place,
        "PRAGMA foreign_keys=OFF",
        f"DELETE FROM runs WHERE run_id = '{5:032x}'",
        f"UPDATE runs SET revision_id = 'gone', parent_run_id = 'gone' WHERE run_id = '{6:032x}'",
        "UPDATE notebooks SET latest_revision_id = 'gone', revision_count = 1",
        f"UPDATE runs SET experiment_id = 77 WHERE run_id = '{7:032x}'",
        "UPDATE revisions SET restored_from = 'gone' WHERE number = 2",
        "UPDATE runs SET status = 'RUNNING', session_id = 'gone', ended_at = NULL, "
        f"end_reason = NULL WHERE run_id = '{8:032x}'",
    )
    found = repaired(place)
    assert {"runs", "references", "histories", "experiments", "processes"} <= found.keys()
    store = open_store(place)
    assert store.get_run(f"{5:032x}").run_name == "recovered"
    assert store.get_run(f"{5:032x}").data.params["a"] == "5"
    assert store.get_run(f"{6:032x}").revision_id is None
    assert store.get_run(f"{7:032x}").experiment_name == "Recovered 77"
    assert store.get_run(f"{8:032x}").end_reason is EndReason.PROCESS_DIED
    [notebook] = store.list_notebooks()
    assert notebook.revision_count == 2
    latest = store.get_revision(str(notebook.latest_revision_id))
    assert (latest.number, latest.restored_from) == (2, None)
    store.close()
    assert levels(repaired(place)) == {"ok"}


def test_revisions_without_their_notebook(place: Path) -> None:
    """Revisions whose notebook is lost get one that says so, with their numbers."""
    edit(place, "PRAGMA foreign_keys=OFF", "DELETE FROM notebooks")
    assert repaired(place)["notebooks"].level == "mended"
    store = open_store(place)
    [notebook] = store.list_notebooks()
    assert notebook.path.startswith("recovered:")
    assert [each.number for each in store.list_revisions(notebook.notebook_id).items] == [2, 1]
    store.close()


@pytest.fixture
def other_process(place: Path) -> Iterator[int]:
    """Another process that has the store open; its id."""
    code = (
        "import sys; from nbtrack.store import open_store; s = open_store(sys.argv[1]); "
        "s.list_notebooks(); print('open', flush=True); sys.stdin.read()"
    )
    pipe = subprocess.PIPE
    command = [sys.executable, "-c", code, str(place)]
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as other:
        assert other.stdout is not None
        other.stdout.readline()
        yield other.pid
        other.kill()


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs /proc")
def test_a_database_in_use_is_not_replaced(place: Path, other_process: int) -> None:
    """While another process has a damaged database open, repair says which and changes nothing."""
    data = bytearray((place / DATABASE_NAME).read_bytes())
    data[4096 * 5 : 4096 * 9] = bytes(4096 * 4)
    (place / DATABASE_NAME).write_bytes(data)
    with pytest.raises(StateError, match=str(other_process)):
        housekeeping.repair(str(place))
    assert (place / DATABASE_NAME).read_bytes() == bytes(data)


def test_a_damaged_schema(place: Path) -> None:
    """A database whose list of tables is overwritten is read as every store is laid out."""
    data = bytearray((place / DATABASE_NAME).read_bytes())
    data[100:4096] = bytes(3996)
    (place / DATABASE_NAME).write_bytes(data)
    assert repaired(place)["database"].level == "lost"
    assert len(runs_of(place)) == RUNS
    assert levels(repaired(place)) == {"ok"}


def test_values_that_flipped(place: Path) -> None:
    """A value that nothing stored is replaced or its row set aside; lists can be read again."""
    edit(
        place,
        "UPDATE runs SET status = 'FINISHGD' WHERE run_id LIKE '%1'",
        f"UPDATE runs SET run_name = CAST(x'ff61' AS TEXT) WHERE run_id = '{2:032x}'",
        f"UPDATE params SET origin = '[[' WHERE run_id = '{3:032x}'",
        f"UPDATE metrics SET count = 'many' WHERE run_id = '{4:032x}' AND key = 'm'",
        "UPDATE artifacts SET digest = 'short' WHERE path = 'large'",
    )
    found = repaired(place)
    assert found["values"].level == "mended"
    assert found["damaged rows"].level == "lost"
    assert "short" in (place / "quarantine" / "rows.txt").read_text()
    store = open_store(place)
    assert len(store.search_runs(RunQuery(limit=1000)).items) == RUNS
    assert store.get_run(f"{2:032x}").run_name == "\ufffda"
    assert store.get_run(f"{4:032x}").metrics["m"].count == 1
    store.close()
    assert levels(repaired(place)) == {"ok"}
