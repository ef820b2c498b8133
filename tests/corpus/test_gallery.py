"""Notebooks of scikit-learn's gallery, with tracking off and in one ``%track on`` session."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from nbtrack.entities import Run, RunStatus
from nbtrack.store import open_store
from nbtrack.store.base import RunQuery
from tests.capture.kernel import Kernel, Ran, kernel
from tests.corpus.careful import CAREFUL, judge
from tests.corpus.gallery import EXAMPLES, Example, example

_SET_UP = """
import matplotlib, warnings
warnings.filterwarnings("ignore")
%matplotlib inline
"""
_TIDY = "import matplotlib.pyplot as _p; _p.close('all'); matplotlib.rcdefaults(); %reset -f"
_VOLATILE = (
    (re.compile(r"0?x[0-9a-fA-F]{6,}"), "0x0"),
    (re.compile(r"T_[0-9a-f]{5}\b"), "T_0"),
    (re.compile(r"T_[0-9a-f]{5}_"), "T_0_"),
    (re.compile(r"-?\d+(\.\d+)?(e-?\d+)?\s*(ms|µs|us|seconds|secs|sec|s)\b"), "T"),
    (re.compile(r"(sk-container-id|sk-estimator-id)-[\w-]+"), "ID"),
    (re.compile(r"<ipython-input-[^>]+>|/\S*ipykernel_\d+/\d+\.py"), "CELL"),
)
_TIMED = re.compile(r"\btime\(\)|perf_counter|timeit|_time_?\b|duration")


@dataclass
class Session:
    """What the examples showed in one kernel, and what was recorded of it."""

    shown: dict[str, list[list[tuple[str, object]]]] = field(default_factory=dict)
    runs: dict[str, list[Run]] = field(default_factory=dict)
    left_running: list[Run] = field(default_factory=list)
    every: list[Run] = field(default_factory=list)


def _plain(value: object) -> object:
    if isinstance(value, dict):
        # A figure's pixels may differ by what the code timed; that it was shown may not.
        return {key: _plain(part) for key, part in value.items() if not key.startswith("image/")}
    if isinstance(value, str):
        for pattern, word in _VOLATILE:
            value = pattern.sub(word, value)
        return value
    return value


def _shown(ran: Ran, source: str) -> list[tuple[str, object]]:
    timed = _TIMED.search(source)
    seen = [
        (kind, sorted(data) if isinstance(data, dict) and timed else _plain(data))
        for kind, data in ran.shown()
        if not (timed and kind in ("stdout", "stderr"))
    ]
    return [*seen, ("status", ran.status)]


def _play(home: Path, notebooks: list[Example], *, track: bool) -> Session:
    session = Session()
    msg_ids: dict[str, str] = {}
    extra = {"OMP_NUM_THREADS": "1", "PYTHONWARNINGS": "ignore"}
    with kernel(home, **extra) as running:
        for notebook in notebooks:
            assert running.run(_SET_UP).status == "ok"
            if track:
                running.run("%track on")
            else:
                running.run("%unload_ext nbtrack")
            shown = session.shown[notebook.name] = []
            for number, source in enumerate(notebook.cells):
                ran = running.run(source, cell_id=f"c{number}")
                msg_ids[ran.msg_id] = notebook.name
                shown.append(_shown(ran, source))
            running.run(_TIDY)
        if track:
            _collect(running, session, msg_ids)
    if track:
        store = open_store(home / "store")
        running_still = RunQuery(filter="attributes.status = 'RUNNING'", limit=1000)
        session.left_running = list(store.search_runs(running_still).items)
        store.close()
    return session


def _collect(running: Kernel, session: Session, msg_ids: dict[str, str]) -> None:
    with running.store() as store:
        session.every = list(store.search_runs(RunQuery(limit=5000)).items)
        for run in session.every:
            name = msg_ids.get(run.msg_id or "")
            if name is not None:
                session.runs.setdefault(name, []).append(run)


@pytest.fixture(scope="module")
def notebooks() -> list[Example]:
    """The examples as notebooks."""
    pytest.importorskip("sphinx_gallery", reason="splits the examples into cells")
    return [example(name) for name in EXAMPLES]


@pytest.fixture(scope="module")
def plain(notebooks: list[Example], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    """All of them without nbtrack."""
    yield _play(tmp_path_factory.mktemp("off"), notebooks, track=False)


@pytest.fixture(scope="module")
def tracked(
    notebooks: list[Example], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Session]:
    """All of them in one session of ``%track on``."""
    yield _play(tmp_path_factory.mktemp("on"), notebooks, track=True)


@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_shows_the_same_with_tracking(
    name: str, plain: Session, tracked: Session
) -> None:
    """A notebook nobody here wrote gives the same outputs and errors with tracking on as off."""
    assert tracked.shown[name] == plain.shown[name]


@pytest.mark.timeout(900)
def test_no_run_of_the_session_is_lost_or_left_running(tracked: Session) -> None:
    """All the examples in one ``%track on`` session: each run ended, none failed to be captured."""
    assert len(tracked.every) > len(EXAMPLES) / 2
    assert tracked.left_running == []
    assert [run.run_id for run in tracked.every if run.ended_at is None] == []
    assert {run.capture_incomplete for run in tracked.every} == {None}
    assert {run.status for run in tracked.every} <= {RunStatus.FINISHED, RunStatus.FAILED}


@pytest.mark.timeout(900)
def test_capture_finds_what_a_careful_person_would_note(tracked: Session) -> None:
    """Recall and precision against the hand-written table are above 0.9."""
    verdict = judge({name: tracked.runs.get(name, []) for name in CAREFUL})
    print(verdict.text())
    assert verdict.recall > 0.9
    assert verdict.precision > 0.9
