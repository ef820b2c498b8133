"""Masks texts, code, JSON and values: what the rest of nbtrack calls."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from nbtrack.masking import assigned, shapes
from nbtrack.masking.names import MASK, is_credential

TEXT_MASK = "***masked***"
"""Stands for a secret inside of a text."""

_TEXT_MIMES = re.compile(r"text/|image/svg|application/(?:.*\+)?(?:json|xml|javascript)\b")
_SKIPPED_KEYS = re.compile(r"(?:image/(?!svg)|audio/|video/|application/(?:pdf|octet-stream))")
_HARMLESS = re.compile(r"(?:.{0,4}|[-+0-9.eE]*)\Z")
"""Numbers, and texts too short to hold a secret and what says that it is one."""
_INLINE = re.compile(r";base64,[A-Za-z0-9+/=]{200,}")
"""An image inside of HTML: long, and random enough to look like anything."""


def mask_text(text: str) -> str:
    """A text without tokens of known shapes, and without values of names like ``password``.

    The same text gives the same result, and masking a masked text changes nothing.
    """
    if _HARMLESS.match(text):
        return text
    looked_at = text if ";base64," not in text else _INLINE.sub(_blank, text)
    lowered = looked_at.lower()
    if len(lowered) != len(text):
        # A few letters (İ) are longer in lower case; then positions would not agree.
        lowered = _lowered_ascii(looked_at)
    found = shapes.spans(looked_at, lowered)
    found += assigned.spans(looked_at, lowered)
    return _replaced(text, found) if found else text


@lru_cache(maxsize=8)
def mask_code(source: str) -> str:
    """A cell's source without secrets; remembers the last few, which are asked for again."""
    return mask_text(source)


def mask_value(key: str, value: object, text: str) -> str:
    """A value's text, masked as a whole where its key or its form says that it is secret.

    Numbers are not masked: ``max_tokens = 256`` is a setting.

    Args:
        key: its name.
        value: the object; a text, where there is only that.
        text: as it is written.
    """
    if isinstance(value, (bool, int, float)) or value is None:
        return text
    if is_credential(key, text):
        return MASK
    masked = mask_text(text)
    if masked == text:
        return text
    return masked if len(text) > 200 or any(space in text for space in " \n\t") else MASK


def mask_json(value: Any, *, by_key: bool = True) -> Any:
    """A JSON value without secrets; the value itself where there are none. Images are skipped.

    Args:
        value: of any depth.
        by_key: whether members whose key is a credential's name are masked.
    """
    if isinstance(value, str):
        masked_text = mask_text(value)
        return value if masked_text == value else masked_text
    if isinstance(value, Mapping):
        masked = {key: _mask_member(key, item, by_key) for key, item in value.items()}
        return masked if any(masked[key] is not value[key] for key in value) else value
    if isinstance(value, Sequence):
        items = [mask_json(item, by_key=by_key) for item in value]
        return items if any(a is not b for a, b in zip(items, value, strict=True)) else value
    return value


def _mask_member(key: Any, value: Any, by_key: bool) -> Any:
    if isinstance(key, str):
        if _SKIPPED_KEYS.match(key):
            return value
        if by_key and isinstance(value, str) and is_credential(key, value):
            return TEXT_MASK
    return mask_json(value, by_key=by_key)


def mask_bytes(data: bytes, media_type: str) -> bytes:
    """The bytes of a text without secrets; other bytes, and text that is not UTF-8, as they are."""
    if not _TEXT_MIMES.match(media_type):
        return data
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return data
    masked = mask_text(text)
    return data if masked == text else masked.encode()


def differs_only_masked(masked: str, text: str) -> bool:
    """Whether ``text`` is what ``masked`` was made from: the same outside of masked places."""
    if TEXT_MASK not in masked:
        return False
    pattern = "(?s:.+?)".join(re.escape(part) for part in masked.split(TEXT_MASK))
    return re.fullmatch(pattern, text) is not None


def _replaced(text: str, found: list[tuple[int, int]]) -> str:
    parts, at = [], 0
    for begin, end in _joined(found):
        if text[begin:end].strip("*") in ("", "masked"):
            continue
        parts += [text[at:begin], TEXT_MASK]
        at = end
    parts.append(text[at:])
    return "".join(parts)


def _joined(found: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The spans in order; those that overlap or touch are one."""
    joined: list[tuple[int, int]] = []
    for begin, end in sorted(found):
        if joined and begin <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        elif end > begin:
            joined.append((begin, end))
    return joined


def _blank(match: re.Match[str]) -> str:
    return " " * len(match[0])


def _lowered_ascii(text: str) -> str:
    return "".join(letter.lower() if letter.isascii() else letter for letter in text)
