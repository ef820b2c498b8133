"""What must survive: a reload in the middle of a cell, a killed kernel, an interrupt."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from playwright.sync_api import Page, expect

from nbtrack.store import open_store
from tests.browser.driver import Person, runs, until, write_notebook
from tests.browser.lab import Lab

LONG = (
    "%%track -n long\nimport time\nfor i in range(40):\n    loss = 1 / (i + 1)\n    time.sleep(0.2)"
)
ENDLESS = """import os, nbtrack
n = 0
with nbtrack.start_run(run_name="endless") as run:
    with open("pid.txt", "w") as f: f.write(str(os.getpid()))
    with open("acknowledged.txt", "w", buffering=1) as told:
        while True:
            nbtrack.log(loss=n, step=n)
            n += 1
            told.write(f"{n}\\n")"""


def named(lab: Lab, name: str) -> dict[str, object]:
    """The newest run of that name; empty while there is none."""
    return next((run for run in runs(lab) if run["run_name"] == name), {})


def test_a_reload_in_the_middle(page: Page, lab: Lab) -> None:
    """A page reloaded while a cell runs: the run completes, and the open page says so."""
    write_notebook(lab.root / "reload.ipynb", [("long", LONG)])
    person = Person(page, lab)
    person.opens("reload.ipynb")
    person.starts(0)
    until(lambda: named(lab, "long"), lambda run: run.get("status") == "RUNNING")
    page.reload()
    page.wait_for_selector(".jp-NotebookPanel .jp-Cell", timeout=60_000)
    run = until(lambda: named(lab, "long"), lambda r: r["status"] != "RUNNING", timeout_s=40)
    assert run["status"] == "FINISHED"
    (metric,) = [m for m in run["metrics"] if m["key"] == "loss"]  # type: ignore[attr-defined]
    assert metric["count"] == 40
    row = person.shows_runs().filter(has_text="long")
    expect(row.get_by_label("Finished").first).to_be_visible(timeout=10_000)


def test_an_interrupt(page: Page, lab: Lab) -> None:
    """An interrupted cell ends its run KILLED, with what it logged until then."""
    write_notebook(lab.root / "interrupt.ipynb", [("long", LONG.replace("long", "stopped"))])
    person = Person(page, lab)
    person.opens("interrupt.ipynb")
    person.starts(0)
    until(
        lambda: named(lab, "stopped"),
        lambda run: any(m["count"] > 2 for m in run.get("metrics", [])),  # type: ignore[attr-defined]
    )
    person.does("notebook:interrupt-kernel")
    run = until(lambda: named(lab, "stopped"), lambda r: r["status"] != "RUNNING")
    assert (run["status"], run["end_reason"]) == ("KILLED", "interrupt")
    expect(person.cell(0)).to_contain_text("KeyboardInterrupt")


def test_a_killed_kernel(page: Page, lab: Lab) -> None:
    """``kill -9`` in a logging loop: every acknowledged point is there, the run reads as
    interrupted within a minute, and it can be deleted and brought back."""
    write_notebook(lab.root / "killed.ipynb", [("endless", ENDLESS)])
    person = Person(page, lab)
    person.opens("killed.ipynb")
    person.starts(0)
    told = lab.root / "acknowledged.txt"
    until(lambda: told.exists() and told.stat().st_size, lambda size: size > 50_000)
    os.kill(int((lab.root / "pid.txt").read_text()), signal.SIGKILL)
    ended = ("FINISHED", "FAILED", "KILLED")
    run = until(lambda: named(lab, "endless"), lambda r: r.get("status") in ended, timeout_s=60)
    assert (run["status"], run["end_reason"]) == ("KILLED", "process_died")

    acknowledged = int(_last_whole_line(told))
    store = open_store(lab.store)
    series = store.metric_series(str(run["run_id"]), "loss")
    store.close()
    assert len(series) >= acknowledged
    assert list(series.values) == list(range(len(series)))

    # JupyterLab says, at a moment of its own, that the kernel died and is started again.
    dialog = page.locator(".jp-Dialog")
    page.add_locator_handler(dialog, lambda: dialog.locator(".jp-mod-accept").click())
    row = person.shows_runs().filter(has_text="endless")
    expect(row.get_by_label("Interrupted").first).to_be_visible(timeout=10_000)
    row.locator("input[type=checkbox]").check()
    page.get_by_role("button", name="Delete").first.click()
    expect(row).to_have_count(0)
    page.locator("[data-testid=nbtrack-undo-bar]").get_by_role("button", name="Undo").click()
    expect(row).to_have_count(1)


def _last_whole_line(path: Path) -> str:
    whole = path.read_text().rsplit("\n", 1)[0]
    return whole.rsplit("\n", 1)[-1]
