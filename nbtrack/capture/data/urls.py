"""URLs as they are kept: without passwords, and without what signs them."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from nbtrack.capture.secrets import MASK, masked

_SIGNS = re.compile(r"(?i)(?:^|[-_])(?:signature|sig|credential|key|token|secret)(?:$|[-_])")
_TYPES = {"https": "http", "s3a": "s3", "s3n": "s3", "gcs": "gs"}


def clean_url(url: str) -> tuple[str, str]:
    """A URL without credentials, and its source type: ``http``, ``s3``, ``hf`` ...

    The user's name stays. Values in its query that sign it, or whose names look like credentials,
    are masked. A fragment is left out.
    """
    parts = urlsplit(url)
    host = parts.netloc
    if "@" in host:
        user, _, rest = host.rpartition("@")
        host = f"{user.partition(':')[0]}@{rest}"
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    query = parts.query
    if any(_is_secret(key, value) for key, value in pairs):
        hidden = [(key, MASK if _is_secret(key, value) else value) for key, value in pairs]
        query = urlencode(hidden, safe="*")
    return (
        urlunsplit((parts.scheme, host, parts.path, query, "")),
        _TYPES.get(parts.scheme, parts.scheme),
    )


def _is_secret(key: str, value: str) -> bool:
    return bool(_SIGNS.search(key)) or masked(key, value, value) != value


def requested_url(connection: Any, data: Any) -> str | None:
    """The URL of an HTTP request that is being sent, if it gets something.

    Args:
        connection: an `http.client.HTTPConnection`.
        data: the bytes that go out; those of a request begin with its line.
    """
    if not isinstance(data, bytes) or not data.startswith(b"GET "):
        return None
    target = data.split(b" ", 2)[1].decode("latin-1")
    if "://" in target:
        # By a proxy.
        return target
    secure = connection.default_port == 443
    port = "" if connection.port == connection.default_port else f":{connection.port}"
    # Behind a proxy's tunnel the connection's own host is the proxy.
    host = getattr(connection, "_tunnel_host", None) or connection.host
    host = f"[{host}]" if ":" in host else host
    return f"{'https' if secure else 'http'}://{host}{port}{target}"


def url_name(url: str) -> str:
    """What people call a URL: the last part of its path, or its host."""
    parts = urlsplit(url)
    return parts.path.rstrip("/").rpartition("/")[2] or parts.netloc or url
