"""``nbtrack export`` and ``nbtrack import``."""

from __future__ import annotations

from pathlib import Path

from nbtrack.store import open_store
from nbtrack.store.base import Store
from tests.cli.conftest import Command, add_run, document, record_save, write


def test_there_and_back(nbtrack: Command, store: Store, tmp_path: Path) -> None:
    """A selection goes into a file and from there into another store, once."""
    add_run(store, "a", "good", metrics={"accuracy": [0.9]}, experiment="churn")
    add_run(store, "b", "bad", metrics={"accuracy": [0.1]})
    path = write(tmp_path / "n.ipynb", document(x="1"))
    record_save(store, path, document(x="1"), 1)
    file = tmp_path / "best.zip"
    answer = nbtrack("export", "--filter", "metrics.accuracy > 0.5", "--notebook", path, file)
    assert answer.code == 0, answer.err
    assert "1 runs, 1 notebooks, 1 revisions" in answer.out
    other = tmp_path / "other"
    assert "Added: 1 runs" in nbtrack("--store", other, "import", file).out
    again = nbtrack("--store", other, "import", file, "--json").json
    assert again["added"] == {}
    assert again["present"]["runs"] == 1
    opened = open_store(other)
    assert opened.get_run("a" * 32).experiment_name == "churn"
    opened.close()


def test_what_is_refused(nbtrack: Command, store: Store, tmp_path: Path) -> None:
    """A file that is there, an unknown experiment and what is no archive end with a reason."""
    file = tmp_path / "a.zip"
    assert nbtrack("export", "--experiment", "none", file).code == 1
    assert nbtrack("export", file).code == 0
    answer = nbtrack("export", file)
    assert answer.code == 2
    assert "exists already" in answer.err
    assert nbtrack("export", "--force", file).code == 0
    file.write_bytes(b"something else")
    answer = nbtrack("import", file)
    assert answer.code == 1
    assert "no archive of nbtrack" in answer.err
    assert "No such file" in nbtrack("import", tmp_path / "none.zip").err
