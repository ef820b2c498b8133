"""Kill -9 at a random moment, in whatever is going on: nothing that was acknowledged is lost."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from nbtrack.entities import EndReason, RunStatus
from nbtrack.store import open_store
from nbtrack.store.base import RunQuery, Store
from nbtrack.store.dialect import DATABASE_NAME, sqlite_engine
from nbtrack.store.migrate import ensure_current
from nbtrack.testing.builders import whole_run
from nbtrack.tracking.adoption import adopt_journals
from tests.faults.processes import killed, start, trials
from tests.store.test_opening import next_schema

_EVERYTHING = """
import os, random, sys
import nbtrack
from nbtrack.tracking import session as sessions

sessions.use(sessions.Session(drain_interval_s=0.005))
chance = random.Random(int(sys.argv[1]))
number = 0

def say(*words):
    os.write(1, (" ".join(map(str, words)) + "\\n").encode())

while True:
    run = nbtrack.start_run(run_name=f"run-{number}")
    say("start", run.run_id)
    nbtrack.log_param("number", number)
    say("param", run.run_id, "number", number)
    for step in range(chance.choice([3, 50, 2000])):
        nbtrack.log(a=float(step), b=-float(step), step=step)
        say("point", run.run_id, step)
    nbtrack.set_tag("done", "yes")
    say("tag", run.run_id)
    if chance.random() < 0.3:
        nbtrack.log_text("x" * 50_000, "text.txt")
        say("artifact", run.run_id)
    nbtrack.end_run()
    say("end", run.run_id)
    number += 1
"""


@trials(6)
def test_in_a_process_that_does_everything(tmp_path: Path, trial: int) -> None:
    """Logging, draining and compacting, hundreds of times a second: all that was said is there."""
    open_store(tmp_path).close()
    lines = killed(start(tmp_path, _EVERYTHING, str(trial)), trial, within_s=1.0)
    store = open_store(tmp_path)
    assert adopt_journals(store).problems == []
    points: dict[str, int] = {}
    for line in lines:
        what, run_id, *rest = line.split()
        run = store.get_run(run_id)
        if what == "param":
            assert run.data.params == {rest[0]: rest[1]}
        elif what == "point":
            points[run_id] = int(rest[0]) + 1
        elif what == "tag":
            assert run.tags["done"] == "yes"
        elif what == "artifact":
            assert store.read_artifact(run_id, "text.txt")[1] == b"x" * 50_000
        elif what == "end":
            assert run.status is RunStatus.FINISHED
    for run_id, count in points.items():
        for key, sign in (("a", 1.0), ("b", -1.0)):
            series = store.metric_series(run_id, key)
            assert count <= len(series) <= count + 1
            assert series.steps.tolist() == list(range(len(series)))
            assert (series.values == sign * series.steps).all()
            assert store.get_run(run_id).metrics[key].count == len(series)
    _nothing_runs(store)
    store.close()


def _nothing_runs(store: Store) -> None:
    runs = store.search_runs(RunQuery(limit=50_000)).items
    assert {run.status for run in runs} <= {RunStatus.FINISHED, RunStatus.KILLED}
    died = [run for run in runs if run.status is RunStatus.KILLED]
    assert len(died) <= 1
    assert all(run.end_reason is EndReason.PROCESS_DIED for run in died)
    assert adopt_journals(store).journals == []


_MUCH = """
import os, signal
import nbtrack
from nbtrack.tracking import session as sessions

sessions.use(sessions.Session(drain_interval_s=3600))
run = nbtrack.start_run()
for step in range(300_000):
    nbtrack.log(x=float(step), step=step)
os.write(1, run.run_id.encode())
os.kill(os.getpid(), signal.SIGKILL)
"""
_ADOPT = """
import os
from nbtrack.store import open_store
from nbtrack.tracking.adoption import adopt_journals

store = open_store()
os.write(1, b"opened\\n")
adopt_journals(store)
os.write(1, b"adopted\\n")
"""


@trials(2)
def test_while_a_dead_journal_is_taken_over(tmp_path: Path, trial: int) -> None:
    """Those who take it over are killed one after the other; in the end it is there once."""
    process = start(tmp_path, _MUCH)
    run_id = process.communicate()[0].decode()
    for attempt in range(6):
        moment = random.Random(1000 * trial + attempt)
        lines = killed(start(tmp_path, _ADOPT), moment.randrange(10**6), within_s=0.3)
        if "adopted" in lines:
            break
    store = open_store(tmp_path)
    assert adopt_journals(store).problems == []
    assert store.metric_series(run_id, "x").steps.tolist() == list(range(300_000))
    _nothing_runs(store)
    store.close()


_STEPS = """
    for number in range(60):
        op.execute(f"CREATE TABLE t{number} AS SELECT * FROM runs")
        op.execute(f"UPDATE runs SET colour = '{number}'")
"""
_MIGRATE = """
import sys
from pathlib import Path
from nbtrack.store.dialect import sqlite_engine
from nbtrack.store.migrate import ensure_current

directory, migrations, head = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
engine = sqlite_engine(directory / "nbtrack.db", 5)
print("begins", flush=True)
ensure_current(engine, directory, migrations=migrations, head=head)
print("migrated", flush=True)
"""


@pytest.fixture(scope="module")
def old_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of some size."""
    directory = tmp_path_factory.mktemp("old")
    store = open_store(directory)
    for index in range(300):
        store.apply(whole_run(f"run-{index}", params={"p": "1"}, metrics={"m": 1.0}))
    store.close()
    return directory


@trials(3)
def test_while_a_store_is_brought_up_to_date(tmp_path: Path, old_store: Path, trial: int) -> None:
    """It is the old one or the new one, never in between, and the next process goes on."""
    directory = tmp_path / "store"
    directory.mkdir()
    (directory / DATABASE_NAME).write_bytes((old_store / DATABASE_NAME).read_bytes())
    migrations, head = next_schema(tmp_path, more=_STEPS.strip().replace("\n", "\n    "))
    code = start(directory, _MIGRATE, str(directory), str(migrations), head)
    lines = killed(code, trial, within_s=1.2)
    engine = sqlite_engine(directory / DATABASE_NAME, 5)
    with engine.connect() as connection:
        tables = connection.exec_driver_sql("SELECT name FROM sqlite_master").scalars().all()
        version = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    made = {name for name in tables if name.startswith("t") and name[1:].isdigit()}
    assert len(made) == (60 if version == head else 0)
    assert ("migrated" not in lines) or version == head
    ensure_current(engine, directory, migrations=migrations, head=head)
    with engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT run_id, colour FROM runs").all()
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
    engine.dispose()
    assert sorted(rows) == sorted((f"run-{index}", "59") for index in range(300))


_OPEN = """
import sys
import alembic.command, nbtrack.store.sql
from nbtrack.store import open_store
print("begins", flush=True)
open_store()
print("made", flush=True)
"""


@trials(3)
def test_while_a_store_is_made(tmp_path: Path, trial: int) -> None:
    """What is half made is finished by the next process."""
    killed(start(tmp_path / "store", _OPEN), trial, within_s=0.2)
    store = open_store(tmp_path / "store")
    store.apply(whole_run())
    assert store.get_run("run-1").status is RunStatus.FINISHED
    store.close()
