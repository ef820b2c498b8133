"""Finding in histories: cells that held some words, and the pictures that were shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, and_, case, func, select

from nbtrack.entities import HistoryMatch, Page, ShownFigure
from nbtrack.errors import BlobMissingError, NotFoundError, UsageError
from nbtrack.store.blobs import BlobStore
from nbtrack.store.blobtable import batches
from nbtrack.store.database import Database
from nbtrack.store.paging import Ordering, after, read_token, write_token
from nbtrack.store.pieces import output_image, output_piece
from nbtrack.store.rows import from_us
from nbtrack.store.schema import notebooks, revisions, spans, texts
from nbtrack.store.spans import contents
from nbtrack.store.text_search import marked_line
from nbtrack.store.texts import Phrase, matching_texts, phrases_of
from nbtrack.store.timeline import require_notebook

_MAX_LIMIT = 1000
_SHOWN = ("output", "error")
_PRESENT = 1 << 40
"""Stands for the newest revision: greater than any number."""
_ID_BITS = 32
"""Of an id of a text."""


class FindingReads:
    """The part of the store that finds in histories."""

    _database: Database
    _blob_store: BlobStore

    def search_history(
        self,
        query: str,
        *,
        notebook_id: str | None = None,
        limit: int = 50,
        page_token: str | None = None,
    ) -> Page[HistoryMatch]:
        """See `Store.search_history`."""
        _check(limit)
        phrases = phrases_of(query)
        about = ("history", query, notebook_id)
        found = _cells(query, notebook_id).subquery()
        orderings = [
            Ordering(revisions.c.created_at, descending=True),
            Ordering(found.c.notebook_id),
            Ordering(found.c.cell_id),
            Ordering(found.c.part),
        ]
        statement = select(found, revisions.c.revision_id, revisions.c.created_at).join(
            revisions,
            and_(
                revisions.c.notebook_id == found.c.notebook_id,
                revisions.c.number == found.c.found_number,
            ),
        )
        if page_token is not None:
            values = read_token(page_token, about=about, count=len(orderings))
            statement = statement.where(after(orderings, values))
        statement = statement.order_by(*(each.clause() for each in orderings)).limit(limit + 1)
        with self._database.read() as connection:
            rows = connection.execute(statement).all()
            items = _matches(connection, self._blob_store, rows[:limit], phrases)
        token = None
        if len(rows) > limit:
            last = rows[limit - 1]
            place = [last.created_at, last.notebook_id, last.cell_id, last.part]
            token = write_token(place, about=about)
        return Page(items, token)

    def list_figures(
        self, notebook_id: str, *, limit: int = 100, page_token: str | None = None
    ) -> Page[ShownFigure]:
        """See `Store.list_figures`."""
        _check(limit)
        about = ("figures", notebook_id)
        found = _figures(notebook_id).subquery()
        orderings = [Ordering(found.c.number, descending=True), Ordering(found.c.image_digest)]
        statement = select(found, revisions.c.revision_id, revisions.c.created_at).join(
            revisions,
            and_(revisions.c.notebook_id == notebook_id, revisions.c.number == found.c.number),
        )
        if page_token is not None:
            values = read_token(page_token, about=about, count=len(orderings))
            statement = statement.where(after(orderings, values))
        statement = statement.order_by(*(each.clause() for each in orderings)).limit(limit + 1)
        with self._database.read() as connection:
            require_notebook(connection, notebook_id)
            rows = connection.execute(statement).all()
        token = None
        if len(rows) > limit:
            last = rows[limit - 1]
            token = write_token([last.number, last.image_digest], about=about)
        return Page([_figure(row) for row in rows[:limit]], token)

    def read_figure(self, notebook_id: str, digest: str) -> tuple[str, bytes]:
        """See `Store.read_figure`."""
        shown = (
            select(spans.c.span_id)
            .join(texts, texts.c.text_id == spans.c.text_id)
            .where(
                texts.c.kind == "figure",
                texts.c.ref == digest,
                spans.c.notebook_id == notebook_id,
            )
            .limit(1)
        )
        with self._database.read() as connection:
            if connection.execute(shown).first() is None:
                raise NotFoundError("figure", digest, "This notebook never showed it.")
            data = dict(contents(connection, self._blob_store, [digest])).get(digest)
        image = None if data is None else output_image(data)
        if image is None:
            raise BlobMissingError(f"the bytes of figure {digest} are not stored")
        return image


def _check(limit: int) -> None:
    if not 1 <= limit <= _MAX_LIMIT:
        raise UsageError(f"limit is {limit}; it can be 1 to {_MAX_LIMIT}")


def _cells(query: str, notebook_id: str | None) -> Any:
    """Cells with versions that match, one row for their texts and one for their outputs."""
    part = case((spans.c.role.in_(_SHOWN), "output"), else_="source").label("part")
    # The number and the text of the newest span, as one number that can be compared.
    newest = func.max(spans.c.first_number.op("<<")(_ID_BITS).op("|")(spans.c.text_id))
    found = select(
        spans.c.notebook_id,
        spans.c.cell_id,
        part,
        newest.label("newest"),
        func.min(spans.c.first_number).label("first_number"),
        func.max(func.coalesce(spans.c.last_number, _PRESENT)).label("last_number"),
        func.count(spans.c.text_id.distinct()).label("version_count"),
    ).where(spans.c.text_id.in_(matching_texts(query)))
    if notebook_id is not None:
        found = found.where(spans.c.notebook_id == notebook_id)
    grouped = found.group_by(spans.c.notebook_id, spans.c.cell_id, part).subquery()
    return select(
        grouped,
        grouped.c.newest.op(">>")(_ID_BITS).label("found_number"),
        grouped.c.newest.op("&")((1 << _ID_BITS) - 1).label("text_id"),
    )


def _matches(
    connection: Connection, files: BlobStore, rows: Sequence[Row[Any]], phrases: list[Phrase]
) -> list[HistoryMatch]:
    counts = _counts(connection, {row.notebook_id for row in rows})
    held = _texts(connection, files, {row.text_id for row in rows})
    items = []
    for row in rows:
        role, text = held.get(row.text_id, (row.part, ""))
        line, snippet, marks = marked_line(text, phrases)
        is_present = row.last_number == _PRESENT
        items.append(
            HistoryMatch(
                notebook_id=row.notebook_id,
                cell_id=row.cell_id,
                part=row.part,
                role=role,
                snippet=snippet,
                marks=marks,
                line=line,
                version_count=row.version_count,
                first_number=row.first_number,
                last_number=counts[row.notebook_id] if is_present else row.last_number,
                found_number=row.found_number,
                found_id=row.revision_id,
                found_at=from_us(row.created_at),
                is_present=is_present,
            )
        )
    return items


def _counts(connection: Connection, notebook_ids: set[str]) -> dict[str, int]:
    """The number of the newest revision of each notebook."""
    found: dict[str, int] = {}
    for batch in batches(notebook_ids):
        statement = select(notebooks.c.notebook_id, notebooks.c.revision_count).where(
            notebooks.c.notebook_id.in_(batch)
        )
        found |= {row.notebook_id: row.revision_count for row in connection.execute(statement)}
    return found


def _texts(
    connection: Connection, files: BlobStore, text_ids: set[int]
) -> dict[int, tuple[str, str]]:
    """What texts are (as in spans) and say."""
    rows: list[Row[Any]] = []
    for batch in batches(text_ids):
        role = select(spans.c.role).where(spans.c.text_id == texts.c.text_id).limit(1)
        statement = select(texts.c.text_id, texts.c.ref, role.scalar_subquery().label("role"))
        rows.extend(connection.execute(statement.where(texts.c.text_id.in_(batch))))
    held = dict(contents(connection, files, [row.ref for row in rows]))
    found: dict[int, tuple[str, str]] = {}
    for row in rows:
        data = held.get(row.ref, b"")
        if row.role in _SHOWN:
            piece = output_piece(data)
            found[row.text_id] = (row.role, "" if piece is None else piece.text)
        else:
            found[row.text_id] = (row.role, data.decode("utf-8", "replace"))
    return found


def _figures(notebook_id: str) -> Any:
    """Each picture once, with the output, cell and revision it was shown by last."""
    return (
        select(
            texts.c.image_digest,
            texts.c.ref,
            spans.c.cell_id,
            # SQLite gives the other columns of the row that has the greatest one.
            func.max(spans.c.first_number).label("number"),
        )
        .join(texts, texts.c.text_id == spans.c.text_id)
        .where(spans.c.notebook_id == notebook_id, spans.c.role == "figure")
        .group_by(texts.c.image_digest)
    )


def _figure(row: Row[Any]) -> ShownFigure:
    return ShownFigure(
        digest=row.ref,
        cell_id=row.cell_id,
        number=row.number,
        revision_id=row.revision_id,
        shown_at=from_us(row.created_at),
    )
