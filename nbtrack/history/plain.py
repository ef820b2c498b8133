"""A revision as plain text: stable, made to be read and compared, for example kept in git.

The same revision is always the same text. Outputs are text where they have some; of pictures
and other data the digest and the size stand there. It is not read back.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from nbtrack.entities import Revision
from nbtrack.history.manifest import digest_of, json_bytes, text_bytes
from nbtrack.history.normal import Json


def plain_text(revision: Revision, document: Mapping[str, Any]) -> str:
    """A revision as text; ends with a newline.

    Args:
        revision: who, when, why.
        document: the notebook at it, in normal form.
    """
    return "".join(f"{line}\n" for line in [*_head(revision), *_body(document)])


def _head(revision: Revision) -> Iterator[str]:
    yield f"revision r{revision.number} {revision.revision_id}"
    if revision.label:
        yield f"label {revision.label}"
    yield f"recorded {revision.created_at.isoformat(timespec='seconds')} by {revision.author}"
    yield f"reason {revision.reason.value}"
    if revision.origin:
        yield f"from {revision.origin}"
    if revision.parent_id:
        yield f"parent {revision.parent_id}"
    if revision.restored_from:
        yield f"restored from {revision.restored_from}"
    if revision.git_commit:
        yield f"commit {revision.git_commit}"


def _body(document: Mapping[str, Any]) -> Iterator[str]:
    yield ""
    yield from _json_lines("metadata", document["metadata"])
    for cell in document["cells"]:
        count = f" [{cell['execution_count']}]" if cell.get("execution_count") is not None else ""
        yield ""
        yield f"==== {cell['cell_type']} {cell['id']}{count}"
        yield from cell["source"].split("\n") if cell["source"] else ()
        yield from _json_lines("---- metadata", cell["metadata"])
        for name, bundle in cell.get("attachments", {}).items():
            yield f"---- attachment {name} {_summary(bundle)}"
        for output in cell.get("outputs", ()):
            yield from _output(output)


def _output(output: Json) -> Iterator[str]:
    kind = output["output_type"]
    if kind == "stream":
        yield f"---- {output.get('name', 'stream')}"
        yield from _lines(output.get("text", ""))
    elif kind == "error":
        yield f"---- error {output.get('ename', '')}: {output.get('evalue', '')}"
    else:
        data = output.get("data", {})
        for mime in sorted(data):
            if mime.startswith("text/") and isinstance(data[mime], str):
                yield f"---- {mime}"
                yield from _lines(data[mime])
            else:
                yield f"---- {mime} {_summary(data[mime])}"


def _lines(text: str) -> list[str]:
    return text.removesuffix("\n").split("\n")


def _json_lines(name: str, value: Json) -> Iterator[str]:
    if value:
        yield name
        yield from json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False).split("\n")


def _summary(value: Any) -> str:
    content = text_bytes(value) if isinstance(value, str) else json_bytes(value)
    return f"{len(content)} bytes sha256 {digest_of(content)}"
