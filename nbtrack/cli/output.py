"""How every command speaks: tables on a terminal, tab-separated text in a pipe, or JSON."""

from __future__ import annotations

import functools
import json
import math
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.text import Text

    from nbtrack.store.base import Store


@dataclass(slots=True)
class Output:
    """What the options that every command has say: the form of the answer, and the store.

    Args:
        as_json: print JSON, nothing else.
        store_path: the store that was named on the command line.
    """

    as_json: bool = False
    store_path: str | None = None
    _store: Store | None = field(default=None, repr=False)

    @property
    def terminal(self) -> bool:
        """Whether a person reads this on a terminal."""
        return not self.as_json and sys.stdout.isatty()

    def open_store(self) -> Store:
        """The store, opened once and closed at the end of the command."""
        if self._store is None:
            from nbtrack.store import open_store

            self._store = open_store(self.store_path)
            click.get_current_context().find_root().call_on_close(self._store.close)
        return self._store

    def say(self, text: str = "") -> None:
        """A line for a person; nothing in JSON mode."""
        if not self.as_json:
            click.echo(text)

    def note(self, text: str) -> None:
        """A remark beside the answer: on stderr, so that a pipe gets the answer alone."""
        if not self.as_json:
            click.echo(text, err=True)

    def styled(self, text: Text) -> None:
        """A line with colours on a terminal, plain elsewhere."""
        if self.terminal:
            console().print(text, soft_wrap=True)
        else:
            self.say(text.plain)

    def show(self, *renderables: RenderableType) -> None:
        """Print with rich, at the width of the terminal."""
        console().print(*renderables)

    def table(
        self,
        columns: Sequence[str],
        rows: Sequence[Sequence[str]],
        styles: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """Rows under headings on a terminal, tab-separated lines in a pipe.

        Args:
            columns: headings.
            rows: as many texts a row as there are headings.
            styles: a rich style by heading; ``right`` aligns to the right, and ``fold`` may
                take several lines where others are cut.
        """
        if not self.terminal:
            for row in (columns, *rows):
                click.echo("\t".join(_one_line(text) for text in row))
            return
        from rich.box import SIMPLE_HEAD
        from rich.table import Table
        from rich.text import Text

        table = Table(box=SIMPLE_HEAD, pad_edge=False, header_style="bold", show_edge=False)
        for name in columns:
            style = styles.get(name, "")
            table.add_column(
                name,
                justify="right" if style == "right" else "left",
                style="" if style in ("right", "fold") else style,
                overflow="fold" if style == "fold" else "ellipsis",
                no_wrap=style != "fold",
            )
        for row in rows:
            table.add_row(*(Text(text) for text in row))
        self.show(table)


def _one_line(text: str) -> str:
    return text.replace("\t", " ").replace("\r", " ").replace("\n", " ")


def console() -> Console:
    """A rich console on the present stdout."""
    from rich.console import Console

    return Console(highlight=False)


def print_json(payload: Any) -> None:
    """Print a wire struct, or plain data, as JSON on one document's lines."""
    import msgspec

    click.echo(json.dumps(msgspec.to_builtins(payload), indent=2, ensure_ascii=False))


def common_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command ``--json`` and ``--store``, and pass it an `Output` as first argument.

    The options work before and after the command's name.
    """

    @click.option("--json", "as_json", is_flag=True, help="Print JSON, errors too.")
    @click.option(
        "--store",
        "store_path",
        metavar="PATH",
        help="Use the store in this directory. [default: NBTRACK_STORE, or the settings']",
    )
    @click.pass_context
    @functools.wraps(command)
    def with_output(
        ctx: click.Context, /, *args: Any, as_json: bool, store_path: str | None, **kwargs: Any
    ) -> Any:
        output = ctx.ensure_object(Output)
        output.as_json = output.as_json or as_json
        output.store_path = store_path or output.store_path
        return ctx.invoke(command, output, *args, **kwargs)

    return with_output


def counted(number: int, noun: str, plural: str = "") -> str:
    """A number with its noun: ``1 run``, ``2 runs``."""
    return f"{number} {noun if number == 1 else plural or f'{noun}s'}"


def size_text(size_bytes: int) -> str:
    """A size as people read it: ``1.5 MB``."""
    size = float(size_bytes)
    for unit in ("B", "KB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" or size >= 100 else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"


def duration_text(duration_s: float | None) -> str:
    """A duration as people read it: ``0.04 s``, ``1.3 s``, ``2 min 5 s``, ``3 h 20 min``."""
    if duration_s is None:
        return ""
    if duration_s < 0.95:
        return f"{duration_s:.2f} s"
    if duration_s < 9.95:
        return f"{duration_s:.1f} s"
    seconds = round(duration_s)
    if seconds < 60:
        return f"{seconds} s"
    minutes, seconds = divmod(seconds, 60)
    if minutes < 60:
        return f"{minutes} min {seconds} s"
    return f"{minutes // 60} h {minutes % 60} min"


def number_text(value: float) -> str:
    """A metric's value as people read it: up to 5 significant digits, whole numbers whole."""
    if math.isfinite(value) and value == int(value) and abs(value) < 1e15:
        return f"{int(value)}"
    return f"{value:.5g}"


def instant_text(instant: datetime, *, terminal: bool) -> str:
    """An instant: local and short for a person, ISO 8601 in UTC for a program."""
    if not terminal:
        return instant.isoformat(timespec="milliseconds")
    return instant.astimezone().strftime("%Y-%m-%d %H:%M")
