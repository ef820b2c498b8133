"""Who is asking: from the server's identity, never from what a client says."""

from __future__ import annotations

import getpass
import re
from typing import Any
from urllib.parse import urlsplit

from jupyter_server.base.call_context import CallContext

COLLABORATION = "lab"
"""Documents that several people edit at once are JupyterLab's."""
_PAGE = re.compile(r"/(lab|notebooks|tree|nbclassic)(?:/|\Z)")
_GENERATED = re.compile(r"[0-9a-f]{32}\Z")


def system_user() -> str:
    """The account that runs the server; its number where it has no name."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        import os

        return str(os.getuid()) if hasattr(os, "getuid") else "unknown"


def author_of(user: Any) -> str:
    """A user's name as the history shows it.

    Plain Jupyter makes up an anonymous user for each browser that has the token. Whoever has
    it acts as the account that runs the server, so that account is the author.
    """
    if user is None:
        return system_user()
    username = str(getattr(user, "username", "") or "")
    shown = str(getattr(user, "display_name", "") or getattr(user, "name", "") or username)
    if _GENERATED.match(username) and shown.startswith("Anonymous"):
        return system_user()
    return shown or system_user()


def current_author() -> str | None:
    """The author of the request that is being handled; None outside of one.

    Under collaboration the server saves by itself.
    """
    handler = CallContext.get(CallContext.JUPYTER_HANDLER)
    return None if handler is None else author_of(getattr(handler, "current_user", None))


def current_origin() -> str:
    """From where the request that is being handled comes; `COLLABORATION` outside of one."""
    handler = CallContext.get(CallContext.JUPYTER_HANDLER)
    return COLLABORATION if handler is None else origin_of(handler.request)


def origin_of(request: Any) -> str:
    """From which application a request comes, by the page that sent it.

    For the history to show only: a client can say what it likes.

    Args:
        request: tornado's.
    """
    page = urlsplit(request.headers.get("Referer", "")).path
    if not page:
        return "api"
    found = _PAGE.search(page)
    return "lab" if found is None or found[1] == "lab" else "notebook"
