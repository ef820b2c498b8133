"""A person at a notebook in JupyterLab, as the tests speak of one."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import nbformat
from playwright.sync_api import Locator, Page, expect

from tests.browser.lab import Lab

T = TypeVar("T")

MODEL = """
  const notebook = [...window.jupyterapp.shell.widgets('main')]
    .find(w => w.content?.model?.sharedModel && w.content.widgets);
  const model = notebook.content.model.sharedModel;
"""


def until(read: Callable[[], T], holds: Callable[[T], bool], *, timeout_s: float = 20) -> T:
    """Read again until it holds; fails with the last reading."""
    end = time.monotonic() + timeout_s
    value = read()
    while not holds(value):
        assert time.monotonic() < end, f"still {value!r} after {timeout_s} s"
        time.sleep(0.1)
        value = read()
    return value


def write_notebook(path: Path, cells: Sequence[tuple[str, str]]) -> None:
    """A notebook of code cells, given as (id, source)."""
    made = []
    for cell_id, source in cells:
        cell = nbformat.v4.new_code_cell(source)
        cell["id"] = cell_id
        made.append(cell)
    kernel = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
    nbformat.write(nbformat.v4.new_notebook(cells=made, metadata={"kernelspec": kernel}), path)


def api(lab: Lab, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    """The JSON that nbtrack's server answers; a body is posted."""
    request = urllib.request.Request(
        f"{lab.url}nbtrack/api/{path}",
        headers={"Authorization": f"token {lab.token}"},
        data=None if body is None else json.dumps(body).encode(),
    )
    with urllib.request.urlopen(request, timeout=30) as response:
        return dict(json.load(response))


def runs(lab: Lab) -> list[dict[str, Any]]:
    """All runs, newest first."""
    return list(api(lab, "runs")["runs"])


def revisions(lab: Lab, path: str) -> list[dict[str, Any]]:
    """A notebook's revisions, newest first."""
    notebook_id = api(lab, f"notebooks?path={path}")["notebook_id"]
    if notebook_id is None:
        return []
    return list(api(lab, f"notebooks/{notebook_id}/revisions")["revisions"])


def texts(lab: Lab, revision_id: str) -> list[tuple[str, str]]:
    """The cells of a revision as (id, source)."""
    document = api(lab, f"revisions/{revision_id}/document?outputs=0")["notebook"]
    return [(cell["id"], "".join(cell["source"])) for cell in document["cells"]]


class Person:
    """Someone with one notebook open."""

    def __init__(self, page: Page, lab: Lab) -> None:
        self.page = page
        self.lab = lab

    def opens(self, name: str) -> None:
        """Open a notebook and wait until its kernel is idle."""
        self.page.goto(self.lab.open_url(name))
        self.page.wait_for_selector(".jp-NotebookPanel .jp-Cell", timeout=60_000)
        self.waits()

    def does(self, command: str, **args: object) -> None:
        """Run a JupyterLab command, without waiting for its end."""
        self.page.evaluate(
            "([c, a]) => { window.jupyterapp.commands.execute(c, a); }", [command, args]
        )

    def cell(self, index: int) -> Locator:
        """A cell of the open notebook, from 0."""
        return self.page.locator(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-Notebook .jp-Cell").nth(
            index
        )

    def types(self, index: int, text: str) -> None:
        """Type at the end of a cell."""
        self.cell(index).locator(".cm-content").click()
        self.page.keyboard.press("ControlOrMeta+End")
        self.page.keyboard.type(text)

    def starts(self, index: int) -> None:
        """Run a cell, without waiting for it."""
        self.cell(index).locator(".cm-content").click()
        self.page.keyboard.press("Control+Enter")

    def runs(self, index: int) -> None:
        """Run a cell to its end."""
        self.starts(index)
        self.waits()

    def runs_all(self, *, timeout_s: float = 90) -> None:
        """Run all cells to their end."""
        self.does("notebook:run-all-cells")
        self.page.wait_for_timeout(300)
        self.waits(timeout_s=timeout_s)

    def waits(self, *, timeout_s: float = 60) -> None:
        """Wait until nothing runs any more."""
        self.page.wait_for_function(
            f"""() => {{ {MODEL}
              return notebook.sessionContext.session?.kernel?.status === 'idle'
                && !notebook.content.widgets.some(c => c.promptNode?.textContent?.includes('*'));
            }}""",
            timeout=timeout_s * 1000,
        )

    def cells(self) -> list[tuple[str, str]]:
        """What the open notebook holds, saved or not, as (id, source)."""
        found = self.page.evaluate(
            f"() => {{ {MODEL} return model.cells.map(c => [c.id, c.source]); }}"
        )
        return [(cell_id, source) for cell_id, source in found]

    def saves(self) -> None:
        """Save the open notebook."""
        self.page.evaluate(f"() => {{ {MODEL} return notebook.context.save(); }}")

    def edits(self, script: str) -> None:
        """Change the open notebook's shared model (``model``) as many quick edits would."""
        self.page.evaluate(f"() => {{ {MODEL} {script} }}")

    def shows_runs(self) -> Locator:
        """Open the Runs section; its rows."""
        self.does("nbtrack:show-runs")
        self.page.wait_for_selector("[data-testid=nbtrack-runs-panel]", state="visible")
        return self.page.locator("[data-testid=nbtrack-runs-panel] [data-testid=nbtrack-run-row]")

    def shows_history(self) -> Locator:
        """Open the History section; its rows."""
        self.does("nbtrack:show-history")
        self.page.wait_for_selector("[data-testid=nbtrack-history]", state="visible")
        return self.page.locator("[data-testid=nbtrack-history] [data-testid=nbtrack-revision]")

    def accepts(self) -> None:
        """Press the main button of the dialog."""
        self.page.locator(".jp-Dialog .jp-mod-accept").click()
        expect(self.page.locator(".jp-Dialog")).to_have_count(0)

    def resizes_sidebar(self, width: int) -> None:
        """Drag the left sidebar to a width in pixels."""
        self.page.wait_for_selector("#jp-left-stack", state="visible")
        box = self.page.locator("#jp-left-stack").bounding_box()
        assert box is not None
        self.page.mouse.move(box["x"] + box["width"] + 1, 400)
        self.page.mouse.down()
        self.page.mouse.move(box["x"] + width, 400, steps=5)
        self.page.mouse.up()
