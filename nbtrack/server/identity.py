"""Who is asking: from the server's identity, never from what a client says."""

from __future__ import annotations

import getpass
import re
from typing import Any

from jupyter_server.base.call_context import CallContext

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


def current_author() -> str:
    """The author of the request that is being handled, the system user outside of one."""
    handler = CallContext.get(CallContext.JUPYTER_HANDLER)
    return author_of(getattr(handler, "current_user", None))
