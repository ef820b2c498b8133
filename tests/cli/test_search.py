"""``nbtrack search``: what it finds, and how it says it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from nbtrack.entities import KernelSession
from nbtrack.records import ExecutionStarted, RunStarted, SessionStarted, TagSet
from nbtrack.store.base import Store
from tests.cli.conftest import NOON, SESSION_ID, Command


@pytest.fixture
def searched(store: Store, tmp_path: Path) -> Path:
    """A notebook in which two cells ran, and the run of the second has a note."""
    path = tmp_path / "churn.ipynb"
    later = NOON + timedelta(minutes=1)
    store.apply(
        [
            SessionStarted(KernelSession(SESSION_ID, NOON, notebook_path=str(path))),
            ExecutionStarted("1", SESSION_ID, "import pandas as pd\npd.read_csv('a')", NOON, "c1"),
            ExecutionStarted("2", SESSION_ID, "pd.read_csv('b')", later, "c2"),
            RunStarted("a" * 32, "calm-otter", later, SESSION_ID, msg_id="2"),
            TagSet("a" * 32, "mlflow.note.content", "pandas was slow"),
        ]
    )
    return path


def test_code_and_notes_are_found_newest_first(nbtrack: Command, searched: Path) -> None:
    """A pipe gets one line a match, with the notebook, the runs and the line that shows it."""
    found = nbtrack("search", "read_csv").rows
    assert [(row["Found"], row["Line"]) for row in found] == [
        ("code", "pd.read_csv('b')"),
        ("code", "pd.read_csv('a')"),
    ]
    assert [row["Runs"] for row in found] == ["a" * 32, ""]
    assert {row["Where"] for row in found} == {str(searched)}
    assert [row["Found"] for row in nbtrack("search", "pandas").rows] == ["note", "code"]
    assert len(nbtrack("search", "-n", 1, "pd").rows) == 1


def test_several_words_must_all_be_there(nbtrack: Command, searched: Path) -> None:
    """Words may come as several arguments; the notebook narrows it down."""
    assert len(nbtrack("search", "pandas", "read").rows) == 1
    assert len(nbtrack("search", '"was slow"', "--notebook", searched).rows) == 1
    answer = nbtrack("search", "pandas", "--notebook", searched.with_name("other.ipynb"))
    assert (answer.code, answer.out) == (1, "")


def test_json_and_errors(nbtrack: Command, searched: Path) -> None:
    """JSON has the shape of the API; a search for nothing is wrong usage."""
    [match, _] = nbtrack("search", "pandas", "--json").json["matches"]
    assert (match["kind"], match["run_ids"], match["line"]) == ("note", ["a" * 32], 1)
    assert nbtrack("search", "()").code == 2
    assert nbtrack("search").code == 2
