"""The run table and a run's page in a real JupyterLab, on a store that holds many runs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from playwright.sync_api import Page, expect

from nbtrack.entities import Direction, Origin
from nbtrack.records import CaptureReported, DatasetLogged, ParamLogged, Record
from nbtrack.store import open_store
from nbtrack.testing.builders import (
    dataset,
    execution_ended,
    execution_started,
    points,
    run_ended,
    run_started,
    session_started,
)
from nbtrack.wire import CapturedInfo, CaptureReport, FlagInfo, LeftOutInfo
from tests.browser.driver import Person
from tests.browser.lab import Lab

COUNT = 400
NEWEST = f"{COUNT - 1:032x}"
WRITER = f"{COUNT - 2:032x}"


def _cells(number: int, at: datetime) -> list[Record]:
    """What ran for a run: a cell of its own text, then the tracked one."""
    return [
        execution_started(f"before-{number}", source=f"rate = {number}", started_at=at),
        execution_ended(f"before-{number}", names_written=("rate",)),
        execution_started(
            f"own-{number}",
            source="fit(rate)",
            cell_id="c",
            started_at=at + timedelta(seconds=1),
        ),
        execution_ended(f"own-{number}", names_read=("rate",)),
    ]


@pytest.fixture(scope="module", autouse=True)
def many_runs(lab: Lab) -> None:
    """Runs that another process wrote, the newest one with data and an explained capture."""
    start = datetime.now(UTC) - timedelta(days=1)
    records: list[Record] = [session_started()]
    for number in range(COUNT):
        run_id, at = f"{number:032x}", start + timedelta(minutes=number)
        records += [
            *_cells(number, at),
            run_started(run_id, run_name=f"run-{number}", started_at=at, msg_id=f"own-{number}"),
            ParamLogged(run_id, "lr", str(number), Origin("literal", "c", 2)),
            points([number / COUNT], run_id=run_id, key="accuracy"),
            run_ended(run_id, ended_at=at + timedelta(seconds=3)),
        ]
    report = CaptureReport(
        captured=[CapturedInfo(what="param", key="lr", rule="literal", cell_id="c", line=2)],
        left_out=[LeftOutInfo(what="metric", key="n_rows", why="a plain size", line=3)],
        flags=[FlagInfo(kind="edited", text="Uses X from a cell that was edited since.")],
    )
    records += [
        DatasetLogged(dataset(WRITER, direction=Direction.OUTPUT)),
        DatasetLogged(dataset(NEWEST)),
        CaptureReported(NEWEST, msgspec.json.encode(report).decode(), ("edited",)),
        ParamLogged(NEWEST, "SVC.C", "1.0", Origin("object", "c", 3, is_default=True)),
    ]
    store = open_store(lab.store)
    store.apply(records)
    store.close()


@pytest.fixture
def person(page: Page, lab: Lab) -> Person:
    """Someone who looks at all runs."""
    page.goto(lab.open_url())
    page.wait_for_selector("#jp-main-dock-panel")
    someone = Person(page, lab)
    someone.shows_runs()
    page.locator("[data-testid=nbtrack-scope-all]").click()
    expect(page.locator(f"[data-run-id='{NEWEST}']")).to_be_visible(timeout=20_000)
    return someone


def test_a_long_table_loads_as_it_is_scrolled(person: Person) -> None:
    """Scrolling brings all runs without a click, and only those in sight are in the page."""
    page = person.page
    table = page.locator("[data-testid=nbtrack-run-table]")
    for _ in range(60):
        page.locator(".nbt-runs-body").evaluate("e => { e.scrollTop = e.scrollHeight; }")
        page.wait_for_timeout(200)
        if table.get_attribute("aria-rowcount") == str(COUNT + 1):
            break
    expect(table).to_have_attribute("aria-rowcount", str(COUNT + 1))
    page.locator(".nbt-runs-body").evaluate("e => { e.scrollTop = e.scrollHeight; }")
    expect(page.locator("[data-run-id='" + "0" * 32 + "']")).to_be_visible()
    assert page.locator("[data-testid=nbtrack-run-row]").count() < 200
    page.locator("[data-testid=nbtrack-run-row]").last.focus()
    page.keyboard.press("Home")
    expect(page.locator(f"[data-run-id='{NEWEST}']")).to_be_focused()


def test_a_run_page_tells_data_flags_and_rules(person: Person) -> None:
    """A run's page says what it read, who wrote that, what to know, and why values are there."""
    page = person.page
    page.locator(f"[data-run-id='{NEWEST}'] .nbt-run-name").click()
    expect(page.locator("[data-testid=nbtrack-run-flags]")).to_contain_text("edited since")
    data = page.locator("[data-testid=nbtrack-run-datasets]")
    expect(data).to_contain_text("iris.csv")
    page.locator("[data-testid=nbtrack-run-capture] > summary").click()
    expect(page.locator("[data-testid=nbtrack-run-capture]")).to_contain_text("a plain size")
    params = page.locator("[data-testid=nbtrack-run-params]")
    expect(params.get_by_text("SVC.C")).to_be_hidden()
    params.get_by_text("1 setting at their defaults").click()
    expect(params.get_by_text("SVC.C")).to_be_visible()
    data.get_by_role("button", name=f"run-{COUNT - 2}").click()
    title = page.locator("[data-testid=nbtrack-run-title]:visible")
    expect(title).to_have_text(f"run-{COUNT - 2}")


def test_a_comparison_shows_the_code_that_differed(person: Person) -> None:
    """Two runs of one cell with different code before it are told apart by that code."""
    page = person.page
    for run_id in (NEWEST, WRITER):
        page.locator(f"[data-run-id='{run_id}'] input").check()
    page.locator("[data-testid=nbtrack-compare]").click()
    code = page.locator("[data-testid=nbtrack-compare-code]")
    expect(code.locator("[data-testid=nbtrack-compared-cell]")).to_have_count(1)
    expect(code).to_contain_text(f"rate = {COUNT - 1}")
    expect(code).to_contain_text(f"rate = {COUNT - 2}")
