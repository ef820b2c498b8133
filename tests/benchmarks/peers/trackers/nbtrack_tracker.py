"""nbtrack, as it comes."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from trackers.base import (
    Tracker,
    checked,
    short_metrics,
    short_params,
    wide_metrics,
    wide_params,
)

BATCH = 500


class NbtrackTracker(Tracker):
    """The fluent API on a directory."""

    def open(self) -> None:
        import nbtrack

        nbtrack.set_tracking_uri(self.place)

    def begin(self) -> str:
        import nbtrack

        return nbtrack.start_run().run_id

    def logger(self) -> Callable[[int, float], object]:
        import nbtrack

        log = nbtrack.log
        return lambda step, value: log(loss=value, step=step)

    def end(self) -> None:
        import nbtrack

        nbtrack.end_run()
        self.wait()

    def wait(self) -> None:
        from nbtrack.tracking.session import session

        if not session().flush(120):
            raise TimeoutError("the store has not everything yet")

    def points(self, run: str) -> Mapping[int, float]:
        import nbtrack
        from nbtrack.tracking.adoption import adopt_journals
        from nbtrack.tracking.session import session

        # What a dead process left: `nbtrack doctor`, or the first log call, takes it over.
        adopt_journals(session().store)
        history = nbtrack.metric_history(run, "loss")
        return dict(zip(history.steps.tolist(), history.values.tolist(), strict=True))

    def short_run(self, index: int) -> None:
        import nbtrack

        with nbtrack.start_run():
            nbtrack.log_params(short_params(index))
            nbtrack.log_metrics(short_metrics(index))

    def short_runs(self) -> list[tuple[dict[str, str], dict[str, float]]]:
        return [(params, metrics) for _, params, metrics in self._found("", [], 50_000)]

    def build(self, count: int) -> None:
        from nbtrack.store import open_store
        from nbtrack.testing.builders import session_started, whole_run

        store = open_store(self.place)
        store.apply([session_started()])
        for first in range(0, count, BATCH):
            records = []
            for i in range(first, min(first + BATCH, count)):
                records += whole_run(
                    f"{i:032x}",
                    run_name=f"run-{i}",
                    params=wide_params(i),
                    metrics=wide_metrics(i),
                    experiment="bench",
                )
            store.apply(records)
        store.close()

    def search(self) -> list[str]:
        found = self._found("params.p0 = '3' and metrics.m0 > 0.5", ["metrics.m1 DESC"], 100)
        return checked({name: (params, metrics) for name, params, metrics in found})

    def _found(
        self, filter_string: str, order_by: list[str], limit: int
    ) -> list[tuple[str, dict[str, str], dict[str, float]]]:
        import nbtrack

        runs = nbtrack.search_runs(
            filter_string=filter_string,
            order_by=order_by,
            max_results=limit,
            search_all_experiments=True,
            output_format="list",
        )
        return [(run.info.run_name, dict(run.data.params), dict(run.data.metrics)) for run in runs]
