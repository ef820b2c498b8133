"""The store contract: what was ever in a notebook is found."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from nbtrack.entities import CellVersion, Manifest, Revision
from nbtrack.errors import NotFoundError, UsageError
from nbtrack.store.base import RevisionFilter, Store
from nbtrack.testing.builders import new_revision
from nbtrack.testing.clock import START
from nbtrack.testing.contract_fixtures import ContractFixtures

Cell = tuple[str, str, Sequence[dict[str, Any]]]
"""A code cell: its id, its source, and its outputs."""


def printed(text: str) -> dict[str, Any]:
    """An output of a stream."""
    return {"output_type": "stream", "name": "stdout", "text": text}


def shown(**data: str) -> dict[str, Any]:
    """A rich output, by media type with ``_`` for ``/``."""
    return {
        "output_type": "display_data",
        "metadata": {},
        "data": {name.replace("_", "/", 1): value for name, value in data.items()},
    }


def picture(content: bytes) -> dict[str, Any]:
    """A picture as Jupyter shows one."""
    return shown(image_png=base64.b64encode(content).decode(), text_plain="<Figure 1x1>")


def put_revision(store: Store, notebook_id: str, *cells: Cell, **given: Any) -> Revision:
    """Record a state of a notebook; ``**given`` are members of `NewRevision`."""
    versions = []
    for cell_id, source, outputs in cells:
        written = [json.dumps(output, sort_keys=True).encode() for output in outputs]
        digests = store.put_blobs([source.encode(), b"{}", *written])
        versions.append(CellVersion(cell_id, "code", digests[0], digests[1], tuple(digests[2:])))
    [metadata] = store.put_blobs([b"{}"])
    number = store.get_notebook(notebook_id).revision_count
    at = START + timedelta(minutes=number)
    made = replace(
        new_revision(notebook_id, created_at=at), manifest=Manifest(tuple(versions), metadata)
    )
    return store.add_revision(replace(made, **given))


class FindingContract(ContractFixtures):
    """Words and pictures are found in whatever revision they stood."""

    def test_words_of_any_revision(self, store: Store) -> None:
        """A cell is found by any text it had, with when it had it and how it reads."""
        book = store.create_notebook("/a.ipynb").notebook_id
        put_revision(store, book, ("a", "x = 1\nrate = 0.1  # slow", ()), ("b", "y", ()))
        put_revision(store, book, ("a", "rate = 0.2", ()), ("b", "y", ()))
        put_revision(store, book, ("a", "other", ()), ("b", "y", ()))
        [match] = store.search_history("rate").items
        assert (match.cell_id, match.part, match.role) == ("a", "source", "code")
        assert (match.first_number, match.last_number, match.is_present) == (1, 2, False)
        assert (match.found_number, match.version_count) == (2, 2)
        assert match.found_at == START + timedelta(minutes=1)
        assert (match.snippet, match.marks, match.line) == ("rate = 0.2", ((0, 4),), 1)
        [older] = store.search_history("rate slow").items
        assert (older.found_number, older.line) == (1, 2)
        assert older.marks == ((0, 4), (14, 18))
        [still] = store.search_history("y").items
        assert (still.first_number, still.last_number, still.is_present) == (1, 3, True)
        assert store.search_history("0.3").items == []
        with pytest.raises(UsageError):
            store.search_history("***")
        with pytest.raises(UsageError):
            store.search_history("x", limit=0)

    def test_words_of_outputs(self, store: Store) -> None:
        """What cells printed, showed and failed with is found, escapes and markup aside."""
        book = store.create_notebook("/a.ipynb").notebook_id
        error = {
            "output_type": "error",
            "ename": "ValueError",
            "evalue": "bad shape",
            "traceback": ["\x1b[0;31mValueError\x1b[0m: bad shape"],
        }
        outputs = [printed("epoch 7 done"), error, shown(text_html="<td class='zebra'>lion</td>")]
        put_revision(store, book, ("a", "run()", outputs))
        found = {word: store.search_history(word).items for word in ("epoch", "shape", "lion")}
        assert {(match.part, match.role) for [match] in found.values()} == {
            ("output", "output"),
            ("output", "error"),
        }
        assert found["epoch"][0].snippet == "epoch 7 done"
        assert found["shape"][0].role == "error"
        assert store.search_history("zebra").items == []
        put_revision(store, book, ("a", "run()", outputs), ("b", "later", []))
        failed = store.list_revisions(book, only=RevisionFilter(with_errors=True)).items
        assert [revision.number for revision in failed] == [1]
        assert len(store.search_history("run").items) == 1

    def test_a_text_that_comes_back(self, store: Store) -> None:
        """First and last are of all the stretches in which a cell had a text."""
        book = store.create_notebook("/a.ipynb").notebook_id
        for source in ("good", "bad", "good", "bad"):
            put_revision(store, book, ("a", source, ()))
        [match] = store.search_history("good").items
        assert (match.first_number, match.last_number, match.is_present) == (1, 3, False)
        assert (match.found_number, match.version_count) == (3, 1)

    def test_one_notebook_or_all(self, store: Store) -> None:
        """The same text in two notebooks is found in each, deleted ones included, in pages."""
        books = [store.create_notebook(f"/{name}.ipynb").notebook_id for name in "abc"]
        for index, book in enumerate(books):
            at = START + timedelta(hours=index)
            put_revision(store, book, ("x", "common words", ()), created_at=at)
        store.mark_notebook_deleted(books[1])
        assert [m.notebook_id for m in store.search_history("common").items] == books[::-1]
        [only] = store.search_history("common", notebook_id=books[1]).items
        assert only.notebook_id == books[1]
        seen, token = [], None
        while True:
            page = store.search_history("common", limit=1, page_token=token)
            seen += [match.notebook_id for match in page.items]
            token = page.next_page_token
            if token is None:
                break
        assert seen == books[::-1]

    def test_code_that_ran_is_searched_as_before(self, store: Store) -> None:
        """A cell's text in a revision is no execution of it."""
        book = store.create_notebook("/a.ipynb").notebook_id
        put_revision(store, book, ("a", "never_run()", ()))
        assert store.search_text("never_run").items == []
        assert len(store.search_history("never_run").items) == 1

    def test_a_replaced_revision_is_not_found(self, store: Store) -> None:
        """Only what revisions hold is found, and from the ones that do."""
        book = store.create_notebook("/a.ipynb").notebook_id
        first = put_revision(store, book, ("a", "one", ()), ("b", "kept", ()))
        second = put_revision(store, book, ("a", "two", ()), ("b", "kept", ()))
        put_revision(
            store,
            book,
            ("a", "one", ()),
            ("b", "kept", ()),
            replaces=second.revision_id,
            parent_id=first.revision_id,
            expect_parent=True,
        )
        assert store.search_history("two").items == []
        for word in ("one", "kept"):
            [match] = store.search_history(word).items
            assert (match.first_number, match.last_number, match.is_present) == (1, 2, True)

    def test_figures(self, store: Store) -> None:
        """Each picture once, those shown last first, however it was wrapped."""
        book = store.create_notebook("/a.ipynb").notebook_id
        red, blue = picture(b"red"), picture(b"blue")
        again = {**red, "output_type": "execute_result", "execution_count": 7}
        put_revision(store, book, ("a", "plot()", [red]), ("b", "draw()", []))
        put_revision(store, book, ("a", "plot()", [blue]), ("b", "draw()", []))
        last = put_revision(store, book, ("a", "plot()", [blue]), ("b", "draw()", [again]))
        page = store.list_figures(book, limit=1)
        [figure] = page.items
        assert (figure.cell_id, figure.number, figure.revision_id) == ("b", 3, last.revision_id)
        assert figure.shown_at == last.created_at
        assert store.read_figure(book, figure.digest) == ("image/png", b"red")
        [other] = store.list_figures(book, page_token=page.next_page_token).items
        assert (other.cell_id, other.number) == ("a", 2)
        assert store.read_figure(book, other.digest) == ("image/png", b"blue")
        assert store.search_history("figure").items == []
        empty = store.create_notebook("/b.ipynb").notebook_id
        assert store.list_figures(empty).items == []
        with pytest.raises(NotFoundError):
            store.read_figure(empty, figure.digest)
        with pytest.raises(NotFoundError):
            store.list_figures("unknown")

    def test_what_is_forgotten_is_not_found(self, store: Store) -> None:
        """Neither by its words nor among the pictures, while the rest stays findable."""
        book = store.create_notebook("/a.ipynb").notebook_id
        put_revision(store, book, ("a", "key = 'hushhush'", [printed("hushhush it is")]))
        put_revision(store, book, ("a", "plot()", [picture(b"face")]), ("b", "kept", []))
        store.forget(["hushhush"], dry_run=False)
        assert store.search_history("hushhush").items == []
        parts = {match.part for match in store.search_history("forgotten").items}
        assert parts == {"source", "output"}
        store.forget(cell=(book, "a"), dry_run=False)
        assert store.list_figures(book).items == []
        assert store.search_history("plot").items == []
        [match] = store.search_history("kept").items
        assert (match.first_number, match.last_number) == (2, 2)
