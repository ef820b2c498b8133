"""Reading the full-text index: which code and which notes hold some words, and where in them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, func, literal, select, union_all

from nbtrack.entities import Lifecycle, Page, TextMatch
from nbtrack.errors import UsageError
from nbtrack.store.blobtable import batches, get_small
from nbtrack.store.database import Database
from nbtrack.store.paging import Ordering, after, read_token, write_token
from nbtrack.store.rows import from_us
from nbtrack.store.schema import executions, runs, tags
from nbtrack.store.texts import NOTE_TAG, Phrase, matching, phrases_of

_MAX_LIMIT = 1000
_SNIPPET = 200
"""Characters of a line that are shown, and how many of them before the first match."""
_BEFORE = 60
_WORD = re.compile(r"[^\W_]+")


class TextReads:
    """The part of the store that searches texts."""

    _database: Database

    def search_text(
        self,
        query: str,
        *,
        notebook_id: str | None = None,
        limit: int = 50,
        page_token: str | None = None,
    ) -> Page[TextMatch]:
        """See `Store.search_text`."""
        if not 1 <= limit <= _MAX_LIMIT:
            raise UsageError(f"limit is {limit}; it can be 1 to {_MAX_LIMIT}")
        phrases = phrases_of(query)
        about = ("texts", query, notebook_id)
        found = union_all(_code(query, notebook_id), _notes(query, notebook_id)).subquery()
        orderings = [Ordering(found.c.at, descending=True), Ordering(found.c.ref)]
        statement = select(found)
        if page_token is not None:
            values = read_token(page_token, about=about, count=2)
            statement = statement.where(after(orderings, values))
        statement = statement.order_by(*(each.clause() for each in orderings)).limit(limit + 1)
        with self._database.read() as connection:
            rows = connection.execute(statement).all()
            items = _matches(connection, rows[:limit], phrases)
        token = None
        if len(rows) > limit:
            token = write_token([rows[limit - 1].at, rows[limit - 1].ref], about=about)
        return Page(items, token)


def _code(query: str, notebook_id: str | None) -> Any:
    """Sources that match, with the execution that ran each last."""
    ran = select(
        literal("code").label("kind"),
        executions.c.source_digest.label("ref"),
        # SQLite gives the other columns of the row that has the greatest one.
        func.max(executions.c.started_at).label("at"),
        executions.c.msg_id,
        executions.c.cell_id,
        executions.c.notebook_id,
    ).where(executions.c.source_digest.in_(matching(query, "code")))
    if notebook_id is not None:
        ran = ran.where(executions.c.notebook_id == notebook_id)
    return ran.group_by(executions.c.source_digest)


def _notes(query: str, notebook_id: str | None) -> Any:
    """Runs whose notes match."""
    noted = select(
        literal("note").label("kind"),
        runs.c.run_id.label("ref"),
        runs.c.started_at.label("at"),
        runs.c.msg_id,
        runs.c.cell_id,
        runs.c.notebook_id,
    ).where(runs.c.run_id.in_(matching(query, "note")), runs.c.lifecycle_stage == Lifecycle.ACTIVE)
    return noted if notebook_id is None else noted.where(runs.c.notebook_id == notebook_id)


def _matches(
    connection: Connection, rows: Sequence[Row[Any]], phrases: list[Phrase]
) -> list[TextMatch]:
    texts = _texts(connection, rows)
    made = _runs_of(connection, [row.ref for row in rows if row.kind == "code"])
    found = []
    for row in rows:
        line, snippet = first_line(texts.get(row.ref, ""), phrases)
        found.append(
            TextMatch(
                kind=row.kind,
                snippet=snippet,
                line=line,
                found_at=from_us(row.at),
                msg_id=row.msg_id,
                cell_id=row.cell_id,
                notebook_id=row.notebook_id,
                run_ids=tuple(made.get(row.ref, ())) if row.kind == "code" else (row.ref,),
            )
        )
    return found


def _texts(connection: Connection, rows: Sequence[Row[Any]]) -> dict[str, str]:
    """The texts themselves, by ref."""
    sources = get_small(connection, [row.ref for row in rows if row.kind == "code"])
    found = {digest: data.decode("utf-8", "replace") for digest, data in sources.items()}
    for batch in batches(row.ref for row in rows if row.kind == "note"):
        notes = select(tags.c.run_id, tags.c.value).where(
            tags.c.run_id.in_(batch), tags.c.key == NOTE_TAG
        )
        found.update((run_id, note) for run_id, note in connection.execute(notes))
    return found


def _runs_of(connection: Connection, digests: list[str]) -> dict[str, list[str]]:
    """Active runs that each source made, newest first."""
    made: dict[str, list[str]] = {}
    for batch in batches(digests):
        statement = (
            select(executions.c.source_digest, runs.c.run_id)
            .join(runs, runs.c.msg_id == executions.c.msg_id)
            .where(executions.c.source_digest.in_(batch))
            .where(runs.c.lifecycle_stage == Lifecycle.ACTIVE)
            .order_by(runs.c.started_at.desc(), runs.c.run_id)
        )
        for digest, run_id in connection.execute(statement):
            made.setdefault(digest, []).append(run_id)
    return made


def first_line(text: str, phrases: list[Phrase]) -> tuple[int, str]:
    """The first line that holds the most of what was looked for, and its number from 1."""
    patterns = [_pattern(phrase) for phrase in phrases]
    best, most = 0, -1
    lines = text.splitlines() or [""]
    for index, line in enumerate(lines):
        count = sum(pattern.search(line) is not None for pattern in patterns)
        if count > most:
            best, most = index, count
    return best + 1, lines[best].strip()


def marked_line(text: str, phrases: list[Phrase]) -> tuple[int, str, tuple[tuple[int, int], ...]]:
    """As `first_line`, cut to what surrounds the first match, and where the matches are in it."""
    line, whole = first_line(text, phrases)
    matches = sorted(
        match.span() for phrase in phrases for match in _pattern(phrase).finditer(whole)
    )
    start = max(0, (matches[0][0] if matches else 0) - _BEFORE) if len(whole) > _SNIPPET else 0
    snippet = whole[start : start + _SNIPPET]
    marks: list[tuple[int, int]] = []
    for begin, end in ((begin - start, min(end - start, len(snippet))) for begin, end in matches):
        if begin >= (marks[-1][1] if marks else 0) and begin < end:
            marks.append((begin, end))
    return line, snippet, tuple(marks)


def _pattern(phrase: Phrase) -> re.Pattern[str]:
    """What the index finds for a phrase: its words, with no letter or digit between them."""
    words = [re.escape(word) for word in _WORD.findall(phrase.text)]
    end = r"(?![^\W_])" if phrase.whole else ""
    return re.compile(r"(?<![^\W_])" + r"[\W_]+".join(words) + end, re.IGNORECASE)
