"""The two sides of a comparison: a recorded revision, or a document as it stands.

A side knows what it is made of and where the pieces are, so that an output or a whole document
is read only when somebody looks at it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from nbtrack.entities import Manifest, Revision
from nbtrack.errors import NotFoundError
from nbtrack.history.blobs import reader
from nbtrack.history.diff import ManifestDiff, diff, with_texts
from nbtrack.history.manifest import EncodedNotebook, manifest_digests, rebuild, rebuild_cell
from nbtrack.history.normal import Json
from nbtrack.store.base import Store


@dataclass(frozen=True, slots=True)
class Side:
    """A state of a notebook.

    Args:
        store: where its pieces are.
        manifest: which pieces, in order.
        held: pieces that may not be in the store.
        revision: the revision it is; None for a document that is not recorded.
    """

    store: Store
    manifest: Manifest
    held: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    revision: Revision | None = None

    def document(self) -> Json:
        """The whole notebook in normal form, with outputs. Raises BlobMissingError."""
        return rebuild(self.manifest, self._read(manifest_digests(self.manifest)))

    def cell(self, cell_id: str) -> Json:
        """One cell with its outputs.

        Raises:
            NotFoundError: there is no such cell.
            BlobMissingError: a piece of it is not in the store.
        """
        found = next((cell for cell in self.manifest.cells if cell.cell_id == cell_id), None)
        if found is None:
            raise NotFoundError("cell", cell_id, "This state of the notebook does not have it.")
        wanted = {found.source_digest, found.metadata_digest, *found.output_digests}
        if found.attachments_digest:
            wanted.add(found.attachments_digest)
        return rebuild_cell(found, self._read(wanted))

    def metadata(self) -> Json:
        """The notebook's metadata."""
        digest = self.manifest.metadata_digest
        found: Json = json.loads(self._read({digest})[digest])
        return found

    def _read(self, digests: Iterable[str]) -> Mapping[str, bytes]:
        return reader(self.store, self.held)(digests)


def revision_side(store: Store, revision_id: str) -> Side:
    """A recorded revision as a side. Raises NotFoundError."""
    revision = store.get_revision(revision_id)
    return Side(store, store.get_manifest(revision_id), revision=revision)


def document_side(store: Store, encoded: EncodedNotebook) -> Side:
    """A document as a side; what it does not hold itself is in the store."""
    return Side(store, encoded.manifest, encoded.blobs)


def compare(old: Side, new: Side) -> ManifestDiff:
    """What differs between two sides, with the cells' texts; outputs are not loaded."""
    texts = reader(new.store, old.held, new.held)
    return with_texts(diff(old.manifest, new.manifest, texts), texts)
