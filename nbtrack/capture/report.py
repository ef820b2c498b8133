"""Collects why a run holds what it holds, for ``%track explain`` and the run's page."""

from __future__ import annotations

import msgspec

from nbtrack.entities import Origin
from nbtrack.wire import (
    CapturedInfo,
    CaptureReport,
    FlagInfo,
    LeftOutInfo,
    PackageInfo,
)


class Report:
    """The explanations of one tracked cell.

    Attributes:
        slice: executions that the cell depends on, in order, its own last.
        flags: what to know before trusting the run's code.
        imported: packages the kernel had imported.
        local_modules: path to digest.
    """

    def __init__(self) -> None:
        self._captured: dict[tuple[str, str], CapturedInfo] = {}
        self._left_out: dict[tuple[str, str], LeftOutInfo] = {}
        self.slice: list[str] = []
        self.flags: list[FlagInfo] = []
        self.imported: list[PackageInfo] = []
        self.local_modules: dict[str, str] = {}

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

    def document(self) -> str:
        """The report as the stored JSON document (`nbtrack.wire.CaptureReport`)."""
        left_out = [item for key, item in self._left_out.items() if key not in self._captured]
        return msgspec.json.encode(
            CaptureReport(
                captured=list(self._captured.values()),
                left_out=left_out,
                slice=self.slice,
                flags=self.flags,
                imported=self.imported,
                local_modules=self.local_modules,
            )
        ).decode()
