"""Notebook files on this machine: read, and written whole or not at all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from nbtrack.errors import StoreError, UsageError
from nbtrack.store.files import whole_file


def read_notebook(path: Path) -> dict[str, Any] | None:
    """The document in a file; None if there is no file.

    Raises:
        UsageError: the file is not a notebook.
    """
    try:
        document = json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    except (ValueError, IsADirectoryError) as error:
        raise UsageError(f"{path} is not a notebook: {error}") from error
    if not isinstance(document, dict):
        raise UsageError(f"{path} is not a notebook")
    return document


def write_notebook(path: Path, document: dict[str, Any]) -> None:
    """Write a document as Jupyter does; the file changes whole or not at all.

    Raises:
        StoreError: it cannot be written; the old file is untouched.
    """
    import nbformat

    node = nbformat.from_dict(document)  # type: ignore[no-untyped-call]
    text: str = nbformat.writes(node)  # type: ignore[no-untyped-call]
    text = text if text.endswith("\n") else f"{text}\n"
    # A link stays a link: what it points to is written.
    target = path.resolve()
    try:
        mode = target.stat().st_mode & 0o777 if target.exists() else 0o644
        with whole_file(target, f".{target.name}-", mode=mode) as stream:
            # Half a surrogate pair, which JSON can hold and UTF-8 can not, is written as \ud83d.
            stream.write(text.encode("utf-8", "backslashreplace"))
    except OSError as error:
        raise StoreError(f"cannot write {path}: {error.strerror or error}") from error
