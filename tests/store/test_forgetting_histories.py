"""What is forgotten leaves every revision, however its list of cells is stored."""

from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from nbtrack.entities import RevisionReason
from nbtrack.history.lookup import all_revisions, revision_document
from nbtrack.history.manifest import encode
from nbtrack.history.record import Snapshot, record
from nbtrack.store import open_store
from nbtrack.store.manifests import whole
from nbtrack.store.upkeep.facts import CollectionRules
from tests.history.documents import code, notebook
from tests.store.test_manifests import (  # noqa: F401 - fixtures
    Manifests,
    add,
    connect,
    history,
    is_delta,
    store,
    stored,
)

SECRET = "the name of the patient"
START = datetime(2026, 1, 1, tzinfo=UTC)


def test_a_text_leaves_every_revision(tmp_path):
    """From code and outputs of all of them; what else they show stays, and no byte is left."""
    place = tmp_path / "store"
    with closing(open_store(place)) as opened:
        book = opened.create_notebook("/w/book.ipynb").notebook_id
        for number in range(30):
            cells = [code(f"x{n} = {number if n == number % 5 else 0}", f"c{n}") for n in range(5)]
            secret = code(f"who = '{SECRET}'", "secret", f"{SECRET} {number // 10}")
            at = START + timedelta(minutes=number)
            taken = Snapshot(encode(notebook(*cells, secret)), RevisionReason.SAVE, "ada", at)
            record(opened, book, taken)
        before = [revision_document(opened, r.revision_id) for r in all_revisions(opened, book)]
        assert opened.forget([SECRET], dry_run=False).revisions == 30
    with closing(open_store(place)) as opened:
        after = [revision_document(opened, r.revision_id) for r in all_revisions(opened, book)]
    assert len(after) == 30
    for old, new in zip(before, after, strict=True):
        assert new["cells"][:5] == old["cells"][:5]
        assert SECRET not in str(new)
        assert "***forgotten***" in new["cells"][5]["source"]
    files = [path for path in Path(place).rglob("*") if path.is_file()]
    assert not [path for path in files if SECRET.encode() in path.read_bytes()]


def test_gc_makes_the_lists_of_old_stores_small(store, add, connect):  # noqa: F811
    """Those that an earlier version stored whole."""
    written = list(history(20))
    book, made = add(written)
    with connect() as connection:
        manifests = Manifests(connection)
        for revision_id in made:
            manifests.write(revision_id, whole(manifests.text(revision_id)))
        assert not any(map(is_delta, stored(connection, book)))
    store.collect(CollectionRules(deleted_before=START, unused_before=START))
    with connect() as connection:
        assert [is_delta(row) for row in stored(connection, book)] == [False] + [True] * 19
    assert [store.get_manifest(revision_id) for revision_id in made] == written
