"""The store contract: which experiment, notebook and revision a run or an execution belongs to."""

from __future__ import annotations

from datetime import timedelta

import pytest

from nbtrack.entities import ExecutionStatus, Lifecycle
from nbtrack.errors import NotFoundError, UsageError
from nbtrack.records import ExecutionEnded, ExecutionStarted, Record, RunRenamed
from nbtrack.store.base import RunQuery, Store
from nbtrack.testing.builders import (
    execution_started,
    new_revision,
    points,
    run_ended,
    run_started,
    session_started,
    whole_run,
)
from nbtrack.testing.clock import START
from nbtrack.testing.contract_fixtures import ContractFixtures


def execution_ended(msg_id: str = "msg-1") -> ExecutionEnded:
    """An execution that failed."""
    return ExecutionEnded(
        msg_id=msg_id,
        status=ExecutionStatus.ERROR,
        ended_at=START + timedelta(seconds=3),
        duration_s=3.0,
        error_name="KeyError",
        error_message="'x'",
        names_read=("a", "b"),
        names_written=("c",),
    )


class PlacesContract(ContractFixtures):
    """Facts that belong together find each other, whichever was recorded first."""

    def test_default_experiment(self, store: Store) -> None:
        """`Default`, id 0, is there from the start, and takes runs of no notebook."""
        assert [item.name for item in store.list_experiments()] == ["Default"]
        store.apply([run_started()])
        run = store.get_run("run-1")
        assert (run.experiment_id, run.experiment_name) == ("0", "Default")

    def test_experiments(self, store: Store) -> None:
        """Experiments are made, found by id and name, and listed by last use."""
        made = store.create_experiment("trees")
        assert store.get_experiment(made.experiment_id) == made
        assert store.find_experiment("trees") == made
        assert store.find_experiment("bees") is None
        for wrong in ("trees", "", "  "):
            with pytest.raises(UsageError):
                store.create_experiment(wrong)
        for unknown in ("99", "x", "", "-1", "²", "9" * 30):
            with pytest.raises(NotFoundError):
                store.get_experiment(unknown)
        later = START + timedelta(days=36500)
        store.apply([run_started(experiment="bees", started_at=later)])
        assert [item.name for item in store.list_experiments()] == ["bees", "trees", "Default"]
        assert store.list_experiments("deleted") == []
        assert len(store.list_experiments("all")) == 3

    def test_experiment_of_a_run(self, store: Store) -> None:
        """A run goes to the experiment of the id, else of the name, which is made if needed."""
        made = store.create_experiment("trees")
        store.apply(
            [
                run_started("run-1", experiment_id=made.experiment_id, experiment="ignored"),
                run_started("run-2", experiment="trees"),
                run_started("run-3", experiment="new"),
            ]
        )
        names = [run.experiment_name for run in store.get_runs(["run-1", "run-2", "run-3"])]
        assert names == ["trees", "trees", "new"]
        assert store.find_experiment("ignored") is None

    def test_unknown_experiment_id_loses_nothing(self, store: Store) -> None:
        """A run that asks for an experiment that is not there is recorded, and says so."""
        store.apply([run_started(experiment_id="77")])
        run = store.get_run("run-1")
        assert run.experiment_name == "Default"
        assert run.tags == {"nbtrack.experiment_id": "77"}

    def test_notebook_by_path(self, store: Store) -> None:
        """A session that knows only a path gets a notebook there, and its experiment."""
        store.apply([session_started(notebook_path="/data/churn.ipynb"), run_started()])
        notebook = store.find_notebook("/data/churn.ipynb")
        assert notebook is not None
        run = store.get_run("run-1")
        assert (run.notebook_id, run.experiment_name) == (notebook.notebook_id, "churn")
        experiment = store.get_experiment(run.experiment_id)
        assert experiment.notebook_id == notebook.notebook_id
        query = RunQuery(notebook_id=notebook.notebook_id)
        assert store.count_runs(query) == 1

    def test_taken_experiment_names(self, store: Store) -> None:
        """Notebooks of one name get experiments of different names, and keep them."""
        paths = ["/a/churn.ipynb", "/b/churn.ipynb", "/x/b/churn.ipynb", "contents:churn.ipynb"]
        for turn in range(2):
            for index, path in enumerate(paths):
                session_id = f"session-{index}"
                store.apply(
                    [
                        session_started(session_id, kernel_id=None, notebook_path=path),
                        run_started(f"run-{turn}-{index}", session_id=session_id),
                    ]
                )
        for turn in range(2):
            names = [store.get_run(f"run-{turn}-{index}").experiment_name for index in range(4)]
            assert names == ["churn", "b/churn", "b/churn 2", "churn 2"]

    def test_kernel_binding_wins_over_path(self, store: Store) -> None:
        """Which notebook a kernel works for is known better by the server than by the kernel."""
        notebook = store.create_notebook("/data/renamed.ipynb")
        store.bind_kernel("kernel-1", notebook.notebook_id)
        assert store.kernel_notebook("kernel-1") == notebook
        assert store.kernel_notebook("kernel-2") is None
        store.apply(
            [
                session_started(notebook_path="/data/old.ipynb"),
                execution_started(),
                run_started(msg_id="msg-1"),
            ]
        )
        assert store.get_run("run-1").notebook_id == notebook.notebook_id
        assert store.get_run("run-1").experiment_name == "renamed"
        assert store.get_execution("msg-1").notebook_id == notebook.notebook_id
        assert store.find_notebook("/data/old.ipynb") is None

    def test_late_binding(self, store: Store) -> None:
        """Binding a kernel tells its earlier runs and executions their notebook."""
        store.apply([session_started(), execution_started(), run_started(msg_id="msg-1")])
        assert store.get_run("run-1").notebook_id is None
        notebook = store.create_notebook("/data/churn.ipynb")
        cursor = store.changes().cursor
        store.bind_kernel("kernel-1", notebook.notebook_id)
        assert store.get_run("run-1").notebook_id == notebook.notebook_id
        assert store.get_execution("msg-1").notebook_id == notebook.notebook_id
        assert store.changes(cursor).run_ids == ("run-1",)
        with pytest.raises(NotFoundError):
            store.bind_kernel("kernel-1", "unknown")

    def test_runs_change_the_history(self, store: Store) -> None:
        """Start, end, name and deletion of a run change its notebook; points do not."""
        notebook = store.create_notebook("/data/churn.ipynb")
        store.bind_kernel("kernel-1", notebook.notebook_id)
        seen: list[Record] = [run_started(), RunRenamed("run-1", "better"), run_ended()]
        store.apply([session_started()])
        for record in seen:
            cursor = store.changes().cursor
            store.apply([record])
            assert store.changes(cursor).notebook_ids == (notebook.notebook_id,), record
        cursor = store.changes().cursor
        store.set_lifecycle(["run-1"], deleted=True)
        assert store.changes(cursor).notebook_ids == (notebook.notebook_id,)
        cursor = store.changes().cursor
        store.apply([points([0.5])])
        assert store.changes(cursor).notebook_ids == ()
        assert store.changes(cursor).run_ids == ("run-1",)

    @pytest.mark.parametrize("snapshot_first", [True, False])
    def test_link(self, store: Store, snapshot_first: bool) -> None:
        """Run, execution and revision of one msg_id find each other in either order."""
        notebook = store.create_notebook("/data/churn.ipynb")
        revision = store.add_revision(new_revision(notebook.notebook_id, "cell-1"))
        records: list[Record] = [
            session_started(),
            execution_started(),
            run_started(msg_id="msg-1"),
        ]
        if snapshot_first:
            assert store.link_execution("msg-1", revision.revision_id)
        store.apply(records)
        if not snapshot_first:
            assert store.execution_revision("msg-1") is None
            assert store.link_execution("msg-1", revision.revision_id)
        run = store.get_run("run-1")
        assert (run.revision_id, run.revision_number) == (revision.revision_id, 1)
        assert run.notebook_id == notebook.notebook_id
        assert run.experiment_name == ("churn" if snapshot_first else "Default")
        execution = store.get_execution("msg-1")
        assert execution.revision_id == revision.revision_id
        assert store.execution_revision("msg-1") == revision
        assert [
            item.run_id
            for item in store.revision_runs([revision.revision_id])[revision.revision_id]
        ] == ["run-1"]
        found = store.search_runs(RunQuery(filter="revision_number = 1"))
        assert len(found.items) == 1

    def test_link_is_replaced_or_kept(self, store: Store) -> None:
        """The front end's link replaces the kernel's; the kernel's yields to the front end's."""
        notebook = store.create_notebook("/data/churn.ipynb")
        first = store.add_revision(new_revision(notebook.notebook_id, "cell-1"))
        second = store.add_revision(new_revision(notebook.notebook_id, "cell-1", "cell-2"))
        assert store.link_execution("msg-1", first.revision_id, replace=False)
        assert store.link_execution("msg-1", second.revision_id)
        assert not store.link_execution("msg-1", first.revision_id, replace=False)
        assert store.link_execution("msg-1", second.revision_id, replace=False)
        assert store.execution_revision("msg-1") == second
        with pytest.raises(NotFoundError):
            store.link_execution("msg-1", "unknown")

    def test_execution_reads_back(self, store: Store) -> None:
        """A cell execution holds its source and how it ended."""
        source = "df = load('ä')\n" * 50
        store.apply([session_started(), execution_started(source=source), execution_ended()])
        execution = store.get_execution("msg-1")
        assert execution.source == source
        assert (execution.status, execution.duration_s) == (ExecutionStatus.ERROR, 3.0)
        assert (execution.error_name, execution.error_message) == ("KeyError", "'x'")
        assert (execution.names_read, execution.names_written) == (("a", "b"), ("c",))
        assert (execution.started_at, execution.execution_count) == (START, 1)
        with pytest.raises(NotFoundError):
            store.get_execution("unknown")

    def test_end_of_an_execution_in_another_batch(self, store: Store) -> None:
        """Start and end of an execution may come in two batches, in either order."""
        store.apply([session_started(), execution_started()])
        store.apply([execution_ended()])
        store.apply([execution_ended("msg-2")])
        started: ExecutionStarted = execution_started("msg-2", source="y")
        store.apply([started])
        for msg_id, source in (("msg-1", "x = 1"), ("msg-2", "y")):
            execution = store.get_execution(msg_id)
            assert execution.status == ExecutionStatus.ERROR
            assert (execution.source, execution.started_at) == (source, START)
            assert execution.names_written == ("c",)

    def test_list_executions(self, store: Store) -> None:
        """Executions are listed newest first, restricted and paged."""
        store.apply(
            [
                session_started(notebook_path="/data/churn.ipynb"),
                *(
                    execution_started(
                        f"msg-{index}",
                        cell_id=f"cell-{index % 2}",
                        started_at=START + timedelta(seconds=index // 2),
                    )
                    for index in range(6)
                ),
                execution_started("other", session_id="other"),
            ]
        )
        notebook = store.find_notebook("/data/churn.ipynb")
        assert notebook is not None
        seen: list[str] = []
        token = None
        while True:
            page = store.list_executions(
                notebook_id=notebook.notebook_id, limit=4, page_token=token
            )
            seen += [item.msg_id for item in page.items]
            token = page.next_page_token
            if token is None:
                break
        assert seen == ["msg-4", "msg-5", "msg-2", "msg-3", "msg-0", "msg-1"]
        assert len(store.list_executions(cell_id="cell-1").items) == 4
        assert [item.msg_id for item in store.list_executions(session_id="other").items] == [
            "other"
        ]

    def test_nested_runs(self, store: Store) -> None:
        """Children are found by their parent."""
        store.apply([run_started("parent"), *whole_run("child", parent_run_id="parent")])
        store.apply([run_ended("parent")])
        children = store.search_runs(RunQuery(parent_run_id="parent")).items
        assert [run.run_id for run in children] == ["child"]
        assert children[0].lifecycle_stage == Lifecycle.ACTIVE
