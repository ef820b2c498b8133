import copy

import nbformat
import pytest
from hypothesis import given, settings

from nbtrack.errors import BlobMissingError, UsageError
from nbtrack.history.manifest import digest_of, encode, manifest_digests, rebuild
from nbtrack.history.mirror import apply_delta
from nbtrack.history.normal import normalise
from tests.history.documents import code, notebook, notebooks


@given(notebooks)
@settings(max_examples=150, deadline=None)
def test_a_document_comes_back_exactly(document):
    """What is rebuilt from a manifest is the normal form of what went in."""
    before = copy.deepcopy(document)
    encoded = encode(document)
    assert rebuild(encoded.manifest, encoded.blobs) == normalise(document).document()
    assert document == before
    assert set(encoded.blobs) == manifest_digests(encoded.manifest)
    assert all(digest_of(content) == digest for digest, content in encoded.blobs.items())


@given(notebooks)
@settings(max_examples=100, deadline=None)
def test_the_normal_form_is_its_own_normal_form(document):
    """Normalising twice changes nothing, and ids are valid and unique."""
    once = normalise(document).document()
    again = normalise(once)
    assert again.document() == once
    assert not again.made_ids
    ids = [cell["id"] for cell in once["cells"]]
    assert len(set(ids)) == len(ids)


@given(notebooks, notebooks)
@settings(max_examples=100, deadline=None)
def test_a_delta_gives_what_the_whole_document_gives(before, after):
    """Sending only changed cells leads to the same digests as sending everything."""
    held = encode(before)
    wanted = normalise(after)
    known = {cell.cell_id: cell for cell in held.manifest.cells}
    whole = encode(wanted.document())
    changed = [
        cell
        for cell, version in zip(wanted.cells, whole.manifest.cells, strict=True)
        if known.get(cell["id"]) != version
    ]
    applied = apply_delta(
        held,
        order=[cell["id"] for cell in wanted.cells],
        cells=changed,
        metadata=wanted.metadata,
    )
    assert applied.content_digest == whole.content_digest
    assert applied.text_digest == whole.text_digest
    assert manifest_digests(applied.manifest) == set(applied.blobs)


def test_a_valid_notebook_stays_valid():
    """The normal form passes nbformat's own schema."""
    document = notebook(code("1", None, "out\n"), {**code("2", "a"), "source": ["2\n", "3"]})
    document["cells"].append(
        {"cell_type": "markdown", "source": "x", "metadata": {"trusted": True}, "id": "m"}
    )
    nbformat.validate(normalise(document).document())


def test_made_ids_do_not_change_from_reading_to_reading():
    """A file without ids gives the same ids each time, distinct for equal cells."""
    document = notebook(code("a = 1"), code("a = 1"), code("b"))
    first, second = encode(document), encode(copy.deepcopy(document))
    assert first.content_digest == second.content_digest
    assert len(first.made_ids) == 3


def test_trust_and_timing_are_no_content():
    """What a front end writes for itself makes no difference."""
    cell = code("1", "a")
    noisy = {**cell, "metadata": {"trusted": True, "execution": {"iopub.status.busy": "now"}}}
    assert encode(notebook(cell)).content_digest == encode(notebook(noisy)).content_digest


def test_outputs_are_content_but_not_text():
    """Another output is another content digest and the same text digest."""
    one, two = encode(notebook(code("1", "a", "x"))), encode(notebook(code("1", "a", "y")))
    assert one.text_digest == two.text_digest
    assert one.content_digest != two.content_digest


@pytest.mark.parametrize(
    ("document", "part"),
    [
        ({"nbformat": 3, "cells": []}, "nbformat is 3"),
        ({"nbformat": 4}, "no list of cells"),
        ({"nbformat": 4, "cells": [3]}, "cell 0 is no object"),
        (notebook({"cell_type": "song", "source": ""}), "cell 0: cell_type 'song'"),
        (notebook(code("a"), {**code("b"), "source": 3}), "cell 1: source"),
        (notebook({**code("b"), "outputs": [{}]}), "cell 0, output 0 has no output_type"),
    ],
)
def test_what_is_no_notebook_is_refused_by_part(document, part):
    """The message names the part that is wrong."""
    with pytest.raises(UsageError, match=part):
        encode(document)


def test_a_missing_piece_is_named():
    """Rebuilding without a blob tells which one."""
    encoded = encode(notebook(code("a", "a")))
    blobs = dict(encoded.blobs)
    gone = encoded.manifest.cells[0].source_digest
    del blobs[gone]
    with pytest.raises(BlobMissingError, match=gone):
        rebuild(encoded.manifest, blobs)
