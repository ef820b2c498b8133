"""Secrets are masked where a cell is turned into blobs, and kept where a cell is restored.

Masking is a function of the text alone, so a cell that did not change has the same digest in
each revision. A masked text is never written over the secret that it was made from: where the
present text differs from the restored one in masked places only, the present one stays.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nbtrack.config import load_config
from nbtrack.history.normal import Json
from nbtrack.masking import TEXT_MASK, differs_only_masked, mask_code, mask_json


def masked_cell(cell: Json) -> Json:
    """A cell in normal form without secrets; the same object where it has none."""
    if not load_config().mask_secrets:
        return cell
    source = cell["source"]
    hidden: Json = {"source": mask_code(source), "metadata": mask_json(cell["metadata"])}
    if "outputs" in cell:
        hidden["outputs"] = [mask_json(output) for output in cell["outputs"]]
    changed = {key: value for key, value in hidden.items() if value != cell[key]}
    return {**cell, **changed} if changed else cell


def masked_metadata(metadata: Json) -> Json:
    """A notebook's metadata without secrets."""
    return mask_json(metadata) if load_config().mask_secrets else metadata


def masked_cells(document: Mapping[str, Any]) -> list[str]:
    """Ids of the cells of a document whose source has masked places."""
    return [cell["id"] for cell in document["cells"] if TEXT_MASK in cell["source"]]


def unmasked(restored: Any, present: Any) -> Any:
    """What is to be written for a restored JSON value: the present text where only masks differ.

    Args:
        restored: from a revision.
        present: what stands there now; anything, where nothing comparable does.
    """
    if isinstance(restored, str):
        same = isinstance(present, str) and differs_only_masked(restored, present)
        return present if same else restored
    if isinstance(restored, Mapping) and isinstance(present, Mapping):
        return {key: unmasked(value, present.get(key)) for key, value in restored.items()}
    if isinstance(restored, list) and isinstance(present, list) and len(restored) == len(present):
        return [unmasked(*pair) for pair in zip(restored, present, strict=True)]
    return restored
