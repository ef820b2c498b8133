"""``nbtrack doctor``: each fault is found and its mend named, in a real Jupyter set-up."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

import nbtrack as package
from nbtrack.cli.output import Output
from nbtrack.cli.store_checks import store_checks
from nbtrack.store.base import Store
from tests.cli.conftest import Command, add_run


@pytest.fixture
def jupyter(isolated: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's Jupyter directories with nbtrack installed in them, whatever the environment has."""
    monkeypatch.setenv("JUPYTER_PREFER_ENV_PATH", "0")
    put(
        isolated / "jupyter_config_dir" / "jupyter_server_config.d" / "nbtrack.json",
        {"ServerApp": {"jpserver_extensions": {"nbtrack": True}}},
    )
    put(
        isolated / "jupyter_data_dir" / "labextensions" / "nbtrack" / "package.json",
        {
            "name": "nbtrack",
            "version": package.__version__,
            "jupyterlab": {"_build": {"load": "static/x.js"}},
        },
    )
    put(
        isolated / "ipythondir" / "profile_default" / "ipython_kernel_config.json",
        {"IPKernelApp": {"extra_extensions": ["nbtrack"]}},
    )
    return isolated


def put(path: Path, content: dict[str, Any]) -> None:
    """Write a JSON file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))


def checks(answer: Any) -> dict[str, dict[str, str]]:
    """The doctor's findings by name."""
    return {check["name"]: check for check in answer.json["checks"]}


def test_a_healthy_set_up(nbtrack: Command, jupyter: Path, store: Store) -> None:
    """With everything installed there is no problem, and a real kernel has nbtrack loaded."""
    add_run(store, "a", "baseline")
    answer = nbtrack("doctor", "--json")
    found = checks(answer)
    assert answer.json["healthy"], found
    assert answer.code == 0
    assert {check["level"] for check in found.values()} == {"ok"}
    assert "1 run and" in found["opens"]["message"]
    assert package.__version__ in found["kernel"]["message"]


def test_what_is_switched_off_is_found(nbtrack: Command, jupyter: Path) -> None:
    """A switched-off server extension, an old front end and a deaf kernel are each a problem."""
    put(
        jupyter / "jupyter_config_dir" / "jupyter_server_config.d" / "nbtrack.json",
        {"ServerApp": {"jpserver_extensions": {"nbtrack": False}}},
    )
    front_end = jupyter / "jupyter_data_dir" / "labextensions" / "nbtrack" / "package.json"
    put(front_end, {**json.loads(front_end.read_text()), "version": "0.0.1"})
    profile = jupyter / "ipythondir" / "profile_default"
    (profile / "ipython_kernel_config.json").unlink()
    (profile / "ipython_kernel_config.py").write_text("c.IPKernelApp.extra_extensions = []\n")
    answer = nbtrack("doctor", "--json")
    found = checks(answer)
    assert answer.code == 1
    assert not answer.json["healthy"]
    assert "jupyter server extension enable nbtrack" in found["server"]["mend"]
    assert "0.0.1" in found["front end"]["message"]
    assert "extra_extensions" in found["kernel"]["mend"]


def test_it_asks_without_leaving_a_trace(nbtrack: Command, jupyter: Path) -> None:
    """Where nothing is recorded yet, the doctor says so and makes no store."""
    found = checks(nbtrack("doctor", "--json"))
    assert "Nothing is recorded yet" in found["schema"]["message"]
    assert not (jupyter / "store").exists()


def test_lines_for_a_person(nbtrack: Command, jupyter: Path) -> None:
    """Without --json each finding is a line, and the last one is the sum."""
    lines = nbtrack("doctor").out.splitlines()
    assert lines[0].startswith("✓ versions: nbtrack ")
    assert lines[-1] == "No problem found.", lines


@pytest.mark.parametrize("line", ["c.NbtrackConfig.store = 1 / 0", "c.NbtrackConfig.store = 3"])
def test_settings_that_cannot_be_read(jupyter: Path, line: str) -> None:
    """A broken settings file is a problem that names it, for every command."""
    settings = jupyter / "jupyter_config_dir" / "nbtrack_config.py"
    settings.parent.mkdir(exist_ok=True)
    settings.write_text(line)
    # In a process of its own: settings are read once in a process.
    for words in (["doctor"], ["runs", "list"]):
        code = "from nbtrack.cli import main; main()"
        done = subprocess.run(
            [sys.executable, "-c", code, *words], capture_output=True, text=True, check=False
        )
        assert done.returncode in (1, 2)
        assert "nbtrack_config" in done.stdout + done.stderr
        assert "Traceback" not in done.stderr


class TestStore:
    def test_the_rule_that_chose_it(self, isolated: Path, tmp_path: Path) -> None:
        """The report names the store and the rule that chose it."""
        assert "NBTRACK_STORE" in next(iter(store_checks(Output()))).message
        named = Output(store_path=str(tmp_path / "mine"))
        assert next(iter(store_checks(named))).message == f"{tmp_path / 'mine'} (named by --store)"

    def test_what_a_killed_process_left(self, nbtrack: Command, jupyter: Path) -> None:
        """The records of a process that was killed are taken over, and the report says so."""
        code = (
            "import os, signal, nbtrack\n"
            "nbtrack.start_run(run_name='lost')\n"
            "for step in range(100): nbtrack.log(loss=1.0, step=step)\n"
            "os.kill(os.getpid(), signal.SIGKILL)\n"
        )
        subprocess.run([sys.executable, "-c", code], check=False)
        message = checks(nbtrack("doctor", "--json"))["journals"]["message"]
        assert "1 ended process" in message
        assert "1 run as interrupted" in message
        assert nbtrack("runs", "list").rows[0]["status"] == "interrupted"
        assert nbtrack("runs", "show", "lost", "--json").json["run"]["metrics"][0]["count"] == 100

    def test_a_damaged_database(self, nbtrack: Command, jupyter: Path, store: Store) -> None:
        """A database that is none is a problem with a mend, not a traceback."""
        store.close()
        for path in (jupyter / "store").glob("nbtrack.db*"):
            path.write_bytes(b"not a database" * 100)
        answer = nbtrack("doctor", "--json")
        found = checks(answer)
        assert answer.code == 1
        assert {found["opens"]["level"], found["schema"]["level"]} == {"problem"}

    def test_a_newer_store(self, nbtrack: Command, jupyter: Path, store: Store) -> None:
        """A store that a newer nbtrack wrote is a problem that says so."""
        store.close()
        with sqlite3.connect(jupyter / "store" / "nbtrack.db") as database:
            database.execute("UPDATE alembic_version SET version_num = '9999'")
        database.close()
        found = checks(nbtrack("doctor", "--json"))
        assert "newer" in found["opens"]["message"]
        assert found["schema"]["message"].startswith("Schema version 9999")

    def test_a_store_on_a_network(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """The report says how nbtrack works there, and where this machine keeps its journals."""
        monkeypatch.setenv("NBTRACK_NETWORK_FILE_SYSTEM", "yes")
        monkeypatch.setenv("NBTRACK_JOURNALS", str(tmp_path))
        found = {check.name: check for check in islice(store_checks(Output()), 3)}
        assert found["file system"].level == "ok"
        assert "network file system" in found["file system"].message
        assert f"journals are in {tmp_path}/nbtrack-" in found["file system"].message
        monkeypatch.setenv("NBTRACK_JOURNALS", str(tmp_path / "missing"))
        found = {check.name: check for check in islice(store_checks(Output()), 3)}
        assert found["file system"].level == "problem"
        assert "NBTRACK_JOURNALS" in found["file system"].message
