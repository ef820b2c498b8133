"""Kernels, the server and the command line at work on one store at the same time."""

from __future__ import annotations

import json
import os
import subprocess
import time
import urllib.request
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager

from nbtrack.store import open_store
from tests.browser.lab import Lab, running_lab

SECONDS = int(os.environ.get("NBTRACK_TOGETHER_S", "20"))
LOGGING_LOOP = """
import time, nbtrack
count, end = 0, time.monotonic() + {seconds}
with nbtrack.start_run(run_name="{name}") as run:
    nbtrack.log_param("kernel", "{name}")
    while time.monotonic() < end:
        nbtrack.log(loss=1 / (count + 1), step=count)
        count += 1
        time.sleep(0.0005)
print(run.info.run_id, count)
"""


class Kernel:
    """A kernel of its own process, asked without waiting."""

    def __init__(self, env: dict[str, str], cwd: Path) -> None:
        self.manager = KernelManager(kernel_name="python3")
        self.manager.start_kernel(env=env, cwd=str(cwd))
        self.client: BlockingKernelClient = self.manager.blocking_client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=60)
        self.msg_id = ""

    def start(self, code: str) -> None:
        """Send a cell."""
        self.msg_id = self.client.execute(code)

    def output(self) -> str:
        """Wait for the cell to end; what it printed. Fails where it raised."""
        reply: dict[str, Any] = self.client.get_shell_msg(timeout=SECONDS + 60)
        assert reply["content"]["status"] == "ok", reply["content"]
        printed = ""
        while True:
            message = self.client.get_iopub_msg(timeout=30)
            if message["parent_header"].get("msg_id") != self.msg_id:
                continue
            if message["msg_type"] == "stream":
                printed += message["content"]["text"]
            if message["content"].get("execution_state") == "idle":
                return printed

    def stop(self) -> None:
        """Shut down as JupyterLab would, once."""
        if self.manager.has_kernel:
            self.client.stop_channels()
            self.manager.shutdown_kernel()


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    """A JupyterLab on an empty folder."""
    (tmp_path / "root").mkdir()
    with running_lab(tmp_path / "home", tmp_path / "root") as running:
        yield running


@pytest.fixture
def kernels(lab: Lab) -> Iterator[list[Kernel]]:
    """Two kernels in the same environment."""
    started = [Kernel(lab.env, lab.root) for _ in range(2)]
    yield started
    for kernel in started:
        kernel.stop()


def ask(lab: Lab, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    """The server's JSON answer; raises on any status but 2xx."""
    request = urllib.request.Request(
        f"{lab.url}nbtrack/api/{path}",
        data=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": f"token {lab.token}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30) as response:
        return dict(json.load(response))


def command(lab: Lab, *arguments: str) -> dict[str, Any]:
    """What ``nbtrack --json`` prints; fails where it does not end well."""
    done = subprocess.run(
        ["nbtrack", "--json", *arguments],
        env=lab.env,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr + done.stdout
    return dict(json.loads(done.stdout))


def snapshot(document_id: str, sequence: int) -> dict[str, Any]:
    """The body of a whole-document snapshot whose only cell differs each time."""
    cell = {"id": "a", "cell_type": "code", "source": f"x = {sequence}", "metadata": {}}
    cell |= {"outputs": [], "execution_count": None}
    document = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [cell]}
    return {
        "document_id": document_id,
        "sequence": sequence,
        "path": "busy.ipynb",
        "reason": "execute",
        "msg_id": uuid.uuid4().hex,
        "notebook": document,
    }


@pytest.mark.timeout(SECONDS + 180)
def test_everything_at_once(lab: Lab, kernels: list[Kernel]) -> None:
    """Two logging kernels, the server and the command line share a store; nothing is lost."""
    for number, kernel in enumerate(kernels):
        kernel.start(LOGGING_LOOP.format(seconds=SECONDS, name=f"kernel-{number}"))
    end = time.monotonic() + SECONDS
    document_id, written = uuid.uuid4().hex, 0
    while time.monotonic() < end:
        for _ in range(10):
            written += 1
            assert ask(lab, "snapshots", snapshot(document_id, written))["created"]
        ask(lab, "runs")
        command(lab, "runs", "list")

    printed = [kernel.output().split() for kernel in kernels]
    for kernel in kernels:
        kernel.stop()
    store = open_store(lab.store)
    for run_id, count in printed:
        series = store.metric_series(run_id, "loss")
        assert list(series.steps) == list(range(int(count)))
        assert store.get_run(run_id).params["kernel"].value.startswith("kernel-")
    notebook = store.find_notebook(str(lab.root / "busy.ipynb"))
    assert notebook is not None
    assert notebook.revision_count == written
    store.close()
