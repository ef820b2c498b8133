"""The store contract: notebooks and their revisions."""

from __future__ import annotations

from datetime import timedelta

import pytest

from nbtrack.entities import ExecutionStatus, RevisionReason
from nbtrack.errors import NotFoundError, StateError, UsageError
from nbtrack.store.base import RevisionFilter, Store
from nbtrack.testing.builders import (
    execution_ended,
    execution_started,
    manifest,
    new_revision,
    run_started,
)
from nbtrack.testing.clock import START
from nbtrack.testing.contract_fixtures import ContractFixtures


class HistoryContract(ContractFixtures):
    """A notebook keeps its identity and its revisions through everything."""

    def test_notebook(self, store: Store) -> None:
        """A notebook is found by its id and, while it lives, by its path."""
        made = store.create_notebook("/a.ipynb")
        copy = store.create_notebook("/b.ipynb", copied_from=made.notebook_id)
        assert store.get_notebook(made.notebook_id) == made
        assert store.find_notebook("/a.ipynb") == made
        assert store.find_notebook("/c.ipynb") is None
        assert copy.copied_from == made.notebook_id
        with pytest.raises(NotFoundError):
            store.get_notebook("unknown")

    def test_new_notebook_takes_the_path(self, store: Store) -> None:
        """An older notebook loses its path to a new one and is marked deleted."""
        old = store.create_notebook("/a.ipynb")
        new = store.create_notebook("/a.ipynb")
        assert store.find_notebook("/a.ipynb") == new
        assert store.get_notebook(old.notebook_id).deleted_at is not None
        assert store.list_notebooks() == [new]

    def test_a_live_notebook_may_keep_the_path(self, store: Store) -> None:
        """Who asks not to replace is given the notebook that is there."""
        old = store.create_notebook("/a.ipynb", replace=False)
        assert store.create_notebook("/a.ipynb", replace=False) == old
        store.mark_notebook_deleted(old.notebook_id)
        new = store.create_notebook("/a.ipynb", replace=False)
        assert new.notebook_id != old.notebook_id
        assert store.list_notebooks() == [new]

    def test_move(self, store: Store) -> None:
        """Notebooks move together, also onto each other's paths."""
        a, b, c = (store.create_notebook(f"/{name}.ipynb").notebook_id for name in "abc")
        cursor = store.changes().cursor
        store.move_notebooks({a: "/b.ipynb", b: "/a.ipynb"})
        assert store.get_notebook(a).path == "/b.ipynb"
        assert store.get_notebook(b).path == "/a.ipynb"
        assert set(store.changes(cursor).notebook_ids) == {a, b}
        store.move_notebooks({a: "/c.ipynb"})
        assert store.get_notebook(c).deleted_at is not None
        found = store.find_notebook("/c.ipynb")
        assert found is not None
        assert found.notebook_id == a
        store.move_notebooks({a: "/c.ipynb"})
        assert store.get_notebook(a).deleted_at is None
        with pytest.raises(NotFoundError):
            store.move_notebooks({a: "/d.ipynb", "unknown": "/e.ipynb"})
        assert store.get_notebook(a).path == "/c.ipynb"

    def test_delete_and_back(self, store: Store) -> None:
        """A deleted notebook keeps its history and can come back."""
        notebook_id = store.create_notebook("/a.ipynb").notebook_id
        revision = store.add_revision(new_revision(notebook_id, "cell-1"))
        store.mark_notebook_deleted(notebook_id)
        assert store.find_notebook("/a.ipynb") is None
        assert store.get_notebook(notebook_id).deleted_at is not None
        assert store.get_revision(revision.revision_id) == revision
        other = store.create_notebook("/a.ipynb")
        store.mark_notebook_deleted(notebook_id, deleted=False)
        found = store.find_notebook("/a.ipynb")
        assert found is not None
        assert found.notebook_id == notebook_id
        assert store.get_notebook(other.notebook_id).deleted_at is not None
        with pytest.raises(NotFoundError):
            store.mark_notebook_deleted("unknown")

    def test_revisions(self, store: Store) -> None:
        """Revisions are numbered from 1 and know their parents; the notebook knows the latest."""
        notebook_id = store.create_notebook("/a.ipynb").notebook_id
        first = store.add_revision(new_revision(notebook_id, "cell-1", changed=["cell-1"]))
        second = store.add_revision(
            new_revision(notebook_id, "cell-1", "cell-2", reason=RevisionReason.SAVE)
        )
        assert (first.number, second.number) == (1, 2)
        assert (first.parent_id, second.parent_id) == (None, first.revision_id)
        assert second.reason == RevisionReason.SAVE
        assert second.cell_count == 2
        assert first.changes[0].cell_id == "cell-1"
        assert first.created_at == START
        notebook = store.get_notebook(notebook_id)
        assert notebook.latest_revision_id == second.revision_id
        assert notebook.revision_count == 2
        assert store.get_manifest(second.revision_id) == manifest("cell-1", "cell-2")
        assert store.get_revision(first.revision_id) == first
        assert store.find_revision(notebook_id, 2) == second
        assert store.find_revision(notebook_id, 3) is None
        for call in (store.get_revision, store.get_manifest):
            with pytest.raises(NotFoundError):
                call("unknown")
        with pytest.raises(NotFoundError):
            store.add_revision(new_revision("unknown"))

    def test_expected_parent(self, store: Store) -> None:
        """Of two recorders that compared with one parent, one records."""
        notebook_id = store.create_notebook("/a.ipynb").notebook_id
        first = store.add_revision(new_revision(notebook_id, expect_parent=True))
        with pytest.raises(StateError):
            store.add_revision(new_revision(notebook_id, expect_parent=True))
        store.add_revision(
            new_revision(notebook_id, expect_parent=True, parent_id=first.revision_id)
        )
        assert store.get_notebook(notebook_id).revision_count == 2

    def test_list_revisions(self, store: Store) -> None:
        """Revisions are listed newest first, in pages, all or those that changed a cell."""
        notebook_id = store.create_notebook("/a.ipynb").notebook_id
        for index in range(7):
            store.add_revision(new_revision(notebook_id, changed=[f"cell-{index % 3}", "x", "x"]))
        page = store.list_revisions(notebook_id, limit=3)
        assert [item.number for item in page.items] == [7, 6, 5]
        store.add_revision(new_revision(notebook_id))
        page = store.list_revisions(notebook_id, limit=4, page_token=page.next_page_token)
        assert [item.number for item in page.items] == [4, 3, 2, 1]
        assert page.next_page_token is None
        of_cell = store.list_revisions(notebook_id, only=RevisionFilter(cell_id="cell-0"))
        assert [item.number for item in of_cell.items] == [7, 4, 1]
        with pytest.raises(UsageError):
            store.list_revisions(notebook_id, page_token="wrong")
        with pytest.raises(NotFoundError):
            store.list_revisions("unknown")

    def test_a_page_begins_anywhere(self, store: Store) -> None:
        """A page of revisions can begin before any number, whether one has it or not."""
        notebook_id = store.create_notebook("/a.ipynb").notebook_id
        for index in range(5):
            store.add_revision(new_revision(notebook_id, changed=[f"cell-{index % 2}"]))
        odd = RevisionFilter(cell_id="cell-0")
        page = store.list_revisions(notebook_id, only=odd, before=5, limit=1)
        assert [item.number for item in page.items] == [3]
        following = store.list_revisions(
            notebook_id, only=odd, before=5, page_token=page.next_page_token
        )
        assert [item.number for item in following.items] == [1]

    def test_revisions_of_a_kind(self, store: Store) -> None:
        """Revisions are found by author, name, runs and errors, each and together."""
        notebook_id = store.create_notebook("/a.ipynb").notebook_id
        made = [
            store.add_revision(
                new_revision(notebook_id, author=author, label=label, changed=["cell-1"])
            )
            for author, label in (("ada", None), ("bob", "v1"), ("bob", None), ("ada", "v2"))
        ]
        for index, status in ((1, ExecutionStatus.ERROR), (2, ExecutionStatus.OK)):
            store.link_execution(f"msg-{index}", made[index].revision_id)
            store.apply(
                [
                    execution_started(f"msg-{index}"),
                    execution_ended(f"msg-{index}", status=status),
                    run_started(f"run-{index}", msg_id=f"msg-{index}"),
                ]
            )

        def numbers(**asked: object) -> list[int]:
            only = RevisionFilter(**asked)  # type: ignore[arg-type]
            listed = [item.number for item in store.list_revisions(notebook_id, only=only).items]
            assert [item.number for item in store.revision_times(notebook_id, only)] == listed
            return listed

        assert numbers() == [4, 3, 2, 1]
        assert numbers(author="bob") == [3, 2]
        assert numbers(named=True) == [4, 2]
        assert numbers(with_runs=True) == [3, 2]
        assert numbers(with_errors=True) == [2]
        assert numbers(author="bob", with_runs=True, named=True, cell_id="cell-1") == [2]
        assert numbers(author="ada", with_errors=True) == []
        assert numbers(cell_id="cell-2") == []
        store.set_lifecycle(["run-1"], deleted=True)
        assert numbers(with_runs=True) == [3]

    def test_errors_and_authors_of_revisions(self, store: Store) -> None:
        """The last error of what ran from a revision is told, and who made revisions."""
        notebook_id = store.create_notebook("/a.ipynb").notebook_id
        failed, fine = (
            store.add_revision(new_revision(notebook_id, author=author)).revision_id
            for author in ("ada", "bob")
        )
        store.add_revision(new_revision(notebook_id, author="bob"))
        for index, error in enumerate(("KeyError", "ValueError")):
            at = START + timedelta(seconds=index)
            store.link_execution(f"msg-{index}", failed)
            store.apply(
                [
                    execution_started(f"msg-{index}", started_at=at),
                    execution_ended(f"msg-{index}", status=ExecutionStatus.ERROR, error_name=error),
                ]
            )
        assert store.revision_errors([fine, failed]) == {failed: "ValueError"}
        assert store.revision_errors([]) == {}
        assert store.revision_authors(notebook_id) == ["bob", "ada"]
        assert store.revision_authors("unknown") == []
        with pytest.raises(NotFoundError):
            store.revision_times("unknown")

    def test_label(self, store: Store) -> None:
        """A revision can be named, renamed, and lose its name."""
        notebook_id = store.create_notebook("/a.ipynb").notebook_id
        revision_id = store.add_revision(new_revision(notebook_id, label="first")).revision_id
        assert store.get_revision(revision_id).label == "first"
        cursor = store.changes().cursor
        assert store.label_revision(revision_id, " best ").label == "best"
        assert store.changes(cursor).notebook_ids == (notebook_id,)
        assert store.label_revision(revision_id, None).label is None
        with pytest.raises(NotFoundError):
            store.label_revision("unknown", "x")

    def test_revision_runs(self, store: Store) -> None:
        """Runs of revisions come oldest first, without deleted ones."""
        notebook_id = store.create_notebook("/a.ipynb").notebook_id
        used = store.add_revision(new_revision(notebook_id)).revision_id
        unused = store.add_revision(new_revision(notebook_id)).revision_id
        for index in (2, 0, 1):
            store.link_execution(f"msg-{index}", used)
            at = START + timedelta(seconds=index)
            store.apply([run_started(f"run-{index}", msg_id=f"msg-{index}", started_at=at)])
        store.set_lifecycle(["run-1"], deleted=True)
        found = store.revision_runs([unused, used])
        assert [run.run_id for run in found[used]] == ["run-0", "run-2"]
        assert found[unused] == []
        assert store.revision_runs([]) == {}

    def test_list_notebooks(self, store: Store) -> None:
        """Notebooks are listed by their last revision, newest first."""
        a, b = (store.create_notebook(f"/{name}.ipynb").notebook_id for name in "ab")
        later = START + timedelta(days=36500)
        store.add_revision(new_revision(a, created_at=later))
        assert [item.notebook_id for item in store.list_notebooks()] == [a, b]
        store.mark_notebook_deleted(a)
        assert [item.notebook_id for item in store.list_notebooks()] == [b]

    def test_notebook_changes(self, store: Store) -> None:
        """A new revision is a change of its notebook."""
        notebook_id = store.create_notebook("/a.ipynb").notebook_id
        cursor = store.changes().cursor
        store.add_revision(new_revision(notebook_id))
        assert store.changes(cursor).notebook_ids == (notebook_id,)
