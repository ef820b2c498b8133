"""The notebook's history in a real JupyterLab: unsaved text, restore, undo, rename."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.driver import Person, api, revisions, runs, texts, until, write_notebook
from tests.browser.lab import Lab

CELLS = (
    ("title", "# a study"),
    ("setup", "rate = 0.1"),
    ("train", "%%track -n trained\nscore = sum(rate * k for k in range(5))"),
    ("end", "print('done')"),
)


@pytest.fixture
def person(request: pytest.FixtureRequest, page: Page, lab: Lab) -> Iterator[Person]:
    """Someone who opened a notebook made for this test."""
    name = f"{request.function.__name__}.ipynb"
    write_notebook(lab.root / name, CELLS)
    someone = Person(page, lab)
    someone.opens(name)
    until(lambda: revisions(lab, name), lambda found: len(found) == 1)
    yield someone


def history(person: Person, name: str, count: int) -> list[dict[str, Any]]:
    """The notebook's revisions once there are that many."""
    return until(lambda: revisions(person.lab, name), lambda found: len(found) == count)


class TestUnsavedText:
    def test_it_is_in_the_revision_of_the_run(self, person: Person, lab: Lab) -> None:
        """Text that was never saved is in the revision that its run leads to."""
        name = "test_it_is_in_the_revision_of_the_run.ipynb"
        person.types(2, "  # never saved")
        person.runs(1)
        person.runs(2)
        mine = until(
            lambda: [run for run in runs(lab) if run["notebook_path"] == name],
            lambda found: bool(found) and found[0]["revision_id"] is not None,
        )
        run = mine[0]
        assert ("train", CELLS[2][1] + "  # never saved") in texts(lab, run["revision_id"])
        assert "never saved" not in (lab.root / name).read_text()

    def test_runs_stand_on_their_revision(self, person: Person, lab: Lab) -> None:
        """The history shows a run, with its metric, at the revision it ran from, without reload."""
        rows = person.shows_history()
        person.runs(1)
        person.runs(2)
        mark = rows.first.locator("[data-testid=nbtrack-revision-run]")
        expect(mark).to_contain_text("trained", timeout=10_000)
        expect(mark).to_contain_text("score")


class TestRestore:
    def test_cells_ids_and_order_come_back(self, person: Person, lab: Lab) -> None:
        """Restoring an earlier revision brings cells, ids and order back; undo brings the edit."""
        name = "test_cells_ids_and_order_come_back.ipynb"
        first = revisions(lab, name)[0]
        person.edits(
            """model.deleteCell(3);
               model.moveCell(2, 0);
               model.insertCell(1, {cell_type: 'code', source: 'extra = 1', metadata: {}});
               model.cells[2].setSource('# another title');"""
        )
        edited = person.cells()
        rows = person.shows_history()
        rows.last.click()
        rows.last.get_by_role("button", name="Restore").first.click()
        person.accepts()
        until(person.cells, lambda cells: cells == list(CELLS))

        reasons = [revision["reason"] for revision in history(person, name, 3)]
        assert reasons == ["restore", "before_restore", "open"]
        newest = revisions(lab, name)
        assert newest[0]["restored_from"] == first["revision_id"]
        assert texts(lab, newest[1]["revision_id"]) == edited

        person.page.locator("[data-testid=nbtrack-undo-restore]").first.click()
        until(person.cells, lambda cells: cells == edited)

    def test_one_cell(self, person: Person, lab: Lab) -> None:
        """One cell is restored from the comparison with now; the others keep their edits."""
        name = "test_one_cell.ipynb"
        first = revisions(lab, name)[0]
        person.edits("model.cells[0].setSource('# kept'); model.cells[1].setSource('rate = 9');")
        person.does("nbtrack:open-revision", revision_id=first["revision_id"])
        changed = person.page.locator("[data-testid=nbtrack-cell-diff]", has_text="rate = 9")
        changed.locator("[data-testid=nbtrack-restore-cell]").click()
        wanted = [("title", "# kept"), *CELLS[1:]]
        until(person.cells, lambda cells: cells == wanted)

    def test_the_revert_magic(self, person: Person, lab: Lab) -> None:
        """``%revert r1`` in a cell restores the open notebook as an undoable edit."""
        person.edits(
            """model.cells[1].setSource('rate = 9');
               model.insertCell(4, {cell_type: 'code', source: '%revert r1', metadata: {}});"""
        )
        person.starts(4)
        until(person.cells, lambda cells: cells == list(CELLS))

    def test_from_outside_while_a_cell_runs(self, person: Person, lab: Lab) -> None:
        """What asks the server is done in the open notebook, and a running cell runs on."""
        name = "test_from_outside_while_a_cell_runs.ipynb"
        first = revisions(lab, name)[0]
        slow = "import time\nfor k in range(4): time.sleep(0.5); print('step', k)"
        person.edits("model.cells[1].setSource('rate = 9 # never saved');")
        person.edits(f"model.cells[3].setSource({json.dumps(slow)});")
        person.starts(3)
        expect(person.cell(3)).to_contain_text("step 0", timeout=20_000)
        done = api(lab, f"revisions/{first['revision_id']}/restore", {"cell_id": "setup"})
        assert done["revision"]["restored_from"] == first["revision_id"]
        assert person.cells() == [*CELLS[:3], ("end", slow)]
        person.waits()
        expect(person.cell(3)).to_contain_text("step 3")
        before = revisions(lab, name)[1]
        assert ("setup", "rate = 9 # never saved") in texts(lab, before["revision_id"])


class TestCheckpoint:
    def test_the_magic_names_unsaved_text(self, person: Person, lab: Lab) -> None:
        """`%checkpoint` makes a named revision of the notebook as it stands in the page."""
        name = "test_the_magic_names_unsaved_text.ipynb"
        person.edits(
            """model.cells[1].setSource('rate = 7');
               model.cells[3].setSource('%checkpoint "as typed"');"""
        )
        person.runs(3)
        named = until(
            lambda: [each for each in revisions(lab, name) if each["label"] == "as typed"],
            lambda found: len(found) == 1,
        )
        assert named[0]["reason"] == "checkpoint"
        assert ("setup", "rate = 7") in texts(lab, named[0]["revision_id"])
        assert "rate = 7" not in (lab.root / name).read_text()


class TestCompare:
    def test_both_sides_and_their_outputs(self, person: Person, lab: Lab) -> None:
        """Sides are swapped, changes are walked by keyboard, outputs are read when opened."""
        name = "test_both_sides_and_their_outputs.ipynb"
        first = revisions(lab, name)[0]
        person.edits("model.cells[1].setSource('rate = 7'); model.cells[3].setSource('print(8)');")
        person.runs(3)
        asked: list[str] = []
        person.page.on("request", lambda request: asked.append(request.url))
        person.does("nbtrack:open-revision", revision_id=first["revision_id"])
        edited = person.page.locator("[data-testid=nbtrack-cell-diff]")
        expect(edited).to_have_count(2)
        expect(edited.first.locator(".nbt-line-added")).to_contain_text("rate = 7")
        person.page.locator(".nbt-diff-cells").focus()
        for _ in range(2):
            person.page.keyboard.press("n")
        expect(edited.last).to_be_focused()
        assert not any("/cells/" in url for url in asked)
        edited.last.locator("[data-testid=nbtrack-outputs-toggle]").click()
        expect(edited.last).to_contain_text("now")
        assert sum("/cells/end" in url for url in asked) == 2
        person.page.keyboard.press("s")
        expect(edited.first.locator(".nbt-line-removed")).to_contain_text("rate = 7")
        person.page.keyboard.press("v")
        expect(edited.first.locator(".cm-merge-b")).to_contain_text("rate = 0.1")


class TestRename:
    def test_the_history_follows(self, person: Person, lab: Lab) -> None:
        """A renamed notebook keeps its history, and what runs next is added to it."""
        person.page.evaluate(
            """() => [...window.jupyterapp.shell.widgets('main')]
                 .find(w => w.content?.widgets && w.isVisible).context.rename('renamed.ipynb')"""
        )
        until(lambda: api(lab, "notebooks?path=renamed.ipynb")["revision_count"], lambda n: n == 1)
        person.types(1, "\nafter = 'rename'")
        person.runs(1)
        found = history(person, "renamed.ipynb", 2)
        assert [revision["number"] for revision in found] == [2, 1]
        expect(person.shows_history()).to_have_count(2)
