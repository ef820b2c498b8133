"""Which names look like credentials: their values are never recorded."""

from __future__ import annotations

import re

MASK = "***"
_WORDS = re.compile(
    r"(?:^|[._])(?:password|passwd|pwd|passphrase|secrets?|credentials?|tokens?|bearer|auth|"
    r"authorization|api_?keys?|access_?keys?|private_?keys?|secret_?keys?|connection_string|dsn)"
    r"(?:$|[._])",
    re.IGNORECASE,
)
_IN_URL = re.compile(r"\w+://[^/\s:@]+:[^/\s@]+@")


def masked(key: str, value: object, text: str) -> str:
    """A value's text, or a mask when its name says that it is a credential.

    Numbers are not masked: ``max_tokens = 256`` is a setting.
    """
    if isinstance(value, (bool, int, float)) or value is None:
        return text
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", key)
    if _WORDS.search(words) or _IN_URL.search(text):
        return MASK
    return text
