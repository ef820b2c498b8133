"""How the manifests of revisions are stored: as what differs from the revision before.

Most revisions change a cell or two of many. So a manifest is compressed with the text of the
one before as the dictionary, and takes about the bytes of its new digests. At the latest after
`MAX_DEPTH` such steps one is stored whole, so that reading any takes a bounded time.

A stored manifest is either a zstandard frame (whole), or ``\\x01``, the depth in one byte, the 16
bytes of the id of the revision it builds on, and a frame. Frames have checksums: a manifest that
does not fit what it builds on is an error and never another manifest.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from types import MappingProxyType

import zstandard
from sqlalchemy import Connection, select, update

from nbtrack.entities import CellVersion, Manifest
from nbtrack.errors import NotFoundError, StoreError
from nbtrack.store.schema import revisions

MAX_DEPTH = 100
DELTA = 1
"""The first byte of a manifest that builds on another one."""
_HEAD_BYTES = 18
_LEVEL = 6
_CACHED_BYTES = 4 << 20
"""Of texts; the manifests beside them take a few times as much."""


def manifest_text(manifest: Manifest) -> bytes:
    """A manifest as JSON."""
    head = [manifest.nbformat, manifest.nbformat_minor, manifest.metadata_digest]
    return json.dumps([*head, manifest.listed_cells()], separators=(",", ":")).encode()


def manifest_of(text: bytes) -> Manifest:
    """The manifest that `manifest_text` wrote."""
    nbformat, nbformat_minor, metadata_digest, cells = json.loads(text)
    return Manifest(
        cells=tuple(
            CellVersion(cell_id, cell_type, source, metadata, tuple(outputs), attachments, count)
            for cell_id, cell_type, source, metadata, outputs, attachments, count in cells
        ),
        metadata_digest=metadata_digest,
        nbformat=nbformat,
        nbformat_minor=nbformat_minor,
    )


def whole(text: bytes) -> bytes:
    """A manifest's text as it is stored by itself."""
    return zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True).compress(text)


def whole_manifest(stored: bytes) -> Manifest:
    """The manifest that is stored whole, as archives have it."""
    return manifest_of(zstandard.decompress(stored))


def is_delta(stored: bytes) -> bool:
    """Whether a stored manifest builds on another one."""
    return stored[:1] == bytes([DELTA])


def check_stored(stored: bytes) -> None:
    """Look at a stored manifest as far as that is possible without others.

    Raises:
        ValueError, zstandard.ZstdError: it is none.
    """
    if not is_delta(stored):
        whole_manifest(stored)
    elif len(stored) <= _HEAD_BYTES or not 1 <= stored[1] <= MAX_DEPTH:
        raise ValueError("the head of a manifest is damaged")


def _delta(text: bytes, base_id: str, base: bytes, depth: int) -> bytes:
    words = zstandard.ZstdCompressionDict(base, dict_type=zstandard.DICT_TYPE_RAWCONTENT)
    packer = zstandard.ZstdCompressor(level=_LEVEL, dict_data=words, write_checksum=True)
    return bytes([DELTA, depth]) + bytes.fromhex(base_id) + packer.compress(text)


def _undelta(stored: bytes, base: bytes) -> bytes:
    words = zstandard.ZstdCompressionDict(base, dict_type=zstandard.DICT_TYPE_RAWCONTENT)
    return zstandard.ZstdDecompressor(dict_data=words).decompress(stored[_HEAD_BYTES:])


def _depth(stored: bytes) -> int:
    return stored[1] if is_delta(stored) else 0


def _base_id(stored: bytes) -> str:
    return stored[2:_HEAD_BYTES].hex()


@dataclass(frozen=True, slots=True)
class _Held:
    stored: bytes
    text: bytes
    manifest: Manifest | None


class ManifestCache:
    """Texts of manifests that were read or written a moment ago; safe for threads.

    What is stored is compared before a text is used, as `Store.forget` changes it.
    """

    def __init__(self) -> None:
        self._held: OrderedDict[str, _Held] = OrderedDict()
        self._size = 0
        self._lock = Lock()

    def get(self, revision_id: str, stored: bytes) -> _Held | None:
        """What is held of a manifest that is stored like this."""
        with self._lock:
            held = self._held.get(revision_id)
            if held is None or held.stored != stored:
                return None
            self._held.move_to_end(revision_id)
            return held

    def put(
        self, revision_id: str, stored: bytes, text: bytes, manifest: Manifest | None = None
    ) -> None:
        """Hold a text, and the manifest that it is; let go of the oldest ones."""
        with self._lock:
            before = self._held.pop(revision_id, None)
            self._size -= len(before.text) if before is not None else 0
            self._held[revision_id] = _Held(stored, text, manifest)
            self._size += len(text)
            while self._size > _CACHED_BYTES and len(self._held) > 1:
                self._size -= len(self._held.popitem(last=False)[1].text)


class Manifests:
    """Reading and writing manifests in one transaction.

    Args:
        connection: in it.
        cache: texts that are known already.
    """

    def __init__(self, connection: Connection, cache: ManifestCache | None = None) -> None:
        self._connection = connection
        self._cache = cache or ManifestCache()

    def get(self, revision_id: str) -> Manifest:
        """The manifest of a revision.

        Raises:
            NotFoundError: no such revision.
            StoreError: it cannot be read any more.
        """
        stored = self._stored(revision_id)
        held = self._cache.get(revision_id, stored)
        if held is not None and held.manifest is not None:
            return held.manifest
        text = self.text(revision_id, {revision_id: stored})
        manifest = manifest_of(text)
        self._cache.put(revision_id, stored, text, manifest)
        return manifest

    def text(self, revision_id: str, known: Mapping[str, bytes] = MappingProxyType({})) -> bytes:
        """The same as JSON.

        Args:
            revision_id: whose.
            known: what is stored of it and of others, as far as that was read already.
        """
        chain: list[tuple[str, bytes]] = []
        text: bytes | None = None
        wanted = revision_id
        while text is None:
            stored = known.get(wanted) or self._stored(wanted)
            held = self._cache.get(wanted, stored)
            text = held.text if held is not None else None
            if text is None and not is_delta(stored):
                text = zstandard.decompress(stored)
            if text is None:
                chain.append((wanted, stored))
                wanted = _base_id(stored)
                if len(chain) == 2 and wanted not in known:
                    # A long way: what it leads over is fetched at once.
                    known = self._before(wanted, _depth(stored))
        for each, stored in reversed(chain):
            try:
                text = _undelta(stored, text)
            except zstandard.ZstdError as error:
                raise StoreError(
                    f"the list of cells of revision {each} is damaged: 'nbtrack doctor --repair' "
                    "says what can be mended"
                ) from error
        if chain:
            self._cache.put(revision_id, chain[0][1], text)
        return text

    def pack(self, manifest: Manifest, before_id: str | None) -> tuple[bytes, bytes]:
        """How a manifest is to be stored after another one, and its text."""
        text = manifest_text(manifest)
        if before_id is None:
            return whole(text), text
        before = self._stored(before_id)
        return self._packed(text, before_id, before, _depth(before)), text

    def _packed(self, text: bytes, before_id: str, before: bytes, depth: int) -> bytes:
        if depth >= MAX_DEPTH:
            return whole(text)
        stored = _delta(text, before_id, self.text(before_id, {before_id: before}), depth + 1)
        if len(stored) < len(text) // 8:
            return stored
        return min(stored, whole(text), key=len)

    def each(self, notebook_id: str | None = None) -> Iterator[tuple[str, Manifest]]:
        """Every revision's manifest, of one notebook or of all, in the order of the histories."""
        known: dict[str, bytes] = {}
        for revision_id, stored in self._rows(notebook_id):
            known[revision_id] = stored
            text = self.text(revision_id, known)
            self._cache.put(revision_id, stored, text)
            yield revision_id, manifest_of(text)
            known = {revision_id: stored}

    def make_whole(self, notebook_id: str, on: Collection[str] | None = None) -> None:
        """Store whole what builds on other revisions, so that these can change or go.

        Args:
            notebook_id: of which notebook.
            on: what builds on these; on any by default.
        """
        for revision_id, stored in self._rows(notebook_id):
            if is_delta(stored) and (on is None or _base_id(stored) in on):
                self.write(revision_id, whole(self.text(revision_id)))

    def repack(self, notebook_id: str) -> None:
        """Store what is whole as what differs from the revision before, where that is allowed."""
        before_id, before, depth = None, b"", 0
        for revision_id, stored in self._rows(notebook_id):
            if is_delta(stored) and _base_id(stored) == before_id and depth < MAX_DEPTH:
                packed = bytes([DELTA, depth + 1]) + stored[2:]
            elif is_delta(stored):
                packed = whole(self.text(revision_id))
            elif before_id is not None:
                text = zstandard.decompress(stored)
                packed = self._packed(text, before_id, before, depth)
            else:
                packed = stored
            if packed != stored:
                self.write(revision_id, packed)
            before_id, before = revision_id, packed
            depth = depth + 1 if is_delta(packed) else 0

    def write(self, revision_id: str, stored: bytes) -> None:
        """Replace what is stored for a revision."""
        self._connection.execute(
            update(revisions).where(revisions.c.revision_id == revision_id).values(manifest=stored)
        )

    def _rows(self, notebook_id: str | None) -> Sequence[tuple[str, bytes]]:
        statement = select(revisions.c.revision_id, revisions.c.manifest)
        if notebook_id is not None:
            statement = statement.where(revisions.c.notebook_id == notebook_id)
        order = (revisions.c.notebook_id, revisions.c.number)
        found = self._connection.execute(statement.order_by(*order)).all()
        return [(row.revision_id, row.manifest) for row in found]

    def _stored(self, revision_id: str) -> bytes:
        stored = self._connection.execute(
            select(revisions.c.manifest).where(revisions.c.revision_id == revision_id)
        ).scalar()
        if stored is None:
            raise NotFoundError("revision", revision_id)
        return bytes(stored)

    def _before(self, revision_id: str, count: int) -> dict[str, bytes]:
        """What is stored of a revision and of so many before it."""
        place = select(revisions.c.notebook_id, revisions.c.number).where(
            revisions.c.revision_id == revision_id
        )
        found = self._connection.execute(place).first()
        if found is None:
            return {}
        rows = self._connection.execute(
            select(revisions.c.revision_id, revisions.c.manifest)
            .where(revisions.c.notebook_id == found.notebook_id)
            .where(revisions.c.number <= found.number)
            .order_by(revisions.c.number.desc())
            .limit(count + 1)
        )
        return {row.revision_id: row.manifest for row in rows}
