"""What capture hands over, and to whom: the facts of one execution, and the sinks for them."""

from __future__ import annotations

from collections.abc import Callable, Container, Hashable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from nbtrack.capture.options import TrackOptions
from nbtrack.capture.policy import text_of
from nbtrack.capture.ticks import LoopState
from nbtrack.entities import Direction, EndReason, ExecutionStatus, Origin

Append = Callable[[int, int, float], None]
"""Takes one point: step, nanoseconds since the epoch, value."""


@dataclass(frozen=True, slots=True)
class ExecutionFacts:
    """One cell that is about to run. ``source`` is the code as sent to the kernel."""

    msg_id: str
    source: str
    started_at: datetime
    cell_id: str | None = None
    execution_count: int | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an execution ended."""

    status: ExecutionStatus
    reason: EndReason
    ended_at: datetime
    duration_s: float
    error: BaseException | None = None

    @property
    def error_name(self) -> str | None:
        """The exception's class; None where there was none."""
        return None if self.error is None else type(self.error).__name__

    @property
    def error_message(self) -> str | None:
        """The exception's text, cut at 4000 characters; half of that is kept, once masked."""
        return None if self.error is None else text_of(self.error)[:4000]


@dataclass(frozen=True, slots=True)
class CapturedOutput:
    """One output of a cell as an artifact; ``path`` is relative."""

    path: str
    data: bytes
    media_type: str
    rule: str = "output"


@dataclass(frozen=True, slots=True)
class FileState:
    """How a file stands: it has changed when any of these has."""

    size_bytes: int
    mtime_ns: int
    inode: int


class CellSink(Protocol):
    """Takes what one tracked cell yields; made when its run starts."""

    @property
    def explicit(self) -> Container[str]:
        """Metrics the user logged to this run: automatic capture leaves them alone."""
        ...

    def param(self, key: str, value: str, origin: Origin) -> None:
        """A param."""
        ...

    def series(self, key: str, origin: Origin) -> Append:
        """A function that takes points of a metric."""
        ...

    def artifact(self, output: CapturedOutput, origin: Origin) -> None:
        """An output."""
        ...

    def dataset(
        self,
        direction: Direction,
        name: str,
        source: str,
        *,
        source_type: str = "local",
        digest: str | None = None,
        size_bytes: int | None = None,
        modified_at: datetime | None = None,
        context: str = "",
        document: str = "",
        note: str = "",
        origin: Origin,
    ) -> None:
        """Data the cell read or wrote; told again (from any thread) when more is known of it."""
        ...

    def later(self, task: Callable[[], object]) -> None:
        """Run a task in the background, with time to read large files; its errors are kept."""
        ...

    def file_digest(self, path: str, state: FileState) -> tuple[str | None, str]:
        """The SHA-256 of a file's content, or None and why not; for tasks in the background.

        Args:
            path: of a regular file.
            state: as it was when it was read or written; another one now is a reason.
        """
        ...

    def report(self, document: str, flags: tuple[str, ...]) -> None:
        """The explanation of this run's capture (`nbtrack.wire.CaptureReport` as JSON)."""
        ...

    def keep(self, key: Hashable, data: bytes) -> str:
        """Keep bytes in the store; gives their digest, and `kept` does from now on."""
        ...

    def kept(self, key: Hashable) -> str | None:
        """The digest of what this process kept under a key; None for nothing."""
        ...

    def note(self, text: str) -> None:
        """Something the reader of the run's card should know."""
        ...

    def incomplete(self, reason: str) -> None:
        """Automatic capture failed somewhere."""
        ...

    def before_output(self) -> None:
        """The cell is about to show its first output."""
        ...

    def cleared(self) -> None:
        """The cell cleared its outputs."""
        ...

    def end(self, outcome: Outcome) -> None:
        """The cell is over. Its last facts were given before."""
        ...


class Sink(Protocol):
    """Takes what capture sees in one kernel."""

    def execution_started(self, facts: ExecutionFacts) -> None:
        """A cell begins."""
        ...

    def execution_ended(
        self,
        facts: ExecutionFacts,
        outcome: Outcome,
        names_read: tuple[str, ...],
        names_written: tuple[str, ...],
        names_changed: tuple[str, ...] = (),
    ) -> None:
        """A cell is over."""
        ...

    def cell_started(
        self, facts: ExecutionFacts, options: TrackOptions, loops: Sequence[LoopState]
    ) -> CellSink:
        """A tracked cell begins its run.

        Args:
            facts: of the execution.
            options: of its ``%%track`` line.
            loops: its outermost loops, in order; they change while it runs.
        """
        ...
