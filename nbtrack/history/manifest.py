"""From a notebook document to content-addressed pieces, and exactly back.

Every piece (a source, a metadata object, an output, attachments) is a blob named by the
SHA-256 of its bytes; a manifest is the list of those names. So a revision in which one cell
changed costs that cell, and two revisions are compared by names alone.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from nbtrack.entities import CellVersion, Manifest
from nbtrack.errors import BlobMissingError
from nbtrack.history.large import limited_cell
from nbtrack.history.masks import masked_cell, masked_metadata
from nbtrack.history.normal import Json, NormalNotebook, normalise


def digest_of(content: bytes) -> str:
    """The name of a blob: hex SHA-256 of its bytes."""
    return hashlib.sha256(content).hexdigest()


def json_bytes(value: Any) -> bytes:
    """The one spelling of a JSON value.

    The standard library's encoder, because it is exact where faster ones are not: integers of
    any size, NaN, lone surrogates.
    """
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "surrogatepass")


def text_bytes(text: str) -> bytes:
    """A source as it is stored."""
    return text.encode("utf-8", "surrogatepass")


def bytes_text(content: bytes) -> str:
    """A stored source as text."""
    return content.decode("utf-8", "surrogatepass")


@dataclass(frozen=True, slots=True)
class EncodedCell:
    """A cell version and the blobs it names."""

    version: CellVersion
    blobs: Mapping[str, bytes]


@dataclass(frozen=True)
class EncodedNotebook:
    """A document in pieces.

    Args:
        manifest: which pieces, in order.
        blobs: pieces that may not be in the store yet.
        made_ids: ids of cells that had none in the document.
    """

    manifest: Manifest
    blobs: Mapping[str, bytes] = field(repr=False)
    made_ids: frozenset[str] = frozenset()

    @cached_property
    def text_digest(self) -> str:
        """Names ids, types, sources and order."""
        return text_digest(self.manifest)

    @cached_property
    def content_digest(self) -> str:
        """Names everything, outputs and metadata included."""
        return content_digest(self.manifest)

    @property
    def own_ids(self) -> frozenset[str]:
        """Ids that the document itself gave its cells."""
        return frozenset(cell.cell_id for cell in self.manifest.cells) - self.made_ids


def encode_cell(cell: Json) -> EncodedCell:
    """A cell in normal form as a cell version with its blobs.

    Secrets are masked, and outputs above the limit give way to what they were.
    """
    cell = masked_cell(limited_cell(cell))
    blobs: dict[str, bytes] = {}

    def name(content: bytes) -> str:
        digest = digest_of(content)
        blobs[digest] = content
        return digest

    attachments = cell.get("attachments")
    version = CellVersion(
        cell_id=cell["id"],
        cell_type=cell["cell_type"],
        source_digest=name(text_bytes(cell["source"])),
        metadata_digest=name(json_bytes(cell["metadata"])),
        output_digests=tuple(name(json_bytes(output)) for output in cell.get("outputs", ())),
        attachments_digest=name(json_bytes(attachments)) if attachments else None,
        execution_count=cell.get("execution_count"),
    )
    return EncodedCell(version, blobs)


def encode(document: Mapping[str, Any]) -> EncodedNotebook:
    """Any nbformat 4 document in pieces.

    Raises:
        UsageError: it is not a notebook of nbformat 4.
    """
    return encode_normal(normalise(document))


def encode_normal(notebook: NormalNotebook) -> EncodedNotebook:
    """A document in normal form in pieces."""
    metadata = json_bytes(masked_metadata(notebook.metadata))
    blobs = {digest_of(metadata): metadata}
    versions = []
    for cell in notebook.cells:
        encoded = encode_cell(cell)
        versions.append(encoded.version)
        blobs.update(encoded.blobs)
    manifest = Manifest(
        cells=tuple(versions),
        metadata_digest=digest_of(metadata),
        nbformat_minor=notebook.nbformat_minor,
    )
    return EncodedNotebook(manifest, blobs, notebook.made_ids)


def text_digest(manifest: Manifest) -> str:
    """Digest of cell ids, types, sources and order: equal means the same code."""
    return digest_of(
        json_bytes([[cell.cell_id, cell.cell_type, cell.source_digest] for cell in manifest.cells])
    )


def content_digest(manifest: Manifest) -> str:
    """Digest of the whole manifest: equal means the same document."""
    head = [manifest.nbformat, manifest.nbformat_minor, manifest.metadata_digest]
    return digest_of(json_bytes([head, manifest.listed_cells()]))


def manifest_digests(manifest: Manifest, *, outputs: bool = True) -> set[str]:
    """Every blob a manifest names."""
    digests = {manifest.metadata_digest}
    for cell in manifest.cells:
        digests |= {cell.source_digest, cell.metadata_digest}
        if cell.attachments_digest:
            digests.add(cell.attachments_digest)
        if outputs:
            digests.update(cell.output_digests)
    return digests


def rebuild(manifest: Manifest, blobs: Mapping[str, bytes], *, outputs: bool = True) -> Json:
    """The document of a manifest, in normal form.

    Args:
        manifest: what the document is made of.
        blobs: at least those that `manifest_digests` names.
        outputs: without them code cells come back unexecuted.

    Raises:
        BlobMissingError: a piece is not among ``blobs``.
    """
    try:
        return {
            "cells": [rebuild_cell(cell, blobs, outputs=outputs) for cell in manifest.cells],
            "metadata": json.loads(blobs[manifest.metadata_digest]),
            "nbformat": manifest.nbformat,
            "nbformat_minor": manifest.nbformat_minor,
        }
    except KeyError as error:
        raise BlobMissingError(f"a piece of the notebook is not stored: {error.args[0]}") from error


def rebuild_cell(cell: CellVersion, blobs: Mapping[str, bytes], *, outputs: bool = True) -> Json:
    """One cell of a document."""
    rebuilt: Json = {
        "id": cell.cell_id,
        "cell_type": cell.cell_type,
        "metadata": json.loads(blobs[cell.metadata_digest]),
        "source": bytes_text(blobs[cell.source_digest]),
    }
    if cell.attachments_digest:
        rebuilt["attachments"] = json.loads(blobs[cell.attachments_digest])
    if cell.cell_type == "code":
        rebuilt["execution_count"] = cell.execution_count if outputs else None
        rebuilt["outputs"] = (
            [json.loads(blobs[digest]) for digest in cell.output_digests] if outputs else []
        )
    return rebuilt
