"""Finding in a notebook's history: by what revisions are."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, expect

from nbtrack.entities import RevisionReason, utc_now
from nbtrack.history.manifest import encode
from nbtrack.history.record import Snapshot, record
from nbtrack.store import open_store
from tests.browser.driver import Person, until, write_notebook
from tests.browser.lab import Lab
from tests.history.documents import code, notebook

NAME = "searched.ipynb"
SVG = "http://www.w3.org/2000/svg"
COUNT = 400
"""More than are drawn at once."""


def figure(number: int) -> dict[str, Any]:
    """A drawing; that of 300 is the one of 200."""
    drawn = f'<svg xmlns="{SVG}" width="40" height="{number // 200 * 10 + 10}"/>'
    return {"output_type": "display_data", "metadata": {}, "data": {"image/svg+xml": drawn}}


def fill(lab: Lab) -> None:
    """A history of two people and many days, and its notebook."""
    store = open_store(lab.store)
    path = lab.root / NAME
    book = store.create_notebook(str(path)).notebook_id
    start = utc_now() - timedelta(days=30)
    cells = [code("a = 0", "a"), code("b = 0", "b")]
    for number in range(1, COUNT + 1):
        at = start + timedelta(hours=number)
        which = 1 if number % 100 == 0 else 0
        cells[which] = code(f"{'ab'[which]} = {number}", "ab"[which])
        if which:
            cells[which]["outputs"] = [figure(number)]
        author = "bob" if number % 150 == 0 else "ada"
        label = "halfway" if number == COUNT // 2 else None
        reason = RevisionReason.CHECKPOINT if label else RevisionReason.SAVE
        record(
            store,
            book,
            Snapshot(encode(notebook(*cells)), reason, author, at, label=label),
        )
    store.close()
    write_notebook(path, [(cell["id"], cell["source"]) for cell in cells])


@pytest.fixture(scope="module")
def person(lab: Lab, browser: Browser, browser_context_args: dict[str, Any]) -> Iterator[Person]:
    """Someone who opened a notebook with a long history, and the History section."""
    fill(lab)
    context = browser.new_context(**browser_context_args)
    someone = Person(context.new_page(), lab)
    someone.opens(NAME)
    expect(someone.shows_history().first).to_be_visible()
    yield someone
    context.close()


def numbers(rows: Locator) -> list[int]:
    """The revisions that are drawn."""
    return [int(row.get_attribute("data-number") or 0) for row in rows.all()]


def test_chips_choose_revisions(person: Person) -> None:
    """Chips combine, say how many there are, and are all taken away at once."""
    page, rows = person.page, person.shows_history()
    found = page.get_by_test_id("nbtrack-history-found")
    person.cell(1).locator(".cm-content").click()
    page.get_by_test_id("nbtrack-filter-cell").click()
    expect(rows).to_have_count(5)
    assert numbers(rows) == [400, 300, 200, 100, 1]
    expect(found).to_have_text(f"5 of {COUNT} revisions")
    page.get_by_test_id("nbtrack-filter-author").select_option("bob")
    expect(rows).to_have_count(1)
    assert numbers(rows) == [300]
    page.get_by_test_id("nbtrack-filter-named").click()
    expect(page.get_by_test_id("nbtrack-history-empty")).to_contain_text("all of this at once")
    page.get_by_test_id("nbtrack-filter-author").select_option("")
    expect(rows).to_contain_text(["halfway"])
    page.get_by_test_id("nbtrack-filter-clear").click()
    expect(rows.first).to_have_attribute("data-number", str(COUNT))
    expect(page.get_by_test_id("nbtrack-filter-clear")).to_have_count(0)


def test_the_oldest_revision_is_one_key_away(person: Person) -> None:
    """End and Home go through the whole history, of which only what is seen is drawn."""
    page, rows = person.page, person.shows_history()
    rows.first.focus()
    page.keyboard.press("End")
    oldest = rows.and_(page.locator("[data-number='1']"))
    expect(oldest).to_be_focused()
    expect(oldest).to_be_in_viewport(ratio=0.9)
    until(rows.count, lambda count: 5 < count < COUNT / 2)
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Home")
    expect(page.get_by_test_id("nbtrack-session").first).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(rows.and_(page.locator(f"[data-number='{COUNT}']"))).to_be_focused()


def test_a_cell_shows_its_versions(person: Person) -> None:
    """From its own toolbar a cell shows its texts, marked and with outputs, and takes one back."""
    page = person.page
    person.cell(1).locator(".cm-content").click()
    page.keyboard.press("Escape")
    page.locator("[data-jp-item-name=nbtrack-cell-history]").locator("visible=true").click()
    frames = page.get_by_test_id("nbtrack-frame")
    expect(frames).to_have_count(5)
    expect(frames.first.locator(".nbt-line-added .nbt-word")).to_have_text("400")
    expect(frames.nth(1).locator(".nbt-rendered img")).to_be_visible()
    expect(frames.nth(1)).to_contain_text("r300")
    frames.first.focus()
    page.keyboard.press("ArrowDown")
    expect(frames.nth(1)).to_be_focused()
    page.keyboard.press("r")
    person.accepts()
    until(person.cells, lambda cells: dict(cells)["b"] == "b = 300")
    page.get_by_test_id("nbtrack-undo-restore").first.click()
    until(person.cells, lambda cells: dict(cells)["b"] == "b = 400")
    page.keyboard.press("Escape")


def test_words_of_any_version_are_found(person: Person) -> None:
    """Search shows cells that once held the words, marked; Enter leads to that version."""
    page = person.page
    person.shows_history()
    box = page.get_by_test_id("nbtrack-history-search")
    box.fill("b 100")
    match = page.get_by_test_id("nbtrack-match")
    expect(match).to_have_count(1)
    expect(match.locator("mark")).to_have_text(["b", "100"])
    expect(match).to_contain_text("r100 – r199, gone")
    box.press("ArrowDown")
    expect(match).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("nbtrack-frame").first).to_contain_text("b = 100")
    page.get_by_test_id("nbtrack-filmstrip-newest").click()
    expect(page.get_by_test_id("nbtrack-frame").first).to_contain_text("b = 400")
    box.fill("nowhere_at_all")
    expect(page.get_by_test_id("nbtrack-search-empty")).to_be_visible()
    box.press("Escape")
    expect(person.shows_history().first).to_be_visible()


def test_every_figure_is_in_the_gallery(person: Person) -> None:
    """Pictures stand there once each, are loaded, and lead to the versions of their cell."""
    page = person.page
    person.cell(1).locator(".cm-content").click()
    page.get_by_test_id("nbtrack-history-figures").click()
    figures = page.get_by_test_id("nbtrack-figure")
    expect(figures).to_have_count(3)
    expect(figures.first).to_be_focused()
    loaded = "images => images.every(image => image.complete && image.naturalHeight > 0)"
    until(lambda: figures.locator("img").evaluate_all(loaded), bool)
    labels = [figure.get_attribute("aria-label") or "" for figure in figures.all()]
    assert [label.split(",")[0] for label in labels] == [
        f"Figure of r{number}" for number in (400, 200, 100)
    ]
    page.keyboard.press("End")
    expect(figures.last).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("nbtrack-frame").first).to_contain_text("b = 100")
