"""Outputs above the size limit: kept as digest and size, pictures as a small one, and saying so.

What is small of an output stays, a long text by its beginning and its end.
"""

from __future__ import annotations

import base64
import io
import warnings
from collections.abc import Mapping
from typing import Any

from nbtrack.config import load_config
from nbtrack.history.normal import Json

THUMBNAIL_PIXELS = 320
THUMBNAIL_FROM_BYTES = 100_000_000
"""A larger picture is not looked at: to unpack it would take the server's memory."""
KEPT_CHARACTERS = 10_000
_PICTURES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})


def limited_cell(cell: Json) -> Json:
    """A cell in normal form whose outputs are within the limit; the same object where they are."""
    limit = load_config().max_history_output_bytes
    outputs = cell.get("outputs")
    if not limit or not outputs or all(_size(output) <= limit for output in outputs):
        return cell
    return {**cell, "outputs": [limited_output(output, limit) for output in outputs]}


def limited_output(output: Json, limit: int) -> Json:
    """An output within a limit: what is too long of it is replaced by what it was.

    Args:
        output: in normal form.
        limit: in bytes.
    """
    if _size(output) <= limit:
        return output
    if output["output_type"] == "stream":
        return {**output, "text": _ends(output["text"])}
    if output["output_type"] == "error":
        return {**output, "traceback": [_note("traceback", output.get("traceback"), limit)]}
    data = dict(output.get("data", {}))
    notes, omitted, small = [], {}, {}
    for mime in sorted(data, key=lambda each: -_size(data[each])):
        if sum(map(_size, data.values())) <= limit:
            break
        value = data.pop(mime)
        notes.append(_note(mime, value, limit))
        omitted[mime] = {"size_bytes": _size(value), "sha256": _digest(value)}
        if mime in _PICTURES and (thumbnail := _thumbnail(value)) is not None:
            small["image/png"] = thumbnail
    text = data.get("text/plain")
    notes += [text] if isinstance(text, str) else []
    metadata = output.get("metadata") or {}
    return {
        **output,
        "data": {**data, **small, "text/plain": "\n".join(notes)},
        "metadata": {**metadata, "nbtrack": {"omitted": omitted}},
    }


def _size(value: Any) -> int:
    """About how many bytes a value takes as JSON; cheap, as every output is asked."""
    if isinstance(value, str):
        return len(value)
    if isinstance(value, Mapping):
        return sum(len(key) + _size(item) for key, item in value.items())
    if isinstance(value, list):
        return sum(_size(item) for item in value)
    return 8


def _note(what: str, value: Any, limit: int) -> str:
    return (
        f"[nbtrack: {what} of {_size(value) / 1e6:.1f} MB is not kept, the limit is "
        f"{limit / 1e6:g} MB; sha256 {_digest(value)}]"
    )


def _digest(value: Any) -> str:
    from nbtrack.history.manifest import digest_of, json_bytes, text_bytes

    return digest_of(text_bytes(value) if isinstance(value, str) else json_bytes(value))


def _ends(text: str) -> str:
    left_out = len(text) - 2 * KEPT_CHARACTERS
    if left_out <= 0:
        return text
    note = f"[nbtrack: {left_out / 1e6:.1f} MB in between are not kept; sha256 {_digest(text)}]"
    return f"{text[:KEPT_CHARACTERS]}\n{note}\n{text[-KEPT_CHARACTERS:]}"


def _thumbnail(value: Any) -> str | None:
    """A small picture as base64 text; None for what cannot be read as a picture."""
    if not isinstance(value, str) or len(value) > THUMBNAIL_FROM_BYTES:
        return None
    from PIL import Image

    bombs = (Image.DecompressionBombWarning, Image.DecompressionBombError)
    made = io.BytesIO()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            picture = Image.open(io.BytesIO(base64.b64decode(value)))
            picture.thumbnail((THUMBNAIL_PIXELS, THUMBNAIL_PIXELS))
            picture.convert("RGBA").save(made, "PNG")
    except (OSError, ValueError, SyntaxError, *bombs):
        return None
    return base64.b64encode(made.getvalue()).decode() + "\n"
