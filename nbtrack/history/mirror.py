"""A live document kept up to date by what changed in it, encoding only the changed cells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from nbtrack.entities import Manifest
from nbtrack.errors import StateError, UsageError
from nbtrack.history.manifest import (
    EncodedNotebook,
    digest_of,
    encode_cell,
    json_bytes,
    manifest_digests,
)
from nbtrack.history.masks import masked_metadata
from nbtrack.history.normal import normalise_cell, normalise_metadata


def apply_delta(
    held: EncodedNotebook,
    *,
    order: Sequence[str],
    cells: Sequence[Mapping[str, Any]] = (),
    metadata: Mapping[str, Any] | None = None,
) -> EncodedNotebook:
    """The document after some of its cells changed.

    Args:
        held: the document before.
        order: ids of all its cells now.
        cells: the new and changed ones, nbformat JSON with ids.
        metadata: the notebook's, if it changed.

    Raises:
        UsageError: a cell cannot be read, or has no valid id, or an id is twice in ``order``.
        StateError: ``order`` names a cell that is neither held nor given: the whole document
            is needed.
    """
    if len(set(order)) != len(order):
        raise UsageError("order: a cell id is there twice")
    versions = {cell.cell_id: cell for cell in held.manifest.cells}
    blobs = dict(held.blobs)
    for index, cell in enumerate(cells):
        normal = normalise_cell(dict(cell), where=f"cells[{index}]")
        if "id" not in normal:
            raise UsageError(f"cells[{index}] has no valid id")
        encoded = encode_cell(normal)
        versions[encoded.version.cell_id] = encoded.version
        blobs.update(encoded.blobs)
    metadata_digest = held.manifest.metadata_digest
    if metadata is not None:
        normal_metadata = normalise_metadata(dict(metadata), where="the notebook")
        content = json_bytes(masked_metadata(normal_metadata))
        metadata_digest = digest_of(content)
        blobs[metadata_digest] = content
    unknown = [cell_id for cell_id in order if cell_id not in versions]
    if unknown:
        raise StateError(f"cell {unknown[0]} is not known here; send the whole notebook")
    manifest: Manifest = replace(
        held.manifest,
        cells=tuple(versions[cell_id] for cell_id in order),
        metadata_digest=metadata_digest,
    )
    used = manifest_digests(manifest)
    pending = {digest: content for digest, content in blobs.items() if digest in used}
    return EncodedNotebook(manifest, pending, held.made_ids & set(order))


def without_blobs(held: EncodedNotebook) -> EncodedNotebook:
    """The same document after its pieces were stored: only their names are kept."""
    return EncodedNotebook(held.manifest, {}, held.made_ids)


def held_bytes(held: EncodedNotebook) -> int:
    """About how much memory a held document takes, in bytes."""
    per_cell = 600
    return per_cell * len(held.manifest.cells) + sum(len(blob) for blob in held.blobs.values())
