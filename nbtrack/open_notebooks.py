"""Which running Jupyter Server has a notebook open, and asking it to act on the notebook."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from nbtrack.errors import StateError

_ASK_TIMEOUT_S = 2.0
_ACT_TIMEOUT_S = 30.0


@dataclass(frozen=True, slots=True)
class OpenIn:
    """A server that has a kernel for a notebook.

    Args:
        url: its address.
        token: what it wants to be asked with; empty for none.
    """

    url: str
    token: str = field(repr=False)

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Have nbtrack's half of the server act.

        Args:
            path: below its API, such as ``revisions/ID/restore``.
            body: as `nbtrack.wire` says.

        Raises:
            StateError: it could not be done, or this server has no nbtrack; says why.
        """
        try:
            said = _answer(f"{self.url}nbtrack/api/{path}", self.token, body, _ACT_TIMEOUT_S)
            return dict(said)
        except HTTPError as error:
            why = _message(error) or f"the Jupyter Server answered {error.code}"
            raise StateError(why) from error
        except (URLError, OSError, ValueError) as error:
            raise StateError(f"the Jupyter Server at {self.url} does not answer") from error


def open_in_server(path: Path) -> OpenIn | None:
    """The running Jupyter Server that has a kernel for this notebook, or None.

    Servers of this user are asked for their sessions; one that does not answer has none.
    """
    from jupyter_server.serverapp import list_running_servers

    target = path.resolve()
    for server in list_running_servers():
        root = Path(server["root_dir"]).resolve()
        found = OpenIn(str(server["url"]), str(server.get("token") or ""))
        if any((root / name).resolve() == target for name in _session_paths(found)):
            return found
    return None


def _session_paths(server: OpenIn) -> list[str]:
    try:
        sessions = _answer(f"{server.url}api/sessions", server.token, None, _ASK_TIMEOUT_S)
    except (URLError, OSError, ValueError):
        # Its file in the runtime directory is stale, or it wants a password.
        return []
    paths = (session["path"] for session in sessions if session.get("path"))
    return [path.removeprefix("RTC:").lstrip("/") for path in paths]


def _answer(url: str, token: str, body: dict[str, Any] | None, timeout_s: float) -> Any:
    headers = {"Content-Type": "application/json"}
    if token:
        headers["Authorization"] = f"token {token}"
    content = None if body is None else json.dumps(body).encode()
    request = Request(url, data=content, headers=headers)
    with urlopen(request, timeout=timeout_s) as reply:
        return json.load(reply)


def _message(error: HTTPError) -> str:
    try:
        return str(json.load(error)["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return ""
