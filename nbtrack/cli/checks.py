"""What a check of ``nbtrack doctor`` finds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Level = Literal["ok", "warning", "problem"]


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the doctor's report.

    Args:
        name: what was looked at, stable for programs.
        level: ``problem`` where something does not work, ``warning`` where it may not.
        message: what was found.
        mend: what to do about it; empty when it is ok.
    """

    name: str
    level: Level
    message: str
    mend: str = ""
