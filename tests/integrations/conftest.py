"""The process-wide session on a store of its own, with autologging on, and a real kernel."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

import nbtrack
from nbtrack.entities import Run
from nbtrack.integrations.switches import switches
from nbtrack.tracking import session as sessions
from nbtrack.tracking.session import Session
from tests.capture.kernel import Kernel, kernel

os.environ.setdefault("KERAS_BACKEND", "torch")


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Session]:
    """A session with ``nbtrack.autolog()`` called."""
    made = sessions.use(Session(tmp_path / "store", drain_interval_s=0.02))
    nbtrack.autolog()
    yield made
    nbtrack.autolog(disable=True)
    switches.exclusive, switches.extra_tags = False, {}
    made.close()


@pytest.fixture
def last(here: Session) -> Callable[[], Run]:
    """Gives the run that was active last, as it is in the store; its capture must be whole."""

    def read() -> Run:
        run = nbtrack.last_active_run()
        assert run is not None
        assert run.capture_incomplete is None
        return run

    return read


@pytest.fixture
def children(here: Session) -> Callable[[Run], list[Run]]:
    """Gives the runs inside a run, oldest first."""

    def read(run: Run) -> list[Run]:
        here.flush()
        found = nbtrack.search_runs(
            filter_string=f"tags.mlflow.parentRunId = '{run.run_id}'", output_format="list"
        )
        return list(reversed(found))

    return read


@pytest.fixture
def data() -> tuple[np.ndarray, np.ndarray]:
    """Samples of shape (120, 4), and labels of 0 and 1 that depend on the first column."""
    inputs = np.random.default_rng(0).normal(size=(120, 4))
    return inputs, (inputs[:, 0] > 0).astype(int)


@pytest.fixture(scope="session")
def notebook(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    """A kernel with nbtrack as it ships, and data in it as in `data`."""
    home = tmp_path_factory.mktemp("autolog")
    with kernel(home, KERAS_BACKEND="torch") as started:
        done = started.run(
            "import numpy as np\nX = np.random.default_rng(0).normal(size=(120, 4))\n"
            "y = (X[:, 0] > 0).astype(int)"
        )
        assert done.status == "ok"
        yield started
