"""Endpoints about runs: table, page, curves, comparison, renaming, deleting."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal, cast

from nbtrack.comparison import compare_runs
from nbtrack.entities import Run
from nbtrack.errors import UsageError
from nbtrack.present import run_detail, run_summaries
from nbtrack.records import Record, RunRenamed, TagSet
from nbtrack.server.base import ApiHandler, endpoint
from nbtrack.server.downsample import kept_points
from nbtrack.server.paths import NotebookPaths
from nbtrack.store.base import RunQuery, Store
from nbtrack.wire import (
    Comparison,
    Done,
    RunIds,
    RunPage,
    RunPatch,
    RunSummary,
    SeriesInfo,
    SeriesList,
    number,
)

DEFAULT_PAGE = 200
MAX_PAGE = 5000
MAX_POINTS = 2000


class Runs(ApiHandler):
    """``runs``"""

    @endpoint
    async def get(self) -> None:
        """A page of the run table."""
        view = cast(
            Literal["active", "deleted", "all"],
            self.choice("view", "active", ("active", "deleted", "all")),
        )
        query = RunQuery(
            filter=self.text("filter") or "",
            order_by=self.texts("order_by"),
            experiment_ids=self.texts("experiment_id") or None,
            notebook_id=self.text("notebook_id"),
            cell_id=self.text("cell_id"),
            text=self.text("text") or "",
            view=view,
            limit=self.integer("limit", DEFAULT_PAGE, least=1, most=MAX_PAGE),
            page_token=self.text("page_token"),
        )
        path = self.text("path")
        stored = self.services.paths.stored(path) if path is not None else None
        self.reply(await self.services.access.call(run_page, query, stored, self.services.paths))


class OneRun(ApiHandler):
    """``runs/ID``"""

    @endpoint
    async def get(self, run_id: str) -> None:
        """A run's page."""
        path = self.services.paths.api
        self.reply(
            await self.services.access.call(
                lambda store: run_detail(store, store.get_run(run_id), path=path)
            )
        )

    @endpoint
    async def patch(self, run_id: str) -> None:
        """Rename a run, set and remove its tags."""
        patch = self.body(RunPatch)
        self.reply(await self.services.access.call(patched, run_id, patch, self.services.paths))


class RunLifecycle(ApiHandler):
    """``runs/delete`` and ``runs/undelete``"""

    @endpoint
    async def post(self, action: str) -> None:
        """Delete runs, or take that back."""
        run_ids = list(dict.fromkeys(self.body(RunIds).run_ids))
        await self.services.access.call(
            lambda store: store.set_lifecycle(run_ids, deleted=action == "delete")
        )
        self.reply(Done(count=len(run_ids)))


class RunSeries(ApiHandler):
    """``runs/ID/series``"""

    @endpoint
    async def get(self, run_id: str) -> None:
        """Curves, thinned for drawing; keys that the run does not have are left out."""
        most = self.integer("max_points", MAX_POINTS, least=8, most=1_000_000)
        self.reply(await self.services.access.call(series_list, run_id, self.texts("key"), most))


class Compare(ApiHandler):
    """``compare``"""

    @endpoint
    async def get(self) -> None:
        """Runs side by side."""
        run_ids = list(dict.fromkeys(self.texts("run_id")))
        if not run_ids:
            raise UsageError("name at least one run: run_id=…")
        self.reply(await self.services.access.call(comparison, run_ids, self.services.paths))


def run_page(store: Store, query: RunQuery, path: str | None, paths: NotebookPaths) -> RunPage:
    """Runs of a query; with a path, those of the notebook that is there now."""
    if path is not None:
        notebook = store.find_notebook(path)
        if notebook is None:
            return RunPage(runs=[], total=0, next_page_token=None)
        query = replace(query, notebook_id=notebook.notebook_id)
    page = store.search_runs(query)
    whole = query.page_token is None and page.next_page_token is None
    return RunPage(
        runs=summaries(store, page.items, paths),
        total=len(page.items) if whole else store.count_runs(query),
        next_page_token=page.next_page_token,
    )


def summaries(store: Store, runs: Sequence[Run], paths: NotebookPaths) -> list[RunSummary]:
    """Rows of the run table."""
    return run_summaries(store, runs, path=paths.api)


def patched(store: Store, run_id: str, patch: RunPatch, paths: NotebookPaths) -> RunSummary:
    """Apply a patch; gives the run as it is then."""
    store.get_run(run_id)
    records: list[Record] = []
    if patch.run_name is not None:
        if not patch.run_name.strip():
            raise UsageError("run_name must not be blank")
        records.append(RunRenamed(run_id, patch.run_name.strip()))
    records += [TagSet(run_id, key, value) for key, value in patch.tags.items()]
    if records:
        store.apply(records)
    return summaries(store, [store.get_run(run_id)], paths)[0]


def series_list(store: Store, run_id: str, keys: Sequence[str], max_points: int) -> SeriesList:
    """Curves of some metrics of a run, or of all."""
    run = store.get_run(run_id)
    wanted = [key for key in dict.fromkeys(keys) if key in run.metrics] if keys else run.metrics
    return SeriesList(series=[_series(store, run_id, key, max_points) for key in wanted])


def comparison(store: Store, run_ids: Sequence[str], paths: NotebookPaths) -> Comparison:
    """Runs side by side, differences first."""
    return compare_runs(store, run_ids, path=paths.api)


def _series(store: Store, run_id: str, key: str, max_points: int) -> SeriesInfo:
    series = store.metric_series(run_id, key)
    kept = kept_points(series.values, max_points)
    return SeriesInfo(
        run_id=run_id,
        key=key,
        total=len(series),
        steps=series.steps[kept].tolist(),
        timestamps_ms=series.timestamps_ms[kept].tolist(),
        values=[number(value) for value in series.values[kept].tolist()],
    )
