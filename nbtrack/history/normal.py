"""The normal form of a notebook document: what is kept of it, spelled in one way only.

Two documents that a person would call the same have the same normal form: sources and texts
are single strings, every cell has a valid, unique id, and what a front end writes for its own
use (trust, execution timing) is gone. nbformat 4.0 to 4.5 is read
(https://nbformat.readthedocs.io/en/latest/format_description.html).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nbtrack.errors import UsageError

Json = dict[str, Any]

CELL_TYPES = ("code", "markdown", "raw")
_CELL_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}\Z")
_VOLATILE_METADATA = ("trusted", "execution")
_JSON_MIME = re.compile(r"application/(.*\+)?json\Z")


@dataclass(frozen=True, slots=True)
class NormalNotebook:
    """A document in normal form.

    Args:
        cells: in order, each with an ``id``.
        made_ids: those ids that the document did not have.
    """

    cells: list[Json]
    metadata: Json
    nbformat_minor: int
    made_ids: frozenset[str] = frozenset()

    def document(self) -> Json:
        """As nbformat JSON."""
        return {
            "cells": self.cells,
            "metadata": self.metadata,
            "nbformat": 4,
            "nbformat_minor": self.nbformat_minor,
        }


def normalise(document: Mapping[str, Any]) -> NormalNotebook:
    """Bring a notebook document into normal form. The argument is left as it is.

    Raises:
        UsageError: it is not a notebook of nbformat 4; says which part is wrong.
    """
    if document.get("nbformat") != 4:
        raise UsageError(
            f"not a notebook of nbformat 4 (nbformat is {document.get('nbformat')!r}); "
            "convert it with: jupyter nbconvert --to notebook"
        )
    cells = document.get("cells")
    if not isinstance(cells, list):
        raise UsageError("the notebook has no list of cells")
    minor = document.get("nbformat_minor", 5)
    if not isinstance(minor, int):
        raise UsageError(f"nbformat_minor is no integer: {minor!r}")
    normal = [normalise_cell(cell, where=f"cell {index}") for index, cell in enumerate(cells)]
    return NormalNotebook(
        cells=normal,
        metadata=normalise_metadata(document.get("metadata", {}), where="the notebook"),
        nbformat_minor=max(minor, 5),
        made_ids=_complete_ids(normal),
    )


def normalise_metadata(metadata: object, *, where: str) -> Json:
    """Metadata of a notebook or cell without what front ends write for their own use."""
    if not isinstance(metadata, dict):
        raise UsageError(f"{where}: metadata is no object")
    return {key: value for key, value in metadata.items() if key not in _VOLATILE_METADATA}


def normalise_cell(cell: object, *, where: str) -> Json:
    """One cell in normal form; its ``id`` is kept only if it is a valid one.

    Raises:
        UsageError: it is no cell; begins with ``where``.
    """
    if not isinstance(cell, dict):
        raise UsageError(f"{where} is no object")
    cell_type = cell.get("cell_type")
    if cell_type not in CELL_TYPES:
        raise UsageError(f"{where}: cell_type {cell_type!r} is none of {', '.join(CELL_TYPES)}")
    normal: Json = {
        "cell_type": cell_type,
        "source": _text(cell.get("source", ""), where=f"{where}: source"),
        "metadata": normalise_metadata(cell.get("metadata", {}), where=where),
    }
    if is_cell_id(cell.get("id")):
        normal["id"] = cell["id"]
    if attachments := cell.get("attachments"):
        if not isinstance(attachments, dict):
            raise UsageError(f"{where}: attachments is no object")
        normal["attachments"] = attachments
    if cell_type == "code":
        normal["execution_count"] = _count(cell.get("execution_count"), where=where)
        outputs = cell.get("outputs", [])
        if not isinstance(outputs, list):
            raise UsageError(f"{where}: outputs is no list")
        normal["outputs"] = [
            _output(output, where=f"{where}, output {index}")
            for index, output in enumerate(outputs)
        ]
    return normal


def is_cell_id(value: object) -> bool:
    """Whether a value is what nbformat allows as a cell's id."""
    return isinstance(value, str) and _CELL_ID.match(value) is not None


def made_id(cell: Json, taken: Sequence[str] | set[str] | Mapping[str, Any]) -> str:
    """An id for a cell without one, the same whenever the same document is read."""
    text = f"{cell['cell_type']}\n{cell['source']}".encode("utf-8", "surrogatepass")
    stem = hashlib.sha256(text).hexdigest()[:12]
    candidate, repeat = stem, 1
    while candidate in taken:
        repeat += 1
        candidate = f"{stem}-{repeat}"
    return candidate


def _complete_ids(cells: list[Json]) -> frozenset[str]:
    taken = {cell["id"] for cell in cells if "id" in cell}
    seen: set[str] = set()
    made: set[str] = set()
    for cell in cells:
        if "id" not in cell or cell["id"] in seen:
            cell["id"] = made_id(cell, taken)
            made.add(cell["id"])
            taken.add(cell["id"])
        seen.add(cell["id"])
    return frozenset(made)


def _text(value: object, *, where: str) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(line, str) for line in value):
        return "".join(value)
    raise UsageError(f"{where} is neither text nor a list of lines")


def _count(value: object, *, where: str) -> int | None:
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    raise UsageError(f"{where}: execution_count is no integer: {value!r}")


def _output(output: object, *, where: str) -> Json:
    if not isinstance(output, dict) or not isinstance(output.get("output_type"), str):
        raise UsageError(f"{where} has no output_type")
    normal = {key: value for key, value in output.items() if key != "transient"}
    if "text" in normal:
        normal["text"] = _text(normal["text"], where=f"{where}: text")
    if isinstance(data := normal.get("data"), dict):
        normal["data"] = {mime: _mime_value(mime, value) for mime, value in data.items()}
    return normal


def _mime_value(mime: str, value: Any) -> Any:
    lines = isinstance(value, list) and all(isinstance(line, str) for line in value)
    return "".join(value) if lines and not _JSON_MIME.match(mime) else value
