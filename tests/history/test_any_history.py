"""Whatever happens to a notebook: every revision comes back, and every difference is complete."""

import copy
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from nbtrack.entities import RevisionReason
from nbtrack.history.blobs import reader
from nbtrack.history.diff import CellStatus, diff
from nbtrack.history.lookup import all_revisions, revision_document
from nbtrack.history.manifest import encode, json_bytes
from nbtrack.history.masks import masked_cell, masked_metadata
from nbtrack.history.normal import normalise
from nbtrack.history.record import Snapshot, record
from nbtrack.history.thinning import ThinningRules, find_superfluous, thin
from nbtrack.store import open_store
from tests.history.documents import code_cells, notebooks, text_cells

START = datetime(2026, 1, 1, tzinfo=UTC)
# Execution stands for itself: sessions of any length, with pauses that end them.
REASONS = st.sampled_from(["execute", "save", "restore", "checkpoint", "open", "outside"])
EDITS = st.lists(
    st.tuples(
        st.sampled_from(["insert", "remove", "move", "replace", "metadata", "none"]),
        st.integers(0, 6),
        st.integers(0, 6),
        code_cells | text_cells,
        REASONS,
        st.sampled_from([5, 65, 3_600, 90_000]),
    ),
    max_size=8,
)


def edited(document, kind, place, other, cell):
    """The document after an edit of a person."""
    document = copy.deepcopy(document)
    cells = document["cells"]
    place, other = place % (len(cells) or 1), other % (len(cells) or 1)
    match kind:
        case "insert":
            cells.insert(place, cell)
        case "remove" if cells:
            cells.pop(place)
        case "move" if cells:
            cells.insert(other, cells.pop(place))
        case "replace" if cells:
            cells[place] = cell
        case "metadata":
            document["metadata"] = {**document["metadata"], "edited": place}
    return document


def spelled(document):
    """A document as bytes, in normal form and with masks, ids aside that it did not have."""
    normal = normalise(document)
    cells = []
    for cell in normal.cells:
        cell = masked_cell(cell)
        cells.append({**cell, "id": "made"} if cell["id"] in normal.made_ids else cell)
    return json_bytes({"metadata": masked_metadata(normal.metadata), "cells": cells})


def same_ids(document, rebuilt):
    """A rebuilt document with the ids aside that the recorded one did not have."""
    normal = normalise(document)
    rebuilt = copy.deepcopy(rebuilt)
    for cell, was in zip(rebuilt["cells"], normal.cells, strict=True):
        if was["id"] in normal.made_ids:
            cell["id"] = "made"
    return json_bytes({"metadata": rebuilt["metadata"], "cells": rebuilt["cells"]})


@settings(max_examples=25, deadline=None)
@given(notebooks, EDITS)
def test_every_revision_comes_back_byte_for_byte(document, edits):
    """Of any sequence of edits, also after old sessions were thinned."""
    with tempfile.TemporaryDirectory() as place:
        store = open_store(Path(place) / "store")
        book = store.create_notebook("/w/book.ipynb").notebook_id
        at, written = START, {}
        for kind, one, other, cell, reason, seconds in [("none", 0, 0, {}, "save", 5), *edits]:
            document, at = edited(document, kind, one, other, cell), at + timedelta(seconds=seconds)
            source = next(all_revisions(store, book), None) if reason == "restore" else None
            taken = Snapshot(
                encode(document),
                RevisionReason(reason if source or reason != "restore" else "save"),
                "ada",
                at,
                label="named" if reason == "checkpoint" else None,
                restored_from=source.revision_id if source else None,
            )
            made = record(store, book, taken)
            if made.created:
                written[made.revision.revision_id] = document
        for _ in range(2):
            for revision in all_revisions(store, book):
                rebuilt = revision_document(store, revision.revision_id)
                recorded = written[revision.revision_id]
                assert same_ids(recorded, rebuilt) == spelled(recorded)
            thin(store, find_superfluous(store, ThinningRules(), at + timedelta(days=9)))
        store.close()


@settings(max_examples=60, deadline=None)
@given(notebooks, notebooks)
def test_a_difference_applied_to_one_side_gives_the_other(one, other):
    """What it says is added, gone, edited and moved is all there is, in the new side's order."""
    old, new = encode(one), encode(other)
    blobs = {**old.blobs, **new.blobs}
    found = diff(
        old.manifest, new.manifest, lambda digests: {each: blobs[each] for each in digests}
    )
    applied = []
    for delta in found.cells:
        if delta.status is CellStatus.REMOVED:
            continue
        before = None if delta.old_index is None else old.manifest.cells[delta.old_index]
        changed = delta.status in (CellStatus.ADDED, CellStatus.EDITED)
        unchanged = before is not None and not changed
        if unchanged:
            assert (before.source_digest, before.cell_type) == (
                delta.new.source_digest,
                delta.new.cell_type,
            )
            assert delta.outputs_differ == (before.output_digests != delta.new.output_digests)
        applied.append(delta.new)
    assert tuple(applied) == new.manifest.cells
    kept = [delta.old_index for delta in found.cells if delta.old_index is not None]
    assert sorted(kept) == list(range(len(old.manifest.cells)))
    assert found.metadata_differs == (old.manifest.metadata_digest != new.manifest.metadata_digest)
    stayed = [d.old_index for d in found.cells if d.old is not None and d.new and not d.moved]
    assert stayed == sorted(stayed)


def test_a_store_reads_what_a_difference_needs(store, take):
    """The same comparison works on what is stored."""
    book = store.create_notebook("/w/book.ipynb").notebook_id
    cell = {"cell_type": "raw", "source": "a", "metadata": {}, "id": "a"}
    document = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [cell]}
    first = take(book, document).revision
    second = take(book, {**document, "cells": [{**cell, "source": "b"}]}).revision
    old, new = (store.get_manifest(each.revision_id) for each in (first, second))
    [delta] = diff(old, new, reader(store)).cells
    assert delta.status is CellStatus.EDITED
