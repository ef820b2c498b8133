"""Which notebook a document is, also after it was renamed, copied or moved.

Nothing is written into the file. A notebook is known by its path, and the path is followed
through renames that the server tells of. What happened outside shows in the cells: most
notebooks give each cell a random id, so two documents that share half of them have one origin
(https://jupyter.org/enhancement-proposals/62-cell-id/cell-id.html).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from nbtrack.entities import Notebook
from nbtrack.history.switches import follow_switches
from nbtrack.store.base import Store

CONTENTS_PREFIX = "contents:"
"""Begins the path of a notebook that the contents manager does not keep as a file."""
SAME_ORIGIN = 0.5
"""Least share of common cell ids for two documents to have one origin."""
MAX_CANDIDATES = 300
"""So many of the latest notebooks are looked at for a common origin."""


def file_exists(path: str) -> bool:
    """Whether a notebook's file is there; assumed where it is not a file."""
    return path.startswith(CONTENTS_PREFIX) or Path(path).exists()


def resolve(
    store: Store,
    path: str,
    *,
    cell_ids: frozenset[str] = frozenset(),
    was: str | None = None,
    exists: Callable[[str], bool] = file_exists,
) -> Notebook:
    """The notebook at a path; made when it is a new one.

    Args:
        store: where notebooks are known.
        path: absolute path, or ``contents:PATH``.
        cell_ids: the ids its cells bear in the document; none means nothing can be told.
        was: the notebook that the same open document was before, at another path.
        exists: whether the file at another notebook's path is still there.
    """
    found = store.find_notebook(path) or _same_file(store, path)
    if found is not None:
        return found
    if was is not None:
        origin: Notebook | None = store.get_notebook(was)
    else:
        origin = _origin(store, cell_ids, exists) if cell_ids else None
    if origin is None:
        return store.create_notebook(path, replace=False)
    if origin.deleted_at is None and exists(origin.path):
        return store.create_notebook(path, copied_from=origin.notebook_id, replace=False)
    store.move_notebooks({origin.notebook_id: path})
    return store.get_notebook(origin.notebook_id)


def follow_rename(store: Store, old: str, new: str) -> list[str]:
    """A file or folder was renamed; returns the ids of the notebooks that moved with it."""
    moves = {
        notebook.notebook_id: new + notebook.path[len(old) :]
        for notebook in store.list_notebooks()
        if _is_at_or_below(notebook.path, old)
    }
    if moves:
        store.move_notebooks(moves)
    follow_switches(store, old, new)
    return list(moves)


def follow_delete(store: Store, path: str) -> list[str]:
    """A file or folder was deleted; returns the ids of the notebooks that went with it."""
    gone = [
        notebook.notebook_id
        for notebook in store.list_notebooks()
        if _is_at_or_below(notebook.path, path)
    ]
    for notebook_id in gone:
        store.mark_notebook_deleted(notebook_id)
    return gone


def follow_copy(store: Store, source: str, copy: str) -> Notebook | None:
    """A file was copied; returns the copy's notebook, None if the source is not a known one."""
    known = store.find_notebook(copy)
    if known is not None:
        return known
    origin = store.find_notebook(source)
    if origin is None:
        return None
    return store.create_notebook(copy, copied_from=origin.notebook_id)


def _is_at_or_below(path: str, folder: str) -> bool:
    return path == folder or path.startswith((folder.rstrip("/\\") + "/", folder + "\\"))


def _same_file(store: Store, path: str) -> Notebook | None:
    """The notebook whose path leads to the same file, where folders or files are links."""
    if path.startswith(CONTENTS_PREFIX) or not Path(path).exists():
        return None
    real = Path(path).resolve()
    for notebook in store.list_notebooks()[:MAX_CANDIDATES]:
        if not notebook.path.startswith(CONTENTS_PREFIX) and Path(notebook.path).resolve() == real:
            return notebook
    return None


def _origin(
    store: Store, cell_ids: frozenset[str], exists: Callable[[str], bool]
) -> Notebook | None:
    """The known notebook that shares most cells; one whose file is gone goes before others.

    A deleted one is among them: what was deleted and turns up again is what it was.
    """
    best: tuple[bool, float, Notebook] | None = None
    deleted = [each for each in store.list_histories() if each.deleted_at is not None]
    deleted.sort(key=lambda each: each.deleted_at or each.created_at, reverse=True)
    for notebook in [*store.list_notebooks()[:MAX_CANDIDATES], *deleted[:MAX_CANDIDATES]]:
        if notebook.latest_revision_id is None:
            continue
        manifest = store.get_manifest(notebook.latest_revision_id)
        known = {cell.cell_id for cell in manifest.cells}
        share = len(known & cell_ids) / max(len(known), len(cell_ids), 1)
        if share < SAME_ORIGIN:
            continue
        gone = notebook.deleted_at is not None or not exists(notebook.path)
        rank = (gone, share)
        if best is None or rank > best[:2]:
            best = (*rank, notebook)
    return None if best is None else best[2]
