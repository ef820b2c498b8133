"""The blob store: bytes by digest, in files or behind a URL."""

from __future__ import annotations

import hashlib
import threading
import uuid
from pathlib import Path

import pytest

from nbtrack.errors import BlobMissingError, StoreError, UsageError
from nbtrack.store.blobs import BlobStore


@pytest.fixture(params=["local", "fsspec"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> BlobStore:
    """A blob store in a directory, and one on fsspec's memory file system."""
    if request.param == "local":
        return BlobStore(tmp_path / "blobs")
    return BlobStore(f"memory://{uuid.uuid4().hex}/blobs")


def test_round_trip(blobs: BlobStore) -> None:
    """Bytes come back by the SHA-256 that names them, with their size."""
    for data in (b"", b"x", bytes(range(256)) * 500):
        digest = blobs.put(data)
        assert digest == hashlib.sha256(data).hexdigest()
        assert blobs.put(data) == digest
        assert blobs.get(digest) == data
        assert blobs.exists(digest)
        assert blobs.size(digest) == len(data)


def test_missing(blobs: BlobStore) -> None:
    """Unknown digests are missing; what is no digest never becomes a path."""
    assert not blobs.exists("0" * 64)
    for call in (blobs.get, blobs.size):
        with pytest.raises(BlobMissingError):
            call("0" * 64)
    for wrong in ("", "../../etc/passwd", "0" * 63 + "G", "A" * 64):
        with pytest.raises(UsageError):
            blobs.get(wrong)


def test_half_written_blob_is_mended(tmp_path: Path) -> None:
    """A file that a crash of the machine cut short is written again."""
    blobs = BlobStore(tmp_path)
    digest = blobs.put(b"whole")
    [path] = [path for path in tmp_path.rglob("*") if path.is_file()]
    path.write_bytes(b"wh")
    assert blobs.put(b"whole") == digest
    assert blobs.get(digest) == b"whole"


def test_many_threads_one_blob(tmp_path: Path) -> None:
    """Threads that store the same bytes leave one whole file and nothing else."""
    blobs = BlobStore(tmp_path)
    data = b"y" * 1_000_000
    threads = [threading.Thread(target=blobs.put, args=(data,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert [path.read_bytes() for path in files] == [data]


def test_place_that_cannot_be_written(tmp_path: Path) -> None:
    """A root that is a file is an error that names it."""
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreError, match="file"):
        BlobStore(tmp_path / "file").put(b"x")
