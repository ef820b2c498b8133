"""Notebook documents for the tests: by hand, and by hypothesis."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

text = st.text(max_size=30)
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | text
json_values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=8,
)
lines = text | st.lists(text, max_size=3)
metadata = st.dictionaries(text | st.just("trusted"), json_values, max_size=3)
streams = st.fixed_dictionaries(
    {"output_type": st.just("stream"), "name": st.just("stdout"), "text": lines}
)
displays = st.fixed_dictionaries(
    {
        "output_type": st.just("display_data"),
        "metadata": st.dictionaries(text, json_values, max_size=2),
        "data": st.dictionaries(
            st.sampled_from(["text/plain", "text/html", "application/json", "image/png"]),
            lines,
            max_size=3,
        ),
    }
)
ids = st.sampled_from([f"cell-{number}" for number in range(8)] + ["not an id", ""])
code_cells = st.fixed_dictionaries(
    {
        "cell_type": st.just("code"),
        "source": lines,
        "metadata": metadata,
        "outputs": st.lists(streams | displays, max_size=3),
        "execution_count": st.none() | st.integers(0, 999),
    },
    optional={"id": ids},
)
text_cells = st.fixed_dictionaries(
    {
        "cell_type": st.sampled_from(["markdown", "raw"]),
        "source": lines,
        "metadata": metadata,
    },
    optional={"id": ids, "attachments": st.dictionaries(text, metadata, min_size=1, max_size=2)},
)
notebooks = st.fixed_dictionaries(
    {
        "nbformat": st.just(4),
        "nbformat_minor": st.integers(0, 5),
        "metadata": metadata,
        "cells": st.lists(code_cells | text_cells, max_size=7),
    }
)


def code(source: str, cell_id: str | None = None, *outputs: str) -> dict[str, Any]:
    """A code cell that printed ``outputs``."""
    cell: dict[str, Any] = {
        "cell_type": "code",
        "source": source,
        "metadata": {},
        "execution_count": 1 if outputs else None,
        "outputs": [{"output_type": "stream", "name": "stdout", "text": out} for out in outputs],
    }
    if cell_id is not None:
        cell["id"] = cell_id
    return cell


def notebook(*cells: dict[str, Any], **metadata: Any) -> dict[str, Any]:
    """A notebook of cells."""
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": list(cells)}
