"""Which captured values look like credentials: they are never recorded."""

from __future__ import annotations

from nbtrack.masking import MASK, mask_value

__all__ = ["MASK", "masked"]


def masked(key: str, value: object, text: str) -> str:
    """A value's text, or a mask when its name or its form says that it is a credential.

    Numbers are not masked: ``max_tokens = 256`` is a setting.
    """
    return mask_value(key, value, text)
