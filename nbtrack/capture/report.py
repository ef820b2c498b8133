"""Collects why a run holds what it holds, for ``%track explain`` and the run's page."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

from nbtrack.entities import Origin
from nbtrack.wire import (
    CapturedInfo,
    CaptureReport,
    FlagInfo,
    LeftOutInfo,
    PackageInfo,
)

if TYPE_CHECKING:
    from nbtrack.capture.facts import CellSink


class Report:
    """The explanations of one tracked cell.

    Attributes:
        slice: executions that the cell depends on, in order, its own last.
        flags: what to know before trusting the run's code.
        imported: packages the kernel had imported.
        later: what completes the report in the background, when the cell is over.
        local_modules: path to digest.
    """

    def __init__(self) -> None:
        self._captured: dict[tuple[str, str], CapturedInfo] = {}
        self._left_out: dict[tuple[str, str], LeftOutInfo] = {}
        self.slice: list[str] = []
        self.flags: list[FlagInfo] = []
        self.imported: list[PackageInfo] = []
        self.local_modules: dict[str, str] = {}
        self.later: list[Callable[[CellSink], None]] = []
        self._masked: dict[str, None] = {}

    def captured(self, what: str, key: str, origin: Origin, detail: str = "") -> None:
        """Something was captured; said once for each key."""
        if (what, key) not in self._captured:
            self._captured[what, key] = CapturedInfo(
                what=what,  # type: ignore[arg-type]
                key=key,
                rule=origin.rule,
                cell_id=origin.cell_id,
                line=origin.line,
                detail=detail,
            )

    def left_out(self, what: str, key: str, why: str, line: int | None = None) -> None:
        """Something was seen and not captured; said once for each key."""
        self._left_out.setdefault(
            (what, key),
            LeftOutInfo(what=what, key=key, why=why, line=line),  # type: ignore[arg-type]
        )

    def masked(self, where: str) -> None:
        """A secret was masked; ``where`` names the param, the output, the code."""
        self._masked[where] = None

    def all_flags(self) -> list[FlagInfo]:
        """The flags, with one for what was masked."""
        if not self._masked:
            return self.flags
        text = f"What looks like a secret is masked in: {', '.join(self._masked)}."
        return [*self.flags, FlagInfo(kind="masked", text=text, names=list(self._masked))]

    def document(self) -> str:
        """The report as the stored JSON document (`nbtrack.wire.CaptureReport`)."""
        left_out = [item for key, item in self._left_out.items() if key not in self._captured]
        return msgspec.json.encode(
            CaptureReport(
                captured=list(self._captured.values()),
                left_out=left_out,
                slice=self.slice,
                flags=self.all_flags(),
                imported=self.imported,
                local_modules=self.local_modules,
            )
        ).decode()
