"""Trackio on its local SQLite files, without dashboard and without hardware metrics."""

from __future__ import annotations

import json
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

PROJECT = "bench"
FOUND = """
SELECT m.run_name AS name, m.metrics AS metrics, c.config AS config
FROM metrics m JOIN configs c ON c.run_id = m.run_id
WHERE json_extract(c.config, '$.p0') = '3' AND json_extract(m.metrics, '$.m0') > 0.5
ORDER BY json_extract(m.metrics, '$.m1') DESC LIMIT 100
"""


class TrackioTracker(Tracker):
    """The documented calls; its own read-only SQL for the search (``trackio query``)."""

    settle_s = 1.0

    def open(self) -> None:
        os.environ["TRACKIO_DIR"] = str(self.place)
        self.place.mkdir(parents=True, exist_ok=True)
        import trackio

        self._trackio = trackio

    def _init(self, name: str | None = None, config: dict[str, str] | None = None) -> object:
        return self._trackio.init(
            PROJECT,
            name=name,
            config=config,
            embed=False,
            auto_log_gpu=False,
            auto_log_cpu=False,
        )

    def begin(self) -> str:
        self._run = self._init()
        return str(self._run.name)

    def logger(self) -> Callable[[int, float], object]:
        log = self._trackio.log
        return lambda step, value: log({"loss": value}, step=step)

    def end(self) -> None:
        self._trackio.finish()

    def points(self, run: str) -> Mapping[int, float]:
        from trackio.sqlite_storage import SQLiteStorage

        logs = SQLiteStorage.get_logs(PROJECT, run)
        return {each["step"]: each["loss"] for each in logs if "loss" in each}

    def short_run(self, index: int) -> None:
        self._init(config=short_params(index))
        self._trackio.log(short_metrics(index))
        self._trackio.finish()

    def short_runs(self) -> list[tuple[dict[str, str], dict[str, float]]]:
        from trackio.sqlite_storage import SQLiteStorage

        found = []
        for run in self._trackio.Api().runs(PROJECT):
            logs = SQLiteStorage.get_logs(PROJECT, run.name, run_id=run.id)
            metrics = {k: v for each in logs for k, v in each.items() if k.startswith("m")}
            params = {k: v for k, v in (run.config or {}).items() if k.startswith("p")}
            found.append((params, metrics))
        return found

    def build(self, count: int) -> None:
        """Through the call that its own sender uses, one for each run."""
        from trackio.sqlite_storage import SQLiteStorage

        for i in range(count):
            SQLiteStorage.bulk_log(
                PROJECT,
                f"run-{i}",
                [wide_metrics(i)],
                steps=[0],
                config=wide_params(i),
                run_id=f"{i:032x}",
            )

    def search(self) -> list[str]:
        from trackio.sqlite_storage import SQLiteStorage

        answer = SQLiteStorage.query_project(PROJECT, FOUND)
        found = {}
        for row in answer["rows"]:
            cells = row if isinstance(row, dict) else dict(zip(answer["columns"], row, strict=True))
            found[cells["name"]] = (_decoded(cells["config"]), _decoded(cells["metrics"]))
        return checked(found)


def _decoded(value: object) -> dict[str, float]:
    return json.loads(value) if isinstance(value, str | bytes) else value
