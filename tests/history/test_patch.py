"""Patches that nbdime applies."""

from __future__ import annotations

import json

import nbdime
import nbformat
from hypothesis import given, settings
from hypothesis import strategies as st
from nbdime.diff_format import validate_diff
from nbdime.diff_utils import to_diffentry_dicts

from nbtrack.history.manifest import encode, json_bytes
from nbtrack.history.patch import notebook_patch
from nbtrack.history.sides import Side, compare
from tests.history.documents import code, notebook, notebooks


def side(document):
    """A document as a side that needs no store."""
    encoded = encode(document)
    return Side(None, encoded.manifest, encoded.blobs)


def applied(old, new):
    """The patch between two documents, as it is written; and what nbdime makes with it."""
    before, after = side(old), side(new)
    patch = json.loads(json.dumps(notebook_patch(before, after, compare(before, after))))
    entries = to_diffentry_dicts(patch)
    validate_diff(entries, deep=True)
    made = nbdime.patch_notebook(nbformat.from_dict(before.document()), entries)
    return patch, json_bytes(made), json_bytes(after.document())


@given(notebooks, notebooks)
@settings(max_examples=40, deadline=None)
def test_nbdime_makes_the_new_notebook_of_the_old_one(old, new):
    """A patch between any two notebooks, applied by nbdime to one, gives the other exactly."""
    _, made, wanted = applied(old, new)
    assert made == wanted


@given(notebooks, st.data())
@settings(max_examples=30, deadline=None)
def test_edits_of_one_notebook_are_patched(document, data):
    """Cells that were edited, taken away, put in, moved and run again come out as they are."""
    cells = [dict(cell) for cell in side(document).document()["cells"]]
    edited = [
        {**cell, "source": data.draw(st.text(alphabet="ab\n\u2028", max_size=9))}
        if data.draw(st.booleans())
        else cell
        for cell in data.draw(st.permutations(cells))[: data.draw(st.integers(0, 7))]
    ]
    edited.insert(0, code("new\nlines", "fresh", "seen"))
    _, made, wanted = applied(
        {**document, "nbformat_minor": 5, "cells": cells},
        {**document, "nbformat_minor": 5, "cells": edited},
    )
    assert made == wanted


def test_a_patch_holds_only_what_changed():
    """An edited line of a cell is a patch of that line; the same notebook, an empty one."""
    old = notebook(code("a = 1\nb = 2\n", "x"), code("y", "y", "1"))
    new = notebook(code("a = 1\nb = 3\n", "x"), code("y", "y", "1"))
    (cells,), made, wanted = applied(old, new)
    assert made == wanted
    assert cells["diff"] == [
        {
            "op": "patch",
            "key": 0,
            "diff": [
                {
                    "op": "patch",
                    "key": "source",
                    "diff": [
                        {"op": "addrange", "key": 1, "valuelist": ["b = 3\n"]},
                        {"op": "removerange", "key": 1, "length": 1},
                    ],
                }
            ],
        }
    ]
    assert applied(old, old)[0] == []
