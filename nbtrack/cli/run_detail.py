"""All that is kept of one run, put together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbtrack.entities import Execution, Run
from nbtrack.errors import NotFoundError
from nbtrack.history.earlier import earlier_of
from nbtrack.present import (
    artifact_info,
    capture_report,
    dataset_infos,
    execution_info,
    run_summaries,
)
from nbtrack.store.base import RunQuery, Store
from nbtrack.wire import EnvironmentInfo, RunDetail

if TYPE_CHECKING:
    from collections.abc import Sequence


def run_detail(store: Store, run: Run) -> RunDetail:
    """A run's page: the run, its files, its code and what that depended on, its environment."""
    execution = _execution(store, run)
    earlier: Sequence[Execution] = earlier_of(store, execution) if execution is not None else ()
    children = store.search_runs(RunQuery(parent_run_id=run.run_id)).items
    return RunDetail(
        run=run_summaries(store, [run], path=str)[0],
        artifacts=[artifact_info(artifact) for artifact in store.list_artifacts(run.run_id)],
        execution=execution_info(execution) if execution is not None else None,
        earlier=[execution_info(each) for each in earlier],
        environment=_environment(store, run),
        children=run_summaries(store, children, path=str),
        datasets=dataset_infos(store, run.run_id),
        report=capture_report(store, run),
    )


def _execution(store: Store, run: Run) -> Execution | None:
    if run.msg_id is None:
        return None
    try:
        return store.get_execution(run.msg_id)
    except NotFoundError:
        # A run can be known before its execution is, and without it where that is switched off.
        return None


def _environment(store: Store, run: Run) -> EnvironmentInfo | None:
    if run.environment_digest is None:
        return None
    import msgspec

    document = store.get_blobs([run.environment_digest])[run.environment_digest]
    return msgspec.json.decode(document, type=EnvironmentInfo)
