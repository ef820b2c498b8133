"""Notebook files on this machine: reading, writing whole or not at all, and who has one open."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

from nbtrack.errors import StoreError, UsageError

_ASK_TIMEOUT_S = 2.0


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
    # A link stays a link: what it points to is written.
    target = path.resolve()
    try:
        mode = target.stat().st_mode & 0o777 if target.exists() else 0o644
        handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}-")
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as stream:
                stream.write(text if text.endswith("\n") else f"{text}\n")
            Path(temporary).chmod(mode)
            Path(temporary).replace(target)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise StoreError(f"cannot write {path}: {error.strerror or error}") from error


def open_in_server(path: Path) -> str | None:
    """The address of a running Jupyter Server that has a kernel for this notebook, or None.

    Servers of this user are asked for their sessions; one that does not answer has none.
    """
    from jupyter_server.serverapp import list_running_servers

    target = path.resolve()
    for server in list_running_servers():
        root = Path(server["root_dir"]).resolve()
        if any((root / name).resolve() == target for name in _session_paths(server)):
            return str(server["url"])
    return None


def _session_paths(server: dict[str, Any]) -> list[str]:
    headers = {"Authorization": f"token {server['token']}"} if server.get("token") else {}
    request = Request(f"{server['url']}api/sessions", headers=headers)
    try:
        with urlopen(request, timeout=_ASK_TIMEOUT_S) as reply:
            sessions = json.load(reply)
    except (URLError, OSError, ValueError):
        # Its file in the runtime directory is stale, or it wants a password.
        return []
    return [session["path"].lstrip("/") for session in sessions if session.get("path")]
