"""Training loops as people write them, in a real kernel: complete series, also when interrupted."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from importlib.util import find_spec

import pytest

from nbtrack.entities import EndReason, Run, RunStatus
from nbtrack.store.base import RunQuery
from tests.capture.kernel import Kernel, kernel

TORCH = """
import torch
torch.manual_seed(0)
X = torch.rand(32, 2)
y = X.sum(1, keepdim=True)
def fresh():
    net = torch.nn.Linear(2, 1)
    return net, torch.optim.SGD(net.parameters(), lr=0.1)
net, opt = fresh()
"""
TORCH_LOOP = """
for epoch in range(4):
    total = 0.0
    for i in range(0, 32, 8):
        opt.zero_grad()
        loss = torch.nn.functional.mse_loss(net(X[i:i + 8]), y[i:i + 8])
        loss.backward()
        opt.step()
        total += loss.item()
    with torch.no_grad():
        val_loss = torch.nn.functional.mse_loss(net(X), y)
    pause(epoch)
"""
KERAS = """
import os
os.environ["KERAS_BACKEND"] = "torch"
import keras, numpy as np
keras.utils.set_random_seed(0)
X = np.random.rand(32, 2)
y = X.sum(1)
model = keras.Sequential([keras.layers.Input((2,)), keras.layers.Dense(1)])
model.compile("sgd", loss="mse", metrics=["mae"])
"""
KERAS_LOOP = """
for epoch in range(4):
    for i in range(0, 32, 8):
        logs = model.train_on_batch(X[i:i + 8], y[i:i + 8], return_dict=True)
    val_loss, val_mae = model.evaluate(X, y, verbose=0)
    pause(epoch)
"""
NUMPY = """
import numpy as np
rng = np.random.default_rng(0)
X = rng.random((32, 2))
y = X.sum(1)
"""
NUMPY_LOOP = """
w = np.zeros(2)
for epoch in range(4):
    for i in range(0, 32, 8):
        error = X[i:i + 8] @ w - y[i:i + 8]
        loss = np.mean(error**2)
        w -= 0.1 * X[i:i + 8].T @ error / 8
    val_loss = float(np.mean((X @ w - y) ** 2))
    pause(epoch)
"""
LOOPS = {
    "torch": (TORCH, TORCH_LOOP, {"loss": 16, "total": 4, "val_loss": 4}),
    "keras": (KERAS, KERAS_LOOP, {"logs.loss": 16, "logs.mae": 16, "val_loss": 4, "val_mae": 4}),
    "numpy": (NUMPY, NUMPY_LOOP, {"loss": 16, "val_loss": 4}),
}
PAUSE = """
import time
def pause(epoch):
    if slow and epoch == 2:
        print("now", flush=True)
        time.sleep(60)
"""


@pytest.fixture(scope="module")
def training(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    """A kernel for all of these."""
    with kernel(tmp_path_factory.mktemp("training")) as started:
        started.run(PAUSE)
        yield started


def _needs(library: str) -> None:
    # Not imported here: Keras asks for a backend as it is imported.
    for name in {"keras": ("keras", "torch")}.get(library, (library,)):
        if find_spec(name) is None:
            pytest.skip(f"{name} is not installed")


def _in_function(loop: str) -> str:
    return f"def train():\n{textwrap.indent(loop, '    ')}\ntrain()"


def _run(training: Kernel, name: str) -> tuple[Run, dict[str, int]]:
    with training.store() as store:
        (run,) = store.search_runs(RunQuery(filter=f"attributes.run_name = '{name}'")).items
        return run, {key: metric.count for key, metric in run.metrics.items()}


@pytest.mark.timeout(300)
@pytest.mark.parametrize("inside", [False, True], ids=["top", "function"])
@pytest.mark.parametrize("library", LOOPS)
def test_a_training_loop_gives_complete_series(
    training: Kernel, library: str, inside: bool
) -> None:
    """Each batch and each epoch has its point, in a function as at the top of a cell."""
    _needs(library)
    setup, loop, expected = LOOPS[library]
    assert training.run(f"slow = False\n{setup}").status == "ok"
    name = f"{library} {inside}"
    ran = training.run(f"%%track -n '{name}'\n{_in_function(loop) if inside else loop}")
    assert ran.status == "ok"
    run, counts = _run(training, name)
    assert {key: counts[key] for key in expected} == expected
    assert set(counts) - set(expected) <= {"error", "train"}
    assert run.capture_incomplete is None


@pytest.mark.timeout(300)
@pytest.mark.parametrize("inside", [False, True], ids=["top", "function"])
@pytest.mark.parametrize("library", LOOPS)
def test_an_interrupted_training_loop_keeps_its_points(
    training: Kernel, library: str, inside: bool
) -> None:
    """What was computed before the interrupt is in the run, which was killed."""
    _needs(library)
    setup, loop, expected = LOOPS[library]
    assert training.run(f"slow = True\n{setup}").status == "ok"
    name = f"{library} {inside} stopped"
    msg_id = training.send(f"%%track -n '{name}'\n{_in_function(loop) if inside else loop}")
    training.interrupt_when("now")
    assert training.wait(msg_id).reply["ename"] == "KeyboardInterrupt"
    run, counts = _run(training, name)
    assert (run.status, run.end_reason) == (RunStatus.KILLED, EndReason.INTERRUPT)
    for key, whole in expected.items():
        assert counts[key] >= whole // 2
        assert counts[key] < whole
