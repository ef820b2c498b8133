"""``nbtrack demo``: what it copies and keeps, and its whole story in a real kernel."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.request import urlopen

import nbformat
import pytest
from jupyter_server.serverapp import list_running_servers

from nbtrack.ranking import is_system_metric
from tests.cli.conftest import Command, document, write

pytest.importorskip("sklearn", reason="the demo needs it: pip install 'nbtrack[demo]'")


@pytest.fixture
def kernels_load_nbtrack(isolated: Path) -> None:
    """Kernels load the extension, whether or not nbtrack is installed in the environment."""
    profile = isolated / "ipythondir" / "profile_default"
    profile.mkdir(parents=True)
    settings = {"IPKernelApp": {"extra_extensions": ["nbtrack"]}}
    (profile / "ipython_kernel_config.json").write_text(json.dumps(settings))


@pytest.mark.usefixtures("kernels_load_nbtrack")
def test_headless(nbtrack: Command, tmp_path: Path) -> None:
    """The headless demo runs, edits, runs again and restores, and lists what was recorded."""
    answer = nbtrack("demo", "--headless", "--directory", tmp_path / "demo", "--json")
    assert answer.code == 0, answer.out
    runs = answer.json["runs"]
    assert [run["run_name"] for run in runs] == ["baseline", "svm", "network", "forest", "forest"]
    params = [{param["key"]: param["value"] for param in run["params"]} for run in runs]
    assert (params[3]["n_trees"], params[4]["n_trees"]) == ("20", "300")
    counts = {
        metric["key"]: metric["count"]
        for metric in runs[2]["metrics"]
        if not is_system_metric(metric["key"])
    }
    assert counts == {"loss": 300, "accuracy": 300}
    reasons = [revision["reason"] for revision in answer.json["revisions"]]
    assert reasons[0] == "restore"
    assert "execute" in reasons
    (forest,) = [
        cell["source"]
        for cell in nbformat.read(tmp_path / "demo" / "01-first-run.ipynb", as_version=4).cells
        if cell["id"] == "forest"
    ]
    assert "n_trees = 20\n" in forest
    assert Path(answer.json["store"]).is_relative_to(tmp_path / "demo")


def test_an_edited_copy_is_kept(nbtrack: Command, tmp_path: Path) -> None:
    """A copy that the user changed is not overwritten; headless says what to do about it."""
    mine = write(tmp_path / "01-first-run.ipynb", document(mine="x = 1"))
    before = mine.read_bytes()
    answer = nbtrack("demo", "--headless", "--directory", tmp_path)
    assert answer.code == 2
    assert "Kept your copy of 01-first-run.ipynb" in answer.out
    assert "--directory" in answer.err
    assert mine.read_bytes() == before
    assert (tmp_path / "02-scripts-and-api.ipynb").exists()


def test_a_folder_that_cannot_be_written(nbtrack: Command, tmp_path: Path) -> None:
    """A folder that cannot be made is an error in one line."""
    (tmp_path / "file").write_text("")
    answer = nbtrack("demo", "--headless", "--directory", tmp_path / "file" / "demo")
    assert answer.code == 1
    assert answer.err.startswith("nbtrack: cannot write to")


def test_it_starts_jupyterlab_on_the_first_notebook(isolated: Path, tmp_path: Path) -> None:
    """Without --headless JupyterLab is started on loopback, with a token, in the demo's folder."""
    words = ["demo", "--no-browser", "--directory", str(tmp_path / "demo")]
    code = "from nbtrack.cli import main; main()"
    process = subprocess.Popen(
        [sys.executable, "-c", code, *words],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        deadline = time.monotonic() + 60
        while not (servers := list(list_running_servers())) and time.monotonic() < deadline:
            time.sleep(0.2)
        (server,) = servers
        assert server["root_dir"] == str(tmp_path / "demo")
        assert "127.0.0.1" in server["url"] or "localhost" in server["url"]
        assert server["token"]
        with urlopen(f"{server['url']}?token={server['token']}", timeout=60) as reply:
            assert "/lab/tree/01-first-run.ipynb" in reply.url
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=60)
