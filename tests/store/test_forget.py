"""Forgetting: what is cut out is in no byte of the store any more, and the rest is as it was."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import zstandard

from nbtrack.entities import Origin, RevisionReason
from nbtrack.errors import NotFoundError, StateError, UsageError
from nbtrack.history.lookup import revision_document
from nbtrack.history.manifest import EncodedNotebook, encode
from nbtrack.history.record import Snapshot, record
from nbtrack.records import ArtifactLogged, CaptureReported, ParamLogged, TagSet
from nbtrack.store import open_store
from nbtrack.store.base import RunQuery, Store
from nbtrack.store.dialect import backup_sqlite
from nbtrack.store.forget import MARK
from nbtrack.testing.builders import (
    execution_ended,
    execution_started,
    run_ended,
    run_started,
    session_started,
)
from nbtrack.testing.clock import START
from tests.history.documents import code, notebook

SECRET = 'zebra-Ünïcode-"quoted"-4711'


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """Where the store is."""
    return tmp_path / "store"


@pytest.fixture
def store(directory: Path) -> Store:
    """A store that holds the secret in every kind of place, and other things beside it."""
    made = open_store(directory)
    found = made.create_notebook("/data/a.ipynb")
    document = notebook(
        code("x = 1", "plain", "one"), code(f"key = '''{SECRET}'''", "secret", f"got {SECRET}")
    )
    snapshot = Snapshot(encode(document), reason=RevisionReason.SAVE, author="ada", at=START)
    record(made, found.notebook_id, snapshot)
    [small, large] = made.put_blobs([f"text {SECRET}".encode(), b"y" * 70_000 + SECRET.encode()])
    [module] = made.put_blobs([f"M = '''{SECRET}'''\n".encode()])
    made.apply(
        [
            session_started(),
            execution_started(source=f"key = '''{SECRET}'''", cell_id="secret"),
            execution_ended(),
            run_started(msg_id="msg-1", run_name=f"run {SECRET}"),
            ParamLogged("run-1", "key", SECRET, Origin("literal", "secret", 1)),
            ParamLogged("run-1", "rate", "0.5"),
            TagSet("run-1", "mlflow.note.content", f"a note on {SECRET}"),
            ArtifactLogged("run-1", "small.txt", small, 1, "text/plain", START),
            ArtifactLogged("run-1", "large.txt", large, 1, "text/plain", START),
            CaptureReported("run-1", f'{{"local_modules":{{"m.py":"{module}"}}}}'),
            run_ended(error_name="E"),
        ]
    )
    (directory / "backups").mkdir()
    (directory / "backups" / "old.db").write_bytes(SECRET.encode())
    return made


def bytes_of(directory: Path) -> list[bytes]:
    """Everything in the store's files, and what is compressed in the database."""
    import sqlite3
    from contextlib import closing

    found = [path.read_bytes() for path in directory.rglob("*") if path.is_file()]
    with closing(sqlite3.connect(directory / "nbtrack.db")) as connection:
        for (data,) in connection.execute("SELECT data FROM blobs"):
            found.append(data[1:] if data[:1] == b"\x00" else zstandard.decompress(data[1:]))
        found += [
            zstandard.decompress(row[0])
            for row in connection.execute("SELECT manifest FROM revisions")
        ]
        found += [
            str(row).encode() for row in connection.execute("SELECT * FROM text_index('zebra')")
        ]
    return found


def test_a_text_is_gone_from_every_byte(store: Store, directory: Path) -> None:
    """Code, outputs, artifacts, params, notes, modules, copies and the index hold it no more."""
    assert any(b"zebra" in data for data in bytes_of(directory))
    found = store.forget([SECRET], dry_run=False)
    assert found.contents >= 5
    assert found.revisions == 1
    assert found.removed_files == (str(directory / "backups" / "old.db"),)
    store.close()
    assert [data[:80] for data in bytes_of(directory) if b"zebra" in data] == []


def test_everything_else_stays(store: Store) -> None:
    """What did not hold the text reads as before, and what held it reads with a mark."""
    store.forget([SECRET], dry_run=False)
    run = store.get_run("run-1")
    assert run.data.params == {"key": MARK, "rate": "0.5"}
    assert run.run_name == f"run {MARK}"
    assert store.get_execution("msg-1").source == f"key = '''{MARK}'''"
    artifact, data = store.read_artifact("run-1", "large.txt")
    assert data == b"y" * 70_000 + MARK.encode()
    assert artifact.size_bytes == len(data)
    [revision] = store.list_revisions(store.find_notebook("/data/a.ipynb").notebook_id).items  # type: ignore[union-attr]
    cells = revision_document(store, revision.revision_id)["cells"]
    assert [cell["source"] for cell in cells] == ["x = 1", f"key = '''{MARK}'''"]
    assert cells[0]["outputs"][0]["text"] == "one"
    assert cells[1]["outputs"][0]["text"] == f"got {MARK}"
    from nbtrack.present import capture_report

    report = capture_report(store, run)
    assert report is not None
    digest = report.local_modules["m.py"]
    assert store.get_blobs([digest])[digest] == f"M = '''{MARK}'''\n".encode()
    assert list(store.search_text("note").items)


def test_a_dry_run_changes_nothing(store: Store) -> None:
    """It says what would be changed, and everything is as before."""
    found = store.forget([SECRET], dry_run=True)
    assert found.contents >= 5
    assert found.removed_files == ()
    assert store.get_run("run-1").params["key"].value == SECRET
    assert SECRET in store.get_execution("msg-1").source


def test_a_cell_is_forgotten_with_its_outputs(store: Store) -> None:
    """A cell's text and outputs go from every revision and execution; others stay."""
    found = store.find_notebook("/data/a.ipynb")
    assert found is not None
    store.forget(cell=(found.notebook_id, "secret"), outputs_only=True, dry_run=False)
    [revision] = store.list_revisions(found.notebook_id).items
    cells = revision_document(store, revision.revision_id)["cells"]
    assert SECRET in cells[1]["source"]
    assert cells[1]["outputs"][0]["text"] == MARK
    store.forget(cell=(found.notebook_id, "secret"), dry_run=False)
    cells = revision_document(store, revision.revision_id)["cells"]
    assert [cell["source"] for cell in cells] == ["x = 1", "# forgotten\n"]
    [revision] = store.list_revisions(found.notebook_id).items
    assert [change.preview for change in revision.changes] == ["x = 1", ""]
    assert store.get_execution("msg-1").source == "# forgotten\n"


def test_a_short_text_is_refused(store: Store) -> None:
    """Cutting out a letter would tear everything apart."""
    with pytest.raises(UsageError, match="at least 4 characters"):
        store.forget(["ab"], dry_run=False)


def test_what_a_cell_showed_goes_from_its_runs_too(store: Store, directory: Path) -> None:
    """Artifacts that capture made of a cell's outputs go with them; logged files stay."""
    [shown] = store.put_blobs([b"a figure of it"])
    figure = ArtifactLogged("run-2", "f.png", shown, 14, "image/png", START, Origin("figure"))
    logged = ArtifactLogged("run-2", "l.txt", shown[:-1] + "0", 1, "text/plain", START)
    store.apply([run_started("run-2", cell_id="secret"), figure, logged])
    found = store.find_notebook("/data/a.ipynb")
    assert found is not None
    store.forget(cell=(found.notebook_id, "secret"), outputs_only=True, dry_run=False)
    assert [artifact.path for artifact in store.list_artifacts("run-2")] == ["l.txt"]
    store.close()
    assert not [data for data in bytes_of(directory) if b"a figure of it" in data]


def test_things_of_one_run(store: Store) -> None:
    """A param keeps its key and loses its value; a tag and a file go."""
    store.forget(of_run=("run-1", "param", "rate"), dry_run=False)
    store.forget(of_run=("run-1", "tag", "mlflow.note.content"), dry_run=False)
    store.forget(of_run=("run-1", "artifact", "small.txt"), dry_run=False)
    run = store.get_run("run-1")
    assert run.params["rate"].value == MARK
    assert "mlflow.note.content" not in run.tags
    assert [artifact.path for artifact in store.list_artifacts("run-1")] == ["large.txt"]
    assert store.search_runs(RunQuery(filter="params.rate > 0")).items == []
    with pytest.raises(NotFoundError):
        store.forget(of_run=("none", "param", "rate"))


def test_a_whole_backup_forgets_too(store: Store, directory: Path) -> None:
    """A copy of the store in its backups is a store: it stays, without the text."""
    whole = directory / "backups" / "monday"
    whole.mkdir()
    backup_sqlite(directory / "nbtrack.db", whole / "nbtrack.db")
    shutil.copytree(directory / "blobs", whole / "blobs")
    store.forget([SECRET], dry_run=False)
    store.close()
    assert not [data for data in bytes_of(directory) if b"zebra" in data]
    assert not [data for data in bytes_of(whole) if b"zebra" in data]


def test_a_document_that_names_what_is_gone_is_asked_for_anew(store: Store) -> None:
    """A front end whose state names a forgotten piece is told to send the whole notebook."""
    found = store.find_notebook("/data/a.ipynb")
    assert found is not None
    [revision] = store.list_revisions(found.notebook_id).items
    held = EncodedNotebook(store.get_manifest(revision.revision_id), {})
    store.forget([SECRET], dry_run=False)
    snapshot = Snapshot(held, reason=RevisionReason.SAVE, author="ada", at=START)
    with pytest.raises(StateError, match="whole"):
        record(store, found.notebook_id, snapshot)
