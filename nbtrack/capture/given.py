"""The params of one tracked cell on their way to its run."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from nbtrack.capture.bindings import Literal
from nbtrack.capture.facts import CapturedOutput
from nbtrack.capture.literals import flatten
from nbtrack.capture.options import TrackOptions
from nbtrack.capture.parts import Give
from nbtrack.capture.report import Report
from nbtrack.capture.secrets import masked
from nbtrack.entities import Origin

if TYPE_CHECKING:
    from nbtrack.config import NbtrackConfig

_MAX_TEXT = 6000
"""Characters of a param, as in MLflow."""


class GivenParams:
    """Gives each param once: the first that claims a name has it.

    Args:
        options: of the cell's ``%%track`` line.
        config: what is captured and masked.
        report: takes the explanations.
        give: hands facts to the run.
        settled: names that are given otherwise.

    Attributes:
        texts: what was given, by key.
    """

    def __init__(
        self,
        options: TrackOptions,
        config: NbtrackConfig,
        report: Report,
        give: Give,
        settled: Iterable[str],
    ) -> None:
        self._options = options
        self._config = config
        self._report = report
        self._give = give
        self._settled = set(settled)
        self.texts: dict[str, str] = {}

    def explicit(self, key: str, value: object, origin: Origin) -> None:
        """One that the user asked for."""
        self._param(key, value, str(value), origin)

    def literal(self, literal: Literal, offset: int, value: object) -> None:
        """A value that stands in the code; ``offset`` lines are above the code."""
        if not is_empty(value):
            rule = "tagged" if literal.tagged else "literal"
            origin = Origin(rule, literal.cell_id, literal.line + offset)
            self.once(literal.name, value, origin)

    def setting(self, name: str, value: object, literal: Literal, offset: int) -> None:
        """An argument of a call."""
        self.once(name, value, Origin("argument", literal.cell_id, literal.line + offset))

    def once(self, name: str, value: object, origin: Origin) -> None:
        """A value by a name; nothing where the name was given before."""
        if name in self._settled:
            return
        self._settled.add(name)
        if self._config.capture_params:
            for key, text in flatten(name, value):
                if self._options.wants(key):
                    self._param(key, value, text, origin)

    def _param(self, key: str, value: object, text: str, origin: Origin) -> None:
        hidden = masked(key, value, text) if self._config.mask_secrets else text
        if hidden != text:
            self._report.masked(f"param {key}")
        self.texts.setdefault(key, hidden)
        said = hidden if len(hidden) <= _MAX_TEXT else self._shortened(key, hidden, origin)
        self._report.captured("param", key, origin)
        self._give(lambda sink: sink.param(key, said, origin))

    def _shortened(self, key: str, text: str, origin: Origin) -> str:
        """Keep a value that is too long for a param as a file; gives what the param says."""
        path = f"params/{key}.txt"
        output = CapturedOutput(path, text.encode(), "text/plain", origin.rule)
        self._report.captured("artifact", path, origin)
        self._give(lambda sink: sink.artifact(output, origin))
        place = f"… [{len(text):,} characters, whole in {path}]"
        return text[: _MAX_TEXT - len(place)] + place


def is_empty(value: object) -> bool:
    """An empty container is the beginning of something, not a setting."""
    return type(value) in (list, dict, tuple, set) and not value
