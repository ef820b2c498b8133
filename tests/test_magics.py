"""The line magics, in a real kernel that runs a notebook's cells without a front end."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest

from nbtrack.entities import Revision, RevisionReason
from nbtrack.store.base import RunQuery
from tests.capture.kernel import Kernel, Ran, kernel

CELLS = {
    "first": "%%track -n one\nrate = 0.5\nscore = sum([rate, 0.25])",
    "second": "%%track -n two\nrate = 0.7\nscore = sum([rate, 0.25])",
    "third": "label = 'a cell that is not tracked'",
}


@pytest.fixture(scope="module")
def notebook(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Kernel, Path]]:
    """A kernel whose directory has a notebook, with all its cells executed."""
    home = tmp_path_factory.mktemp("magics")
    path = home / "work" / "study.ipynb"
    path.parent.mkdir()
    document = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(code, id=name) for name, code in CELLS.items()]
    )
    nbformat.write(document, path)
    with kernel(home) as started:
        for code in CELLS.values():
            assert started.run(code).status == "ok"
        yield started, path


def table(ran: Ran, mime: str) -> dict[str, Any]:
    """The payload of the table that was shown."""
    (shown,) = [m["content"]["data"] for m in ran.outputs if mime in m["content"].get("data", {})]
    assert {"text/html", "text/plain"} < set(shown)
    return shown[mime]


def text(ran: Ran) -> str:
    """Everything that was shown."""
    return " ".join(str(value) for _, value in ran.shown())


def test_runs_of_the_notebook(notebook) -> None:
    """`%runs` finds the notebook by its code, and filters and limits."""
    started, _ = notebook
    runs = table(started.run("%runs"), "application/vnd.nbtrack.runs+json")
    assert runs["title"] == "Runs of study.ipynb"
    assert [run["run_name"] for run in runs["runs"]] == ["two", "one"]
    some = table(started.run("%runs -n 1 metrics.score > 0.8"), "application/vnd.nbtrack.runs+json")
    assert [run["run_name"] for run in some["runs"]] == ["two"]
    assert "position" in text(started.run("%runs metrics.score >")) or "filter" in text(
        started.run("%runs metrics.score >")
    )


def test_revisions_without_a_front_end(notebook) -> None:
    """Headless executions are joined to a revision of the file with the executed source."""
    started, path = notebook
    found = table(started.run("%revisions"), "application/vnd.nbtrack.revisions+json")
    assert found["notebook_path"] == str(path)
    assert found["revisions"][-1]["reason"] == "execute"
    with started.store() as store:
        (one,) = store.search_runs(RunQuery(filter="attributes.run_name = 'one'")).items
        assert one.revision_number == 1
        assert one.experiment_name == "study"
        assert one.cell_id == "first"


def test_revert_writes_the_file_and_can_be_undone(notebook) -> None:
    """`%revert` brings a cell back in a notebook that is open nowhere, after recording it."""
    started, path = notebook
    document = json.loads(path.read_text())
    document["cells"][2]["source"] = "label = 'edited'"
    path.write_text(json.dumps(document))
    assert started.run("label = 'edited'").status == "ok"
    said = text(started.run("%revert r1"))
    assert "Restored r1" in said
    restored = nbformat.read(path, as_version=4)
    assert restored.cells[2].source == CELLS["third"]
    undo = said.split("%revert ")[-1].split("'")[0].split('"')[0]
    started.run(f"%revert {undo}")
    assert nbformat.read(path, as_version=4).cells[2].source == "label = 'edited'"
    with started.store() as store:
        known = store.find_notebook(str(path))
        reasons = [r.reason for r in store.list_revisions(known.notebook_id).items]
    assert reasons.count(RevisionReason.RESTORE) == 2


def test_revert_brings_outputs_back_when_asked(notebook) -> None:
    """`%revert --with-outputs` writes the stored outputs too, and without it none."""
    started, path = notebook
    document = json.loads(path.read_text())
    document["cells"][2]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "seen"}]
    path.write_text(json.dumps(document))
    started.run("label = 'other'")
    started.run("%checkpoint shown")
    wait_for_label(started, path, "shown")
    document["cells"][2] |= {"source": "label = 'later'", "outputs": []}
    path.write_text(json.dumps(document))
    started.run("%revert shown")
    assert nbformat.read(path, as_version=4).cells[2].outputs == []
    started.run("%revert --with-outputs shown")
    assert nbformat.read(path, as_version=4).cells[2].outputs[0].text == "seen"


def wait_for_label(started, path, label: str) -> Revision:
    """The revision of that name, once the writer's thread wrote it."""
    deadline = time.monotonic() + 10
    with started.store() as store:
        while True:
            known = store.find_notebook(str(path))
            found = [r for r in store.list_revisions(known.notebook_id).items if r.label == label]
            if found:
                return found[0]
            assert time.monotonic() < deadline, f"nothing is named {label!r}"
            time.sleep(0.05)


def test_checkpoint_names_the_state(notebook) -> None:
    """`%checkpoint` makes a revision of the notebook's state, with that name."""
    started, path = notebook
    started.run('%checkpoint "before the change"')
    made = wait_for_label(started, path, "before the change")
    assert made.reason is RevisionReason.CHECKPOINT


def test_track_on_and_off(notebook) -> None:
    """`%track on` makes runs of cells that yield metrics, until `%track off`."""
    started, _ = notebook
    assert "on" in text(started.run("%track on"))
    started.run("auto_score = sum([0.125])")
    started.run("only_text = str(5)")
    assert "off" in text(started.run("%track off"))
    started.run("late_score = sum([0.5])")
    with started.store() as store:
        keys = [set(run.metrics) for run in store.search_runs(RunQuery()).items]
    assert {"auto_score"} in keys
    assert not any({"late_score", "only_text"} & found for found in keys)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("%track sideways", "on, off, status or explain"),
        ("%runs -n many", "-n takes a number"),
        ("%revisions all", "takes only -n"),
        ("%revert", "needs a revision"),
        ("%revert r999", "r999"),
        ("%checkpoint", "needs a name"),
    ],
)
def test_mistakes_say_what_is_right(notebook, line: str, words: str) -> None:
    """A magic that cannot do what it is asked says so in one line, without a traceback."""
    started, _ = notebook
    ran = started.run(line)
    assert ran.status == "error"
    assert words in text(ran)
    assert "Traceback" not in text(ran)


def test_unknown_notebook_is_said(tmp_path) -> None:
    """Where no notebook is known, the history magics say how to name it."""
    with kernel(tmp_path) as started:
        assert "NBTRACK_NOTEBOOK" in text(started.run("%revisions"))
        shown = table(started.run("%runs"), "application/vnd.nbtrack.runs+json")
        assert shown["title"] == "Runs of this kernel" and shown["runs"] == []
