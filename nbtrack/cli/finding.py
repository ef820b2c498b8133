"""What people write for a run or a notebook, and the one thing they mean by it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from nbtrack.entities import Notebook
from nbtrack.errors import NotFoundError
from nbtrack.store.base import Store

_SHOWN = 5


def words_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command that looks for words WORDS, ``--notebook`` and ``-n``."""
    for option in (
        click.option(
            "-n",
            "limit",
            type=click.IntRange(1, 1000),
            default=20,
            show_default=True,
            help="So many matches.",
        ),
        click.option(
            "--notebook",
            type=click.Path(path_type=Path),
            metavar="PATH",
            help="Only in this notebook.",
        ),
        click.argument("words", nargs=-1, required=True),
    ):
        command = option(command)
    return command


def find_notebook(store: Store, path: Path) -> Notebook:
    """The notebook at a path, also by way of links.

    Raises:
        NotFoundError: nothing of a notebook at this path is recorded.
    """
    for candidate in dict.fromkeys((str(path.absolute()), str(path.resolve()))):
        found = store.find_notebook(candidate)
        if found is not None:
            return found
    known = [notebook.path for notebook in store.list_notebooks()[:_SHOWN]]
    hint = f"Known are: {', '.join(known)}." if known else "No notebook is recorded yet."
    raise NotFoundError("notebook", str(path), hint)
