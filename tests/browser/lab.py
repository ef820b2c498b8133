"""A JupyterLab of its own for a test: started as a user would, with token and XSRF check on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

START_TIMEOUT_S = 90
OTHERS = {"nbdime-jupyterlab": "nbdime"}
"""What the tests' environment brings into JupyterLab for other tests: its two halves."""
TOGETHER = {
    "@jupyter/collaboration-extension": "jupyter_server_fileid",
    "@jupyter/docprovider-extension": "jupyter_server_ydoc",
}
"""jupyter-collaboration, which is off where a test does not ask for it."""
QUIET = {
    "@jupyterlab/apputils-extension:notification": {
        "fetchNews": "false",
        "checkForUpdates": False,
    }
}


@dataclass(frozen=True)
class Lab:
    """A running JupyterLab."""

    url: str
    token: str
    root: Path
    env: dict[str, str]
    process: subprocess.Popen[bytes]

    @property
    def store(self) -> str:
        """Where this JupyterLab's nbtrack store is: the default place in its data directory."""
        return str(Path(self.env["JUPYTER_DATA_DIR"]) / "nbtrack")

    def open_url(self, path: str = "") -> str:
        """The address of JupyterLab, or of a notebook alone in it, token included."""
        place = f"lab/tree/{path}" if path else "lab"
        return f"{self.url}{place}?reset&token={self.token}"


def isolated_env(home: Path) -> dict[str, str]:
    """The environment with a home, Jupyter and IPython directories of its own below ``home``."""
    env = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("JUPYTER", "NBTRACK", "JPY_", "IPYTHON"))
    }
    for name in ("config", "data", "runtime", "ipython", "home"):
        (home / name).mkdir(parents=True, exist_ok=True)
    (home / "runtime").chmod(0o700)
    return env | {
        "HOME": str(home / "home"),
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_DATA_DIR": str(home / "data"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "IPYTHONDIR": str(home / "ipython"),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }


def _write_settings(config: Path, theme: str, off: dict[str, str]) -> None:
    labconfig = config / "labconfig"
    labconfig.mkdir(parents=True, exist_ok=True)
    settings = QUIET | {"@jupyterlab/apputils-extension:themes": {"theme": theme}}
    (labconfig / "default_setting_overrides.json").write_text(json.dumps(settings))
    pages = {"disabledExtensions": dict.fromkeys(off, True)}
    (labconfig / "page_config.json").write_text(json.dumps(pages))
    server = {"ServerApp": {"jpserver_extensions": dict.fromkeys(off.values(), False)}}
    (config / "jupyter_server_config.json").write_text(json.dumps(server))


def _server_info(runtime: Path, process: subprocess.Popen[bytes], log: Path) -> dict[str, str]:
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        for path in runtime.glob("jpserver-*.json"):
            text = path.read_text()
            if text.strip().endswith("}"):
                return dict(json.loads(text))
        if process.poll() is not None:
            break
        time.sleep(0.1)
    raise RuntimeError(f"JupyterLab did not start:\n{log.read_text()[-4000:]}")


@contextmanager
def running_lab(
    home: Path,
    root: Path,
    *,
    theme: str = "JupyterLab Light",
    extra: tuple[str, ...] = (),
    together: bool = False,
) -> Iterator[Lab]:
    """Start JupyterLab on ``root``, and end it afterwards.

    Args:
        home: an empty directory for everything it keeps.
        root: the folder it serves.
        theme: the name of JupyterLab's theme.
        extra: further command line arguments.
        together: with jupyter-collaboration.
    """
    env = isolated_env(home)
    _write_settings(home / "config", theme, OTHERS if together else OTHERS | TOGETHER)
    log = home / "server.log"
    # The tests read the open notebook's model in the page: the app must be reachable there.
    command = [sys.executable, "-m", "jupyter", "lab", "--no-browser", "--ServerApp.port=0"]
    command.append("--expose-app-in-browser")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--allow-root")
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*command, *extra], cwd=root, env=env, stdout=output, stderr=output
        )
    try:
        info = _server_info(home / "runtime", process, log)
        yield Lab(url=info["url"], token=info["token"], root=root, env=env, process=process)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
