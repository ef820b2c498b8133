"""From what capture sees in a kernel to records and runs: capture's sinks.

A tracked cell's run is an ordinary active run, so that `nbtrack.log` in the cell goes to it.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Hashable, Sequence
from datetime import datetime
from typing import Protocol

from nbtrack.capture.facts import Append, CapturedOutput, ExecutionFacts, FileState, Outcome
from nbtrack.capture.options import TrackOptions
from nbtrack.capture.ticks import LoopState
from nbtrack.config import load_config
from nbtrack.entities import (
    Direction,
    EndReason,
    ExecutionStatus,
    Origin,
    Param,
    RunDataset,
    RunStatus,
    utc_now,
)
from nbtrack.errors import UsageError
from nbtrack.ranking import is_system_metric
from nbtrack.records import (
    CaptureIncomplete,
    CaptureReported,
    DatasetLogged,
    ExecutionEnded,
    ExecutionStarted,
)
from nbtrack.tracking.autologged import Autologged, autologged
from nbtrack.tracking.begin import begin_run
from nbtrack.tracking.checks import usable_key
from nbtrack.tracking.curve import Curve
from nbtrack.tracking.run import ActiveRun
from nbtrack.tracking.session import Session


class Card(Protocol):
    """Shows a tracked cell's run while it runs, and when it is over."""

    def show(self) -> None:
        """Be visible from now on."""
        ...

    def lost(self) -> None:
        """The cell cleared its outputs, this card with them."""
        ...

    def close(self) -> None:
        """Show the run as it ended."""
        ...


class CellRun:
    """The run of one tracked cell; capture's sink for it.

    Attributes:
        run: takes the records.
        params: as captured, in order.
        curves: of the captured metrics.
        notes: what the reader should know.
        outcome: None while the cell runs.
    """

    def __init__(
        self,
        session: Session,
        facts: ExecutionFacts,
        options: TrackOptions,
        loops: Sequence[LoopState],
    ) -> None:
        above = session.active.top
        nested = above is not None and (options.nested or above.of_cell)
        self.session = session
        self.facts = facts
        self.loops = loops
        self.experiment = options.experiment
        self.run: ActiveRun = begin_run(
            session,
            run_name=options.run_name,
            experiment=options.experiment,
            parent_run_id=above.run_id if nested and above is not None else None,
            tags=dict(options.tags),
            msg_id=facts.msg_id,
            cell_id=facts.cell_id,
            of_cell=True,
            started_at=facts.started_at,
        )
        self.run.autologged = Autologged(self.run, options.wants, allowed=options.autolog)
        self.params: list[Param] = []
        self.curves: dict[str, Curve] = {}
        self.notes: list[str] = []
        self.artifact_count = 0
        self.outcome: Outcome | None = None
        self.card: Card | None = None

    @property
    def explicit(self) -> Container[str]:
        """Metrics the user logged to this run."""
        return self.run.explicit_keys

    def param(self, key: str, value: str, origin: Origin) -> None:
        """A param; one that the user logged with another value stays as it is."""
        try:
            self.run.log_param(usable_key(key), value, origin=origin)
        except UsageError:
            # Written before: by the user, or by a name that an earlier cell bound as well.
            return
        self.params.append(Param(key, value, origin))

    def series(self, key: str, origin: Origin) -> Append:
        """A function that takes points of a metric into the journal and onto the card.

        A value that a library's autologging gave to the run is not taken again; another value
        of such a metric's name is kept as ``cell.NAME``.
        """
        usable = usable_key(key)
        if is_system_metric(usable):
            # No result of the cell, and no place on its card.
            journal = self.session.journal
            number = journal.number(self.run.run_id, usable, origin)
            into_journal, clock = journal.append_point, journal.clock
            return lambda step, _wall_ns, value: into_journal(number, step, clock.now_ns(), value)
        library = autologged(self.run)
        if not library.has(usable) and not library.has_attribute(usable):
            return self._open(usable, origin)
        opened: list[Append] = []

        def append(step: int, ns: int, value: float) -> None:
            if not opened and library.holds(usable, value):
                return
            if not opened:
                name = f"cell.{usable}" if library.has(usable) else usable
                opened.append(self._open(usable_key(name), origin))
            opened[0](step, ns, value)

        return append

    def _open(self, key: str, origin: Origin) -> Append:
        autologged(self.run).taken.add(key)
        curve = self.curves[key] = Curve(key, origin)
        journal = self.session.journal
        number = journal.number(self.run.run_id, key, origin)
        into_journal, clock = journal.append_point, journal.clock
        onto_card = curve.add

        def append(step: int, _wall_ns: int, value: float) -> None:
            # The run's own time: the wall clock may be set while the loop runs.
            into_journal(number, step, clock.now_ns(), value)
            onto_card(step, value)

        return append

    def artifact(self, output: CapturedOutput, origin: Origin) -> None:
        """An output of the cell."""
        self.run.keep_artifact(
            output.path, output.data, media_type=output.media_type or None, origin=origin
        )
        self.artifact_count += 1

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
        """Data the cell read or wrote."""
        self.session.record(
            DatasetLogged(
                RunDataset(
                    run_id=self.run.run_id,
                    direction=direction,
                    name=name,
                    source_type=source_type,
                    source=source,
                    logged_at=utc_now(),
                    digest=digest,
                    size_bytes=size_bytes,
                    modified_at=modified_at,
                    context=context,
                    note=note,
                    origin=origin,
                ),
                document,
            )
        )

    def later(self, task: Callable[[], object]) -> None:
        """Run a task in the background, also when the cell is over."""
        self.session.background.submit(task)

    def file_digest(self, path: str, state: FileState) -> tuple[str | None, str]:
        """The digest of a file's content, or None and why not."""
        return self.session.digests.digest(path, state, load_config().max_digest_bytes)

    def report(self, document: str, flags: tuple[str, ...]) -> None:
        """The explanation of this run's capture."""
        self.session.record(CaptureReported(self.run.run_id, document, flags))

    def keep(self, key: Hashable, data: bytes) -> str:
        """Keep bytes in the store."""
        digest = self.session.kept[key] = self.session.put_blob(data)
        return digest

    def kept(self, key: Hashable) -> str | None:
        """The digest of what was kept under a key."""
        return self.session.kept.get(key)

    def note(self, text: str) -> None:
        """Something for the run's card."""
        self.notes.append(text)

    def incomplete(self, reason: str) -> None:
        """Automatic capture failed somewhere."""
        self.notes.append(f"Capture is incomplete ({reason}).")
        self.session.record(CaptureIncomplete(self.run.run_id, reason[:1000]))

    def before_output(self) -> None:
        """The first output is about to be shown."""
        if self.card is not None:
            self.card.show()

    def cleared(self) -> None:
        """The cell cleared its outputs."""
        if self.card is not None:
            self.card.lost()

    def end(self, outcome: Outcome) -> None:
        """End the run, and show it as it ended."""
        self.outcome = outcome
        status, reason = _ended(outcome)
        self.run.end(status, reason=reason, error=outcome.error)
        if self.card is not None:
            self.card.close()


class CellRecorder:
    """Capture's sink: records executions, and makes a run for each tracked cell.

    Args:
        session_of: gives this kernel's session; called with the first fact.
        card_for: makes the card of a tracked cell's run.
        after: called when an execution was recorded as ended.
    """

    def __init__(
        self,
        session_of: Callable[[], Session],
        *,
        card_for: Callable[[CellRun], Card],
        after: Callable[[ExecutionFacts], None],
    ) -> None:
        self._session_of = session_of
        self._card_for = card_for
        self._after = after

    def execution_started(self, facts: ExecutionFacts) -> None:
        """A cell begins."""
        session = self._session_of()
        session.journal.ensure()
        session.executing = facts
        session.pace.cell_began()
        session.record(
            ExecutionStarted(
                msg_id=facts.msg_id,
                session_id=session.session_id,
                source=facts.source,
                started_at=facts.started_at,
                cell_id=facts.cell_id,
                execution_count=facts.execution_count,
            )
        )

    def execution_ended(
        self,
        facts: ExecutionFacts,
        outcome: Outcome,
        names_read: tuple[str, ...],
        names_written: tuple[str, ...],
        names_changed: tuple[str, ...] = (),
    ) -> None:
        """A cell is over."""
        session = self._session_of()
        session.executing = None
        session.record(
            ExecutionEnded(
                msg_id=facts.msg_id,
                status=outcome.status,
                ended_at=outcome.ended_at,
                duration_s=outcome.duration_s,
                error_name=outcome.error_name,
                error_message=outcome.error_message,
                names_read=names_read,
                names_written=names_written,
                names_changed=names_changed,
            )
        )
        self._after(facts)
        session.pace.cell_ended()

    def cell_started(
        self, facts: ExecutionFacts, options: TrackOptions, loops: Sequence[LoopState]
    ) -> CellRun:
        """A tracked cell begins its run."""
        cell = CellRun(self._session_of(), facts, options, loops)
        cell.card = self._card_for(cell)
        return cell


def _ended(outcome: Outcome) -> tuple[RunStatus, EndReason]:
    if outcome.status is ExecutionStatus.OK:
        return RunStatus.FINISHED, EndReason.COMPLETED
    if outcome.reason is EndReason.INTERRUPT:
        return RunStatus.KILLED, EndReason.INTERRUPT
    return RunStatus.FAILED, EndReason.EXCEPTION
