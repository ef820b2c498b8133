"""Which contents stood in which cell, from which revision to which: what history is found by.

A span is a stretch of revisions, without a gap, in which a cell had a text or showed an output.
``last_number`` is NULL while it stands in the newest revision. Spans are derived: `rebuild_spans`
makes the same from the manifests.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, bindparam, delete, insert, or_, select, text, update

from nbtrack.entities import Manifest
from nbtrack.errors import BlobMissingError
from nbtrack.store.blobs import BlobStore
from nbtrack.store.blobtable import batches, get_small
from nbtrack.store.database import Database
from nbtrack.store.manifests import Manifests
from nbtrack.store.pieces import output_piece
from nbtrack.store.schema import notebooks, revisions, spans, store_state, texts
from nbtrack.store.texts import put_pieces, put_sources, rebuild

INDEX_VERSION = 1
"""Counts up when other words are indexed, or of other contents."""
# Made once: each revision asks them, and making them takes longer than their answers.
_SAID = texts.c.kind.in_(("code", "output", "error", "figure"))
_NEWEST = (
    select(revisions.c.number, revisions.c.revision_id)
    .where(revisions.c.notebook_id == bindparam("book"))
    .order_by(revisions.c.number.desc())
    .limit(1)
)
_PLACED = select(texts.c.ref, texts.c.kind, texts.c.text_id).where(
    _SAID, texts.c.ref.in_(bindparam("digests", expanding=True))
)
_CLOSE = text(
    "UPDATE spans SET last_number = :last WHERE last_number IS NULL AND notebook_id = :book "
    "AND cell_id = :cell AND text_id IN (SELECT text_id FROM texts WHERE ref = :digest "
    "AND kind IN ('code', 'output', 'error', 'figure'))"
)
_INSERT = insert(spans)
Holding = tuple[str, str]
"""A cell's id, and the digest of what it holds."""


Numbered = tuple[int, Manifest]
"""A revision's number, and what it is made of."""


def add_step(
    connection: Connection,
    files: BlobStore,
    notebook_id: str,
    before: Numbered | None,
    after: Numbered,
) -> None:
    """Note what a new revision holds that the one before did not, and what it no longer holds.

    Args:
        connection: in a write transaction.
        files: where longer contents are.
        notebook_id: whose.
        before: the one before, in the order of numbers; None for the first one.
        after: the one that came.
    """
    number, manifest = after
    holds = _holdings(manifest)
    held: dict[Holding, str] = {}
    if before is not None:
        held = _holdings(before[1])
        left = [holding for holding in held if holding not in holds]
        _close(connection, notebook_id, left, before[0])
    came = {holding: kind for holding, kind in holds.items() if holding not in held}
    if came:
        _open(connection, files, notebook_id, came, number)


def newest(connection: Connection, notebook_id: str, manifests: Manifests) -> Numbered | None:
    """The revision with the highest number; None where there is none."""
    row = connection.execute(_NEWEST, {"book": notebook_id}).first()
    return None if row is None else (row.number, manifests.get(row.revision_id))


def cut_out(connection: Connection, notebook_id: str, removed: Collection[int]) -> None:
    """Shorten spans by revisions that were removed; one that lost all of them goes."""
    kept = list(
        connection.execute(
            select(revisions.c.number)
            .where(revisions.c.notebook_id == notebook_id)
            .order_by(revisions.c.number)
        ).scalars()
    )
    for batch in batches(sorted(removed)):
        touching = or_(spans.c.first_number.in_(batch), spans.c.last_number.in_(batch))
        _shorten(
            connection, select(spans).where(spans.c.notebook_id == notebook_id, touching), kept
        )
    if kept:
        # What ended with the revision before a newest one that is gone stands again.
        connection.execute(
            update(spans)
            .where(spans.c.notebook_id == notebook_id, spans.c.last_number == kept[-1])
            .values(last_number=None)
        )


def _shorten(connection: Connection, touched: Select[Any], kept: Sequence[int]) -> None:
    """Let spans begin and end with revisions that are there."""
    gone: list[int] = []
    shorter: list[dict[str, int | None]] = []
    for row in connection.execute(touched).all():
        first = bisect_left(kept, row.first_number)
        end = len(kept) if row.last_number is None else bisect_right(kept, row.last_number)
        if first >= end:
            gone.append(row.span_id)
        else:
            last = None if row.last_number is None else kept[end - 1]
            shorter.append({"id_": row.span_id, "first": kept[first], "last": last})
    for batch in batches(gone):
        connection.execute(delete(spans).where(spans.c.span_id.in_(batch)))
    if shorter:
        connection.execute(
            update(spans)
            .where(spans.c.span_id == bindparam("id_"))
            .values(first_number=bindparam("first"), last_number=bindparam("last")),
            shorter,
        )


def ensure_indexed(database: Database, files: BlobStore) -> None:
    """Make what is searched anew where an older nbtrack made it, or none did."""
    with database.read() as connection:
        if _index_version(connection) >= INDEX_VERSION:
            return
    with database.write() as connection:
        if _index_version(connection) < INDEX_VERSION:
            reindex(connection, files)
            connection.execute(update(store_state).values(indexed=INDEX_VERSION))


def _index_version(connection: Connection) -> int:
    return int(connection.execute(select(store_state.c.indexed)).scalar() or 0)


def contents(
    connection: Connection, files: BlobStore, digests: list[str]
) -> Iterator[tuple[str, bytes]]:
    """The bytes of those that are there: what is missing can't be found by."""
    small = get_small(connection, digests)
    yield from small.items()
    for digest in digests:
        if digest not in small:
            try:
                yield digest, files.get(digest)
            except BlobMissingError:
                continue


def reindex(connection: Connection, files: BlobStore) -> None:
    """Make all that is searched anew from what the store holds.

    Afterwards it holds no word of anything that is gone.
    """
    rebuild(connection)
    rebuild_spans(connection, files)


def rebuild_spans(
    connection: Connection, files: BlobStore, notebook_ids: Iterable[str] | None = None
) -> None:
    """Make the spans of some notebooks, or of all, anew from their manifests."""
    if notebook_ids is None:
        connection.execute(delete(spans))
        notebook_ids = connection.execute(select(notebooks.c.notebook_id)).scalars().all()
    for notebook_id in notebook_ids:
        connection.execute(delete(spans).where(spans.c.notebook_id == notebook_id))
        _build(connection, files, notebook_id)


def _build(connection: Connection, files: BlobStore, notebook_id: str) -> None:
    came: dict[Holding, tuple[str, int]] = {}
    ended: list[tuple[Holding, str, int, int]] = []
    previous = 0
    for number, manifest in _numbered(connection, notebook_id):
        holds = _holdings(manifest)
        for holding in [each for each in came if each not in holds]:
            kind, first = came.pop(holding)
            ended.append((holding, kind, first, previous))
        for holding, kind in holds.items():
            came.setdefault(holding, (kind, number))
        previous = number
    open_ones = [(holding, kind, first, None) for holding, (kind, first) in came.items()]
    found: list[tuple[Holding, str, int, int | None]] = [*ended, *open_ones]
    placed = _index(connection, files, {holding: kind for holding, kind, _, _ in found})
    _insert(
        connection,
        notebook_id,
        (
            (cell_id, placed[kind == OUTPUT, digest], kind, first, last)
            for (cell_id, digest), kind, first, last in found
            if (kind == OUTPUT, digest) in placed
        ),
    )


def _numbered(connection: Connection, notebook_id: str) -> Iterator[Numbered]:
    statement = select(revisions.c.revision_id, revisions.c.number).where(
        revisions.c.notebook_id == notebook_id
    )
    numbers = {row.revision_id: row.number for row in connection.execute(statement)}
    for revision_id, manifest in Manifests(connection).each(notebook_id):
        yield numbers[revision_id], manifest


OUTPUT = "output"


def _holdings(manifest: Manifest) -> dict[Holding, str]:
    """What each cell holds: its text, by the cell's type, and its outputs."""
    found: dict[Holding, str] = {}
    for cell in manifest.cells:
        found[cell.cell_id, cell.source_digest] = cell.cell_type
        for digest in cell.output_digests:
            found[cell.cell_id, digest] = OUTPUT
    return found


def _open(
    connection: Connection,
    files: BlobStore,
    notebook_id: str,
    came: Mapping[Holding, str],
    number: int,
) -> None:
    placed = _index(connection, files, came)
    _insert(
        connection,
        notebook_id,
        (
            (cell_id, placed[kind == OUTPUT, digest], kind, number, None)
            for (cell_id, digest), kind in came.items()
            if (kind == OUTPUT, digest) in placed
        ),
    )


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a content is in the index, and what it is there; None for a source."""

    text_id: int
    role: str | None


def _insert(
    connection: Connection,
    notebook_id: str,
    found: Iterable[tuple[str, _Place, str, int, int | None]],
) -> None:
    rows = [
        {
            "notebook_id": notebook_id,
            "cell_id": cell_id,
            "text_id": place.text_id,
            "role": place.role or kind,
            "first_number": first,
            "last_number": last,
        }
        for cell_id, place, kind, first, last in found
    ]
    if rows:
        connection.execute(_INSERT, rows)


def _close(
    connection: Connection, notebook_id: str, left: Iterable[Holding], last_number: int
) -> None:
    rows = [
        {"book": notebook_id, "cell": cell_id, "digest": digest, "last": last_number}
        for cell_id, digest in left
    ]
    if rows:
        connection.execute(_CLOSE, rows)


def _index(
    connection: Connection, files: BlobStore, came: Mapping[Holding, str]
) -> dict[tuple[bool, str], _Place]:
    """Index what is not indexed yet; gives where all of it is, as `_placed` does."""
    sources = {digest for (_, digest), kind in came.items() if kind != OUTPUT}
    outputs = {digest for (_, digest), kind in came.items() if kind == OUTPUT}
    known = _placed(connection, sources | outputs)
    new_sources = [digest for digest in sources if (False, digest) not in known]
    new_outputs = [digest for digest in outputs if (True, digest) not in known]
    for batch in batches(new_sources):
        put_sources(connection, dict(contents(connection, files, batch)))
    for batch in batches(new_outputs):
        pieces = {
            digest: piece
            for digest, data in contents(connection, files, batch)
            if (piece := output_piece(data)) is not None
        }
        put_pieces(connection, pieces)
    return known | _placed(connection, {*new_sources, *new_outputs})


def _placed(connection: Connection, digests: Iterable[str]) -> dict[tuple[bool, str], _Place]:
    """Where contents are in the index, by whether they are outputs."""
    found: dict[tuple[bool, str], _Place] = {}
    for batch in batches(digests):
        for row in connection.execute(_PLACED, {"digests": batch}):
            role = None if row.kind == "code" else row.kind
            found[role is not None, row.ref] = _Place(row.text_id, role)
    return found
