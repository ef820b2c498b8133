"""Two people on one notebook, with jupyter-collaboration: restores among each other's edits."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser.driver import Person, revisions, until, write_notebook
from tests.browser.lab import Lab, running_lab

CELLS = [("rate", "rate = 0.1"), ("gone", "extra = 1"), ("end", "print('end')")]
NAME = "shared.ipynb"
HOLD_BACK = """(() => {
  const send = WebSocket.prototype.send;
  let held = null;
  WebSocket.prototype.send = function (data) {
    const isShared = this.url.includes('/collaboration/room');
    if (held && isShared) { held.push([this, data]); } else { send.call(this, data); }
  };
  window.holdBack = () => { held = []; };
  window.letGo = () => { const all = held; held = null; all.forEach(([s, d]) => send.call(s, d)); };
})();"""
"""A slow line: what is edited between `holdBack` and `letGo` reaches the other one late."""


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A JupyterLab with jupyter-collaboration."""
    root = tmp_path_factory.mktemp("root")
    with running_lab(tmp_path_factory.mktemp("home"), root, together=True) as running:
        yield running


@pytest.fixture
def two(browser: Browser, lab: Lab) -> Iterator[tuple[Person, Person]]:
    """Two people, each in a browser of their own, with the same notebook open."""
    write_notebook(lab.root / NAME, CELLS)
    contexts = [browser.new_context(viewport={"width": 1200, "height": 800}) for _ in range(2)]
    people = []
    for context in contexts:
        context.add_init_script(HOLD_BACK)
        person = Person(context.new_page(), lab)
        person.opens(NAME)
        people.append(person)
    yield people[0], people[1]
    for context in contexts:
        context.close()


def both_hold(two: tuple[Person, Person], cells: list[tuple[str, str]]) -> None:
    """Wait until both see these cells."""
    for person in two:
        until(person.cells, lambda found: found == cells)


def test_restores_and_edits_at_the_same_moment(two: tuple[Person, Person], lab: Lab) -> None:
    """An edit in another cell survives a restore, and two restores make one valid notebook."""
    ada, bob = two
    first = until(lambda: revisions(lab, NAME), lambda found: len(found) > 0)[-1]
    restore = {"revision_id": first["revision_id"], "confirm": False}

    ada.edits("model.deleteCell(1); model.cells[0].updateSource(7, 10, '5');")
    both_hold(two, [("rate", "rate = 5"), CELLS[2]])
    bob.page.evaluate("window.holdBack()")
    bob.edits("model.cells[1].updateSource(7, 10, 'bob');")
    ada.does("nbtrack:restore-revision", **restore)
    until(ada.cells, lambda found: found == CELLS)
    bob.page.evaluate("window.letGo()")
    both_hold(two, [*CELLS[:2], ("end", "print('bob')")])

    ada.edits("model.deleteCell(1); model.cells[0].updateSource(7, 10, '7');")
    both_hold(two, [("rate", "rate = 7"), ("end", "print('bob')")])
    for person in two:
        person.page.evaluate("window.holdBack()")
        person.does("nbtrack:restore-revision", **restore)
    both_hold(two, CELLS)
    for person in two:
        person.page.evaluate("window.letGo()")
    bob.page.wait_for_timeout(1500)
    both_hold(two, CELLS)
    reasons = [revision["reason"] for revision in revisions(lab, NAME)]
    assert reasons.count("restore") >= 3
