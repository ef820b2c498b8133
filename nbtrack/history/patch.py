"""A difference between two states of a notebook as a patch in nbdime's diff format.

The format: a list of operations with an ``op`` and a ``key``; ``add``, ``remove``, ``replace``
and ``patch`` in objects, ``addrange``, ``removerange`` and ``patch`` in lists, and in texts the
same as in a list of their lines. See https://nbdime.readthedocs.io, "diff format". Cells are
matched as in every comparison here, so a cell that moved is taken out and put in whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import Any

from nbtrack.history.diff import ManifestDiff
from nbtrack.history.manifest import json_bytes
from nbtrack.history.sides import Side

Patch = list[dict[str, Any]]

_TEXTS = ("source", "text")
"""Members that are texts of several lines."""


def notebook_patch(old: Side, new: Side, found: ManifestDiff) -> Patch:
    """The patch that makes the new side's document of the old one's.

    Args:
        old, new: both sides.
        found: how they differ.

    Raises:
        BlobMissingError: a piece of a document is not in the store.
    """
    before, after = old.document(), new.document()
    stayed = [
        (delta.old_index, delta.new_index)
        for delta in found.cells
        if delta.old_index is not None and delta.new_index is not None and not delta.moved
    ]
    cells = _sequence(before["cells"], after["cells"], stayed)
    rest = _members({**before, "cells": None}, {**after, "cells": None})
    return [*([_patch("cells", cells)] if cells else []), *rest]


def _sequence(old: Sequence[Any], new: Sequence[Any], stayed: Sequence[tuple[int, int]]) -> Patch:
    """From one list to another: items that stayed, in order on both sides, and all others."""
    patch: Patch = []
    old_at = new_at = 0
    for old_index, new_index in [*stayed, (len(old), len(new))]:
        if new_index > new_at:
            added = list(new[new_at:new_index])
            patch.append({"op": "addrange", "key": old_at, "valuelist": added})
        if old_index > old_at:
            patch.append({"op": "removerange", "key": old_at, "length": old_index - old_at})
        if old_index < len(old) and (inner := _members(old[old_index], new[new_index])):
            patch.append(_patch(old_index, inner))
        old_at, new_at = old_index + 1, new_index + 1
    return patch


def _members(old: dict[str, Any], new: dict[str, Any]) -> Patch:
    """From one object to another."""
    patch: Patch = []
    for key in sorted(old.keys() | new.keys()):
        if key not in new:
            patch.append({"op": "remove", "key": key})
        elif key not in old:
            patch.append({"op": "add", "key": key, "value": new[key]})
        elif json_bytes(old[key]) != json_bytes(new[key]):
            patch.append(_value(key, old[key], new[key]))
    return patch


def _value(key: str, old: Any, new: Any) -> dict[str, Any]:
    if isinstance(old, dict) and isinstance(new, dict):
        return _patch(key, _members(old, new))
    if key == "outputs" and isinstance(old, list) and isinstance(new, list):
        return _patch(key, _runs([json_bytes(item) for item in old], old, new))
    if key in _TEXTS and isinstance(old, str) and isinstance(new, str) and old and new:
        before, after = old.splitlines(keepends=True), new.splitlines(keepends=True)
        return _patch(key, _runs(before, before, after))
    return {"op": "replace", "key": key, "value": new}


def _runs(old_keys: Sequence[Any], old: Sequence[Any], new: Sequence[Any]) -> Patch:
    """From one list to another by runs of equal items."""
    new_keys = new if old_keys is old else [json_bytes(item) for item in new]
    matcher = SequenceMatcher(None, old_keys, new_keys, autojunk=False)
    patch: Patch = []
    for kind, old_from, old_to, new_from, new_to in matcher.get_opcodes():
        if kind != "equal" and new_to > new_from:
            added = list(new[new_from:new_to])
            patch.append({"op": "addrange", "key": old_from, "valuelist": added})
        if kind != "equal" and old_to > old_from:
            patch.append({"op": "removerange", "key": old_from, "length": old_to - old_from})
    return patch


def _patch(key: str | int, diff: Patch) -> dict[str, Any]:
    return {"op": "patch", "key": key, "diff": diff}
