"""The part of a tracked cell that tells what code it ran with: packages and the user's modules."""

from __future__ import annotations

from pathlib import Path

from nbtrack.capture.facts import CellSink, Outcome
from nbtrack.capture.modules import MAX_MODULE_BYTES, MAX_MODULES, LocalModule, LocalModules
from nbtrack.capture.packages import imported_packages, installed
from nbtrack.capture.parts import CellContext
from nbtrack.masking import mask_code
from nbtrack.wire import PackageInfo

_modules = LocalModules()


class Imports:
    """Reports imported packages and local modules, at the end of a cell.

    What is known already is reported at once; files are read, and lists of packages, later.
    """

    def __init__(self, context: CellContext) -> None:
        self._report = context.report
        self._config = context.config
        self._give = context.give

    def start(self) -> None:
        """Nothing is to be watched while the cell runs."""

    def finish(self, outcome: Outcome) -> None:
        """Report what is known, and have the rest found out."""
        if self._config.capture_environment:
            self._give(self._imported)
        if self._config.capture_local_modules:
            self._give(self._local)

    def _imported(self, _: CellSink) -> None:
        known = imported_packages()
        if known is None:
            self._report.later.append(lambda _: self._packages())
        else:
            self._say(known)

    def _packages(self) -> None:
        installed()
        self._say(imported_packages() or {})

    def _say(self, packages: dict[str, str]) -> None:
        self._report.imported = [
            PackageInfo(name=name, version=version) for name, version in packages.items()
        ]

    def _local(self, sink: CellSink) -> None:
        found = _modules.find()
        if len(found) > MAX_MODULES:
            more = len(found) - MAX_MODULES
            self._report.left_out(
                "input", "local modules", f"the first {MAX_MODULES} are kept; {more} more are not"
            )
            found = found[:MAX_MODULES]
        for module in found:
            digest = sink.kept(module)
            if digest is None:
                self._report.later.append(lambda later, module=module: self._keep(later, module))  # type: ignore[misc]
            else:
                self._report.local_modules[module.shown] = digest

    def _keep(self, sink: CellSink, module: LocalModule) -> None:
        if module.state[1] > MAX_MODULE_BYTES:
            self._report.left_out("input", module.shown, "the module's source is too large")
            return
        source = Path(module.path).read_text(encoding="utf-8", errors="surrogateescape")
        hidden = mask_code(source) if self._config.mask_secrets else source
        if hidden != source:
            self._report.masked(module.shown)
        digest = sink.keep(module, hidden.encode("utf-8", "surrogateescape"))
        self._report.local_modules[module.shown] = digest
