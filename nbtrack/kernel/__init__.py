"""The IPython extension: what is loaded into every kernel, and so costs next to nothing.

Only names are registered here. What does the work (`nbtrack.kernel.side`) is imported when the
first cell runs, or a moment after the kernel started, in the background.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nbtrack.kernel.tags import ToldTags

if TYPE_CHECKING:
    from nbtrack.kernel.side import KernelSide

_WARM_UP_AFTER_S = 1.0
_COMPLETED = ("%%track", "%track")
_MAGICS = {
    "cell": ("track",),
    "line": ("track", "runs", "revisions", "revert", "checkpoint"),
}


class Extension:
    """nbtrack in one shell.

    Args:
        shell: an IPython shell.
    """

    def __init__(self, shell: Any) -> None:
        self.shell = shell
        self.told = ToldTags()
        self._side: KernelSide | None = None
        self._had = {kind: dict(shell.magics_manager.magics[kind]) for kind in _MAGICS}

    @property
    def side(self) -> KernelSide:
        """The part that does the work, made on first use."""
        if self._side is None:
            from nbtrack.kernel.side import KernelSide

            self._side = KernelSide(self.shell, self.told)
        return self._side

    def load(self) -> None:
        """Register everything."""
        self.told.listen(self.shell)
        events = self.shell.events
        events.register("pre_run_cell", self.pre_run_cell)
        events.register("post_run_cell", self.post_run_cell)
        self.shell.input_transformers_cleanup.append(strip_track)
        self.shell.ast_transformers.append(self)
        for kind, names in _MAGICS.items():
            for name in names:
                self.shell.register_magic_function(_magic(self, kind, name), kind, name)
        for command in _COMPLETED:
            self.shell.set_hook("complete_command", self.complete, str_key=command)
        self._warm_up()

    def unload(self) -> None:
        """Take everything back."""
        self.told.stop(self.shell)
        events = self.shell.events
        events.unregister("pre_run_cell", self.pre_run_cell)
        events.unregister("post_run_cell", self.post_run_cell)
        self.shell.input_transformers_cleanup.remove(strip_track)
        self.shell.ast_transformers.remove(self)
        for kind, names in _MAGICS.items():
            table = self.shell.magics_manager.magics[kind]
            for name in names:
                before = self._had[kind].get(name)
                table.pop(name, None) if before is None else table.__setitem__(name, before)
        if self._side is not None:
            self._side.close()

    def pre_run_cell(self, info: Any) -> None:
        """IPython's event before a cell runs."""
        self.side.hooks.pre_run_cell(info)

    def post_run_cell(self, result: Any) -> None:
        """IPython's event after a cell ran."""
        if self._side is not None:
            self._side.hooks.post_run_cell(result)

    def visit(self, tree: Any) -> Any:
        """IPython's call for a cell's syntax tree."""
        return tree if self._side is None else self._side.hooks.visit(tree)

    def complete(self, _: Any, event: Any) -> list[str]:
        """IPython's hook for completing a ``%%track`` line."""
        from nbtrack.kernel import magics

        return magics.complete(self.side, event.line)

    def _warm_up(self) -> None:
        """Import what the first cell needs, when the kernel has had time to get ready."""
        import threading

        def work() -> None:
            import nbtrack.kernel.side
            import nbtrack.widgets.live  # noqa: F401

        timer = threading.Timer(_WARM_UP_AFTER_S, work)
        timer.daemon = True
        timer.start()


def strip_track(lines: list[str]) -> list[str]:
    """IPython's cleanup transform: a cell without its ``%%track`` line."""
    if not lines or not lines[0].startswith("%%track"):
        return lines
    from nbtrack.capture.transform import strip_track as strip

    return strip(lines)


def _magic(extension: Extension, kind: str, name: str) -> Any:
    """A magic that imports what it does when it is used; its documentation comes with it."""

    def run(line: str, cell: str | None = None) -> Any:
        from nbtrack.kernel import magics

        return magics.run(extension.side, kind, name, line, cell)

    run.__name__ = name
    return _Documented(run, kind, name)


class _Documented:
    """A magic function whose ``__doc__`` is imported only when someone asks for it."""

    def __init__(self, run: Any, kind: str, name: str) -> None:
        self._run = run
        self._key = (kind, name)
        self.__name__ = name

    def __call__(self, line: str, cell: str | None = None) -> Any:
        """Run the magic."""
        return self._run(line, cell)

    @property
    def __doc__(self) -> str:  # type: ignore[override]
        from nbtrack.kernel import magics

        return magics.documentation(*self._key)


_extensions: dict[int, Extension] = {}


def load_ipython_extension(shell: Any) -> None:
    """Load nbtrack into a shell; again is fine."""
    if id(shell) not in _extensions:
        extension = _extensions[id(shell)] = Extension(shell)
        extension.load()


def unload_ipython_extension(shell: Any) -> None:
    """Take nbtrack out of a shell; fine where it is not loaded."""
    extension = _extensions.pop(id(shell), None)
    if extension is not None:
        extension.unload()
