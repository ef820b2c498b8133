"""A real kernel with nbtrack loaded as it ships: by the kernel's extra extensions."""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jupyter_client.manager import KernelManager

from nbtrack.store import open_store
from nbtrack.store.base import Store

REPOSITORY = Path(__file__).parents[2]
TIMEOUT_S = 60
_ANSI = re.compile(r"\x1b\[[0-9;]*m")


@dataclass
class Ran:
    """What one execute request led to."""

    msg_id: str
    reply: dict[str, Any]
    outputs: list[dict[str, Any]] = field(default_factory=list)
    """Messages on iopub up to idle, without status and input."""

    @property
    def status(self) -> str:
        return str(self.reply["status"])

    def cards(self) -> list[dict[str, Any]]:
        """What the run's card said, state after state."""
        mime = "application/vnd.nbtrack.run+json"
        data = [message["content"].get("data", {}) for message in self.outputs]
        return [part[mime] for part in data if mime in part]

    def shown(self) -> list[tuple[str, Any]]:
        """What a user sees, cards aside, as comparable values."""
        mime = "application/vnd.nbtrack.run+json"
        seen: list[tuple[str, Any]] = []
        for message in self.outputs:
            kind, content = message["header"]["msg_type"], message["content"]
            if mime in content.get("data", {}):
                continue
            if kind == "stream":
                if seen and seen[-1][0] == content["name"]:
                    seen[-1] = (content["name"], seen[-1][1] + content["text"])
                else:
                    seen.append((content["name"], content["text"]))
            elif kind == "error":
                seen.append((kind, plain("\n".join(content["traceback"]))))
            else:
                seen.append((kind, content.get("data", content)))
        return seen


def plain(text: str) -> str:
    """A traceback without colours and execution counts."""
    return re.sub(r"In\s*\[\d+\]", "In[N]", _ANSI.sub("", text))


class Kernel:
    """A kernel and its client."""

    def __init__(self, home: Path, manager: KernelManager) -> None:
        self.home = home
        self.manager = manager
        self.client = manager.blocking_client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=TIMEOUT_S)

    def send(self, code: str, *, cell_id: str | None = None, tags: Sequence[str] = ()) -> str:
        """Ask for an execution as Lab does, without waiting."""
        content = {
            "code": code,
            "silent": False,
            "store_history": True,
            "user_expressions": {},
            "allow_stdin": False,
            "stop_on_error": False,
        }
        # JupyterLab sends the cell's own metadata with its id.
        metadata = {} if cell_id is None else {"tags": list(tags), "cellId": cell_id}
        message = self.client.session.msg("execute_request", content, metadata=metadata)
        self.client.shell_channel.send(message)
        return str(message["header"]["msg_id"])

    def wait(self, msg_id: str) -> Ran:
        """Everything a request led to, when it is over."""
        ran = Ran(msg_id, {})
        while True:
            message = self.client.get_iopub_msg(timeout=TIMEOUT_S)
            if message["parent_header"].get("msg_id") != msg_id:
                continue
            kind = message["header"]["msg_type"]
            if kind == "status" and message["content"]["execution_state"] == "idle":
                break
            if kind not in ("status", "execute_input"):
                ran.outputs.append(message)
        while not ran.reply:
            reply = self.client.get_shell_msg(timeout=TIMEOUT_S)
            if reply["parent_header"].get("msg_id") == msg_id:
                ran.reply = reply["content"]
        return ran

    def run(self, code: str, *, cell_id: str | None = None, tags: Sequence[str] = ()) -> Ran:
        """Run a cell."""
        return self.wait(self.send(code, cell_id=cell_id, tags=tags))

    @contextmanager
    def store(self) -> Iterator[Store]:
        """The kernel's store, with everything the kernel recorded so far."""
        self.run("from nbtrack.tracking.session import session as _s; assert _s().flush(); del _s")
        store = open_store(self.home / "store")
        try:
            yield store
        finally:
            store.close()

    def interrupt_when(self, text: str) -> None:
        """Interrupt the running cell when it has printed a text."""
        while True:
            message = self.client.get_iopub_msg(timeout=TIMEOUT_S)
            if text in message["content"].get("text", ""):
                time.sleep(0.1)
                self.manager.interrupt_kernel()
                return


@contextmanager
def kernel(home: Path, **env: str) -> Iterator[Kernel]:
    """A kernel with directories of its own."""
    for name in ("ipython/profile_default", "config", "data", "runtime", "work"):
        (home / name).mkdir(parents=True, exist_ok=True)
    settings = {"IPKernelApp": {"extra_extensions": ["nbtrack"]}}
    config = home / "ipython/profile_default/ipython_kernel_config.json"
    config.write_text(json.dumps(settings))
    inherited = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("JUPYTER", "JPY_", "NBTRACK", "IPYTHON"))
    }
    variables = {
        **inherited,
        "NBTRACK_STORE": str(home / "store"),
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_DATA_DIR": str(home / "data"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "IPYTHONDIR": str(home / "ipython"),
        "PYTHONPATH": str(REPOSITORY),
        **env,
    }
    manager = KernelManager(kernel_name="python3")
    manager.start_kernel(env=variables, cwd=str(home / "work"))
    started = Kernel(home, manager)
    try:
        yield started
    finally:
        started.client.stop_channels()
        manager.shutdown_kernel()
