"""What a person sees while something takes long."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from nbtrack.cli.output import Output
from nbtrack.store.upkeep.facts import Progress, silent

_AFTER_S = 1.0


@contextmanager
def progress_bar(output: Output) -> Iterator[Progress]:
    """A callback that draws a bar on stderr once it is called after a second; else nothing."""
    if output.as_json or not sys.stderr.isatty():
        yield silent
        return
    bar = _Bar()
    try:
        yield bar
    finally:
        bar.stop()


class _Bar:
    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

        self._began = time.monotonic()
        self._shown = False
        self._rich = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TimeElapsedColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self._task = self._rich.add_task("", total=None)

    def __call__(self, stage: str, done: int, total: int) -> None:
        if not self._shown:
            if time.monotonic() - self._began < _AFTER_S:
                return
            self._shown = True
            self._rich.start()
        self._rich.update(self._task, description=stage, completed=done, total=total or None)

    def stop(self) -> None:
        if self._shown:
            self._rich.stop()
