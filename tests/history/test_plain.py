import hashlib
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from nbtrack.history.lookup import revision_document
from nbtrack.history.plain import plain_text
from tests.history.documents import code, notebook

PICTURE = {
    "output_type": "display_data",
    "metadata": {},
    "data": {"text/plain": "<Figure>", "image/png": "aGVsbG8="},
}
TEXT = """\
revision r2 {id}
recorded 2026-01-01T00:01:00+00:00 by ada
reason execute
parent {parent}

metadata
{{
 "title": "churn"
}}

==== code a [1]
x = 1
print(x)
---- stdout
1
---- image/png 8 bytes sha256 {digest}
---- text/plain
<Figure>

==== markdown b
# Title
"""


@pytest.fixture
def revision(store, take):
    """The second revision of a notebook, and its document."""
    book = store.create_notebook("/w/book.ipynb").notebook_id
    take(book, notebook(code("x = 0", "a")))
    cell = code("x = 1\nprint(x)", "a", "1\n")
    cell["outputs"].append(PICTURE)
    note = {"cell_type": "markdown", "source": "# Title", "metadata": {}, "id": "b"}
    made = take(book, notebook(cell, note, title="churn")).revision
    return made, revision_document(store, made.revision_id)


def test_a_revision_as_text(revision):
    """Who, when and why, then the cells with what they show; pictures by digest and size."""
    made, document = revision
    digest = hashlib.sha256(b"aGVsbG8=").hexdigest()
    expected = TEXT.format(id=made.revision_id, parent=made.parent_id, digest=digest)
    assert plain_text(made, document) == expected


def test_the_text_says_what_was_noted(revision):
    """Name, origin, commit and what was restored stand in it where they are known."""
    made, document = revision
    noted = replace(made, label="good", origin="lab", git_commit="c" * 40, restored_from="d" * 32)
    lines = plain_text(noted, document).splitlines()
    assert lines[1] == "label good"
    assert {"from lab", f"commit {'c' * 40}", f"restored from {'d' * 32}"} <= set(lines)


def test_the_same_revision_is_the_same_text(revision):
    """However often it is written."""
    assert plain_text(*revision) == plain_text(*revision)
    made, _ = revision
    assert made.created_at == datetime(2026, 1, 1, 0, 1, tzinfo=UTC)
