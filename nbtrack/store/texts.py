"""The full-text index: code, what cells showed, and notes of runs, as SQLite's FTS5 keeps them.

The index ``text_index`` is contentless: it knows words and where they stand, not the texts,
which are stored once, compressed, in their own tables. The table ``texts`` says what a row of
it is: ``code`` by the digest of its source (of an execution, or of a cell of any type in a
revision), ``output`` and ``error`` by the digest of the output, ``note`` by run. A ``figure`` has
a row there, and no words. Taking a text out of the index
takes the text itself, exactly as it was put in.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    bindparam,
    column,
    delete,
    or_,
    select,
    table,
    text,
)

from nbtrack.errors import UsageError
from nbtrack.store.blobtable import batches, get_small
from nbtrack.store.pieces import Piece
from nbtrack.store.schema import executions, runs, tags, texts

TextKind = Literal["code", "note", "output", "error", "figure"]
NOTE_TAG = "mlflow.note.content"
"""MLflow's tag for what a person writes about a run."""

_INDEX = table("text_index", column("rowid"), column("body"))
_PUT = text("INSERT INTO text_index (rowid, body) VALUES (:text_id, :body)")
_TAKE = text("INSERT INTO text_index (text_index, rowid, body) VALUES ('delete', :text_id, :body)")
_LAST = text("SELECT seq FROM sqlite_sequence WHERE name = 'texts'")
_KNOWN = select(texts.c.ref, texts.c.text_id).where(
    texts.c.kind == bindparam("kind"), texts.c.ref.in_(bindparam("refs", expanding=True))
)
_NEW = text("INSERT INTO texts (text_id, kind, ref) VALUES (:text_id, :kind, :ref)")
_NEW_FIGURE = text(
    "INSERT INTO texts (kind, ref, image_digest) VALUES (:kind, :ref, :image_digest)"
)
_EMPTY = text("INSERT INTO text_index (text_index) VALUES ('delete-all')")


def put_sources(connection: Connection, sources: Mapping[str, bytes]) -> None:
    """Index code by digest; what is indexed already stays as it is."""
    known = _known(connection, "code", sources)
    _put(
        connection,
        "code",
        {digest: _decoded(data) for digest, data in sources.items() if digest not in known},
    )


def put_pieces(connection: Connection, pieces: Mapping[str, Piece]) -> None:
    """Index outputs by digest; none of them may be indexed yet."""
    for kind in ("output", "error"):
        held = {digest: piece.text for digest, piece in pieces.items() if piece.role == kind}
        _put(connection, kind, held)
    figures = [
        {"kind": piece.role, "ref": digest, "image_digest": piece.image_digest}
        for digest, piece in pieces.items()
        if piece.role == "figure"
    ]
    if figures:
        connection.execute(_NEW_FIGURE, figures)


def put_notes(connection: Connection, notes: Mapping[str, str | None]) -> None:
    """Index notes by run; None is one that is taken away. Call it before the tags change."""
    before: dict[str, str] = {}
    for batch in batches(notes):
        statement = select(tags.c.run_id, tags.c.value).where(
            tags.c.run_id.in_(batch), tags.c.key == NOTE_TAG
        )
        before |= {row.run_id: row.value for row in connection.execute(statement)}
    take_out(connection, "note", before)
    # A run that was collected and came back by an import: its row leads to words that are gone.
    _forget(connection, _known(connection, "note", notes).values())
    _put(connection, "note", {run_id: note for run_id, note in notes.items() if note is not None})


def take_out(connection: Connection, kind: TextKind, held: Mapping[str, str]) -> None:
    """Take texts out of the index; the words of one that is to be forgotten must not stay.

    Args:
        connection: in a write transaction.
        kind: what they are.
        held: the texts, as they were put in, by digest or run.
    """
    known = _known(connection, kind, held)
    rows = [{"text_id": text_id, "body": _clean(held[ref])} for ref, text_id in known.items()]
    if not rows:
        return
    connection.execute(_TAKE, rows)
    _forget(connection, known.values())


def rebuild(connection: Connection) -> None:
    """Make the index of executions and notes anew, with nothing else in it."""
    connection.execute(_EMPTY)
    connection.execute(delete(texts))
    digests = connection.execute(select(executions.c.source_digest).distinct()).scalars().all()
    for batch in batches(digests):
        put_sources(connection, get_small(connection, batch))
    notes = connection.execute(select(tags.c.run_id, tags.c.value).where(tags.c.key == NOTE_TAG))
    _put(connection, "note", {row.run_id: row.value for row in notes})


def _forget(connection: Connection, text_ids: Iterable[int]) -> None:
    for batch in batches(text_ids):
        connection.execute(delete(texts).where(texts.c.text_id.in_(batch)))


def _known(connection: Connection, kind: TextKind, refs: Iterable[str]) -> dict[str, int]:
    known: dict[str, int] = {}
    for batch in batches(refs):
        found = connection.execute(_KNOWN, {"kind": kind, "refs": batch})
        known |= {row.ref: row.text_id for row in found}
    return known


def _put(connection: Connection, kind: TextKind, new: Mapping[str, str]) -> None:
    if not new:
        return
    last = connection.execute(_LAST).scalar() or 0
    rows = [
        {"text_id": text_id, "kind": kind, "ref": ref, "body": _clean(body)}
        for text_id, (ref, body) in enumerate(new.items(), start=last + 1)
    ]
    connection.execute(
        _NEW, [{name: row[name] for name in ("text_id", "kind", "ref")} for row in rows]
    )
    connection.execute(_PUT, [{name: row[name] for name in ("text_id", "body")} for row in rows])


def _decoded(source: bytes) -> str:
    return source.decode("utf-8", "surrogatepass")


def _clean(body: str) -> str:
    # Half a surrogate pair, which code may hold, is nothing that a database takes as text.
    return body.encode("utf-8", "replace").decode()


@dataclass(frozen=True, slots=True)
class Phrase:
    """What is looked for: words beside each other, the last as a beginning unless ``whole``."""

    text: str
    whole: bool


def phrases_of(query: str) -> list[Phrase]:
    """What a query looks for: its words, and what stands in double quotes as it is.

    Raises:
        UsageError: nothing in it is a word or a number.
    """
    phrases: list[Phrase] = []
    for index, piece in enumerate(query.split('"')):
        # Every second piece stood in quotes.
        if index % 2:
            phrases.append(Phrase(piece.strip(), whole=True))
        else:
            phrases += [Phrase(word, whole=False) for word in piece.split()]
    found = [each for each in phrases if any(map(str.isalnum, each.text))]
    if not found:
        raise UsageError(f"{query!r} holds no word to look for: write at least a letter or a digit")
    return found


def matching_texts(query: str) -> Select[Any]:
    """The ids of texts of any kind that hold everything a query looks for.

    The index splits at everything that is neither letter nor digit: ``read_csv(`` is the words
    ``read`` and ``csv`` beside each other.

    Raises:
        UsageError: nothing in the query is a word or a number.
    """
    # In FTS5's query language a text in quotes is a phrase, and * makes its last word a prefix.
    asked = " ".join(
        f'"{_clean(phrase.text)}"' + ("" if phrase.whole else "*") for phrase in phrases_of(query)
    )
    return select(_INDEX.c.rowid).where(column("text_index").op("MATCH")(asked))


def matching(query: str, kind: TextKind) -> Select[Any]:
    """The refs of texts of a kind that hold what a query looks for; see `matching_texts`."""
    # A list, not a join: SQLite would ask the index again for each text.
    found = matching_texts(query)
    return select(texts.c.ref).where(texts.c.text_id.in_(found), texts.c.kind == kind)


def run_matches(query: str, kinds: Iterable[TextKind]) -> ColumnElement[bool]:
    """The condition that a run's code or note holds what a query looks for."""
    alternatives: list[ColumnElement[bool]] = []
    for kind in kinds:
        refs = matching(query, kind)
        if kind == "note":
            alternatives.append(runs.c.run_id.in_(refs))
        else:
            ran = select(executions.c.msg_id).where(executions.c.source_digest.in_(refs))
            alternatives.append(runs.c.msg_id.in_(ran))
    return or_(*alternatives)
