"""What the pieces of a notebook say: the words of an output, or the picture it is.

Outputs are stored as nbformat JSON. Of long texts only the beginning is looked at.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import msgspec

SEARCHED_CHARACTERS = 10_000
"""So much of an output is searched; of a text that goes on for pages, the rest is not."""
IMAGE_TYPES = ("image/png", "image/jpeg", "image/svg+xml")
"""Those of which an output shows one, the first that is there."""
TEXT_TYPES = ("text/markdown", "text/latex", "text/plain")
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_TAGS = re.compile(r"<(script|style)\b.*?</\1\s*>|<[^>]*>", re.DOTALL | re.IGNORECASE)

OutputRole = Literal["output", "error", "figure"]


class _Output(msgspec.Struct):
    """The members of an output that matter; what is long is decoded only where it is needed."""

    output_type: str = ""
    text: msgspec.Raw = msgspec.Raw(b'""')
    data: dict[str, msgspec.Raw] = {}
    ename: str = ""
    evalue: str = ""
    traceback: list[str] = []


@dataclass(frozen=True, slots=True)
class Piece:
    """What an output says.

    Args:
        role: what it is.
        text: to search in; empty for a figure.
        image_digest: of a figure, the same for the same picture however it is wrapped.
    """

    role: OutputRole
    text: str = ""
    image_digest: str | None = None


def output_piece(data: bytes) -> Piece | None:
    """What a stored output says; None where it is nothing to look for or at."""
    output = _decoded(data)
    if output is None:
        return None
    if output.output_type == "stream":
        return _text_piece("output", _joined(output.text))
    if output.output_type == "error":
        words = [f"{output.ename}: {output.evalue}", *output.traceback]
        return _text_piece("error", "\n".join(words))
    for media_type in IMAGE_TYPES:
        if media_type in output.data:
            image = _joined(output.data[media_type]).encode("utf-8", "surrogatepass")
            return Piece("figure", image_digest=hashlib.sha256(image).hexdigest())
    for media_type in TEXT_TYPES:
        if media_type in output.data:
            return _text_piece("output", _joined(output.data[media_type]))
    if "text/html" in output.data:
        return _text_piece("output", _TAGS.sub(" ", _joined(output.data["text/html"])))
    return None


def output_image(data: bytes) -> tuple[str, bytes] | None:
    """The media type and the bytes of the picture that a stored output shows."""
    output = _decoded(data)
    if output is None:
        return None
    for media_type in IMAGE_TYPES:
        if media_type in output.data:
            text = _joined(output.data[media_type])
            if media_type == "image/svg+xml":
                return media_type, text.encode("utf-8", "replace")
            try:
                return media_type, base64.b64decode(text)
            except binascii.Error:
                return None
    return None


def _text_piece(role: OutputRole, text: str) -> Piece | None:
    plain = _ESCAPES.sub("", text[: 2 * SEARCHED_CHARACTERS])[:SEARCHED_CHARACTERS]
    return Piece(role, plain) if plain.strip() else None


def _decoded(data: bytes) -> _Output | None:
    try:
        return msgspec.json.decode(data, type=_Output)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        pass
    try:
        # Half surrogate pairs, and numbers that JSON does not have.
        found = json.loads(data.decode("utf-8", "surrogatepass"))
        return msgspec.convert(_wrapped(found), type=_Output)
    except (ValueError, AttributeError, msgspec.ValidationError):
        return None


def _wrapped(output: Mapping[str, Any]) -> dict[str, Any]:
    """The same with what is decoded late as JSON text again."""
    kept = {name: output[name] for name in ("output_type", "ename", "evalue") if name in output}
    data = output.get("data") or {}
    return {
        **kept,
        "traceback": output.get("traceback") or [],
        "text": msgspec.Raw(json.dumps(output.get("text", "")).encode()),
        "data": {name: msgspec.Raw(json.dumps(value).encode()) for name, value in data.items()},
    }


def _joined(raw: msgspec.Raw) -> str:
    value = json.loads(bytes(raw))
    if isinstance(value, list):
        return "".join(map(str, value))
    return value if isinstance(value, str) else ""
