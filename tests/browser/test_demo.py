"""The example notebook as a newcomer runs it: in JupyterLab, and headless with the same result."""

from __future__ import annotations

import json
import math
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from nbtrack.ranking import is_system_metric
from nbtrack.store import open_store
from nbtrack.store.base import RunQuery
from tests.browser.driver import Person, runs, until
from tests.browser.lab import Lab, isolated_env

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "01-first-run.ipynb"
RUN_COUNT = 4


@pytest.fixture(scope="module")
def demo(lab: Lab, browser: Browser, browser_context_args: dict[str, Any]) -> Iterator[Person]:
    """Someone who opened the example, the Runs section beside it, and ran all its cells."""
    shutil.copy(NOTEBOOK, lab.root)
    context = browser.new_context(**browser_context_args)
    person = Person(context.new_page(), lab)
    person.opens(NOTEBOOK.name)
    rows = person.shows_runs()
    expect(rows).to_have_count(0)
    person.does("notebook:run-all-cells")
    expect(rows.first).to_be_visible(timeout=30_000)
    person.waits(timeout_s=120)
    yield person
    context.close()


def facts(store_location: str) -> list[dict[str, Any]]:
    """What was recorded of the runs, without what must differ: ids, times, paths."""
    store = open_store(store_location)
    found = store.search_runs(RunQuery(order_by=("start_time ASC",))).items
    told = []
    for run in found:
        results = [key for key in sorted(run.metrics) if not is_system_metric(key)]
        series = {key: store.metric_series(run.run_id, key) for key in results}
        told.append(
            {
                "name": run.run_name,
                "status": run.status,
                "params": {key: param.value for key, param in sorted(run.params.items())},
                "series": {key: (list(s.steps), list(s.values)) for key, s in series.items()},
                "tags": dict(run.tags),
                "artifacts": sorted(a.path for a in store.list_artifacts(run.run_id)),
                "cell": run.cell_id,
            }
        )
    store.close()
    return told


def executed(store_location: str) -> list[tuple[str, str | None, int | None, str]]:
    """The cell executions, oldest first: source, cell, count and status."""
    store = open_store(store_location)
    found = store.list_executions().items
    store.close()
    return [(e.source, e.cell_id, e.execution_count, e.status) for e in reversed(found)]


def test_runs_appear_without_a_reload(demo: Person) -> None:
    """All runs are rows of the sidebar by the time the notebook has run, newest first."""
    rows = demo.shows_runs()
    expect(rows).to_have_count(RUN_COUNT, timeout=10_000)
    names = [row["run_name"] for row in runs(demo.lab)]
    assert names == ["forest", "network", "svm", "baseline"]
    expect(rows.first).to_contain_text("forest")


def test_a_tracked_cell_shows_a_card(demo: Person) -> None:
    """Each tracked cell has one card with its run's name and metric."""
    cards = demo.page.locator("[data-testid=nbtrack-run-card]")
    for name in ("baseline", "svm", "network", "forest"):
        card = cards.filter(has_text=name)
        card.first.scroll_into_view_if_needed()
        expect(card).to_have_count(1)
        expect(card).to_contain_text("accuracy")


def test_a_run_opens_with_its_curves_code_and_figure(demo: Person) -> None:
    """A click on a run opens its page: params, curves, artifacts, code and environment."""
    rows = demo.shows_runs()
    rows.filter(has_text="network").get_by_text("network", exact=True).dblclick()
    page = demo.page.locator("[data-testid=nbtrack-run-page]")
    expect(page).to_contain_text("hidden_units")
    expect(page).to_contain_text("MLPClassifier")
    expect(page.locator("[data-testid^=nbtrack-chart-] canvas").first).to_be_visible()
    expect(page).to_contain_text("scikit-learn")


def test_runs_are_compared(demo: Person) -> None:
    """Ticked runs are compared: the differing rows, the best accuracy marked."""
    rows = demo.shows_runs()
    for name in ("svm", "network"):
        rows.filter(has_text=name).locator("input[type=checkbox]").check()
    demo.page.get_by_role("button", name="Compare").click()
    table = demo.page.locator("[data-testid=nbtrack-compare-table]")
    expect(table).to_contain_text("accuracy")
    expect(table).to_contain_text("model_kind")
    expect(table.get_by_role("columnheader", name="svm")).to_be_visible()


def test_a_narrow_sidebar_in_the_dark(demo: Person) -> None:
    """Runs keep their names and best marks in view in a narrow, dark sidebar."""
    demo.does("apputils:change-theme", theme="JupyterLab Dark")
    demo.page.wait_for_selector('body[data-jp-theme-light="false"]', state="attached")
    demo.resizes_sidebar(240)
    row = demo.shows_runs().filter(has_text="svm")
    expect(row.get_by_text("svm", exact=True)).to_be_in_viewport(ratio=1)
    text, ground = demo.page.evaluate(
        """() => {
          const name = document.querySelector('[data-testid=nbtrack-run-row] .nbt-run-name');
          const light = css => css.match(/[\\d.]+/g).slice(0, 3).reduce((a, b) => a + +b, 0);
          const panel = document.querySelector('[data-testid=nbtrack-runs-panel]');
          let ground = panel;
          while (getComputedStyle(ground).backgroundColor === 'rgba(0, 0, 0, 0)') {
            ground = ground.parentElement;
          }
          return [light(getComputedStyle(name).color),
                  light(getComputedStyle(ground).backgroundColor)];
        }"""
    )
    assert text > 3 * ground
    demo.does("apputils:change-theme", theme="JupyterLab Light")
    demo.page.wait_for_selector('body[data-jp-theme-light="true"]', state="attached")
    demo.resizes_sidebar(300)


def test_headless_gives_the_same(demo: Person, tmp_path: Path) -> None:
    """The same notebook by nbclient: the same runs, params, metrics and executions."""
    shutil.copy(NOTEBOOK, tmp_path)
    env = isolated_env(tmp_path / "home")
    done = subprocess.run(
        ["jupyter", "execute", NOTEBOOK.name],
        cwd=tmp_path,
        env=env,
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr
    headless, lab = str(tmp_path / "home" / "data" / "nbtrack"), demo.lab.store
    ours, theirs = facts(headless), facts(lab)
    for one, other in zip(ours, theirs, strict=True):
        # A training score is left out where scoring would take long beside the fit, that time.
        for key in one["series"].keys() ^ other["series"].keys():
            assert key.startswith("training_")
            one["series"].pop(key, None), other["series"].pop(key, None)
    for run in (*ours, *theirs):
        for _, values in run["series"].values():
            assert all(math.isfinite(value) for value in values)
        # nbclient does not tell the kernel which cell it runs; nbtrack may find it, or not.
        run.pop("cell")
    assert ours == theirs
    assert len(ours) == RUN_COUNT
    same = [(source, count, status) for source, _, count, status in executed(headless)]
    assert same == [(source, count, status) for source, _, count, status in executed(lab)]


def test_a_saved_notebook_keeps_its_cards(demo: Person, page: Page, tmp_path: Path) -> None:
    """Exported to HTML, the cards are tables and pictures that need no server."""
    demo.saves()
    path = demo.lab.root / NOTEBOOK.name
    until(lambda: path.read_text().count("vnd.nbtrack.run+json"), lambda n: n >= RUN_COUNT)
    done = subprocess.run(
        ["jupyter", "nbconvert", "--to", "html", "--output-dir", str(tmp_path), str(path)],
        env=demo.lab.env,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    page.route(
        "**/*", lambda route: route.continue_() if "file:" in route.request.url else route.abort()
    )
    page.goto((tmp_path / NOTEBOOK.name).with_suffix(".html").as_uri())
    expect(page.get_by_text("hidden_units").first).to_be_visible()
    saved = json.loads(path.read_text())
    network = next(cell for cell in saved["cells"] if cell["id"] == "network")
    card = next(o for o in network["outputs"] if "text/html" in o.get("data", {}))
    assert "data:image/svg+xml" in "".join(card["data"]["text/html"])
