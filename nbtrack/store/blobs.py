"""Bytes by content: files named by their SHA-256, in a directory or behind any fsspec URL.

Imported by the kernel's hot path, so nothing heavy is loaded: a local directory needs only
the standard library, and fsspec is imported for a root with ``://`` alone.
"""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

from nbtrack.errors import BlobMissingError, StoreError, UsageError
from nbtrack.store.files import sync_file, whole_file


def digest_of(data: bytes) -> str:
    """The lower-case hex SHA-256 that names these bytes."""
    return hashlib.sha256(data).hexdigest()


def blob_root(location: str) -> str:
    """Where the blobs of a store at a local directory are."""
    return str(Path(location) / "blobs")


class _Files(Protocol):
    """What a blob store needs of the place where its files are."""

    def write(self, name: str, data: bytes) -> None: ...

    def read(self, name: str) -> bytes: ...

    def size(self, name: str) -> int | None: ...

    def remove(self, name: str) -> None: ...

    def names(self) -> Iterator[str]: ...

    def renew(self, name: str) -> bool: ...


class _LocalFiles:
    def __init__(self, root: Path) -> None:
        self._root = root

    def write(self, name: str, data: bytes) -> None:
        target = self._root / name
        _make_private(target.parent)
        with whole_file(target, ".new-") as stream:
            stream.write(data)

    def read(self, name: str) -> bytes:
        return (self._root / name).read_bytes()

    def size(self, name: str) -> int | None:
        try:
            return (self._root / name).stat().st_size
        except FileNotFoundError:
            return None

    def remove(self, name: str) -> None:
        (self._root / name).unlink(missing_ok=True)

    def names(self) -> Iterator[str]:
        for path in self._root.glob("??/??/*"):
            yield path.name

    def renew(self, name: str) -> bool:
        try:
            os.utime(self._root / name)
        except FileNotFoundError:
            return False
        except PermissionError:
            return True
        except OSError as error:
            if error.errno != errno.EROFS:
                raise
        return True


def _make_private(directory: Path) -> None:
    """Make a directory and those above it that are missing, all 0700: ``parents=True`` would
    leave the upper ones to the umask.
    """
    try:
        directory.mkdir(mode=0o700, exist_ok=True)
    except FileNotFoundError:
        _make_private(directory.parent)
        directory.mkdir(mode=0o700, exist_ok=True)


class _RemoteFiles:
    def __init__(self, url: str) -> None:
        from fsspec.core import url_to_fs

        fs, root = url_to_fs(url)
        self._fs: Any = fs
        self._root: str = root.rstrip("/")

    def write(self, name: str, data: bytes) -> None:
        # An object store's put is atomic: no temporary name is needed there.
        path = f"{self._root}/{name}"
        self._fs.makedirs(path.rpartition("/")[0], exist_ok=True)
        self._fs.pipe_file(path, data)

    def read(self, name: str) -> bytes:
        return bytes(self._fs.cat_file(f"{self._root}/{name}"))

    def size(self, name: str) -> int | None:
        try:
            return int(self._fs.size(f"{self._root}/{name}"))
        except FileNotFoundError:
            return None

    def remove(self, name: str) -> None:
        if self._fs.exists(f"{self._root}/{name}"):
            self._fs.rm_file(f"{self._root}/{name}")

    def names(self) -> Iterator[str]:
        for path in self._fs.find(self._root):
            yield str(path).rpartition("/")[2]

    def renew(self, name: str) -> bool:
        # Nothing is collected there, so nothing needs a time.
        return True


class BlobStore:
    """Immutable bytes by digest.

    Args:
        root_url: a directory, or an fsspec URL such as ``s3://bucket/prefix``.
    """

    def __init__(self, root_url: str | os.PathLike[str]) -> None:
        self.root_url = str(root_url)
        self._files: _Files
        if "://" in self.root_url:
            self._files = _RemoteFiles(self.root_url)
        else:
            self._files = _LocalFiles(Path(self.root_url))

    def put(self, data: bytes) -> str:
        """Store bytes; storing the same again is free.

        Returns:
            Their digest.

        Raises:
            StoreError: they cannot be written.
        """
        digest = digest_of(data)
        name = _name(digest)
        try:
            # A collection of garbage spares what was stored again a moment ago.
            if self._files.size(name) != len(data) or not self._files.renew(name):
                self._files.write(name, data)
        except OSError as error:
            raise StoreError(f"cannot write to {self.root_url}: {error}") from error
        return digest

    def sync(self, digest: str) -> None:
        """Have bytes that were stored survive a power cut; a place behind a URL sees to it itself.

        Raises:
            StoreError: the disk refused.
        """
        if "://" in self.root_url:
            return
        try:
            sync_file(Path(self.root_url, _name(digest)))
        except FileNotFoundError:
            return
        except OSError as error:
            raise StoreError(f"the disk of {self.root_url} failed: {error}") from error

    def get(self, digest: str) -> bytes:
        """The bytes of a digest.

        Raises:
            BlobMissingError: they are not here.
            StoreError: they cannot be read.
        """
        try:
            return self._files.read(_name(digest))
        except FileNotFoundError as error:
            raise BlobMissingError(f"no bytes with digest {digest} in {self.root_url}") from error
        except OSError as error:
            raise StoreError(f"cannot read from {self.root_url}: {error}") from error

    def exists(self, digest: str) -> bool:
        """Whether the bytes of a digest are here."""
        return self._files.size(_name(digest)) is not None

    def remove(self, digest: str) -> None:
        """Take the bytes of a digest away; fine where they are not here."""
        self._files.remove(_name(digest))

    def digests(self) -> Iterator[str]:
        """What is here, in no order."""
        return (name for name in self._files.names() if len(name) == 64 and set(name) <= _HEX)

    def size(self, digest: str) -> int:
        """How many bytes a digest stands for.

        Raises:
            BlobMissingError: they are not here.
        """
        size = self._files.size(_name(digest))
        if size is None:
            raise BlobMissingError(f"no bytes with digest {digest} in {self.root_url}")
        return size

    def local_path(self, digest: str) -> Path:
        """The file of a digest, whether it is there or not.

        Raises:
            UsageError: the bytes are not kept in a local directory, or it is no digest.
        """
        return self._local_root() / _name(digest)

    def local_files(self, *, prefix: str = "") -> Iterator[Path]:
        """Every file whose name is a digest, or a digest after a prefix.

        Raises:
            UsageError: the bytes are not kept in a local directory.
        """
        for path in self._local_root().glob(f"??/??/{prefix}{'?' * 64}"):
            if set(path.name.removeprefix(prefix)) <= _HEX:
                yield path

    def _local_root(self) -> Path:
        if "://" in self.root_url:
            raise UsageError(f"{self.root_url} is no local directory")
        return Path(self.root_url)


def _name(digest: str) -> str:
    # Two levels of 256 keep directories short with millions of blobs.
    if len(digest) != 64 or not set(digest) <= _HEX:
        raise UsageError(f"{digest!r} is no digest: 64 lower-case hex characters are")
    return f"{digest[:2]}/{digest[2:4]}/{digest}"


_HEX = frozenset("0123456789abcdef")
