"""The history of one cell: every text it had, with the outputs of that text, newest first.

A frame is a text and what it showed. A text that shows nothing yet, or still the outputs of the
text before it, is no frame of its own where its own outputs followed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from nbtrack.entities import CellVersion, Revision, Run
from nbtrack.history.manifest import bytes_text
from nbtrack.store.base import RevisionFilter, RunQuery, Store

MOST_RUNS = 1000
_READ = 50


@dataclass(frozen=True, slots=True)
class Frame:
    """A text of a cell and what it showed.

    Args:
        revision: holds both.
        version: the cell in it; None where the revision took it out.
        source: its text.
        runs: of the cell, those that ran from this text, oldest first.
    """

    revision: Revision
    version: CellVersion | None
    source: str
    runs: tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class Strip:
    """Frames, newest first; the next ones are before ``next_before``, where there are more."""

    cell_id: str
    frames: tuple[Frame, ...]
    next_before: int | None


@dataclass(frozen=True, slots=True)
class _State:
    """A cell after a revision; without a version it was not in the notebook."""

    revision: Revision
    version: CellVersion | None

    @property
    def text(self) -> tuple[str, str] | None:
        version = self.version
        return None if version is None else (version.cell_type, version.source_digest)

    @property
    def outputs(self) -> tuple[str, ...]:
        return () if self.version is None else self.version.output_digests


@dataclass(slots=True)
class _Found:
    """A state worth showing, and the number of the revision that first had its text."""

    state: _State
    since: int


def filmstrip(
    store: Store, notebook_id: str, cell_id: str, *, limit: int = 20, before: int | None = None
) -> Strip:
    """Frames of a cell, newest first.

    Args:
        store: where the history is.
        notebook_id: whose.
        cell_id: which cell; it need not be in the notebook any more.
        limit: so many frames.
        before: only of revisions with smaller numbers.

    Raises:
        NotFoundError: no such notebook.
    """
    found = _frames(store, notebook_id, cell_id, limit=limit + 1, before=before)
    shown, more = found[:limit], len(found) > limit
    versions = [each.state.version for each in shown]
    sources = store.get_blobs({version.source_digest for version in versions if version})
    runs = _runs(store, notebook_id, cell_id, shown, before)
    return Strip(
        cell_id=cell_id,
        frames=tuple(
            Frame(
                revision=each.state.revision,
                version=version,
                source="" if version is None else bytes_text(sources[version.source_digest]),
                runs=tuple(ran),
            )
            for each, version, ran in zip(shown, versions, runs, strict=True)
        ),
        next_before=shown[-1].since if more else None,
    )


def _frames(
    store: Store, notebook_id: str, cell_id: str, *, limit: int, before: int | None
) -> list[_Found]:
    found: list[_Found] = []
    newer: _State | None = None
    this: _State | None = None
    for older in _states(store, notebook_id, cell_id, before):
        # The frame that the page before ended with only says what followed.
        if this is not None and (before is None or this.revision.number < before):
            if _shows_nothing_new(this, older):
                pass
            elif newer is not None and _is_on_its_way(newer, this, older):
                if found:
                    found[-1].since = this.revision.number
            elif len(found) == limit:
                break
            else:
                found.append(_Found(this, this.revision.number))
        newer, this = this, older
    return found


def _states(
    store: Store, notebook_id: str, cell_id: str, before: int | None
) -> Iterator[_State | None]:
    """What each revision that changed the cell made of it, newest first; at last None."""
    only = RevisionFilter(cell_id=cell_id)
    first = None if before is None else before + 1
    token: str | None = None
    while True:
        page = store.list_revisions(
            notebook_id, limit=_READ, only=only, before=first, page_token=token
        )
        for revision in page.items:
            cells = store.get_manifest(revision.revision_id).cells
            yield _State(revision, next((cell for cell in cells if cell.cell_id == cell_id), None))
        token = page.next_page_token
        if token is None:
            yield None
            return


def _shows_nothing_new(this: _State, older: _State | None) -> bool:
    """Only its place or metadata changed."""
    return older is not None and (this.text, this.outputs) == (older.text, older.outputs)


def _is_on_its_way(newer: _State, this: _State, older: _State | None) -> bool:
    """A new text that was run, and whose own outputs came with the state after."""
    if newer.text != this.text or newer.outputs == this.outputs:
        return False
    stale = older is not None and this.text != older.text and this.outputs == older.outputs
    return stale or not this.outputs


def _runs(
    store: Store, notebook_id: str, cell_id: str, frames: list[_Found], before: int | None
) -> list[list[Run]]:
    """The runs of the cell that ran from each frame, oldest first."""
    found: list[list[Run]] = [[] for _ in frames]
    query = RunQuery(notebook_id=notebook_id, cell_id=cell_id, limit=MOST_RUNS)
    for run in reversed(store.search_runs(query).items):
        number = run.revision_number
        if number is None or (before is not None and number >= before):
            continue
        for frame, ran in zip(frames, found, strict=True):
            if number >= frame.since:
                ran.append(run)
                break
    return found
