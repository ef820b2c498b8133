"""A run that takes records: what ``start_run`` gives, and what every log call ends in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal

from nbtrack.capture.policy import text_of
from nbtrack.entities import EndReason, Origin, RunData, RunStatus
from nbtrack.errors import UsageError
from nbtrack.journal.layout import POINT_BYTES
from nbtrack.records import (
    ParamLogged,
    Record,
    RunEnded,
    RunRenamed,
    RunStarted,
    TagSet,
)
from nbtrack.tracking import checks
from nbtrack.tracking.artifacts import ArtifactLogging
from nbtrack.tracking.masks import MAX_MESSAGE, masked_field

if TYPE_CHECKING:
    import os

    from nbtrack.entities import Run
    from nbtrack.tracking.autologged import Autologged
    from nbtrack.tracking.session import Session

EXPLICIT = Origin("explicit")
NOTE_TAG = "mlflow.note.content"
NAME_TAG = "mlflow.runName"


class ActiveRun(ArtifactLogging):
    """A run of this process that takes records; a context manager that ends it.

    Leaving the ``with`` block by an exception ends the run as FAILED with the error's name, by
    an interrupt as KILLED.

    Args:
        session: of this process.
        run_id: 32 hex.
        run_name: what people see.
        started_at: when it began.
        of_cell: it belongs to a tracked cell, which ends it.
        params: what it has already, when it is resumed.
    """

    def __init__(
        self,
        session: Session,
        *,
        run_id: str,
        run_name: str,
        started_at: datetime,
        parent_run_id: str | None = None,
        msg_id: str | None = None,
        cell_id: str | None = None,
        of_cell: bool = False,
        params: Mapping[str, str] | None = None,
    ) -> None:
        self.session = session
        self.run_id = run_id
        self.run_name = run_name
        self.started_at = started_at
        self.parent_run_id = parent_run_id
        self.msg_id = msg_id
        self.cell_id = cell_id
        self.of_cell = of_cell
        self.status = RunStatus.RUNNING
        self.ended_at: datetime | None = None
        self.inherited = False
        """Begun by the process that this one was forked from, which also ends it."""
        self.start_record: RunStarted | None = None
        self._journal = session.journal
        self._entries: dict[str, list[int]] = {}
        self._logged: frozenset[str] = frozenset()
        self._params = dict(params or {})
        self._captured: dict[str, str] = {}
        self.autologged: Autologged | None = None
        """What autolog gave to this run; None before it did."""

    def __repr__(self) -> str:
        return f"<run {self.run_name} ({self.run_id}), {self.status.lower()}>"

    def __enter__(self) -> ActiveRun:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> Literal[False]:
        self.close(error)
        return False

    def close(self, error: BaseException | None = None) -> None:
        """End the run as what ended it says: finished without an error."""
        if error is None:
            self.end()
        elif isinstance(error, KeyboardInterrupt):
            self.end(RunStatus.KILLED, reason=EndReason.INTERRUPT, error=error)
        else:
            self.end(RunStatus.FAILED, reason=EndReason.EXCEPTION, error=error)

    # MLflow's views

    @property
    def info(self) -> ActiveRun:
        """MLflow's ``run.info``: this object carries those attributes itself."""
        return self

    @property
    def experiment_id(self) -> str:
        """The experiment it is in, asked of the store."""
        return self.stored().experiment_id

    @property
    def lifecycle_stage(self) -> str:
        """MLflow's lifecycle stage, asked of the store."""
        return self.stored().lifecycle_stage

    @property
    def start_time(self) -> int:
        """MLflow's start time, epoch milliseconds."""
        return int(self.started_at.timestamp() * 1000)

    @property
    def end_time(self) -> int | None:
        """MLflow's end time, epoch milliseconds; None while it runs."""
        return None if self.ended_at is None else int(self.ended_at.timestamp() * 1000)

    @property
    def artifact_uri(self) -> str:
        """MLflow's ``artifact_uri``: artifacts are kept by content, so it names the run."""
        return f"runs:/{self.run_id}"

    @property
    def data(self) -> RunData:
        """MLflow's ``run.data`` as it is in the store now, with everything logged so far."""
        return self.stored().data

    def stored(self) -> Run:
        """The run as the store has it, with everything logged so far."""
        self.session.flush()
        return self.session.store.get_run(self.run_id)

    # Metrics

    @property
    def explicit_keys(self) -> frozenset[str]:
        """Metrics that a log call gave to this run; automatic capture leaves them alone."""
        return self._logged | self._entries.keys()

    def log(
        self,
        mapping: Mapping[str, Any] | None = None,
        /,
        *,
        step: int | None = None,
        **metrics: Any,
    ) -> None:
        """Log numbers. See `nbtrack.log`."""
        self.add_points({**mapping, **metrics} if mapping else metrics, step)

    def add_points(self, metrics: Mapping[str, Any], step: int | None) -> None:
        """Log one point for each metric, at a step or at one more than its last one."""
        if len(metrics) > 1:
            # All are checked before the first is written: an error means nothing was logged.
            metrics = self._checked(metrics)
        entries = self._entries
        append_now = self._journal.append_now
        for key, value in metrics.items():
            if type(value) is not float:
                if isinstance(value, Mapping):
                    return self.add_points(self._checked(metrics), step)
                value = checks.as_number(key, value)
            try:
                entry = entries[key]
            except KeyError:
                entry = self._new_entry(key)
            try:
                done = append_now(entry, step, value)
            except TypeError:
                step = checks.as_step(step)
                done = append_now(entry, step, value)
            while not done:
                self._journal.make_room(POINT_BYTES)
                done = append_now(entry, step, value)
        return None

    def _checked(self, metrics: Mapping[str, Any]) -> dict[str, float]:
        checked = {}
        for key, value in checks.flatten(metrics):
            if key not in self._entries:
                checks.check_key("metric", key)
            checked[key] = value if type(value) is float else checks.as_number(key, value)
        return checked

    def _new_entry(self, key: str) -> list[int]:
        self.require_open()
        checks.check_key("metric", key)
        entry = [self._journal.number(self.run_id, key, EXPLICIT), 0]
        return self._entries.setdefault(key, entry)

    def continue_steps(self, last_steps: Mapping[str, int]) -> None:
        """Let steps that are not given go on after the last ones of a run that had ended."""
        for key, step in last_steps.items():
            self._new_entry(key)[1] = step + 1

    def log_metric(
        self,
        key: str,
        value: Any,
        step: int | None = None,
        timestamp: int | None = None,
        synchronous: bool | None = None,
    ) -> None:
        """Log one point. See `nbtrack.log_metric`."""
        self.log_metrics({key: value}, step=step, timestamp=timestamp)

    def log_metrics(
        self,
        metrics: Mapping[str, Any],
        step: int | None = None,
        timestamp: int | None = None,
        synchronous: bool | None = None,
    ) -> None:
        """Log one point for each metric. See `nbtrack.log_metrics`."""
        if timestamp is None:
            self.add_points(metrics, 0 if step is None else step)
            return
        at = 0 if step is None else checks.as_step(step)
        ns = _nanoseconds(timestamp)
        checked = self._checked(metrics)
        for key, value in checked.items():
            entry = self._entries.get(key) or self._new_entry(key)
            self._journal.append_point(entry[0], at, ns, value)
            entry[1] = at + 1

    # Inputs

    def log_input(
        self,
        dataset: Any,
        context: str | None = None,
        tags: Mapping[str, str] | None = None,
        *,
        name: str | None = None,
        source: str | os.PathLike[str] | None = None,
    ) -> None:
        """Log data that the run reads. See `nbtrack.log_input`."""
        from nbtrack.tracking import datasets

        datasets.log_input(self, dataset, context, tags, name=name, source=source)

    # Params and tags

    def log_param(
        self, key: str, value: Any, synchronous: bool | None = None, *, origin: Origin = EXPLICIT
    ) -> Any:
        """Log an input. See `nbtrack.log_param`."""
        self.log_params({key: value}, origin=origin)
        return value

    def log_params(
        self,
        params: Mapping[str, Any],
        synchronous: bool | None = None,
        *,
        origin: Origin = EXPLICIT,
    ) -> None:
        """Log inputs. See `nbtrack.log_params`."""
        self.require_open()
        texts = {}
        for key, value in params.items():
            checks.check_key("param", key)
            text = checks.check_value("param", key, value, checks.MAX_PARAM_VALUE)
            text = masked_field("param", key, text, explicit=origin is EXPLICIT)
            old = self._params.get(key, text)
            if old != text and not (key in self._captured and origin.rule == "explicit"):
                raise UsageError(
                    f"param {key!r} of run {self.run_name} is already {old!r} and cannot become "
                    f"{text!r}: a param is written once. Use a metric or a tag for what changes, "
                    "or start a new run."
                )
            texts[key] = text
        for key, text in texts.items():
            if self._params.get(key) != text:
                self._params[key] = text
                if origin.rule == "explicit":
                    self._captured.pop(key, None)
                else:
                    self._captured[key] = origin.rule
                self.session.record_masked(ParamLogged(self.run_id, key, text, origin))

    @property
    def params(self) -> Mapping[str, str]:
        """The params it has so far."""
        return self._params

    @property
    def captured_params(self) -> Mapping[str, str]:
        """Params that automatic capture gave to this run, with the rule of each.

        One that the user logs with another value becomes the user's.
        """
        return self._captured

    def set_tag(self, key: str, value: Any, synchronous: bool | None = None) -> None:
        """Set a label. See `nbtrack.set_tag`."""
        self.set_tags({key: value})

    def set_tags(self, tags: Mapping[str, Any], synchronous: bool | None = None) -> None:
        """Set labels. See `nbtrack.set_tags`."""
        texts = {
            checks.check_key("tag", key): checks.check_value(
                "tag", key, value, checks.MAX_TAG_VALUE
            )
            for key, value in tags.items()
        }
        for key, text in texts.items():
            if key == NAME_TAG:
                self.rename(text)
            else:
                self.session.record(TagSet(self.run_id, key, text))

    def delete_tag(self, key: str) -> None:
        """Take a label off. See `nbtrack.delete_tag`."""
        self.session.record(TagSet(self.run_id, checks.check_key("tag", key), None))

    def rename(self, run_name: str) -> None:
        """Give the run another name."""
        if not run_name.strip():
            raise UsageError("a run's name cannot be empty")
        self.run_name = run_name
        self.session.record(RunRenamed(self.run_id, run_name))

    def known_records(self) -> list[Record]:
        """What a store that does not know this run needs, to take its records from now on."""
        if self.start_record is None:
            return []
        params = [ParamLogged(self.run_id, *item) for item in self._params.items()]
        return [self.start_record, *params]

    # The end

    def end(
        self,
        status: str = RunStatus.FINISHED,
        *,
        reason: EndReason | None = None,
        error: BaseException | None = None,
    ) -> None:
        """End the run, and runs nested in it that are still open; fine if it has ended.

        Args:
            status: one of MLflow's: FINISHED, FAILED, KILLED.
            reason: finer than the status; told from it by default.
            error: what ended it.
        """
        session = self.session
        for nested in session.active.above(self):
            nested.end(status, reason=reason, error=error)
        session.active.remove(self)
        if self.ended_at is not None or self.inherited:
            return
        chosen = ended_status(status)
        # One that was begun by a clock that was ahead of ours still does not end before that.
        self.status, self.ended_at = chosen, max(session.now(), self.started_at)
        # An entry lets a point through without a further look; a run that ended has none.
        self._logged, self._entries = self.explicit_keys, {}
        session.record(
            RunEnded(
                self.run_id,
                chosen,
                reason or _REASONS.get(chosen, EndReason.COMPLETED),
                self.ended_at,
                error_name=None if error is None else type(error).__name__,
                error_message=None if error is None else text_of(error)[: 2 * MAX_MESSAGE],
            )
        )
        session.ended(self)
        if not self.of_cell:
            session.settle()


_REASONS = {RunStatus.FAILED: EndReason.EXCEPTION, RunStatus.KILLED: EndReason.INTERRUPT}


def ended_status(status: str) -> RunStatus:
    """The status of a run that is over.

    Raises:
        UsageError: it is none of MLflow's.
    """
    try:
        chosen = RunStatus(str(status).upper())
    except ValueError:
        chosen = RunStatus.RUNNING
    if chosen is RunStatus.RUNNING:
        raise UsageError(f"a run ends as FINISHED, FAILED or KILLED, not as {status!r}")
    return chosen


def _nanoseconds(timestamp_ms: int) -> int:
    if not 0 <= timestamp_ms < 2**63 // 1_000_000:
        raise UsageError(f"a timestamp is in milliseconds since 1970, not {timestamp_ms!r}")
    return int(timestamp_ms * 1_000_000)
