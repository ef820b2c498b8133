"""Finding revisions by what people write, and reading documents back."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nbtrack.entities import Notebook, Revision
from nbtrack.errors import NotFoundError, UsageError
from nbtrack.history.manifest import manifest_digests, rebuild
from nbtrack.history.normal import Json
from nbtrack.store.base import Store

_NUMBER = re.compile(r"r?([0-9]{1,9})\Z")
_PREFIX = re.compile(r"[0-9a-f]{4,32}\Z")


def resolve_revision(store: Store, notebook_id: str, text: str) -> Revision:
    """The revision that ``text`` names.

    Args:
        store: where it is kept.
        notebook_id: whose.
        text: ``latest``, a number (``12`` or ``r12``), a label, or at least 4 characters of
            the id. What is a number is read as one first.

    Raises:
        NotFoundError: no revision of that name.
        UsageError: several ids begin like that.
    """
    text = text.strip()
    if text == "latest":
        latest = store.get_notebook(notebook_id).latest_revision_id
        if latest is None:
            raise NotFoundError("revision", text, "Nothing of this notebook is recorded yet.")
        return store.get_revision(latest)
    number = _NUMBER.match(text)
    if number and (found := store.find_revision(notebook_id, int(number[1]))) is not None:
        return found
    named = [
        revision
        for revision in all_revisions(store, notebook_id)
        if revision.label == text or (_PREFIX.match(text) and revision.revision_id.startswith(text))
    ]
    if not named:
        raise NotFoundError("revision", text, "`nbtrack history log` lists what there is.")
    exact = [revision for revision in named if revision.label == text]
    if len(named) > 1 and not exact:
        raise UsageError(f"{len(named)} revisions begin with {text!r}; write more of the id")
    return (exact or named)[0]


def all_revisions(store: Store, notebook_id: str) -> Iterator[Revision]:
    """Every revision of a notebook, newest first."""
    token: str | None = None
    while True:
        page = store.list_revisions(notebook_id, page_token=token)
        yield from page.items
        token = page.next_page_token
        if token is None:
            return


def revision_document(store: Store, revision_id: str, *, outputs: bool = True) -> Json:
    """The whole notebook at a revision, as nbformat JSON.

    Raises:
        NotFoundError: no such revision.
        BlobMissingError: a piece of it is not in the store.
    """
    manifest = store.get_manifest(revision_id)
    blobs = store.get_blobs(manifest_digests(manifest, outputs=outputs))
    return rebuild(manifest, blobs, outputs=outputs)


def notebook_at(store: Store, path: str) -> Notebook:
    """The live notebook at a path.

    Raises:
        NotFoundError: nothing of a notebook at this path is recorded.
    """
    found = store.find_notebook(path)
    if found is None:
        raise NotFoundError("notebook", path, "Nothing of it is recorded yet.")
    return found
