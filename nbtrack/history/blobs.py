"""Reading the pieces of notebooks: those just encoded and those already stored."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from nbtrack.history.match import Texts
from nbtrack.store.base import Store


def reader(store: Store, *held: Mapping[str, bytes]) -> Texts:
    """A function that loads blobs by digest, from memory where they are held there."""

    def read(digests: Iterable[str]) -> Mapping[str, bytes]:
        found: dict[str, bytes] = {}
        missing: list[str] = []
        for digest in digests:
            for blobs in held:
                if digest in blobs:
                    found[digest] = blobs[digest]
                    break
            else:
                missing.append(digest)
        if missing:
            found.update(store.get_blobs(missing))
        return found

    return read
