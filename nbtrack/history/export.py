"""A revision as a file of another kind, made by nbconvert."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nbtrack.errors import StateError, UsageError

FORMATS = ("ipynb", "html", "script", "markdown", "pdf")
_PDF_HINT = (
    "A PDF needs tools that are not here. Either pandoc and a TeX distribution with xelatex "
    "(https://nbconvert.readthedocs.io/en/latest/install.html), or a browser: "
    "pip install 'nbconvert[webpdf]' and playwright install chromium"
)


@dataclass(frozen=True, slots=True)
class Exported:
    """A file that was made.

    Args:
        content: its bytes.
        extension: what its name ends with, dot included.
        media_type: what it is.
    """

    content: bytes
    extension: str
    media_type: str


def export(document: Mapping[str, Any], to: str, *, name: str) -> Exported:
    """A notebook document as a file.

    Nothing is executed. A PDF is made with TeX, else with a browser, whichever is there.

    Args:
        document: nbformat JSON.
        to: one of `FORMATS`; ``script`` is code in the notebook's language.
        name: what the file is about, for titles.

    Raises:
        UsageError: there is no such format.
        StateError: what the format needs is not installed, or the tools failed; says what to do.
    """
    if to not in FORMATS:
        raise UsageError(f"{to!r} is none of the formats: {', '.join(FORMATS)}")
    import nbformat

    node = nbformat.from_dict(dict(document))  # type: ignore[no-untyped-call]
    if to == "ipynb":
        text: str = nbformat.writes(node)  # type: ignore[no-untyped-call]
        return _file(f"{text}\n", ".ipynb", "application/x-ipynb+json")
    if to == "pdf":
        return _pdf(node, name)
    content, resources = _convert(to, node, name)
    return _file(content, resources["output_extension"], resources["output_mimetype"])


def _pdf(node: Any, name: str) -> Exported:
    failures = []
    for exporter in ("pdf", "webpdf"):
        try:
            content, _ = _convert(exporter, node, name)
        except StateError as error:
            failures.append(f"{exporter}: {error}")
        else:
            return _file(content, ".pdf", "application/pdf")
    raise StateError(f"{_PDF_HINT}. What they said: {'; '.join(failures)}")


def _convert(exporter_name: str, node: Any, name: str) -> tuple[str | bytes, dict[str, str]]:
    from nbconvert.exporters import get_exporter
    from nbconvert.utils.exceptions import ConversionException

    exporter = get_exporter(exporter_name)()  # type: ignore[no-untyped-call]
    try:
        content, resources = exporter.from_notebook_node(
            node, resources={"metadata": {"name": name}}
        )
    except (ConversionException, ImportError, OSError, RuntimeError, ValueError) as error:
        lines = str(error).strip().splitlines() or [type(error).__name__]
        raise StateError(f"nbconvert could not make it: {lines[0]}") from error
    found = {
        "output_extension": resources["output_extension"],
        "output_mimetype": exporter.output_mimetype or "text/plain",
    }
    return content, found


def _file(content: str | bytes, extension: str, media_type: str) -> Exported:
    if isinstance(content, str):
        # Half a surrogate pair, which JSON can hold and UTF-8 can not.
        content = content.encode("utf-8", "backslashreplace")
    return Exported(content, extension, media_type)
