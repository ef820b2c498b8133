import hashlib
import itertools
from contextlib import closing
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, select

from nbtrack.entities import CellVersion, Manifest
from nbtrack.errors import StoreError
from nbtrack.store import open_store
from nbtrack.store.dialect import DATABASE_NAME
from nbtrack.store.manifests import MAX_DEPTH, Manifests, is_delta, manifest_text, whole
from nbtrack.store.schema import revisions
from nbtrack.testing.builders import new_revision

_numbers = itertools.count()


def digest(text):
    """A digest that nothing else has."""
    return hashlib.sha256(f"{text} {next(_numbers)}".encode()).hexdigest()


def cell(number):
    """A new version of a cell."""
    return CellVersion(f"cell-{number}", "code", digest("s"), digest("m"), (digest("o"),))


def history(count, cells=40):
    """Manifests of which each has one cell other than the one before."""
    manifest = Manifest(tuple(cell(n) for n in range(cells)), digest("m"))
    for number in range(count):
        yield manifest
        changed = list(manifest.cells)
        changed[number % cells] = cell(number % cells)
        manifest = replace(manifest, cells=tuple(changed))


@pytest.fixture
def store(tmp_path):
    """An empty store."""
    with closing(open_store(tmp_path / "store")) as opened:
        yield opened


@pytest.fixture
def add(store):
    """Record manifests in a new notebook; gives the notebook and the ids of its revisions."""

    def record(manifests):
        book = store.create_notebook(f"/w/{next(_numbers)}.ipynb").notebook_id
        return book, [
            store.add_revision(replace(new_revision(book), manifest=each)).revision_id
            for each in manifests
        ]

    return record


@pytest.fixture
def connect(store):
    """A transaction on the store's database."""
    engine = create_engine(f"sqlite:///{store.location}/{DATABASE_NAME}")
    yield engine.begin
    engine.dispose()


def stored(connection, book):
    """What is stored of each revision, oldest first."""
    statement = select(revisions.c.manifest).where(revisions.c.notebook_id == book)
    return list(connection.execute(statement.order_by(revisions.c.number)).scalars())


def reopened(store, revision_ids):
    """The manifests as another process reads them, oldest first."""
    with closing(open_store(store.location)) as other:
        return [other.get_manifest(revision_id) for revision_id in revision_ids]


def test_a_change_of_one_cell_takes_the_bytes_of_its_digests(add, connect):
    """Every hundredth manifest is stored whole, the others as what differs."""
    book, _ = add(history(2 * MAX_DEPTH + 3))
    with connect() as connection:
        rows = stored(connection, book)
    whole_ones = [number for number, row in enumerate(rows) if not is_delta(row)]
    assert whole_ones == [0, MAX_DEPTH + 1, 2 * MAX_DEPTH + 2]
    deltas = [len(row) for row in rows if is_delta(row)]
    assert max(deltas) < 200
    assert len(rows[0]) > 20 * max(deltas)


def test_every_manifest_is_read_as_it_was_written(store, add):
    """Also the deepest one, first of all, by a process that knows nothing."""
    written = list(history(MAX_DEPTH + 20))
    _, made = add(written)
    assert reopened(store, [made[MAX_DEPTH]]) == [written[MAX_DEPTH]]
    assert reopened(store, made) == written
    with closing(open_store(store.location)) as other:
        assert [other.get_manifest(each) for each in reversed(made)] == written[::-1]


def test_histories_do_not_mix(store, add):
    """Each notebook builds on its own revisions."""
    one, other = list(history(5)), list(history(5))
    _, first = add(one)
    _, second = add(other)
    assert reopened(store, [*first, *second]) == [*one, *other]


def test_what_others_build_on_can_go(store, add, connect):
    """Those that build on a revision are read without it, and are small again afterwards."""
    written = list(history(30))
    book, made = add(written)
    gone = made[3:20]
    with connect() as connection:
        manifests = Manifests(connection)
        manifests.make_whole(book, on=gone)
        connection.execute(revisions.delete().where(revisions.c.revision_id.in_(gone)))
        manifests.repack(book)
        rows = stored(connection, book)
    assert [is_delta(row) for row in rows] == [False] + [True] * 12
    assert reopened(store, made[:3] + made[20:]) == written[:3] + written[20:]


def test_packing_again_keeps_the_way_short(store, add, connect):
    """Also after whole ones in the middle were packed, none is deeper than allowed."""
    written = list(history(3 * MAX_DEPTH))
    book, made = add(written)
    with connect() as connection:
        manifests = Manifests(connection)
        manifests.write(made[50], whole(manifests.text(made[50])))
        manifests.repack(book)
        depths = [row[1] if is_delta(row) else 0 for row in stored(connection, book)]
    assert depths == [number % (MAX_DEPTH + 1) for number in range(3 * MAX_DEPTH)]
    assert reopened(store, made) == written


def test_the_way_stays_short_where_two_runs_of_small_ones_meet(store, add, connect):
    """A whole one that becomes small makes those after it deeper: not beyond what is allowed."""
    written = list(history(2 * MAX_DEPTH + 1, cells=150))
    book, made = add(written)
    gone = made[60 : MAX_DEPTH + 1]
    with connect() as connection:
        manifests = Manifests(connection)
        manifests.make_whole(book, on=gone)
        connection.execute(revisions.delete().where(revisions.c.revision_id.in_(gone)))
        manifests.repack(book)
        depths = [row[1] if is_delta(row) else 0 for row in stored(connection, book)]
    assert max(depths) == MAX_DEPTH
    assert depths.count(0) == 2
    left = slice(MAX_DEPTH + 1, None)
    assert reopened(store, made[:60] + made[left]) == written[:60] + written[left]


def test_a_changed_base_is_an_error_and_no_other_manifest(store, add, connect):
    """What does not fit what it builds on is never read as something else."""
    first, second = history(2)
    _, made = add([first, second])
    other = replace(first, cells=tuple(reversed(first.cells)))
    with connect() as connection:
        Manifests(connection).write(made[0], whole(manifest_text(other)))
    with pytest.raises(StoreError, match="damaged"):
        reopened(store, [made[1]])
    assert [finding.name for finding in store.repair_contents()].count("revisions") == 1
    assert reopened(store, [made[0]]) == [other]


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(st.lists(st.integers(0, 5), max_size=6), min_size=1, max_size=12),
    st.sets(st.integers(0, 10)),
)
def test_any_history_survives_thinning(store, add, connect, shapes, numbers):
    """Whatever cells come and go, and whichever revisions go, the others stay as they were."""
    pool = [cell(n) for n in range(6)]
    written = [
        Manifest(tuple(pool[n] for n in dict.fromkeys(shape)), digest("m")) for shape in shapes
    ]
    book, made = add(written)
    gone = {made[n] for n in numbers if n < len(made) - 1}
    with connect() as connection:
        manifests = Manifests(connection)
        manifests.make_whole(book, on=gone)
        connection.execute(revisions.delete().where(revisions.c.revision_id.in_(gone)))
        manifests.repack(book)
    kept = [each for each in made if each not in gone]
    assert reopened(store, kept) == [
        manifest for each, manifest in zip(made, written, strict=True) if each not in gone
    ]
