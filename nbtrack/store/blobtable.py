"""Small bytes in a SQL table: one transaction instead of thousands of files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

import zstandard
from sqlalchemy import Connection, select

from nbtrack.store.blobs import BlobStore, digest_of
from nbtrack.store.dialect import upsert
from nbtrack.store.schema import blobs

SMALL_BYTES = 64 * 1024
"""Longer bytes are files: SQLite reads and copies them slower than the file system does."""

_RAW = b"\x00"
_ZSTD = b"\x01"
_COMPRESS_FROM_BYTES = 128
_BATCH = 500

T = TypeVar("T")


def batches(items: Iterable[T]) -> Iterator[list[T]]:
    """Lists short enough for one ``IN (...)``."""
    batch: list[T] = []
    for item in items:
        batch.append(item)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def put_large(files: BlobStore, contents: Iterable[bytes]) -> tuple[list[str], dict[str, bytes]]:
    """Store large ones in files; gives the digests of all, and the small ones for `put_small`."""
    digests: list[str] = []
    small: dict[str, bytes] = {}
    for data in contents:
        if len(data) < SMALL_BYTES:
            digest = digest_of(data)
            small[digest] = data
        else:
            digest = files.put(data)
        digests.append(digest)
    return digests, small


def put_small(connection: Connection, contents: Mapping[str, bytes]) -> None:
    """Store bytes by digest; what is there already stays."""
    missing = set(contents)
    for batch in batches(contents):
        found = connection.execute(select(blobs.c.digest).where(blobs.c.digest.in_(batch)))
        missing.difference_update(found.scalars())
    rows = [{"digest": digest, "data": _encode(contents[digest])} for digest in missing]
    upsert(connection, blobs, rows, update=())


def get_small(connection: Connection, digests: Sequence[str]) -> dict[str, bytes]:
    """The bytes of those digests that are in the table."""
    result: dict[str, bytes] = {}
    # One for all: to make one costs more than to use it.
    unpack = zstandard.ZstdDecompressor().decompress
    for batch in batches(digests):
        statement = select(blobs.c.digest, blobs.c.data).where(blobs.c.digest.in_(batch))
        for digest, data in connection.execute(statement):
            result[digest] = data[1:] if data[:1] == _RAW else unpack(data[1:])
    return result


def _encode(data: bytes) -> bytes:
    if len(data) >= _COMPRESS_FROM_BYTES:
        packed = zstandard.compress(data, 3)
        if len(packed) < len(data):
            return _ZSTD + packed
    return _RAW + data
