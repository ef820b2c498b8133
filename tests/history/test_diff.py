import random

from hypothesis import given, settings
from hypothesis import strategies as st

from nbtrack.entities import CellChange, ChangeKind
from nbtrack.history.diff import CellStatus, changes_of, diff, preview, with_texts
from nbtrack.history.manifest import encode
from nbtrack.history.match import longest_increasing
from tests.history.documents import code, notebook, notebooks


def compare(old, new):
    """Diff two documents, with texts."""
    before, after = encode(old), encode(new)
    blobs = {**before.blobs, **after.blobs}
    found = diff(before.manifest, after.manifest, lambda digests: {d: blobs[d] for d in digests})
    return with_texts(found, lambda digests: {d: blobs[d] for d in digests})


def shape(found):
    """What became of each cell, briefly."""
    return [(delta.cell.cell_id, str(delta.status), delta.moved) for delta in found.cells]


def test_each_cell_says_what_became_of_it():
    """Cells stand in the new order with their status, removed ones where they were."""
    old = notebook(code("a = 1", "a"), code("b", "b"), code("c", "c"))
    new = notebook(code("a = 2", "a"), code("d", "d"), code("c", "c"))
    assert shape(compare(old, new)) == [
        ("a", "edited", False),
        ("b", "removed", False),
        ("d", "added", False),
        ("c", "unchanged", False),
    ]


def test_the_fewest_cells_are_said_to_move():
    """One cell taken to the end is one move, not three."""
    cells = [code(name, name) for name in "abcd"]
    found = compare(notebook(*cells), notebook(*cells[1:], cells[0]))
    assert [delta.cell.cell_id for delta in found.cells if delta.moved] == ["a"]


def test_a_cell_with_a_new_id_is_known_by_its_text():
    """The same or similar source under another id is the same cell."""
    old = notebook(code("total = 0\nfor x in data:\n    total += x", "a"), code("plot(x)", "b"))
    new = notebook(code("total = 1\nfor x in data:\n    total += x", "x"), code("plot(x)", "y"))
    assert shape(compare(old, new)) == [("x", "edited", False), ("y", "unchanged", False)]


def test_unlike_cells_are_not_paired():
    """A cell that has nothing in common is new, and the old one is gone."""
    found = compare(notebook(code("import os", "a")), notebook(code("model.fit(x, y)", "b")))
    assert found.count(CellStatus.ADDED) == found.count(CellStatus.REMOVED) == 1


def test_changes_name_the_strongest_kind_and_the_first_line_of_code():
    """The short list has one entry a cell, with a preview."""
    old, new = notebook(code("a", "a"), code("b", "b", "1")), notebook()
    new["cells"] = [code("%%track\n# note\n\nfit()", "a"), code("b", "b", "2"), code("c", "c")]
    before, after = encode(old), encode(new)
    blobs = {**before.blobs, **after.blobs}
    changes = changes_of(
        diff(before.manifest, after.manifest, lambda digests: blobs), lambda digests: blobs
    )
    assert changes == (
        CellChange("a", ChangeKind.EDITED, "fit()"),
        CellChange("b", ChangeKind.OUTPUT, "b"),
        CellChange("c", ChangeKind.ADDED, "c"),
    )


def test_a_long_line_is_cut_in_the_preview():
    """A preview stays short."""
    assert len(preview("x" * 500)) == 80


@given(notebooks, notebooks)
@settings(max_examples=100, deadline=None)
def test_a_diff_holds_every_cell_of_both_sides_once(old, new):
    """Nothing is lost or doubled, and the new side keeps its order."""
    found = compare(old, new)
    olds = [delta.old_index for delta in found.cells if delta.old_index is not None]
    news = [delta.new_index for delta in found.cells if delta.new_index is not None]
    assert sorted(olds) == list(range(len(old["cells"])))
    assert news == list(range(len(new["cells"])))
    stayed = [
        delta.old_index
        for delta in found.cells
        if delta.status is not CellStatus.ADDED and not delta.moved
    ]
    assert stayed == sorted(stayed)


@given(notebooks)
@settings(max_examples=50, deadline=None)
def test_a_notebook_does_not_differ_from_itself(document):
    """Comparing a state with itself shows nothing."""
    found = compare(document, document)
    assert all(delta.status is CellStatus.UNCHANGED and not delta.moved for delta in found.cells)
    assert not found.metadata_differs


@given(st.lists(st.integers(0, 30), unique=True, max_size=9))
def test_the_kept_order_is_a_longest_one(values):
    """No longer increasing subsequence exists."""
    kept = [values[position] for position in sorted(longest_increasing(values))]
    assert kept == sorted(kept)
    best = 0
    for mask in range(2 ** len(values)):
        chosen = [value for bit, value in enumerate(values) if mask >> bit & 1]
        if chosen == sorted(chosen):
            best = max(best, len(chosen))
    assert len(kept) == best


def test_a_shuffled_thousand_cells_are_compared_quickly():
    """Pairing by id stays cheap for a long notebook."""
    cells = [code(f"x{number}", f"c{number}") for number in range(1000)]
    shuffled = random.Random(4).sample(cells, len(cells))
    found = compare(notebook(*cells), notebook(*shuffled))
    assert len(found.cells) == 1000
