"""Notebooks of every nbformat 4, with what files in the wild have, and of other kernels."""

import base64
import json

import nbformat
import pytest

from nbtrack.entities import RevisionReason
from nbtrack.history.blobs import reader
from nbtrack.history.diff import diff
from nbtrack.history.files import write_notebook
from nbtrack.history.lookup import revision_document
from nbtrack.history.normal import is_cell_id, normalise
from nbtrack.history.restore import restore_closed
from nbtrack.testing.clock import START
from tests.history.documents import code, notebook


@pytest.fixture
def book(store):
    """The id of a notebook."""
    return store.create_notebook("/w/book.ipynb").notebook_id


def compared(store, old, new):
    """What differs between the cells of two revisions."""
    one, other = (store.get_manifest(each.revision_id) for each in (old, new))
    return diff(one, other, reader(store)).cells


def old_file(minor):
    """A notebook as the version of a minor number of nbformat writes it."""
    made = nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_markdown_cell("# A title"),
            nbformat.v4.new_code_cell(
                "print(1)\n1 + 1",
                execution_count=3,
                outputs=[
                    nbformat.v4.new_output("stream", text="1\n"),
                    nbformat.v4.new_output(
                        "execute_result", {"text/plain": "2"}, execution_count=3
                    ),
                ],
            ),
            nbformat.v4.new_raw_cell("raw"),
        ]
    )
    made.nbformat_minor = minor
    if minor < 5:
        for cell in made.cells:
            cell.pop("id", None)
    text = nbformat.writes(made)
    assert nbformat.reads(text, as_version=4).nbformat_minor >= minor
    # As in the file: lists of lines, and ids only where the version has them.
    return json.loads(text)


@pytest.mark.parametrize("minor", range(6))
def test_files_of_every_minor_version_are_recorded(store, book, take, minor):
    """Whatever the file lacks is made up once and then stays the same."""
    document = old_file(minor)
    document["nbformat_minor"] = minor
    first = take(book, document, "save")
    assert not take(book, json.loads(json.dumps(document)), "save").created
    rebuilt = revision_document(store, first.revision.revision_id)
    nbformat.validate(nbformat.from_dict(rebuilt))
    assert rebuilt["nbformat_minor"] == 5
    assert [cell["source"] for cell in rebuilt["cells"]] == ["# A title", "print(1)\n1 + 1", "raw"]
    assert rebuilt["cells"][1]["outputs"][0]["text"] == "1\n"
    document["cells"][0]["source"] = ["# Another title"]
    changes = take(book, document, "save").revision.changes
    assert [change.preview for change in changes] == ["# Another title"]


def test_nbformat_three_is_refused_with_what_to_do(take, book):
    """It is not guessed what it means."""
    with pytest.raises(Exception, match="nbconvert --to notebook"):
        take(book, {"nbformat": 3, "worksheets": []})


@pytest.mark.parametrize("bad", ["", "has spaces", "ü", "x" * 65, 7, None, ["a"]])
def test_invalid_ids_are_replaced_once(store, book, take, bad):
    """The cell gets one that is valid, and keeps it."""
    document = notebook({**code("a = 1"), "id": bad}, code("b = 2", "good"))
    first = take(book, document, "save").revision
    cells = store.get_manifest(first.revision_id).cells
    assert is_cell_id(cells[0].cell_id)
    assert cells[1].cell_id == "good"
    assert not take(book, document, "save").created


def test_duplicate_ids_are_told_apart(store, book, take):
    """The first cell keeps the id; an edit of the second one is not one of the first."""
    document = notebook(code("a = 1", "twin"), code("b = 2", "twin"), code("c = 3", "twin"))
    first = take(book, document, "save").revision
    ids = [cell.cell_id for cell in store.get_manifest(first.revision_id).cells]
    assert ids[0] == "twin"
    assert len(set(ids)) == 3
    edited = notebook(code("a = 1", "twin"), code("b = 22", "twin"), code("c = 3", "twin"))
    second = take(book, edited, "save").revision
    assert [change.preview for change in second.changes] == ["b = 22"]
    restored = revision_document(store, first.revision_id)
    assert [cell["source"] for cell in restored["cells"]] == ["a = 1", "b = 2", "c = 3"]


def test_attachments_are_part_of_the_history(store, book, take):
    """A picture in a note comes back, and another picture is a change."""
    picture = base64.b64encode(b"\x89PNG picture").decode()
    note = {
        "cell_type": "markdown",
        "id": "note",
        "metadata": {},
        "source": "![](attachment:a.png)",
        "attachments": {"a.png": {"image/png": picture}},
    }
    first = take(book, notebook(note), "save").revision
    other = {**note, "attachments": {"a.png": {"image/png": picture[::-1]}}}
    second = take(book, notebook(other), "save")
    assert second.created
    rebuilt = revision_document(store, first.revision_id)
    assert rebuilt["cells"][0]["attachments"] == note["attachments"]
    [delta] = compared(store, first, second.revision)
    assert delta.metadata_differs


def test_huge_metadata_are_stored_once(store, book, take):
    """A widget's state of megabytes comes back, and costs nothing in later revisions."""
    state = {f"model-{n}": {"state": {"value": "v" * 100}} for n in range(20_000)}
    huge = {"widgets": {"application/vnd.jupyter.widget-state+json": {"state": state}}}
    first = take(book, notebook(code("a = 1", "a"), **huge), "save").revision
    second = take(book, notebook(code("a = 2", "a"), **huge), "save").revision
    assert revision_document(store, second.revision_id)["metadata"] == huge
    one, two = (store.get_manifest(each.revision_id) for each in (first, second))
    assert one.metadata_digest == two.metadata_digest
    assert sum(store.content_sizes([one.metadata_digest]).values()) > 0


@pytest.mark.parametrize(
    ("language", "source"),
    [
        ("R", "x <- c(1, 2)\nlibrary(ggplot2)  # %%track is no magic here\nplot(x)"),
        ("julia", "f(x) = x^2\nusing Plots; plot(f, 0:0.1:1)"),
        ("scala", 'val password = sys.env("TOKEN")\nprintln(s"${1 + 1}")'),
        ("bash", 'for f in *.csv; do wc -l "$f"; done'),
        ("sql", "SELECT '%' || name FROM t -- ä €"),
    ],
)
def test_notebooks_of_other_kernels_have_a_history(store, book, take, tmp_path, language, source):
    """Saved, compared and restored like any others: nothing of it needs Python."""
    kernel = {"kernelspec": {"name": language, "display_name": language, "language": language}}
    document = notebook(code(source, "a", "shown"), **kernel)
    first = take(book, document, "save").revision
    later = take(book, notebook(code("other", "a"), **kernel), "save").revision
    assert [delta.status for delta in compared(store, first, later)] == ["edited"]
    path = tmp_path / "book.ipynb"
    write_notebook(path, normalise(notebook(code("other", "a"), **kernel)).document())
    restored = restore_closed(
        store,
        store.get_notebook(book),
        first,
        path=path,
        author="ada",
        at=START,
        with_outputs=True,
    )
    assert restored.revision.reason is RevisionReason.RESTORE
    found = json.loads(path.read_text())
    assert "".join(found["cells"][0]["source"]) == source
    assert found["metadata"]["kernelspec"]["language"] == language
