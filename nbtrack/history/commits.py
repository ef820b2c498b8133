"""Git beside the history: which commit was checked out, and which revisions are committed.

The repository is only read.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from nbtrack.capture.git import file_commit, file_versions, in_work_tree
from nbtrack.entities import Manifest, Revision
from nbtrack.errors import UsageError
from nbtrack.history.manifest import encode
from nbtrack.history.outside import is_alike
from nbtrack.history.record import code_of
from nbtrack.store.base import Store

MOST_COMMITS = 100
"""So many commits of a notebook are compared with its revisions."""


def note_commit(store: Store, revision: Revision, path: str) -> None:
    """Note the commit that is checked out where a notebook's file is, if it is in a repository.

    Takes a few processes: not for where somebody waits.
    """
    found = file_commit(Path(path))
    if found is not None:
        commit, clean = found
        store.note_git(revision.revision_id, commit, clean=clean)


def committed(store: Store, path: Path, revisions: Iterable[Revision]) -> dict[str, str]:
    """Which revisions are committed, also when that was done later.

    A revision is if a commit of the file has the same code, and the same outputs or none at
    all (where a filter strips them).

    Args:
        store: where the revisions are.
        path: of the notebook's file.
        revisions: those to look at.

    Returns:
        By revision id the latest such commit.
    """
    if not in_work_tree(path.parent):
        return {}
    known = {each.revision_id: store.get_manifest(each.revision_id) for each in revisions}
    found: dict[str, str] = {}
    for commit, content in file_versions(path, MOST_COMMITS) if known else ():
        manifest = _manifest(content)
        if manifest is None:
            continue
        for revision_id, state in known.items():
            if revision_id not in found and _is_version(manifest, state):
                found[revision_id] = commit
        if len(found) == len(known):
            break
    return found


def _is_version(committed_state: Manifest, state: Manifest) -> bool:
    if any(cell.output_digests for cell in committed_state.cells):
        return is_alike(committed_state, state)
    return code_of(committed_state) == code_of(state)


def _manifest(content: bytes) -> Manifest | None:
    """What a commit holds; None for what is no notebook."""
    try:
        return encode(json.loads(content)).manifest
    except (ValueError, AttributeError, UsageError):
        return None
