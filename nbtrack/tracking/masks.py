"""Secrets are masked in every record, on its way into the journal: nothing else writes there.

Values that the user logged by hand are masked as well, and a warning says so once.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

from nbtrack.config import load_config
from nbtrack.records import (
    CaptureIncomplete,
    CaptureReported,
    DatasetLogged,
    ExecutionEnded,
    ExecutionStarted,
    ParamLogged,
    Record,
    RunEnded,
    RunRenamed,
    RunStarted,
    TagSet,
)

MAX_MESSAGE = 2000
"""Characters of an error's message that are kept."""
_logger = logging.getLogger("nbtrack")
_MADE_UP = re.compile(r"[a-z]{1,16}-[a-z]{1,16}(?:-\d{1,6})?\Z")
"""Names that nbtrack gives: the patterns of secrets need not be loaded for these."""


def masked_record(record: Record) -> Record:
    """The record without secrets; the same one where it holds none, or masking is off."""
    mask = _MASKS.get(type(record))
    if mask is None:
        return record
    masked: Record = mask(record)
    # Settings are read only where they matter: that takes longer than most records do.
    return masked if masked is record or load_config().mask_secrets else record


def masked_field(kind: str, key: str, text: str, *, explicit: bool = True) -> str:
    """A param's or tag's text as it may be recorded, where masking is on.

    Args:
        kind: ``param`` or ``tag``, for the warning.
        key: its key.
        text: its value.
        explicit: the user logged it, and is to know that it was masked.
    """
    if not load_config().mask_secrets:
        return text
    from nbtrack.masking import mask_value

    masked = mask_value(key, text, text)
    if masked != text and explicit:
        _tell(kind, key)
    return masked


@cache
def _tell(kind: str, key: str) -> None:
    _logger.warning(
        "nbtrack: the value of %s %r looks like a secret and is masked. "
        "NbtrackConfig.mask_secrets = False records such values.",
        kind,
        key,
    )


def mask_text(text: str) -> str:
    """See `nbtrack.masking.mask_text`: its patterns are loaded with the first text."""
    if _MADE_UP.match(text):
        return text
    from nbtrack import masking

    return masking.mask_text(text)


def _with(record: Any, **masked: Any) -> Any:
    changed = {name: text for name, text in masked.items() if text != getattr(record, name)}
    return replace(record, **changed) if changed else record


def _execution(record: ExecutionStarted) -> ExecutionStarted:
    from nbtrack.masking import mask_code

    return _with(record, source=mask_code(record.source))  # type: ignore[no-any-return]


def _message(record: Any) -> Any:
    message = record.error_message
    # Cut only now: half a token would not be known for one.
    return _with(record, error_message=mask_text(message)[:MAX_MESSAGE]) if message else record


def _param(record: ParamLogged) -> ParamLogged:
    explicit = record.origin is None or record.origin.rule == "explicit"
    text = masked_field("param", record.key, record.value, explicit=explicit)
    return _with(record, value=text)  # type: ignore[no-any-return]


def _tag(record: TagSet) -> TagSet:
    if record.value is None or record.key.startswith("mlflow."):
        # MLflow's own keys are no names that a user chose.
        return _with(record, value=record.value and mask_text(record.value))  # type: ignore[no-any-return]
    return _with(record, value=masked_field("tag", record.key, record.value))  # type: ignore[no-any-return]


def _dataset(record: DatasetLogged) -> DatasetLogged:
    data = record.dataset
    names = ("name", "source", "context", "note")
    hidden = _with(data, **{name: mask_text(getattr(data, name)) for name in names})
    return _with(record, dataset=hidden, document=_document(record.document))  # type: ignore[no-any-return]


def _document(text: str) -> str:
    if mask_text(text) == text:
        return text
    from nbtrack.masking import mask_json

    return json.dumps(mask_json(json.loads(text), by_key=False), ensure_ascii=False)


_MASKS: dict[type, Callable[[Any], Any]] = {
    ExecutionStarted: _execution,
    ExecutionEnded: _message,
    RunStarted: lambda record: _with(record, run_name=mask_text(record.run_name)),
    RunRenamed: lambda record: _with(record, run_name=mask_text(record.run_name)),
    RunEnded: _message,
    ParamLogged: _param,
    TagSet: _tag,
    DatasetLogged: _dataset,
    CaptureReported: lambda record: _with(record, document=_document(record.document)),
    CaptureIncomplete: lambda record: _with(record, reason=mask_text(record.reason)),
}
