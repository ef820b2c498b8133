"""A disk that is full or read-only: a clear message, nothing acknowledged lost, nothing killed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from nbtrack.entities import RunStatus
from nbtrack.errors import StoreError
from nbtrack.store import open_store
from nbtrack.store.base import RunQuery
from nbtrack.tracking.adoption import adopt_journals
from tests.faults.processes import start


def _mounted(place: Path, options: str) -> bool:
    mount = shutil.which("mount")
    if sys.platform != "linux" or os.geteuid() != 0 or mount is None:
        return False
    words = [mount, "-t", "tmpfs", "-o", options, "tmpfs", str(place)]
    return subprocess.run(words, capture_output=True, check=False).returncode == 0


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 8 MB of its own."""
    place = tmp_path / "disk"
    place.mkdir()
    if not _mounted(place, "size=8m,mode=700"):
        pytest.skip("only root may mount a small disk; the test with a limit stands in for it")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


_FILL = """
import os, sys
import nbtrack
from nbtrack.errors import JournalError

run = nbtrack.start_run(run_name="filling")
os.write(1, (run.run_id + "\\n").encode())
step = 0
{limit}
try:
    while step < 3_000_000:
        # Noise, which does not compress.
        nbtrack.log(x=hash((step, "noise")) / 7.0, step=step)
        step += 1
except JournalError as error:
    os.write(1, f"{{step}} {{error}}\\n".encode())
else:
    os.write(1, f"{{step}} took all\\n".encode())
os._exit(0)
"""


def test_a_full_disk_is_an_error_of_the_log_call_and_loses_nothing(small_disk: Path) -> None:
    """What did not fit was refused with the reason; with room again, the rest is there."""
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(4 << 20))
    output = start(small_disk / "store", _FILL.format(limit="")).communicate()[0].decode()
    run_id, told = output.splitlines()
    count, _, message = told.partition(" ")
    assert "is full" in message
    assert "NBTRACK_STORE" in message
    ballast.unlink()
    store = open_store(small_disk / "store")
    assert adopt_journals(store).problems == []
    steps = store.metric_series(run_id, "x").steps.tolist()
    assert steps == list(range(int(count)))
    assert len(steps) > 1000
    store.close()


def test_a_full_disk_is_an_error_of_the_store_and_it_stays_sound(small_disk: Path) -> None:
    """A batch that does not fit is refused whole; when there is room it fits."""
    from nbtrack.testing.builders import points, run_started

    store = open_store(small_disk / "store")
    store.apply([run_started()])
    (small_disk / "ballast").write_bytes(b"x" * (6 << 20))
    noise = [hash((i, "noise")) / 7.0 for i in range(20_000)]
    done = 0
    with pytest.raises(StoreError, match="no space left"):
        for _ in range(200):
            store.apply([points(noise)])
            done += 1
    assert store.get_run("run-1").metrics["loss"].count == 20_000 * done if done else True
    (small_disk / "ballast").unlink()
    store.apply([points(noise)])
    assert len(store.metric_series("run-1", "loss")) == 20_000 * (done + 1)
    store.close()


_LIMIT = """
import resource, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (3 << 20, 3 << 20))
"""


def test_a_limit_on_files_is_an_error_of_the_log_call_and_loses_nothing(tmp_path: Path) -> None:
    """As a full disk, on any system: neither journal nor database may grow beyond 3 MB."""
    output = start(tmp_path, _FILL.format(limit=_LIMIT)).communicate()[0].decode()
    run_id, told = output.splitlines()
    count, _, message = told.partition(" ")
    assert "cannot make a journal" in message
    store = open_store(tmp_path)
    assert adopt_journals(store).problems == []
    steps = store.metric_series(run_id, "x").steps.tolist()
    assert steps == list(range(int(count)))
    assert len(steps) > 1000
    store.close()


@pytest.fixture
def read_only(tmp_path: Path) -> Iterator[Path]:
    """A directory with a store in it that nobody can write to."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = _mounted(place, "size=16m,mode=700")
    store = open_store(place / "store")
    from nbtrack.testing.builders import whole_run

    store.apply(whole_run())
    store.close()
    if mounted:
        subprocess.run(["mount", "-o", "remount,ro", str(place)], check=True)
    elif os.geteuid() == 0:
        pytest.skip("root can write anywhere, and may not mount a read-only disk here")
    else:
        (place / "store").chmod(0o500)
    yield place
    if mounted:
        subprocess.run(["umount", "--lazy", str(place)], check=True)
    else:
        (place / "store").chmod(0o700)


_LOG = """
import nbtrack
from nbtrack.errors import JournalError
try:
    nbtrack.log(x=1.0)
except JournalError as error:
    print(error)
"""


def test_a_read_only_store_refuses_what_is_logged_and_says_why(read_only: Path) -> None:
    """An error of the log call that names the place and what helps."""
    output = start(read_only / "store", _LOG).communicate()[0].decode()
    assert "cannot be written to" in output
    assert "NBTRACK_STORE" in output


def test_a_read_only_store_is_an_error_that_names_it(read_only: Path) -> None:
    """For whoever opens it."""
    with pytest.raises(StoreError, match=str(read_only / "store")):
        store = open_store(read_only / "store")
        store.count_runs(RunQuery())


_DELETED = """
import os, shutil, sys, time
import nbtrack
place = os.environ["NBTRACK_STORE"]
run = nbtrack.start_run(run_name="goes on")
nbtrack.log(x=0.0)
run.stored()
os.rename(place, place + "-gone")
shutil.rmtree(place + "-gone", ignore_errors=True)
for step in range(1, 1000):
    nbtrack.log(x=float(step))
nbtrack.end_run()
print(run.run_id)
"""


def test_a_store_deleted_while_it_is_in_use_is_made_anew(tmp_path: Path) -> None:
    """What is logged from then on is in the new one, and the message says what is gone."""
    process = subprocess.run(
        [sys.executable, "-c", _DELETED],
        env={**os.environ, "NBTRACK_STORE": str(tmp_path / "store")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "was deleted while it was in use" in process.stderr
    store = open_store(tmp_path / "store")
    run = store.get_run(process.stdout.strip())
    assert (run.run_name, run.status) == ("goes on", RunStatus.FINISHED)
    assert store.metric_series(run.run_id, "x").steps.tolist() == list(range(1, 1000))
    store.close()
