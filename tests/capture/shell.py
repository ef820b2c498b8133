"""A shell whose tracked cells are watched, with a sink that keeps what it is given."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from nbtrack.capture.facts import Append, CapturedOutput, ExecutionFacts, FileState, Outcome
from nbtrack.capture.hooks import CaptureHooks
from nbtrack.capture.options import TrackOptions
from nbtrack.capture.ticks import LoopState
from nbtrack.capture.transform import strip_track
from nbtrack.config import NbtrackConfig
from nbtrack.entities import Direction, Origin
from nbtrack.store.blobs import digest_of
from nbtrack.tracking.digests import FileDigests
from nbtrack.wire import CaptureReport


@dataclass
class KeptRun:
    """A sink for one cell that keeps its facts."""

    facts: ExecutionFacts
    options: TrackOptions
    loops: Sequence[LoopState]
    explicit: set[str] = field(default_factory=set)
    params: dict[str, str] = field(default_factory=dict)
    points: dict[str, list[tuple[int, float]]] = field(default_factory=dict)
    origins: dict[str, Origin] = field(default_factory=dict)
    artifacts: dict[str, CapturedOutput] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)
    datasets: dict[tuple[Direction, str], dict[str, Any]] = field(default_factory=dict)
    waiting: list[Callable[[], object]] = field(default_factory=list)
    explained: CaptureReport | None = None
    flags: tuple[str, ...] = ()
    outcome: Outcome | None = None
    kept_digests: dict[Hashable, str] = field(default_factory=dict)
    blobs: dict[str, bytes] = field(default_factory=dict)

    @property
    def metrics(self) -> dict[str, float]:
        """The last value of each metric."""
        return {key: points[-1][1] for key, points in self.points.items() if points}

    def param(self, key: str, value: str, origin: Origin) -> None:
        self.params.setdefault(key, value)
        self.origins.setdefault(key, origin)

    def series(self, key: str, origin: Origin) -> Append:
        points = self.points.setdefault(key, [])
        self.origins[key] = origin
        return lambda step, ns, value: points.append((step, value))

    def artifact(self, output: CapturedOutput, origin: Origin) -> None:
        self.artifacts[output.path] = output

    def dataset(self, direction: Direction, name: str, source: str, **facts: Any) -> None:
        self.datasets[direction, name] = {"source": source, **facts}

    def later(self, task: Callable[[], object]) -> None:
        self.waiting.append(task)

    def file_digest(self, path: str, state: FileState) -> tuple[str | None, str]:
        return FileDigests().digest(path, state, 1_000_000_000)

    def background(self) -> KeptRun:
        """Do what was put off; gives this run."""
        while self.waiting:
            self.waiting.pop(0)()
        return self

    def report(self, document: str, flags: tuple[str, ...]) -> None:
        self.explained = msgspec.json.decode(document, type=CaptureReport)
        self.flags = flags

    def keep(self, key: Hashable, data: bytes) -> str:
        digest = self.kept_digests[key] = digest_of(data)
        self.blobs[digest] = data
        return digest

    def kept(self, key: Hashable) -> str | None:
        return self.kept_digests.get(key)

    def note(self, text: str) -> None:
        self.notes.append(text)

    def incomplete(self, reason: str) -> None:
        self.failures.append(reason)

    def before_output(self) -> None:
        self.shown.append("output")

    def cleared(self) -> None:
        self.shown.append("cleared")

    def end(self, outcome: Outcome) -> None:
        self.outcome = outcome


class KeptFacts:
    """A sink that keeps everything."""

    def __init__(self) -> None:
        self.runs: list[KeptRun] = []
        self.started: list[ExecutionFacts] = []
        self.ended: list[tuple[ExecutionFacts, Outcome, tuple[str, ...], tuple[str, ...]]] = []
        self.changed: list[tuple[str, ...]] = []

    def execution_started(self, facts: ExecutionFacts) -> None:
        self.started.append(facts)

    def execution_ended(
        self,
        facts: ExecutionFacts,
        outcome: Outcome,
        names_read: tuple[str, ...],
        names_written: tuple[str, ...],
        names_changed: tuple[str, ...] = (),
    ) -> None:
        self.ended.append((facts, outcome, names_read, names_written))
        self.changed.append(names_changed)

    def cell_started(
        self, facts: ExecutionFacts, options: TrackOptions, loops: Sequence[LoopState]
    ) -> KeptRun:
        run = KeptRun(facts, options, loops)
        self.runs.append(run)
        return run


class WatchedShell:
    """An IPython shell with nbtrack's capture in it."""

    def __init__(self, **config: object) -> None:
        settings = Config()
        settings.HistoryManager.enabled = False
        self.shell = InteractiveShell(config=settings)
        self.sink = KeptFacts()
        self.hooks = CaptureHooks(self.shell, self.sink, NbtrackConfig(**config))
        self.shell.events.register("pre_run_cell", self.hooks.pre_run_cell)
        self.shell.events.register("post_run_cell", self.hooks.post_run_cell)
        self.shell.input_transformers_cleanup.append(strip_track)
        self.shell.ast_transformers.append(self.hooks)

    def run(self, *cells: str) -> object:
        """Run cells; gives the last one's result."""
        result = None
        for cell in cells:
            result = self.shell.run_cell(cell)
        return result

    def cell(self, cell_id: str, source: str) -> KeptRun | None:
        """Run a cell as the client with that cell would ask for it; its run, where it has one."""
        count = len(self.sink.runs)
        self.shell.run_cell(source, cell_id=cell_id)
        return self.sink.runs[-1] if len(self.sink.runs) > count else None

    def track(self, *cells: str) -> KeptRun:
        """Run cells, the last one tracked; gives what it yielded."""
        *before, last = cells
        self.run(*before)
        self.run(last if last.startswith("%%track") else f"%%track\n{last}")
        return self.sink.runs[-1]
