"""Which bytes the rows of a store refer to.

Whoever adds a column with a digest says here whether it names bytes of the store; a test
compares this with the schema.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from typing import Any

from sqlalchemy import Column, Connection, select

from nbtrack.entities import Manifest
from nbtrack.errors import BlobMissingError
from nbtrack.store.blobs import BlobStore
from nbtrack.store.blobtable import batches, get_small
from nbtrack.store.manifests import Manifests
from nbtrack.store.schema import artifacts, executions, notebooks, revisions, run_datasets, runs

BLOB_COLUMNS: tuple[Column[Any], ...] = (
    executions.c.source_digest,
    runs.c.environment_digest,
    runs.c.report_digest,
    artifacts.c.digest,
    run_datasets.c.document_digest,
)
DOCUMENT_COLUMNS: tuple[Column[Any], ...] = (
    runs.c.environment_digest,
    runs.c.report_digest,
    run_datasets.c.document_digest,
)
"""Of JSON documents, which may name further bytes: the sources of imported modules, for one."""

NO_BLOBS = frozenset(
    {
        "blobs.digest",
        "run_datasets.digest",
        "revisions.text_digest",
        "revisions.content_digest",
        "texts.image_digest",
    }
)
"""Digests of something else: of files that are not kept, or of a manifest."""

_DIGEST = re.compile(rb"[0-9a-f]{64}")
_DOCUMENT_BYTES = 64 << 20
"""A longer document is none of ours."""


def digests_in(data: bytes) -> Iterator[str]:
    """Whatever looks like a digest in some bytes."""
    return (found.decode() for found in _DIGEST.findall(data))


def manifest_blobs(manifest: Manifest) -> Iterator[str]:
    """Every digest that a manifest names."""
    yield manifest.metadata_digest
    for cell in manifest.cells:
        yield cell.source_digest
        yield cell.metadata_digest
        yield from cell.output_digests
        if cell.attachments_digest:
            yield cell.attachments_digest


def referenced(
    connection: Connection,
    files: BlobStore,
    *,
    without_runs: Collection[str] = (),
    without_executions: Collection[str] = (),
) -> set[str]:
    """Every digest that the rows refer to, those within documents and manifests included.

    Args:
        connection: in a transaction.
        files: where longer bytes are.
        without_runs, without_executions: rows of these do not count.
    """
    gone = {executions.name: without_executions}
    found: set[str] = set()
    documents: set[str] = set()
    for column in BLOB_COLUMNS:
        owner = next(iter(column.table.primary_key.columns))
        skip = gone.get(column.table.name, without_runs)
        statement = select(owner, column) if skip else select(column, column).distinct()
        rows = connection.execute(statement.where(column.is_not(None)))
        digests = {digest for key, digest in rows if not skip or key not in skip}
        found |= digests
        if column in DOCUMENT_COLUMNS:
            documents |= digests
    for _, manifest in Manifests(connection).each():
        found.update(manifest_blobs(manifest))
    found.update(named_in_documents(connection, files, documents))
    return found


def named_in_documents(
    connection: Connection, files: BlobStore, documents: Iterable[str]
) -> Iterator[str]:
    """Digests that stand in JSON documents; a document that is missing names none."""
    for batch in batches(documents):
        small = get_small(connection, batch)
        for digest in batch:
            data = small.get(digest)
            if data is None:
                try:
                    if files.size(digest) > _DOCUMENT_BYTES:
                        continue
                    data = files.get(digest)
                except BlobMissingError:
                    continue
            yield from digests_in(data)


def needs(connection: Connection) -> Iterator[tuple[str, str]]:
    """Every digest that a row needs, with what needs it, as a person would say it."""
    queries = (
        (artifacts.c.digest, artifacts.c.run_id, artifacts.c.path, "artifact {1} of run {0}"),
        (runs.c.environment_digest, runs.c.run_id, None, "the environment of run {0}"),
        (runs.c.report_digest, runs.c.run_id, None, "the capture report of run {0}"),
        (
            run_datasets.c.document_digest,
            run_datasets.c.run_id,
            run_datasets.c.name,
            "the description of dataset {1} of run {0}",
        ),
        (executions.c.source_digest, executions.c.msg_id, None, "the code of execution {0}"),
    )
    for column, owner, name, words in queries:
        columns = [column, owner] if name is None else [column, owner, name]
        for digest, *said in connection.execute(select(*columns).where(column.is_not(None))):
            yield digest, words.format(*said)
    statement = select(revisions.c.revision_id, revisions.c.number, notebooks.c.path).join(
        notebooks, notebooks.c.notebook_id == revisions.c.notebook_id
    )
    places = {key: (number, path) for key, number, path in connection.execute(statement)}
    for revision_id, manifest in Manifests(connection).each():
        number, path = places[revision_id]
        for digest in manifest_blobs(manifest):
            yield digest, f"revision r{number} of {path}"
