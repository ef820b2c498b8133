"""Revisions as files of other kinds."""

from __future__ import annotations

import json
import shutil

import nbformat
import pytest

from nbtrack.errors import StateError, UsageError
from nbtrack.history.export import export
from tests.history.documents import code, notebook

PYTHON = {"kernelspec": {"name": "python3", "language": "python", "display_name": "Python 3"}}
BOOK = notebook(
    code("total = 1 + 1\nprint(total)", "a", "2\n"),
    {"id": "b", "cell_type": "markdown", "source": "# Findings", "metadata": {}},
    language_info={"name": "python", "file_extension": ".py"},
    **PYTHON,
)


@pytest.mark.parametrize(
    ("to", "extension", "held"),
    [
        ("html", ".html", "<h1"),
        ("script", ".py", "total = 1 + 1"),
        ("markdown", ".md", "# Findings"),
    ],
)
def test_a_notebook_becomes_a_file(to, extension, held):
    """Each format has its own ending and holds the notebook."""
    made = export(BOOK, to, name="book")
    assert made.extension == extension
    assert held in made.content.decode()


def test_a_notebook_stays_a_valid_notebook():
    """As ipynb it is a notebook with its outputs."""
    made = export(BOOK, "ipynb", name="book")
    nbformat.validate(nbformat.reads(made.content.decode(), as_version=4))
    assert json.loads(made.content)["cells"][0]["outputs"][0]["text"] == ["2\n"]


def test_an_unknown_format_names_those_there_are():
    """The error lists what would be right."""
    with pytest.raises(UsageError, match="ipynb, html, script, markdown, pdf"):
        export(BOOK, "docx", name="book")


def test_a_pdf_without_tools_says_what_to_install(monkeypatch, tmp_path):
    """Where neither TeX nor a browser is there, the error names both ways."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path))
    assert shutil.which("xelatex") is None
    with pytest.raises(StateError, match=r"xelatex.*webpdf"):
        export(BOOK, "pdf", name="book")
