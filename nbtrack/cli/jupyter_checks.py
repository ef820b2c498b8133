"""Whether the extension is on in the server, in kernels and in the front end."""

from __future__ import annotations

import ast
import json
import os
import platform
import sys
import tempfile
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

from nbtrack.cli.checks import Check
from nbtrack.version import __version__

_REINSTALL = (
    f"Install nbtrack again: {sys.executable} -m pip install --force-reinstall --no-deps nbtrack "
    "(from a clone: . in the place of nbtrack)"
)
_KERNEL_LOG = "kernel.log"
_PROBE = (
    "__import__('json').dumps(["
    "'nbtrack' in get_ipython().extension_manager.loaded, __import__('sys').prefix,"
    "getattr(__import__('sys').modules.get('nbtrack'), '__version__', None)])"
)


def version_check() -> Check:
    """The versions of what matters, for a bug report."""
    names = ("jupyterlab", "jupyter_server", "ipykernel", "ipython")
    versions = [f"nbtrack {__version__}", f"Python {platform.python_version()}"]
    versions += [f"{name} {metadata.version(name)}" for name in names]
    return Check("versions", "ok", f"{', '.join(versions)}, {platform.platform()}")


def server_check() -> Check:
    """Whether Jupyter Server loads the extension, by its configuration files."""
    from jupyter_core.paths import jupyter_config_path
    from jupyter_server.extension.config import ExtensionConfigManager
    from jupyter_server.extension.manager import ExtensionPackage

    manager = ExtensionConfigManager(read_config_path=jupyter_config_path())
    enabled = manager.get_jpserver_extensions().get("nbtrack")  # type: ignore[no-untyped-call]
    if enabled is None:
        return Check("server", "problem", "Jupyter Server does not know nbtrack.", _REINSTALL)
    if not enabled:
        return Check(
            "server",
            "problem",
            "The server extension is switched off.",
            "Switch it on: jupyter server extension enable nbtrack",
        )
    package = ExtensionPackage(name="nbtrack")  # type: ignore[no-untyped-call]
    if not package.validate():  # type: ignore[no-untyped-call]
        return Check("server", "problem", "The server extension cannot be loaded.", _REINSTALL)
    return Check("server", "ok", "The server extension is on.")


def front_end_check() -> Check:
    """Whether JupyterLab finds the extension, in this version, switched on."""
    from jupyter_core.paths import jupyter_path
    from jupyterlab_server.config import get_federated_extensions, get_page_config

    folders = jupyter_path("labextensions")
    found = get_federated_extensions(folders).get("nbtrack")
    if found is None:
        return Check("front end", "problem", "JupyterLab does not find the extension.", _REINSTALL)
    if not _same_version(found["version"]):
        return Check(
            "front end",
            "problem",
            f"The extension in {found['ext_path']} is version {found['version']}, "
            f"but nbtrack is {__version__}.",
            _REINSTALL,
        )
    disabled: list[str] = get_page_config(folders).get("disabledExtensions", [])
    if any(name.partition(":")[0] == "nbtrack" for name in disabled):
        return Check(
            "front end",
            "problem",
            "The JupyterLab extension is switched off.",
            "Switch it on: jupyter labextension enable nbtrack",
        )
    return Check("front end", "ok", f"The JupyterLab extension is in {found['ext_path']}.")


def _same_version(front_end: str) -> bool:
    # npm writes 1.0.0-rc.1 where Python writes 1.0.0rc1.
    def plain(text: str) -> str:
        return "".join(text.replace("-", "").replace("alpha", "a").replace("beta", "b").split("."))

    return plain(front_end) == plain(__version__)


def kernel_checks(timeout_s: float) -> Iterator[Check]:
    """Whether kernels load the extension: by the configuration, and by asking a real one."""
    yield _kernel_config_check()
    yield _real_kernel_check(timeout_s)


def _kernel_config_check() -> Check:
    from IPython.paths import get_ipython_dir
    from jupyter_core.paths import ENV_CONFIG_PATH, SYSTEM_CONFIG_PATH

    system = [Path(path).with_name("ipython") for path in (*ENV_CONFIG_PATH, *SYSTEM_CONFIG_PATH)]
    profile = Path(get_ipython_dir()) / "profile_default"
    for folder in (profile, *system):
        path = folder / "ipython_kernel_config.json"
        if path.is_file() and "nbtrack" in _extra_extensions(path):
            return Check("kernel settings", "ok", f"Kernels are told to load nbtrack by {path}.")
    return Check(
        "kernel settings",
        "warning",
        "No ipython_kernel_config.json tells kernels to load nbtrack. JupyterLab does it itself; "
        "kernels started otherwise do not.",
        f"{_REINSTALL}; or run %load_ext nbtrack in the notebook",
    )


def _extra_extensions(path: Path) -> list[str]:
    try:
        settings: Any = json.loads(path.read_text(encoding="utf-8"))
        return list(settings.get("IPKernelApp", {}).get("extra_extensions", []))
    except (OSError, ValueError, AttributeError):
        # A broken file of the user's tells kernels nothing; the real kernel shows what holds.
        return []


def _real_kernel_check(timeout_s: float) -> Check:
    from jupyter_client.kernelspec import NoSuchKernel

    with tempfile.TemporaryDirectory(prefix="nbtrack-doctor-") as folder:
        try:
            loaded, prefix, version = _ask_kernel(Path(folder), timeout_s)
        except NoSuchKernel:
            mend = "Install one: pip install ipykernel"
            return Check("kernel", "problem", "There is no kernel named python3.", mend)
        except TimeoutError:
            said = f"The python3 kernel did not answer within {timeout_s:g} s."
            return Check("kernel", "problem", said, "Try again with a longer --timeout")
        except (RuntimeError, OSError) as error:
            said = f"The python3 kernel does not start: {error}. {_said(folder)}".strip()
            return Check("kernel", "problem", said, "Try: jupyter kernel --kernel=python3")
    if loaded:
        return Check("kernel", "ok", f"A fresh python3 kernel has nbtrack {version} loaded.")
    if Path(prefix) != Path(sys.prefix):
        return Check(
            "kernel",
            "problem",
            f"The python3 kernel runs in another environment, {prefix}.",
            "Install nbtrack there too, or use a kernel of this environment",
        )
    return Check(
        "kernel",
        "problem",
        "A fresh python3 kernel does not load nbtrack.",
        "See whether your ipython_kernel_config.py assigns extra_extensions: append to it "
        "instead; or run %load_ext nbtrack in the notebook",
    )


def _said(folder: str) -> str:
    """The last line of what the kernel wrote to stderr."""
    lines = (Path(folder) / _KERNEL_LOG).read_text(errors="replace").strip().splitlines()
    return f"It said: {lines[-1]}" if lines else ""


def _ask_kernel(folder: Path, timeout_s: float) -> tuple[bool, str, str | None]:
    """Start the python3 kernel and ask it: nbtrack loaded, its ``sys.prefix``, the version.

    It runs in the folder with a store of its own there, so that asking leaves no trace.
    """
    from jupyter_client.manager import KernelManager

    manager = KernelManager(kernel_name="python3")
    environment = {**os.environ, "NBTRACK_STORE": str(folder / "store")}
    with (folder / _KERNEL_LOG).open("wb") as log:
        manager.start_kernel(env=environment, cwd=str(folder), stderr=log)
    client = manager.client()
    try:
        client.start_channels()
        client.wait_for_ready(timeout=timeout_s)
        reply = client.execute(
            "", silent=True, user_expressions={"probe": _PROBE}, reply=True, timeout=timeout_s
        )
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    probe = reply["content"]["user_expressions"]["probe"]
    if probe["status"] != "ok":
        raise RuntimeError(probe.get("evalue", "it could not evaluate an expression"))
    # The value is the repr of a JSON string.
    loaded, prefix, version = json.loads(ast.literal_eval(probe["data"]["text/plain"]))
    return bool(loaded), str(prefix), version
