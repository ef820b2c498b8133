"""What people write for a run or a notebook, and the one thing they mean by it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

from nbtrack.entities import Notebook, Run
from nbtrack.errors import NotFoundError, UsageError
from nbtrack.store.base import RunQuery, Store

_ID = re.compile(r"[0-9a-f]{4,32}\Z")
_SHOWN = 5


def find_run(store: Store, text: str, *, view: Literal["active", "deleted", "all"] = "all") -> Run:
    """The run that an id, the beginning of one, or a name means.

    Args:
        store: where it is.
        text: what was written.
        view: which runs a beginning or a name may mean; a whole id always counts.

    Raises:
        NotFoundError: there is none.
        UsageError: several are meant; says which.
    """
    if len(text) == 32 and _ID.match(text):
        return store.get_run(text)
    quoted = text.replace("'", "''")
    filters = [f"attributes.run_name = '{quoted}'"]
    if _ID.match(text):
        filters.insert(0, f"attributes.run_id LIKE '{text}%'")
    for condition in filters:
        found = store.search_runs(RunQuery(filter=condition, view=view, limit=_SHOWN + 1)).items
        if len(found) == 1:
            return found[0]
        if found:
            ids = ", ".join(run.run_id[:12] for run in found[:_SHOWN])
            more = " and more" if len(found) > _SHOWN else ""
            raise UsageError(f"{text!r} means several runs: {ids}{more}. Write an id")
    raise NotFoundError("run", text, "'nbtrack runs list' lists what there is.")


def find_notebook(store: Store, path: Path) -> Notebook:
    """The notebook at a path, also by way of links.

    Raises:
        NotFoundError: nothing of a notebook at this path is recorded.
    """
    for candidate in dict.fromkeys((str(path.absolute()), str(path.resolve()))):
        found = store.find_notebook(candidate)
        if found is not None:
            return found
    known = [notebook.path for notebook in store.list_notebooks()[:_SHOWN]]
    hint = f"Known are: {', '.join(known)}." if known else "No notebook is recorded yet."
    raise NotFoundError("notebook", str(path), hint)
