"""Tracked cells in a real kernel: what the user sees, and what is recorded."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from nbtrack.entities import EndReason, ExecutionStatus, RunStatus
from nbtrack.store import open_store
from nbtrack.store.base import RunQuery
from nbtrack.tracking.adoption import adopt_journals
from tests.capture.kernel import REPOSITORY, Kernel, kernel

PAD = "\n" * 6
SAME = {
    "a last expression": "x = 1\nx + 1",
    "a quiet last expression": "x = 1\nx + 1;",
    "a loop last": "for i in range(2):\n    pass",
    "text and outputs in order": "print('a')\nfrom IPython.display import HTML, display\n"
    "display(HTML('<b>b</b>'))\nprint('c')\n3",
    "stderr": "import sys\nprint('a', file=sys.stderr)",
    "an error": f"{PAD}1 / 0",
    "an error in a function": f"{PAD}def f(x):\n    return 1 / x\n\n\nf(0)",
    "an error in a loop":
        f"{PAD}for i in range(3):\n    y = i * 1.5\n    if i == 2:\n        1 / 0",
    "an error in a nested loop":
        f"{PAD}for i in range(3):\n    for j in range(2):\n        z = [1, 2][i + j]",
    "an error in a while loop": f"{PAD}n = 3\nwhile n:\n    n -= 1\n    1 / n",
    "an iterable that is none": f"{PAD}for i in 5:\n    pass",
    "an iterable that raises": f"{PAD}for i in open('no such file'):\n    pass",
    "an error while iterating":
        f"{PAD}def g():\n    yield 1\n    raise ValueError('x')\n\n\nfor i in g():\n    pass",
    "an error after a loop": f"{PAD}for i in range(2):\n    y = i\n1 / 0",
    "an error in await": f"{PAD}import asyncio\nawait asyncio.sleep(0)\n1 / 0",
    "a syntax error": f"{PAD}for i in range(3)\n    pass",
    "an indentation error": f"{PAD}if True:\npass",
    "help": "len?",
    "a shell escape": "!echo hello",
    "an await": "import asyncio\nawait asyncio.sleep(0)\n5",
    "a magic": "%lsmagic",
}  # fmt: skip


@pytest.mark.parametrize("cell", SAME.values(), ids=SAME)
def test_looks_as_untracked(shared_kernel: Kernel, cell: str) -> None:
    """A tracked cell shows what the same cell shows without the line, and ends the same."""
    untracked = shared_kernel.run(f"# first line\n{cell}")
    tracked = shared_kernel.run(f"%%track\n{cell}")
    assert tracked.shown() == untracked.shown()
    assert tracked.status == untracked.status
    assert tracked.reply.get("ename") == untracked.reply.get("ename")
    payloads = [[part.get("data") for part in ran.reply["payload"]] for ran in (tracked, untracked)]
    assert payloads[0] == payloads[1]


def test_run_of_a_cell(shared_kernel: Kernel) -> None:
    """A tracked cell's run has its params, metrics, series, outputs, environment and source."""
    shared_kernel.run("lr = 0.5")
    ran = shared_kernel.run(
        "%%track -n whole -e trials -t stage=dev\nepochs = 3\nprint('hello')\n"
        "for epoch in range(1, epochs + 1):\n    loss = lr / epoch\nacc = max(0.5, loss)\nacc",
        cell_id="cell-1",
    )
    with shared_kernel.store() as store:
        (run,) = store.search_runs(RunQuery(filter="attributes.run_name = 'whole'")).items
        assert run.status is RunStatus.FINISHED
        assert run.experiment_name == "trials"
        assert {key: param.value for key, param in run.params.items()} == {
            "epochs": "3",
            "lr": "0.5",
        }
        assert dict(run.tags)["stage"] == "dev"
        assert (run.msg_id, run.cell_id) == (ran.msg_id, "cell-1")
        assert store.metric_series(run.run_id, "loss").steps.tolist() == [1, 2, 3]
        assert run.metrics["acc"].last == 0.5
        assert run.metrics["loss"].origin.cell_id == "cell-1"
        assert store.read_artifact(run.run_id, "stdout.txt")[1] == b"hello\n"
        assert run.environment_digest is not None
        execution = store.get_execution(ran.msg_id)
        assert execution.source.startswith("%%track -n whole")
        assert execution.status is ExecutionStatus.OK
        assert "lr" in execution.names_read and "acc" in execution.names_written
    card = ran.cards()[-1]
    assert card["status"] == "FINISHED" and card["progress"] is None
    assert [metric["key"] for metric in card["metrics"]] == ["loss", "acc"]


def test_explicit_log_goes_to_the_cells_run(shared_kernel: Kernel) -> None:
    """`nbtrack.log` in a tracked cell logs to its run, and wins over captured values."""
    ran = shared_kernel.run(
        "%%track -n logged\nimport nbtrack\nfor i in range(3):\n    loss = i * 1.5\n"
        "    nbtrack.log(loss=loss + 100)\n    other = i * 2.0"
    )
    with shared_kernel.store() as store:
        (run,) = store.search_runs(RunQuery(filter="attributes.run_name = 'logged'")).items
        assert store.metric_series(run.run_id, "loss").values.tolist() == [100, 101.5, 103]
        assert store.metric_series(run.run_id, "other").values.tolist() == [0, 2, 4]
        assert run.metrics["loss"].origin.rule == "explicit"
    metrics = {metric["key"]: metric for metric in ran.cards()[-1]["metrics"]}
    assert metrics["loss"]["values"] == [100, 101.5, 103]
    assert metrics["other"]["values"] == [0, 2, 4]


def test_error_ends_the_run_failed(shared_kernel: Kernel) -> None:
    """A cell that raises has a run that FAILED, with the error's name."""
    ran = shared_kernel.run("%%track -n broken\nx = 5\n1 / 0")
    with shared_kernel.store() as store:
        (run,) = store.search_runs(RunQuery(filter="attributes.run_name = 'broken'")).items
    assert run.status is RunStatus.FAILED
    assert (run.end_reason, run.error_name) == (EndReason.EXCEPTION, "ZeroDivisionError")
    assert ran.cards()[-1]["error_name"] == "ZeroDivisionError"


@pytest.mark.parametrize("sleep", ["time.sleep(0.05)", "await asyncio.sleep(0.05)"])
def test_interrupt_ends_the_run_killed(shared_kernel: Kernel, sleep: str) -> None:
    """An interrupted cell has a run that was KILLED, with the points up to then."""
    name = f"stopped {sleep[:5]}"
    msg_id = shared_kernel.send(
        f"%%track -n '{name}'\nimport time, asyncio\nfor i in range(1000):\n    a = i * 2.0\n"
        f"    if i == 5:\n        print('now', flush=True)\n    {sleep}"
    )
    shared_kernel.interrupt_when("now")
    ran = shared_kernel.wait(msg_id)
    assert ran.reply["ename"] in ("KeyboardInterrupt", "CancelledError")
    with shared_kernel.store() as store:
        (run,) = store.search_runs(RunQuery(filter=f"attributes.run_name = '{name}'")).items
        assert run.status is RunStatus.KILLED
        assert run.end_reason is EndReason.INTERRUPT
        assert run.metrics["a"].count >= 5


def test_slow_cell_shows_a_live_card_of_its_own(shared_kernel: Kernel) -> None:
    """While a cell runs its card is updated in place, and never in another cell."""
    ran = shared_kernel.run(
        "%%track\nimport time\nfor epoch in range(12):\n    loss = 1 / (1 + epoch)\n"
        "    time.sleep(0.15)"
    )
    cards = ran.cards()
    assert len(cards) >= 3
    assert cards[0]["status"] == "RUNNING" and cards[-1]["status"] == "FINISHED"
    running = [card["progress"] for card in cards if card["status"] == "RUNNING"]
    assert all(progress["total"] == 12 for progress in running)
    assert [progress["done"] for progress in running] == sorted(p["done"] for p in running)
    kinds = [message["header"]["msg_type"] for message in ran.outputs]
    assert kinds[0] == "display_data" and set(kinds[1:]) == {"update_display_data"}
    ids = {message["content"]["transient"]["display_id"] for message in ran.outputs}
    assert len(ids) == 1
    after = shared_kernel.run("time.sleep(1)")
    assert after.outputs == []


def test_quick_cell_shows_its_card_once(shared_kernel: Kernel) -> None:
    """A quick cell without outputs has one card, in its final state."""
    ran = shared_kernel.run("%%track\nx = 5")
    assert [card["status"] for card in ran.cards()] == ["FINISHED"]


def test_figures_are_artifacts(shared_kernel: Kernel) -> None:
    """A figure that a tracked cell shows is kept; with --no-figures it is not."""
    draw = "%matplotlib inline\nimport matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()"
    ran = shared_kernel.run(f"%%track -n drawn\n{draw}\nplt.plot([3, 4]);")
    shared_kernel.run(f"%%track -n undrawn --no-figures\n{draw}")
    assert sum("image/png" in message["content"].get("data", {}) for message in ran.outputs) == 2
    with shared_kernel.store() as store:
        (drawn,) = store.search_runs(RunQuery(filter="attributes.run_name = 'drawn'")).items
        (undrawn,) = store.search_runs(RunQuery(filter="attributes.run_name = 'undrawn'")).items
        kept = store.list_artifacts(drawn.run_id)
        assert [artifact.path for artifact in kept] == ["figure-1.png", "figure-2.png"]
        assert store.read_artifact(drawn.run_id, "figure-1.png")[1].startswith(b"\x89PNG")
        assert store.list_artifacts(undrawn.run_id) == []


def test_wrong_options_say_what_is_right(shared_kernel: Kernel) -> None:
    """A mistake in the line is a clear error, and nothing of the cell runs."""
    for line, words in {
        "--nope": "unknown option '--nope'",
        "-n": "-n needs a value",
        "-t x": "KEY=VALUE",
        "-p a=undefined_name": "NameError",
    }.items():
        ran = shared_kernel.run(f"%%track {line}\nran_anyway = True")
        said = " ".join(str(value) for _, value in ran.shown())
        assert ran.status == "error"
        assert words in said and "Error" in said
    assert shared_kernel.run("ran_anyway").reply["ename"] == "NameError"


def test_nested_run_is_a_child(shared_kernel: Kernel) -> None:
    """A tracked cell run from inside a tracked cell makes a child run."""
    shared_kernel.run(
        "%%track -n outer\nget_ipython().run_cell_magic('track', '-n inner', 'y = sum([1.5])')"
    )
    with shared_kernel.store() as store:
        (outer,) = store.search_runs(RunQuery(filter="attributes.run_name = 'outer'")).items
        (inner,) = store.search_runs(RunQuery(filter="attributes.run_name = 'inner'")).items
    assert inner.parent_run_id == outer.run_id
    assert inner.metrics["y"].last == 1.5
    assert outer.status is RunStatus.FINISHED


def test_no_client_id_is_taken_for_a_cell_id(shared_kernel: Kernel) -> None:
    """VS Code's document URI is not a cell id."""
    ran = shared_kernel.run("1", cell_id="vscode-notebook-cell:/home/a/b.ipynb#W0sZmlsZQ==")
    with shared_kernel.store() as store:
        assert store.get_execution(ran.msg_id).cell_id is None


def test_documentation_and_completion(shared_kernel: Kernel) -> None:
    """`%%track?` explains the options, and they complete."""
    (page,) = shared_kernel.run("%%track?").reply["payload"]
    assert "--no-figures" in page["data"]["text/plain"]
    line = "%%track --no"
    reply = shared_kernel.client.complete(line, len(line), reply=True, timeout=30)
    assert "--no-figures" in reply["content"]["matches"]


def test_cells_work_when_the_store_cannot(tmp_path) -> None:
    """With a store that cannot be made, cells run as without nbtrack."""
    blocked = tmp_path / "file"
    blocked.write_text("not a directory")
    with kernel(tmp_path / "home", NBTRACK_STORE=str(blocked / "store")) as started:
        ran = started.run("%%track\nfor i in range(3):\n    a = i * 2.0\na")
        assert ran.status == "ok"
        assert ("execute_result", {"text/plain": "4.0"}) in ran.shown()


def test_import_of_the_extension_is_light() -> None:
    """Loading the extension imports none of the heavy libraries, nor the rest of nbtrack."""
    code = textwrap.dedent(
        """
        import sys
        import nbtrack.kernel
        heavy = {"sqlalchemy", "numpy", "msgspec", "fsspec", "matplotlib", "IPython", "nbformat"}
        ours = {name for name in sys.modules if name.startswith("nbtrack")}
        assert ours == {"nbtrack", "nbtrack.kernel", "nbtrack.kernel.tags", "nbtrack.version"}, ours
        assert not heavy & set(sys.modules), heavy & set(sys.modules)
        """
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=REPOSITORY)


def test_changes_against_earlier_runs_of_the_cell(shared_kernel: Kernel) -> None:
    """A cell's later run shows its change against the run before and against the best."""
    for value in (0.8, 0.9, 0.85):
        shared_kernel.run(f"base = {value}")
        ran = shared_kernel.run("%%track\naccuracy = sum([base])", cell_id="compared")
    (metric,) = ran.cards()[-1]["metrics"]
    assert metric["change_previous"] == pytest.approx(-0.05)
    assert metric["change_best"] == pytest.approx(-0.05)
    assert not metric["is_best"]
    shared_kernel.run("base = 0.95")
    ran = shared_kernel.run("%%track\naccuracy = sum([base])", cell_id="compared")
    assert ran.cards()[-1]["metrics"][0]["is_best"]


def test_cleared_outputs_leave_one_card_at_the_end(shared_kernel: Kernel) -> None:
    """A cell that draws over its own outputs has its card once, at the end, and its last output."""
    ran = shared_kernel.run(
        "%%track -n redrawn\nimport time\nfrom IPython.display import HTML, clear_output, display\n"
        "for i in range(8):\n    clear_output(wait=True)\n    display(HTML(f'<b>{i}</b>'))\n"
        "    time.sleep(0.1)"
    )
    kinds = [message["header"]["msg_type"] for message in ran.outputs]
    last_clear = len(kinds) - 1 - kinds[::-1].index("clear_output")
    mime = "application/vnd.nbtrack.run+json"
    after = [message["content"]["data"] for message in ran.outputs[last_clear + 1 :]]
    assert [mime in data for data in after] == [False, True]
    assert kinds[last_clear + 1 :] == ["display_data", "display_data"]
    with shared_kernel.store() as store:
        (run,) = store.search_runs(RunQuery(filter="attributes.run_name = 'redrawn'")).items
        (kept,) = store.list_artifacts(run.run_id)
        assert store.read_artifact(run.run_id, kept.path)[1] == b"<b>7</b>"


def test_killed_kernel_keeps_its_points(tmp_path) -> None:
    """A kernel that is killed in a loop leaves a run with its points that reads as ended."""
    with kernel(tmp_path) as started:
        started.send(
            "%%track -n lost\nimport time\nfor i in range(10_000):\n    a = i * 2.0\n"
            "    if i == 20:\n        print('now', flush=True)\n    time.sleep(0.01)"
        )
        while "now" not in started.client.get_iopub_msg(timeout=60)["content"].get("text", ""):
            pass
        started.manager.signal_kernel(signal.SIGKILL)
    store = open_store(tmp_path / "store")
    adopt_journals(store)
    (run,) = store.search_runs(RunQuery(filter="attributes.run_name = 'lost'")).items
    assert (run.status, run.end_reason) == (RunStatus.KILLED, EndReason.PROCESS_DIED)
    assert run.metrics["a"].count >= 20
    store.close()


def test_unloading_takes_everything_back(tmp_path) -> None:
    """After `%unload_ext nbtrack` nothing of it is left in the shell."""
    with kernel(tmp_path) as started:
        started.run("%unload_ext nbtrack")
        assert started.run("%%track\nx = 1").status == "error"
        said = started.run("shell = get_ipython()\n(shell.ast_transformers, len("
                           "[c for c in shell.events.callbacks['pre_run_cell'] if "
                           "'nbtrack' in c.__module__]))").shown()  # fmt: skip
        assert said == [("execute_result", {"text/plain": "([], 0)"})]
        assert started.run("%load_ext nbtrack").status == "ok"
        assert started.run("%%track\nx = 1").cards()


def test_terminal_ipython_prints_the_run(tmp_path) -> None:
    """In a terminal a tracked cell prints its run as text when it is over."""
    code = "%%track -n typed\nlr = 0.5\nfor i in range(3):\n    loss = lr / (i + 1)"
    env = {
        **os.environ,
        "NBTRACK_STORE": str(tmp_path / "store"),
        "IPYTHONDIR": str(tmp_path / "ipython"),
        "JUPYTER_CONFIG_DIR": str(tmp_path / "config"),
        "PYTHONPATH": str(REPOSITORY),
    }
    command = [sys.executable, "-m", "IPython", "--no-banner", "--ext=nbtrack", "--colors=NoColor"]
    done = subprocess.run(
        [*command, "-c", code], env=env, cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert "typed  ✓ finished" in done.stdout
    assert "loss  0.16667" in done.stdout
    store = open_store(tmp_path / "store")
    (run,) = store.search_runs(RunQuery()).items
    assert store.get_session(run.session_id).front_end == "ipython"
    store.close()


def test_in_lab_a_cell_does_not_wait_for_its_comparison(tmp_path: Path) -> None:
    """In JupyterLab a card says how its run compares after the cell is over, in the same place."""
    with kernel(tmp_path, JPY_SESSION_NAME=str(tmp_path / "a.ipynb")) as running:
        running.run("%%track\nloss = sum([0.5])", cell_id="c1")
        with running.store() as store:
            assert store.search_runs(RunQuery(limit=1)).items
        ran = running.run("%%track\nloss = sum([0.25])", cell_id="c1")
        (shown,) = [m for m in ran.outputs if m["header"]["msg_type"] == "display_data"]
        place = {"transient": shown["content"]["transient"]}
        message = shown
        while message is shown or not place.items() <= message["content"].items():
            message = running.client.get_iopub_msg(timeout=10)
        assert message["header"]["msg_type"] == "update_display_data"
        late = message["content"]["data"]["application/vnd.nbtrack.run+json"]
        assert late["status"] == "FINISHED"
        assert late["metrics"][0]["change_previous"] == -0.25
