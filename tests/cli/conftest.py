"""A store of its own for each test, and the command run as the entry point runs it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import nbformat
import pytest

from nbtrack.cli.app import run
from nbtrack.entities import (
    EndReason,
    KernelSession,
    RevisionReason,
    RunStatus,
)
from nbtrack.history.manifest import encode
from nbtrack.history.record import Snapshot, record
from nbtrack.records import (
    MetricPoints,
    ParamLogged,
    Record,
    RunEnded,
    RunStarted,
    SessionStarted,
)
from nbtrack.store import open_store
from nbtrack.store.base import Store

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
SESSION_ID = "5" * 32


@pytest.fixture(autouse=True)
def isolated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Everything Jupyter and nbtrack write goes to a folder of the test."""
    for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
    monkeypatch.setenv("NBTRACK_STORE", str(tmp_path / "store"))
    return tmp_path


@pytest.fixture
def store(isolated: Path) -> Iterator[Store]:
    """The store that the command opens too."""
    opened = open_store()
    yield opened
    opened.close()


@dataclass(frozen=True)
class Answer:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def rows(self) -> list[dict[str, str]]:
        """A tab-separated answer as one mapping a row."""
        lines = [line.split("\t") for line in self.out.splitlines()]
        return [dict(zip(lines[0], line, strict=True)) for line in lines[1:]]


class Command:
    """Runs ``nbtrack`` in this process."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *words: object) -> Answer:
        self._capsys.readouterr()
        code = run([str(word) for word in words])
        captured = self._capsys.readouterr()
        return Answer(code, captured.out, captured.err)


@pytest.fixture
def nbtrack(isolated: Path, capsys: pytest.CaptureFixture[str]) -> Command:
    """The command, called with its words."""
    return Command(capsys)


def add_run(
    store: Store,
    letter: str,
    name: str,
    *,
    params: dict[str, str] | None = None,
    metrics: dict[str, list[float]] | None = None,
    experiment: str | None = None,
    end_reason: EndReason = EndReason.COMPLETED,
) -> str:
    """A finished run whose id is one hex digit 32 times; later digits started later."""
    run_id = letter * 32
    started_at = NOON + timedelta(minutes=int(letter, 16))
    stamp = int(started_at.timestamp() * 1000)
    records: list[Record] = [
        SessionStarted(KernelSession(SESSION_ID, NOON)),
        RunStarted(run_id, name, started_at, SESSION_ID, experiment=experiment),
    ]
    records += [ParamLogged(run_id, key, value) for key, value in (params or {}).items()]
    for key, values in (metrics or {}).items():
        steps = list(range(len(values)))
        records.append(MetricPoints(run_id, key, steps, [stamp] * len(values), values))
    status = RunStatus.FINISHED if end_reason is EndReason.COMPLETED else RunStatus.KILLED
    records.append(RunEnded(run_id, status, end_reason, started_at + timedelta(seconds=90)))
    store.apply(records)
    return run_id


def document(**sources: str) -> dict[str, Any]:
    """A notebook with one code cell for each name, which is its id."""
    cells = [nbformat.v4.new_code_cell(text, id=cell_id) for cell_id, text in sources.items()]
    return nbformat.v4.new_notebook(cells=cells)


def write(path: Path, content: dict[str, Any]) -> Path:
    """Write a notebook's file."""
    nbformat.write(nbformat.from_dict(content), path)
    return path


def record_save(store: Store, path: Path, content: dict[str, Any], minute: int) -> None:
    """Record a saved state of the notebook at a path."""
    known = store.find_notebook(str(path)) or store.create_notebook(str(path))
    at = NOON + timedelta(minutes=minute)
    record(store, known.notebook_id, Snapshot(encode(content), RevisionReason.SAVE, "ada", at))
