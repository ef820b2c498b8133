"""What the user decides of capture: skipped cells, switches, secrets, explanations."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import nbformat
import pytest

from nbtrack.masking import TEXT_MASK
from nbtrack.store.base import RunQuery
from tests.capture.kernel import Kernel, kernel
from tests.capture.shell import WatchedShell

TOKEN = "ghp_" + "a1B2" * 9


def left_out(run) -> dict[str, str]:
    """Why each name was left out."""
    return {item.key: item.why for item in run.explained.left_out}


class TestSkippedCells:
    def test_a_comment_skips_a_cell(self) -> None:
        """A cell that begins with the comment leaves no execution, no run and no param."""
        watched = WatchedShell()
        watched.run("# nbtrack: skip\nsecret_rate = 3", "%%track\n# nbtrack: skip\nscore = 2.0 * 3")
        assert watched.sink.started == watched.sink.ended == watched.sink.runs == []
        assert watched.track("score = secret_rate * 2.0").params == {}

    def test_a_tag_in_the_file_skips_a_cell(self, tmp_path: Path) -> None:
        """A cell that the notebook's file tags is not recorded."""
        path = tmp_path / "work" / "a.ipynb"
        path.parent.mkdir(parents=True)
        cells = [nbformat.v4.new_code_cell(source) for source in ("hidden = 1", "shown = 2")]
        cells[0]["metadata"]["tags"] = ["nbtrack-skip"]
        nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
        with kernel(tmp_path, NBTRACK_NOTEBOOK=str(path)) as running:
            running.run("hidden = 1", cell_id=cells[0]["id"])
            running.run("shown = 2", cell_id=cells[1]["id"])
            assert sources(running) == ["shown = 2"]

    def test_a_front_end_tells_tags_ahead_of_the_code(self, tmp_path: Path) -> None:
        """What the front end says of a cell's tags counts, saved or not."""
        with kernel(tmp_path) as running:
            tell_tags(running, {"one": ["nbtrack-skip"]})
            running.run("hidden = 1", cell_id="one")
            running.run("shown = 2", cell_id="two")
            tell_tags(running, {})
            running.run("again = 3", cell_id="one")
            assert sources(running) == ["again = 3", "shown = 2"]


def tell_tags(running: Kernel, tags: dict[str, list[str]]) -> None:
    """As the JupyterLab extension does when a cell is scheduled."""
    content = {"comm_id": str(time.time()), "target_name": "nbtrack.cells", "data": {"cells": tags}}
    message = running.client.session.msg("comm_open", content)
    running.client.shell_channel.send(message)


def sources(running: Kernel) -> list[str]:
    """What is recorded as executed, newest first, but for the test's own cells."""
    with running.store() as store:
        found = [item.source for item in store.list_executions().items]
    return [source for source in found if "nbtrack" not in source]


# a setting, and what it leaves of a cell with a param, a metric, a figure and printed text
SWITCHES = [
    ("capture_params", {"params"}),
    ("capture_metrics", {"metrics"}),
    ("capture_outputs", {"artifacts"}),
]


@pytest.mark.parametrize(("setting", "gone"), SWITCHES, ids=[c[0] for c in SWITCHES])
def test_each_kind_of_capture_has_a_switch(setting, gone) -> None:
    """A kind that is switched off is not captured; the others are."""
    cell = "%%track\nrate = 0.5\nscore = sum([rate, 1])\nprint('hello')"
    watched = WatchedShell(**{setting: False})
    run = watched.track(cell)
    kept = {kind for kind in ("params", "metrics", "artifacts") if getattr(run, kind)}
    assert kept == {"params", "metrics", "artifacts"} - gone


def test_what_is_left_out_is_explained() -> None:
    """Counters, sizes, ignored names and lines are named with the reason."""
    watched = WatchedShell()
    run = watched.track(
        "%%track --ignore hush\nhush = 1\n_own = 2\nrows = len([1])\n"
        "quiet = 3  # nbtrack: ignore\nscore = 0.5 * sum([1, 2])"
    )
    why = left_out(run)
    assert why["hush"] == "--ignore names it"
    assert why["_own"] == "its name begins with an underscore"
    assert "length" in why["rows"]
    assert "nbtrack: ignore" in why["quiet"]


class TestSecrets:
    def test_no_secret_reaches_the_store(self, tmp_path: Path) -> None:
        """A token in code, output, error, param and tag is in no file of the store."""
        with kernel(tmp_path) as running:
            running.run(
                f"%%track\npassword = 'hunter-2-horse'\ntoken = '{TOKEN}'\nprint('{TOKEN}')"
            )
            running.run(f"raise ValueError('bad token {TOKEN}')")
            running.run(
                f"import nbtrack\nwith nbtrack.start_run():\n    nbtrack.set_tag('note', '{TOKEN}')"
            )
            with running.store() as store:
                run = store.search_runs(RunQuery(filter="params.token LIKE '%'")).items[0]
                assert run.params["token"].value == run.params["password"].value == "***"
                assert run.flags == ("masked",)
                assert "password = '" + TEXT_MASK in store.get_execution(run.msg_id or "").source
                assert TEXT_MASK.encode() in store.read_artifact(run.run_id, "stdout.txt")[1]
            for path in (tmp_path / "store").rglob("*"):
                if path.is_file():
                    assert TOKEN.encode() not in path.read_bytes(), path
                    assert b"hunter-2" not in path.read_bytes(), path

    def test_it_can_be_switched_off(self, tmp_path: Path) -> None:
        """With the setting off, what is logged is recorded as it is."""
        (tmp_path / "config").mkdir()
        config = tmp_path / "config" / "nbtrack_config.py"
        config.write_text("c.NbtrackConfig.mask_secrets = False\n")
        with kernel(tmp_path) as running:
            running.run(f"%%track\ntoken = '{TOKEN}'")
            with running.store() as store:
                [run] = store.search_runs(RunQuery()).items
                assert TOKEN in store.get_execution(run.msg_id or "").source


class TestSurroundings:
    def test_imports_modules_and_git(self, tmp_path: Path) -> None:
        """A run knows the packages and own modules that were imported, and what was uncommitted."""
        work = tmp_path / "work"
        work.mkdir()
        (work / "own_helper.py").write_text("RATE = 2\n")
        git = ["git", "-c", "user.name=a", "-c", "user.email=a@b.c", "-C", str(work)]
        for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "first"]):
            subprocess.run([*git, *words], check=True)
        remote = "https://ada:s3cret-pass@example.org/a.git"
        subprocess.run([*git, "remote", "add", "origin", remote], check=True)
        (work / "own_helper.py").write_text("RATE = 3\n")
        with kernel(tmp_path) as running:
            running.run("%%track\nimport numpy, own_helper\nscore = float(numpy.sum([1.0, 2.0]))")
            running.run(
                "from nbtrack.tracking.session import session as s\n"
                "assert s().background.wait(20) and s().flush()"
            )
            time.sleep(0.5)
            with running.store() as store:
                from nbtrack.present import run_detail

                [run] = store.search_runs(RunQuery()).items
                detail = run_detail(store, run)
                assert detail.report is not None
                assert "numpy" in [package.name for package in detail.report.imported]
                assert [Path(path).name for path in detail.report.local_modules] == [
                    "own_helper.py"
                ]
                digest = next(iter(detail.report.local_modules.values()))
                assert store.get_blobs([digest])[digest] == b"RATE = 3\n"
                patch = store.read_artifact(run.run_id, "git-diff.patch")[1].decode()
                assert "-RATE = 2" in patch
                assert "+RATE = 3" in patch
                assert detail.environment is not None
                assert detail.environment.git is not None
                assert detail.environment.git.dirty
                assert "s3cret" not in (detail.environment.git.remote or "")

    def test_the_machine_is_sampled_while_a_long_cell_runs(self, tmp_path: Path) -> None:
        """A cell of some seconds has system metrics, which are no results of it."""
        (tmp_path / "config").mkdir()
        config = tmp_path / "config" / "nbtrack_config.py"
        config.write_text("c.NbtrackConfig.system_metrics_after_s = 0.2\n")
        with kernel(tmp_path) as running:
            running.run("%%track\nimport time\ntime.sleep(2.5)\nscore = sum([0.5])")
            running.run("%track on")
            running.run("import time; time.sleep(1.5)")
            with running.store() as store:
                [run] = store.search_runs(RunQuery()).items
                system = [key for key in run.metrics if key.startswith("system/")]
                assert "system/cpu_utilization_percentage" in system
                assert "system/system_memory_usage_percentage" in system
                assert {run.metrics[key].origin.rule for key in system} == {"system"}
                from nbtrack.present import run_mark

                mark = run_mark(run).metric
                assert mark is not None
                assert mark.key == "score"


def test_track_explain_says_where_and_why(tmp_path: Path) -> None:
    """The magic shows each captured value with its rule and line, and what was left out."""
    with kernel(tmp_path) as running:
        running.run("rate = 0.5", cell_id="one")
        running.run("%%track\nrows = len([1])\nscore = rate * sum([1, 2])", cell_id="two")
        ran = running.run("%track explain")
        text = ran.outputs[-1]["content"]["data"]["text/plain"]
        html = ran.outputs[-1]["content"]["data"]["text/html"]
    assert "assigned in the code" in text
    assert "line 1 of an earlier cell" in text
    assert "computed by the cell" in text
    assert "a length, a shape or a clock reading is no result" in text
    assert "<table" in html
