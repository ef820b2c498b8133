"""MLflow: SQLite or files, each with synchronous and with asynchronous logging.

Docs: "for performance a database backend", "enable async logging to reduce the overhead"
(https://mlflow.org/docs/latest/self-hosting/troubleshooting).
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Mapping

from trackers.base import (
    Tracker,
    checked,
    short_metrics,
    short_params,
    wide_metrics,
    wide_params,
)


class MlflowTracker(Tracker):
    """Set-ups ``sqlite``, ``sqlite async``, ``files``, ``files async``."""

    def open(self) -> None:
        os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
        os.environ["MLFLOW_ALLOW_FILE_STORE"] = "true"
        import mlflow

        self._asynchronous = self.setup.endswith("async")
        kind = self.setup.partition(" ")[0]
        self.place.mkdir(parents=True, exist_ok=True)
        files = (self.place / "mlruns").as_uri()
        database = f"sqlite:///{self.place / 'mlflow.db'}"
        mlflow.set_tracking_uri(database if kind == "sqlite" else files)
        mlflow.config.enable_async_logging(self._asynchronous)
        self._client = mlflow.MlflowClient()
        experiment = self._client.get_experiment_by_name("bench")
        self._experiment = (
            self._client.create_experiment("bench", artifact_location=files)
            if experiment is None
            else experiment.experiment_id
        )

    def begin(self) -> str:
        import mlflow

        return mlflow.start_run(experiment_id=self._experiment).info.run_id

    def logger(self) -> Callable[[int, float], object]:
        import mlflow

        log_metric = mlflow.log_metric
        return lambda step, value: log_metric("loss", value, step=step)

    def end(self) -> None:
        import mlflow

        mlflow.end_run()
        self.wait()

    def wait(self) -> None:
        if self._asynchronous:
            import mlflow

            mlflow.flush_async_logging()

    def points(self, run: str) -> Mapping[int, float]:
        return {each.step: each.value for each in self._client.get_metric_history(run, "loss")}

    def short_run(self, index: int) -> None:
        import mlflow
        from mlflow.entities import Metric, Param

        if self._asynchronous:
            with mlflow.start_run(experiment_id=self._experiment):
                mlflow.log_params(short_params(index))
                mlflow.log_metrics(short_metrics(index))
            return
        now = int(time.time() * 1000)
        run_id = self._client.create_run(self._experiment).info.run_id
        self._client.log_batch(
            run_id,
            metrics=[Metric(key, value, now, 0) for key, value in short_metrics(index).items()],
            params=[Param(key, value) for key, value in short_params(index).items()],
        )
        self._client.set_terminated(run_id)

    def short_runs(self) -> list[tuple[dict[str, str], dict[str, float]]]:
        return [
            (run.data.params, run.data.metrics)
            for run in self._client.search_runs([self._experiment], max_results=50_000)
        ]

    def build(self, count: int) -> None:
        """One run through its API, the rest as copies of that run's rows with other values."""
        if not self.setup.startswith("sqlite"):
            raise NotImplementedError("files: MLflow's docs recommend a database for search")
        from mlflow.entities import Metric, Param

        first = self._client.create_run(self._experiment, run_name="run-0").info.run_id
        self._client.log_batch(
            first,
            metrics=[Metric(key, value, 1, 0) for key, value in wide_metrics(0).items()],
            params=[Param(key, value) for key, value in wide_params(0).items()],
        )
        self._client.set_terminated(first)
        with sqlite3.connect(self.place / "mlflow.db") as database:
            for table in ("runs", "params", "metrics", "latest_metrics", "tags"):
                _copy_rows(database, table, first, count)
        database.close()

    def search(self) -> list[str]:
        found = self._client.search_runs(
            [self._experiment],
            filter_string="params.p0 = '3' and metrics.m0 > 0.5",
            order_by=["metrics.m1 DESC"],
            max_results=100,
        )
        return checked({run.info.run_name: (run.data.params, run.data.metrics) for run in found})


def _copy_rows(database: sqlite3.Connection, table: str, first: str, count: int) -> None:
    cursor = database.execute(f"SELECT * FROM {table} WHERE run_uuid = ?", (first,))
    columns = [column[0] for column in cursor.description]
    templates = [dict(zip(columns, row, strict=True)) for row in cursor]

    def rows() -> object:
        for i in range(1, count):
            values = {**wide_params(i), **wide_metrics(i), "mlflow.runName": f"run-{i}"}
            for template in templates:
                row = {**template, "run_uuid": f"{i:032x}"}
                if table == "runs":
                    row["name"] = f"run-{i}"
                elif row["key"] in values:
                    row["value"] = values[row["key"]]
                yield tuple(row.values())

    marks = ", ".join("?" * len(columns))
    database.executemany(f"INSERT INTO {table} VALUES ({marks})", rows())
