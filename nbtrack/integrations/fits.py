"""One recorded fit: which run its facts go to, and how they get there.

Nothing here raises: what fails is left out, said once, and marks the run's capture incomplete.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from nbtrack.capture.policy import Guard
from nbtrack.entities import EndReason, Origin, RunStatus
from nbtrack.integrations.switches import Scope, switches
from nbtrack.integrations.told import told_of
from nbtrack.records import CaptureIncomplete
from nbtrack.tracking import session as sessions
from nbtrack.tracking.autologged import Autologged, autologged
from nbtrack.tracking.begin import begin_run
from nbtrack.tracking.cells import CellRun

if TYPE_CHECKING:
    from nbtrack.capture.cell import TrackedCell
    from nbtrack.capture.facts import CellSink
    from nbtrack.tracking.run import ActiveRun

T = TypeVar("T")
_MOST_FRAMES = 200
_MOST_KEYS = 50


class _Here(threading.local):
    fit: Fit | None = None


here = _Here()
"""The fit that this thread is in; fits inside it are not recorded."""


class Fit:
    """An outermost fit (a search, a training, a study) while it runs.

    Args:
        library: whose.
        run: takes the facts; None while the tracked cell has not begun its own.
        cell: the tracked cell that the fit is called in.
        own: the run was begun for this fit and ends with it.
    """

    def __init__(
        self, library: str, run: ActiveRun | None, cell: TrackedCell | None, *, own: bool = False
    ) -> None:
        self.library = library
        self.cell = cell
        self._run = run
        self._own = own
        self.told = told_of(cell if run is None or (run.of_cell and cell is not None) else run)
        self.notes: dict[str, Any] = {}
        """For handlers: what one of them did that concerns another."""
        self._guard = Guard(self._failed)
        self.origin = Origin(f"autolog:{library}", *_place(cell))

    # Where facts go

    def do(self, doing: str, work: Callable[[], T], default: T) -> T:
        """Do something that must not disturb the fit; ``default`` where it fails."""
        return self._guard.run(doing, work, default)

    @property
    def run(self) -> ActiveRun:
        """The run; a tracked cell's begins now."""
        if self._run is None:
            assert self.cell is not None
            sink = self.cell.begin()
            assert isinstance(sink, CellRun)
            self._run = sink.run
        return self._run

    @property
    def log(self) -> Autologged:
        """What is autologged of the run; a tracked cell's begins now."""
        return autologged(self.run)

    def params(
        self,
        owner: str,
        values: Mapping[str, object],
        defaults: Mapping[str, object] | None = None,
    ) -> None:
        """Settings, as ``OWNER.NAME``; those of a library's function stand without an owner.

        Args:
            owner: a class, or a method such as ``fit``.
            values: by name.
            defaults: what they are if nothing is said, where that is known.
        """
        for name, value in values.items():
            if not self.told.is_news(owner, name, shown(value)):
                continue
            is_default = None
            if defaults is not None:
                is_default = name in defaults and same(value, defaults[name])
            self.param(f"{owner}.{name}" if owner else name, value, is_default=is_default)

    def param(self, key: str, value: object, *, is_default: bool | None = None) -> None:
        """A param; a small mapping by dotted keys.

        In a cell whose run has not begun it waits until it does.
        """
        if isinstance(value, dict) and 0 < len(value) <= _MOST_KEYS and all(map(_is_key, value)):
            for name, part in value.items():
                self.param(f"{key}.{name}", part, is_default=is_default)
            return
        origin = Origin(self.origin.rule, self.origin.cell_id, self.origin.line, is_default)
        owned = "." in key
        text = shown(value)

        def give(log: Autologged) -> None:
            if log.param(key, text, origin, owned=owned):
                self._say("param", key)

        self.do("recording a library's params", lambda: self._give(give), None)

    def _give(self, give: Callable[[Autologged], None]) -> None:
        if self._run is None and self.cell is not None:

            def to_sink(sink: CellSink) -> None:
                if isinstance(sink, CellRun):
                    self.do(
                        "recording a library's params", lambda: give(autologged(sink.run)), None
                    )

            self.cell.give(to_sink)
        else:
            give(self.log)

    def metric(
        self, key: str, value: object, step: int | None = None, *, attribute: str | None = None
    ) -> None:
        """A point of a metric; see `nbtrack.tracking.autologged.Autologged.point`."""

        def work() -> None:
            self.log.point(key, value, step, self.origin, attribute=attribute)
            self._say("metric", key)

        self.do("recording a library's metrics", work, None)

    def text(self, path: str, text: str) -> None:
        """A text artifact."""

        def work() -> None:
            self.run.add_artifact(path, text.encode("utf-8", "replace"), origin=self.origin)
            self._say("artifact", path)

        self.do("keeping a library's text", work, None)

    def tag(self, key: str, value: str) -> None:
        """A label of the run."""
        self.do(
            "labelling a run", lambda: self._give(lambda log: log.run.set_tag(key, value)), None
        )

    def tag_once(self, key: str, value: str) -> None:
        """A label that the first fit of a run sets, of those that would."""

        def give(log: Autologged) -> None:
            if log.count(key) == 0:
                log.count(key, add=1)
                log.run.set_tag(key, value)

        self.do("labelling a run", lambda: self._give(give), None)

    def child(
        self, name: str, params: Mapping[str, object], metrics: Mapping[str, object], **facts: Any
    ) -> None:
        """A run inside this one that is over already: a candidate, a trial."""
        self.told.children += 1
        self.do(
            "recording a run of a search", lambda: self._child(name, params, metrics, **facts), None
        )

    def _child(
        self,
        name: str,
        params: Mapping[str, object],
        metrics: Mapping[str, object],
        *,
        series: Mapping[str, Mapping[int, float]] | None = None,
        tags: Mapping[str, str] | None = None,
        started_at: datetime | None = None,
        failed: bool = False,
    ) -> None:
        parent = self.run
        session = parent.session
        before = session.last_run_id
        record = parent.start_record
        child = begin_run(
            session,
            run_name=name,
            experiment=None if record is None else record.experiment,
            experiment_id=None if record is None else record.experiment_id,
            parent_run_id=parent.run_id,
            tags=tags,
            msg_id=parent.msg_id,
            cell_id=parent.cell_id,
            started_at=started_at,
        )
        try:
            log = autologged(child)
            for key, value in params.items():
                log.param(key, shown(value), self.origin)
            for key, value in metrics.items():
                log.point(key, value, 0, self.origin)
            for key, points in (series or {}).items():
                for step, value in sorted(points.items()):
                    log.point(key, value, step, self.origin)
        finally:
            if failed:
                child.end(RunStatus.FAILED, reason=EndReason.EXCEPTION)
            else:
                child.end()
            session.last_run_id = before

    def _say(self, what: str, key: str) -> None:
        if self.cell is not None:
            self.cell.report.captured(what, key, self.origin, self.library)

    # What it may cost, and its end

    def affordable(self, estimate_s: float) -> bool:
        """Whether looking at a fit for so long is next to nothing beside the fits of this run.

        A script that asked for autologging gets everything.
        """
        return switches.scope is Scope.EVERYWHERE or self.told.affords(estimate_s)

    def most_children(self, most: int, each_s: float) -> int:
        """How many runs inside this one a search may make, of at most so many in all."""
        left = max(0, most - self.told.children)
        if switches.scope is Scope.EVERYWHERE:
            return left
        return min(left, self.told.afforded(each_s))

    def left_out(self, what: str, key: str, why: str) -> None:
        """Something is not recorded: the cell's report says why, or outside of cells a label."""
        if self.cell is not None:
            self.cell.report.left_out(what, key, why, self.origin.line)
        else:
            self.tag_once(f"nbtrack.{key}", why)

    def close(self, error: BaseException | None) -> None:
        """The fit is over."""
        if self._own and self._run is not None:
            run = self._run
            self.do("ending a run", lambda: run.close(error), None)

    def _failed(self, reason: str) -> None:
        if self.cell is not None:
            self.cell.incomplete(reason)
        elif self._run is not None:
            self._run.session.record(CaptureIncomplete(self._run.run_id, reason[:1000]))


def begin(library: str) -> Fit | None:
    """A fit begins in this thread; None where it is not to be recorded."""
    if here.fit is not None or not switches.listens_to(library) or _in_worker():
        return None
    cell = switches.cell()
    if cell is not None and not cell.options.autolog:
        return None
    session = sessions.current
    run = None if session is None else session.active.current()
    if run is not None:
        allowed = run.autologged is None or run.autologged.allowed
        if run.inherited or not allowed or (switches.exclusive and not run.of_cell):
            return None
        return Fit(library, run, cell)
    if cell is not None:
        return Fit(library, None, cell)
    if switches.scope is Scope.EVERYWHERE:
        own = begin_run(sessions.session(), tags=switches.extra_tags)
        return Fit(library, own, None, own=True)
    return None


def _in_worker() -> bool:
    """Whether this thread works for joblib: one of the many fits of something larger."""
    if threading.current_thread() is threading.main_thread():
        return False
    frame, left = sys._getframe(1), _MOST_FRAMES
    while frame.f_back is not None and left:
        if frame.f_globals.get("__name__", "").startswith("joblib."):
            return True
        frame, left = frame.f_back, left - 1
    return False


def _place(cell: TrackedCell | None) -> tuple[str | None, int | None]:
    """The cell, and the line in it that this thread is at."""
    if cell is None:
        return None, None
    frame = sys._getframe(1)
    while frame.f_back is not None:
        if frame.f_globals is cell.namespace:
            return cell.cell_id, frame.f_lineno
        frame = frame.f_back
    return cell.cell_id, None


def same(one: object, other: object) -> bool:
    """Whether a setting has its default value. NaN is itself; arrays are told by their text."""
    return one is other or (type(one) is type(other) and repr(one) == repr(other))


def shown(value: object) -> object:
    """A setting as a param can hold it: an object by its class, a function by its name."""
    if value is None or isinstance(value, (bool, int, float, complex, str)):
        return value
    if isinstance(value, (list, tuple, set, frozenset, dict, range)):
        if len(value) > 1000:
            return f"{type(value).__name__} of {len(value)}"
        return _shown_parts(value)
    if hasattr(type(value), "item") and getattr(value, "shape", None) == ():
        return value.item()  # type: ignore[attr-defined]
    shape = getattr(value, "shape", None)
    if isinstance(shape, tuple):
        return f"{type(value).__name__} {shape}"
    if isinstance(value, type) or callable(value):
        return getattr(value, "__qualname__", type(value).__name__)
    return type(value).__name__


def _is_key(key: object) -> bool:
    return isinstance(key, str) and key != ""


def _shown_parts(value: Any) -> object:
    if isinstance(value, dict):
        return {shown(key): shown(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(map(shown, value)) if type(value) in (list, tuple) else str(value)
    return value
