"""Aim on a local repository, without system metrics, terminal capture and system params."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping

from trackers.base import (
    Tracker,
    checked,
    short_metrics,
    short_params,
    wide_metrics,
    wide_params,
)


class AimTracker(Tracker):
    """``aim.Run`` and ``aim.Repo``."""

    settle_s = 1.0

    def open(self) -> None:
        os.environ["__AIM_TELEMETRY_ENABLED__"] = "0"
        import aim

        self._aim = aim
        self.place.mkdir(parents=True, exist_ok=True)
        self._repo = aim.Repo.from_path(str(self.place), init=True)

    def _start(self) -> object:
        return self._aim.Run(
            repo=self._repo,
            system_tracking_interval=None,
            log_system_params=False,
            capture_terminal_logs=False,
        )

    def begin(self) -> str:
        self._run = self._start()
        return str(self._run.hash)

    def logger(self) -> Callable[[int, float], object]:
        track = self._run.track
        return lambda step, value: track(value, name="loss", step=step)

    def end(self) -> None:
        self._run.close()

    def points(self, run: str) -> Mapping[int, float]:
        metric = self._indexed().get_run(run).get_metric("loss", self._context())
        if metric is None:
            return {}
        # `values.sparse_list` gives hashes of the steps.
        steps, columns = metric.data.items_list()
        return dict(zip(steps, columns[0], strict=True))

    def _indexed(self) -> object:
        # What `aim storage reindex` does; without it a run is not found before `aim up` ran.
        self._aim.Repo(str(self.place))._recreate_index()
        return self._aim.Repo(str(self.place))

    @staticmethod
    def _context() -> object:
        from aim.storage.context import Context

        return Context({})

    def short_run(self, index: int) -> None:
        run = self._start()
        run["params"] = short_params(index)
        for key, value in short_metrics(index).items():
            run.track(value, name=key)
        run.close()

    def short_runs(self) -> list[tuple[dict[str, str], dict[str, float]]]:
        return [(_params(run), _metrics(run)) for run in self._indexed().iter_runs()]

    def build(self, count: int) -> None:
        """Through its API, run by run."""
        for i in range(count):
            run = self._start()
            run.name = f"run-{i}"
            run["params"] = wide_params(i)
            for key, value in wide_metrics(i).items():
                run.track(value, name=key)
            run.close()
        self._indexed()

    def search(self) -> list[str]:
        """AimQL for the filter; it has no order, so that is Python's."""
        found = []
        query = "metric.name == 'm0' and metric.last > 0.5 and run.params.p0 == '3'"
        for traces in self._repo.query_metrics(query, report_mode=0).iter_runs():
            found.append((_metrics(traces.run), traces.run))
        found.sort(key=lambda each: -each[0]["m1"])
        return checked({run.name: (_params(run), metrics) for metrics, run in found[:100]})


def _params(run: object) -> dict[str, str]:
    return run.get("params", {})


def _metrics(run: object) -> dict[str, float]:
    return {metric.name: metric.values.last_value() for metric in run.metrics()}
