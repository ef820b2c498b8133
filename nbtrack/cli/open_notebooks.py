"""Which running Jupyter Server has a notebook open."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

_ASK_TIMEOUT_S = 2.0


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
