"""Weights & Biases offline: no server, hardware metrics, console capture or code capture.

Offline, the library has no local reader: its file is read here with its own messages. The file
is LevelDB's log format (https://github.com/google/leveldb/blob/main/doc/log_format.md) after a
header of 7 bytes, one ``Record`` message of ``wandb.proto`` for each log record.
"""

from __future__ import annotations

import json
import os
import struct
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from trackers.base import Tracker, short_metrics, short_params

BLOCK = 32_768
HEADER = 7


class WandbTracker(Tracker):
    """``wandb.init(mode="offline")``."""

    settle_s = 5.0

    def open(self) -> None:
        os.environ["WANDB_MODE"] = "offline"
        os.environ["WANDB_SILENT"] = "true"
        self.place.mkdir(parents=True, exist_ok=True)
        import wandb

        self._wandb = wandb

    def _init(self, config: dict[str, str] | None = None) -> object:
        return self._wandb.init(
            mode="offline",
            project="bench",
            dir=str(self.place),
            config=config,
            settings=self._wandb.Settings(
                console="off",
                silent=True,
                disable_code=True,
                disable_git=True,
                x_disable_stats=True,
                x_disable_meta=True,
                x_disable_machine_info=True,
                x_save_requirements=False,
            ),
        )

    def begin(self) -> str:
        self._run = self._init()
        return str(self._run.id)

    def logger(self) -> Callable[[int, float], object]:
        log = self._run.log
        return lambda step, value: log({"loss": value}, step=step)

    def end(self) -> None:
        self._run.finish()

    def points(self, run: str) -> Mapping[int, float]:
        (path,) = self.place.glob(f"wandb/offline-run-*/run-{run}.wandb")
        points = {}
        for record in _records(path):
            if record.HasField("history"):
                row = {_key(item): json.loads(item.value_json) for item in record.history.item}
                points[int(row.get("_step", record.history.step.num))] = row["loss"]
        return points

    def short_run(self, index: int) -> None:
        run = self._init(short_params(index))
        run.log(short_metrics(index))
        run.finish()

    def short_runs(self) -> list[tuple[dict[str, str], dict[str, float]]]:
        found = []
        for path in self.place.glob("wandb/offline-run-*/run-*.wandb"):
            params: dict[str, str] = {}
            metrics: dict[str, float] = {}
            for record in _records(path):
                for item in (*record.run.config.update, *record.config.update):
                    params[_key(item)] = json.loads(item.value_json)
                for item in record.history.item:
                    metrics[_key(item)] = json.loads(item.value_json)
            found.append(
                (
                    {key: value for key, value in params.items() if key.startswith("p")},
                    {key: value for key, value in metrics.items() if key.startswith("m")},
                )
            )
        return found


def _key(item: object) -> str:
    return item.key or item.nested_key[0]


def _records(path: Path) -> Iterator[object]:
    from wandb.proto import wandb_internal_pb2 as messages

    for data in _log_records(path.read_bytes()):
        record = messages.Record()
        record.ParseFromString(data)
        yield record


def _log_records(data: bytes) -> Iterator[bytes]:
    """The log records of LevelDB's format; what is torn at the end is left out."""
    offset = HEADER
    parts = b""
    while offset + HEADER <= len(data):
        left = BLOCK - offset % BLOCK
        if left < HEADER:
            offset += left
            continue
        _, length, kind = struct.unpack_from("<IHB", data, offset)
        if kind == 0:
            offset += left
            continue
        piece = data[offset + HEADER : offset + HEADER + length]
        if len(piece) < length:
            return
        offset += HEADER + length
        parts = piece if kind in (1, 2) else parts + piece
        if kind in (1, 4):
            yield parts
