"""``nbtrack history size``, ``off``, ``on``, ``texts``, and old revisions in ``nbtrack gc``."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from nbtrack.entities import RevisionReason
from nbtrack.history.manifest import encode
from nbtrack.history.record import Snapshot, record
from nbtrack.store.base import Store
from tests.cli.conftest import NOON, Command
from tests.history.documents import code, notebook


def fill(store: Store, path: Path, count: int) -> str:
    """A notebook with a revision for each minute of an old session; gives its id."""
    path.write_text("{}")
    notebook_id = store.create_notebook(str(path)).notebook_id
    for number in range(count):
        state = encode(notebook(code(f"x = {number}", "a", f"{number}\n" * 100)))
        at = NOON + timedelta(minutes=number)
        record(store, notebook_id, Snapshot(state, RevisionReason.EXECUTE, "ada", at))
    return notebook_id


def test_size_says_what_histories_cost(nbtrack: Command, store: Store, tmp_path: Path) -> None:
    """The dearest first, each with its parts; or of one notebook only."""
    fill(store, tmp_path / "small.ipynb", 2)
    fill(store, tmp_path / "large.ipynb", 20)
    rows = nbtrack("history", "size").rows
    assert [(Path(row["Notebook"]).name, row["Revisions"]) for row in rows] == [
        ("large.ipynb", "20"),
        ("small.ipynb", "2"),
    ]
    answer = nbtrack("history", "size", str(tmp_path / "small.ipynb"), "--json").json
    [cost] = answer["histories"]
    assert cost["size_bytes"] == cost["list_bytes"] + cost["content_bytes"] > 0
    assert answer["settings"]["keep_revisions_days"] == 1


def test_gc_thins_old_sessions(nbtrack: Command, store: Store, tmp_path: Path) -> None:
    """It says how many revisions would go, and takes them with --yes."""
    notebook_id = fill(store, tmp_path / "book.ipynb", 10)
    lines = {
        line["kind"]: line["count"] for line in nbtrack("gc", "--dry-run", "--json").json["lines"]
    }
    assert lines["old revisions"] == 8
    assert nbtrack("gc", "--yes").code == 0
    assert [each.number for each in store.list_revisions(notebook_id).items] == [10, 1]
    assert "nothing to remove" in nbtrack("gc", "--dry-run").out


def test_a_history_is_switched_off_and_on(nbtrack: Command, store: Store, tmp_path: Path) -> None:
    """For a folder, and within it for one notebook; what needs no switch has none."""
    path = tmp_path / "book.ipynb"
    path.write_text("{}")
    assert "not recorded from now on" in nbtrack("history", "off", str(tmp_path)).out
    assert nbtrack("history", "on", str(path), "--json").json["recorded"] is True
    assert store.history_switches() == {str(tmp_path): False, str(path): True}
    nbtrack("history", "on", str(tmp_path))
    nbtrack("history", "on", str(path))
    assert store.history_switches() == {}
    assert nbtrack("history", "off", str(tmp_path / "gone")).code == 2


def test_texts_are_written_once(nbtrack: Command, store: Store, tmp_path: Path) -> None:
    """A file for each revision; later only the new ones."""
    path = tmp_path / "book.ipynb"
    notebook_id = fill(store, path, 2)
    out = tmp_path / "texts"
    assert "Wrote 2" in nbtrack("history", "texts", str(path), str(out)).out
    first = out / "book-r00001.txt"
    assert "==== code a" in first.read_text()
    first.write_text("mine")
    state = encode(notebook(code("x = 9", "a")))
    at = NOON + timedelta(hours=1)
    record(store, notebook_id, Snapshot(state, RevisionReason.EXECUTE, "ada", at))
    answer = nbtrack("history", "texts", str(path), str(out), "--json").json
    assert [Path(each).name for each in answer["written"]] == ["book-r00003.txt"]
    assert first.read_text() == "mine"


def test_one_revision_as_text(nbtrack: Command, store: Store, tmp_path: Path) -> None:
    """The same text is a format of export."""
    fill(store, tmp_path / "book.ipynb", 2)
    path = str(tmp_path / "book.ipynb")
    answer = nbtrack("history", "export", path, "r2", "--to", "text", "--json")
    text = Path(answer.json["path"]).read_text()
    assert text.startswith("revision r2 ")
    assert "x = 1\n" in text
