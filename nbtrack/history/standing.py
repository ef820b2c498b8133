"""Whether a notebook as it stands still holds the code that a run came from.

Pure functions over executions and manifests: what a kernel cannot know, as cells are edited and
deleted without it.
"""

from __future__ import annotations

from collections.abc import Sequence

from nbtrack.entities import Execution, Manifest, Run
from nbtrack.errors import NotFoundError
from nbtrack.history.manifest import digest_of, text_bytes
from nbtrack.store.base import Store
from nbtrack.wire import FlagInfo


def standing_flags(part: Sequence[Execution], present: Manifest) -> list[FlagInfo]:
    """Cells of a slice that are gone or read otherwise now.

    Args:
        part: the executions that a result comes from, its own last.
        present: the notebook's latest state.
    """
    now = {cell.cell_id: cell.source_digest for cell in present.cells}
    found = []
    for cell_id, execution in _last_of_each(part).items():
        own = execution is part[-1]
        if cell_id not in now:
            what = "The cell of this run" if own else f"A cell that made {_made(execution)}"
            found.append(_flag("deleted", f"{what} is no longer in the notebook.", execution))
        elif now[cell_id] != digest_of(text_bytes(execution.source)):
            what = "The cell of this run" if own else f"A cell that made {_made(execution)}"
            found.append(_flag("edited", f"{what} was edited since.", execution))
    return found


def order_flags(part: Sequence[Execution], manifest: Manifest) -> list[FlagInfo]:
    """Cells of a slice that stand below one that ran after them.

    Args:
        part: the executions that a result comes from, in the order they ran.
        manifest: the notebook as it stood when the result was made.
    """
    places = {cell.cell_id: at for at, cell in enumerate(manifest.cells)}
    lowest = len(places)
    found = []
    for execution in reversed(part):
        place = places.get(execution.cell_id or "")
        if place is None:
            continue
        if place > lowest:
            text = f"{_made(execution)} came from a cell that stands further down."
            found.append(_flag("out_of_order", text, execution))
        lowest = min(lowest, place)
    return found[::-1]


def flags_of(store: Store, run: Run, part: Sequence[Execution]) -> list[FlagInfo]:
    """What of the notebook does not stand as it did for a run.

    Args:
        store: where the notebook's revisions are.
        run: whose.
        part: the executions that it comes from, its own last.
    """
    if run.notebook_id is None or not part:
        return []
    found = []
    if run.revision_id is not None:
        found += order_flags(part, store.get_manifest(run.revision_id))
    try:
        latest = store.get_notebook(run.notebook_id).latest_revision_id
    except NotFoundError:
        return found
    if latest is not None:
        found += standing_flags(part, store.get_manifest(latest))
    return found


def _last_of_each(part: Sequence[Execution]) -> dict[str, Execution]:
    return {each.cell_id: each for each in part if each.cell_id is not None}


def _made(execution: Execution) -> str:
    names = [*execution.names_written, *execution.names_changed]
    few = ", ".join(names[:3])
    return (f"{few} and {len(names) - 3} more" if len(names) > 3 else few) or "what it uses"


def _flag(kind: str, text: str, execution: Execution) -> FlagInfo:
    return FlagInfo(
        kind=kind,
        text=text,
        names=list(execution.names_written),
        cell_id=execution.cell_id,
        msg_id=execution.msg_id,
    )
