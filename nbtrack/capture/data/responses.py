"""What an HTTP answer tells of the data in it: size, date, and content where it was read."""

from __future__ import annotations

import hashlib
from email.utils import parsedate_to_datetime
from typing import Any

from nbtrack.capture.policy import attempt


def answer_facts(response: Any) -> dict[str, Any]:
    """Size, date and digest of an answer of requests or httpx, as far as it was read.

    Nothing is read here: an answer that the cell streams has no digest.
    """
    headers = response.headers
    status = int(response.status_code)
    facts: dict[str, Any] = {"note": "not hashed: it was not read as a whole"}
    if status >= 400:
        return {"note": f"the server answered {status}"}
    modified, _ = attempt(lambda: parsedate_to_datetime(headers["last-modified"]))
    if modified is not None:
        facts["modified_at"] = modified
    length = headers.get("content-length", "")
    if length.isdigit():
        facts["size_bytes"] = int(length)
    # The private name is requests' for content that was read; httpx closes such an answer.
    content = getattr(response, "_content", None)
    if isinstance(content, bytes):
        facts |= {
            "size_bytes": len(content),
            "digest": hashlib.sha256(content).hexdigest(),
            "note": "",
        }
    return facts
