"""Keeps secrets out of what is stored: finds them in names, values and texts, and masks them.

Pure functions of text. Whoever turns something into a record or a blob calls them, so that the
same text gives the same masked text in every process, and digests of it compare.
"""

from __future__ import annotations

from nbtrack.masking.names import MASK, is_credential, is_credential_name
from nbtrack.masking.texts import (
    TEXT_MASK,
    differs_only_masked,
    mask_bytes,
    mask_code,
    mask_json,
    mask_text,
    mask_value,
)

__all__ = [
    "MASK",
    "TEXT_MASK",
    "differs_only_masked",
    "is_credential",
    "is_credential_name",
    "mask_bytes",
    "mask_code",
    "mask_json",
    "mask_text",
    "mask_value",
]
