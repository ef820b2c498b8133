"""Workers of every kind log: forked ones to the run they were forked in, new ones to their own.

A worker that is started anew (spawn, loky) knows nothing of its parent's run. What it logs
begins a run of its own, unless it is told the id of a run to take up.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from nbtrack.entities import Run, RunStatus
from nbtrack.store import open_store
from nbtrack.store.base import RunQuery, Store
from nbtrack.tracking.adoption import adopt_journals
from tests.faults.processes import LONG, run_script

_WORK = """
import os, signal, sys, threading, time
import nbtrack

def work(name, run_id=None):
    if run_id is not None:
        with nbtrack.start_run(run_id=run_id):
            return work(name)
    for step in range(200):
        nbtrack.log({f"w{name}": float(step)}, step=step)

def main():
    with nbtrack.start_run(run_name="parent") as run:
        nbtrack.log(x=1.0)
BODY
        nbtrack.log(x=2.0)

if __name__ == "__main__":
    main()
"""
_FORKED = {
    "os.fork": """
        for name in range(4):
            child = os.fork()
            if child == 0:
                work(name)
                os._exit(0)
            os.waitpid(child, 0)
""",
    "os.fork and killed": """
        for name in range(4):
            child = os.fork()
            if child == 0:
                work(name)
                os.kill(os.getpid(), signal.SIGKILL)
            os.waitpid(child, 0)
""",
    "multiprocessing": """
        import multiprocessing
        context = multiprocessing.get_context("fork")
        workers = [context.Process(target=work, args=(name,)) for name in range(4)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
""",
    "a pool": """
        import multiprocessing
        with multiprocessing.get_context("fork").Pool(2) as pool:
            pool.map(work, range(4))
""",
    "joblib with multiprocessing": """
        from joblib import Parallel, delayed
        Parallel(n_jobs=2, backend="multiprocessing")(delayed(work)(n) for n in range(4))
""",
    "joblib with threads": """
        from joblib import Parallel, delayed
        Parallel(n_jobs=2, backend="threading")(delayed(work)(n) for n in range(4))
""",
    "loaders of data": """
        # As PyTorch's DataLoader: workers that live long, fed by queues, stopped by a sentinel.
        import multiprocessing
        context = multiprocessing.get_context("fork")
        todo, done = context.Queue(), context.Queue()

        def load():
            for name in iter(todo.get, None):
                work(name)
                done.put(name)

        workers = [context.Process(target=load, daemon=True) for _ in range(2)]
        for worker in workers:
            worker.start()
        for name in range(4):
            todo.put(name)
        for _ in range(4):
            done.get()
            nbtrack.log(fetched=1.0)
        for worker in workers:
            todo.put(None)
        for worker in workers:
            worker.join()
""",
    "a fork in the middle of threads that log": """
        stop = threading.Event()
        def busy():
            while not stop.is_set():
                nbtrack.log(busy=1.0)
        threads = [threading.Thread(target=busy) for _ in range(3)]
        for thread in threads:
            thread.start()
        for name in range(4):
            time.sleep(0.05)
            child = os.fork()
            if child == 0:
                signal.alarm(60)
                work(name)
                os._exit(0)
            assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        stop.set()
        for thread in threads:
            thread.join()
""",
}
_SPAWNED = {
    "spawn": """
        import multiprocessing
        with multiprocessing.get_context("spawn").Pool(2) as pool:
            pool.starmap(work, [(name, RUN) for name in range(4)])
            pool.close()
            pool.join()
""",
    "an executor": """
        import multiprocessing
        from concurrent.futures import ProcessPoolExecutor
        with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as pool:
            for future in [pool.submit(work, name, RUN) for name in range(4)]:
                future.result()
""",
    "forkserver": """
        import multiprocessing
        context = multiprocessing.get_context("forkserver")
        workers = [context.Process(target=work, args=(name, RUN)) for name in range(4)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
""",
    "joblib with loky": """
        from joblib import Parallel, delayed
        from joblib.externals.loky import get_reusable_executor
        Parallel(n_jobs=2, backend="loky")(delayed(work)(n, RUN) for n in range(4))
        get_reusable_executor().shutdown()
""",
}
_FEW = {name: _SPAWNED[name] for name in (_SPAWNED if LONG else ("spawn", "joblib with loky"))}
"""Each costs seconds: two of the kinds stand for the others."""


def stored(tmp_path: Path, body: str) -> tuple[Store, list[Run]]:
    """The store after a script, and its runs, oldest first."""
    run_script(tmp_path / "store", tmp_path, _WORK.replace("BODY", body))
    store = open_store(tmp_path / "store")
    assert adopt_journals(store).problems == []
    assert not list((tmp_path / "store" / "journals").glob("*.journal"))
    return store, list(store.search_runs(RunQuery(order_by=("attributes.start_time ASC",))).items)


def check_workers_series(store: Store, runs: list[Run]) -> None:
    """What each worker logged is there once, and in order."""
    for name in range(4):
        (run,) = [run for run in runs if f"w{name}" in run.metrics]
        series = store.metric_series(run.run_id, f"w{name}")
        assert series.steps.tolist() == list(range(200))
        assert series.values.tolist() == list(map(float, range(200)))


@pytest.mark.parametrize("body", _FORKED.values(), ids=_FORKED)
def test_forked_workers_log_to_the_run_they_were_forked_in(tmp_path: Path, body: str) -> None:
    """Everything is there once, and the run ends as its own process says."""
    store, (run,) = stored(tmp_path, body)
    check_workers_series(store, [run])
    assert (run.run_name, run.status) == ("parent", RunStatus.FINISHED)
    assert run.metrics["x"].count == 2
    store.close()


@pytest.mark.parametrize("body", _FEW.values(), ids=_FEW)
def test_workers_started_anew_have_runs_of_their_own(tmp_path: Path, body: str) -> None:
    """Which are finished when the worker is, and the parent's run has nothing of theirs."""
    store, runs = stored(tmp_path, body.replace("RUN", "None"))
    check_workers_series(store, runs)
    assert {run.status for run in runs} == {RunStatus.FINISHED}
    (parent,) = [run for run in runs if run.run_name == "parent"]
    assert set(parent.metrics) == {"x"}
    store.close()


@pytest.mark.parametrize("body", _FEW.values(), ids=_FEW)
def test_workers_started_anew_can_take_up_the_run(tmp_path: Path, body: str) -> None:
    """By its id: all is in one run, which ends when its own process ends it."""
    store, (run,) = stored(tmp_path, body.replace("RUN", "run.run_id"))
    check_workers_series(store, [run])
    assert (run.status, run.metrics["x"].count) == (RunStatus.FINISHED, 2)
    store.close()


_MIDWAY = """
import os, sys, threading, time
import nbtrack
from nbtrack.store import forking, open_store
from nbtrack.testing.builders import run_started
from nbtrack.tracking import session as sessions

forking._WAIT_S = 0.2
store = open_store()
inside, leave = threading.Event(), threading.Event()

def hold():
    with store._database.write():
        inside.set()
        leave.wait()

with nbtrack.start_run() as run:
    nbtrack.log(x=1.0)
    sessions.session().flush()
    threading.Thread(target=hold).start()
    inside.wait()
    child = os.fork()
    if child == 0:
        nbtrack.log(y=1.0)
        assert not sessions.session().flush(5)
        try:
            store.get_run(run.run_id)
        except OSError as error:
            os.write(1, str(error).encode())
        os._exit(0)
    os.waitpid(child, 0)
    leave.set()
"""


def test_a_child_forked_in_the_middle_of_a_transaction_leaves_the_store_alone(
    tmp_path: Path,
) -> None:
    """It says so, and what it logged is taken over by its parent."""
    told = run_script(tmp_path / "store", tmp_path, _MIDWAY)
    assert "forked while its parent was in the middle of writing" in told
    store = open_store(tmp_path / "store")
    adopt_journals(store)
    (run,) = store.search_runs(RunQuery()).items
    assert run.data.metrics == {"x": 1.0, "y": 1.0}
    assert run.status is RunStatus.FINISHED
    store.close()
