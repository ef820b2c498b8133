"""Which notebook a kernel runs for, as far as the kernel itself can tell; a hint only."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

NOTEBOOK_ENV = "NBTRACK_NOTEBOOK"
_COLAB = "COLAB_RELEASE_TAG"
"""Colab sets it in its machines; its notebooks are files only where the user says so."""
_MAX_SEARCHED = 50
_MAX_BYTES = 20_000_000
PARAMETER_TAGS = frozenset({"parameters", "injected-parameters"})
"""Papermill's names for the cell that has a notebook's parameters, and for those it sets."""
_INJECTED = "# Parameters\n"
_RUNNERS = re.compile(r"jupyter|nbconvert|nbclient|papermill|nbtrack|testbook|ploomber")


def notebook_hint(namespace: Mapping[str, Any]) -> str | None:
    """The notebook's absolute path by what the client and the environment say.

    In this order: ``NBTRACK_NOTEBOOK``, VS Code's variable, ``JPY_SESSION_NAME``, and the
    command line of the process that started the kernel.
    """
    code = namespace.get("__vsc_ipynb_file__")
    for found in (os.environ.get(NOTEBOOK_ENV), code, os.environ.get("JPY_SESSION_NAME")):
        if isinstance(found, str) and found.endswith(".ipynb"):
            return str(Path(found).expanduser().absolute())
    return _from_parent()


def notebook_with(source: str, directory: str | None = None) -> str | None:
    """The notebook in a directory that has a code cell with this very source.

    Args:
        source: as executed; very short ones prove nothing.
        directory: the current one by default.

    Returns:
        None unless exactly one fits.
    """
    wanted = source.strip()
    if len(wanted) < 8:
        return None
    place = Path(directory) if directory else Path.cwd()
    fitting = []
    for path in sorted(place.glob("*.ipynb"))[:_MAX_SEARCHED]:
        if wanted in code_of(path):
            fitting.append(path)
    return str(fitting[0].absolute()) if len(fitting) == 1 else None


@dataclass(frozen=True, slots=True)
class FileCell:
    """A code cell of a notebook file; the id is empty where the file gives none."""

    cell_id: str
    tags: tuple[str, ...]


def code_of(path: Path) -> dict[str, list[FileCell]]:
    """The stripped sources of a notebook file's code cells, each with its cells.

    Nothing of a file that is no notebook, or is very large.
    """
    try:
        if path.stat().st_size > _MAX_BYTES:
            return {}
        document = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    cells = document.get("cells") if isinstance(document, dict) else None
    found: dict[str, list[FileCell]] = {}
    for cell in cells if isinstance(cells, list) else []:
        if isinstance(cell, dict) and cell.get("cell_type") == "code":
            source = cell.get("source") or ""
            text = "".join(source) if isinstance(source, list) else str(source)
            metadata = cell.get("metadata")
            tags = metadata.get("tags") if isinstance(metadata, dict) else None
            known = tuple(str(tag) for tag in tags) if isinstance(tags, list) else ()
            found.setdefault(text.strip(), []).append(FileCell(str(cell.get("id") or ""), known))
    return found


def holds_parameters(source: str, tags: Iterable[str]) -> bool:
    """Whether a cell holds a notebook's parameters: by its tags, or as papermill writes it.

    The cell that papermill adds is in no file while it runs.
    """
    return source.startswith(_INJECTED) or not PARAMETER_TAGS.isdisjoint(tags)


class FileCells:
    """Finds the cells of a notebook file by their source; read again when the file changes."""

    def __init__(self) -> None:
        self._state: tuple[str, int, int] | None = None
        self._cells: dict[str, list[FileCell]] = {}

    def cell_id(self, path: str, source: str) -> str | None:
        """The id of the one cell with this source; None where there is none, or several."""
        found = self._read(path).get(source.strip(), [])
        return found[0].cell_id or None if len(found) == 1 else None

    def tags(self, path: str, source: str, cell_id: str | None) -> tuple[str, ...]:
        """The tags of a cell: of the one with this id, else of the one with this source."""
        cells = self._read(path)
        same = [cell for found in cells.values() for cell in found if cell.cell_id == cell_id]
        found = same if cell_id and same else cells.get(source.strip(), [])
        return found[0].tags if len(found) == 1 else ()

    def _read(self, path: str) -> dict[str, list[FileCell]]:
        try:
            found = Path(path).stat()
        except OSError:
            return {}
        state = (path, found.st_mtime_ns, found.st_size)
        if state != self._state:
            self._cells, self._state = code_of(Path(path)), state
        return self._cells


def front_end(namespace: Mapping[str, Any], parent: Mapping[str, Any], *, has_kernel: bool) -> str:
    """What talks to this kernel: ``lab``, ``vscode``, ``colab``, ``headless`` or ``ipython``."""
    if not has_kernel:
        return "ipython"
    if _COLAB in os.environ:
        return "colab"
    cell_id = (parent.get("metadata") or {}).get("cellId")
    if "__vsc_ipynb_file__" in namespace or (isinstance(cell_id, str) and ":" in cell_id):
        return "vscode"
    if cell_id and os.environ.get("JPY_SESSION_NAME"):
        return "lab"
    return "headless"


def kernel_id() -> str | None:
    """Jupyter's id of this kernel, from its connection file's name."""
    try:
        from ipykernel.connect import get_connection_file

        name = Path(get_connection_file()).stem
    except (ImportError, RuntimeError):
        return None
    found = re.fullmatch(r"kernel-(.+)", name)
    return found[1] if found else None


def _from_parent() -> str | None:
    """The notebook in the command line of the parent process (nbconvert, papermill, …)."""
    words, directory = _parent_command()
    if not any(_RUNNERS.search(Path(word).name) for word in words[:4]):
        return None
    for word in words[1:]:
        if word.endswith(".ipynb") and not word.startswith("-"):
            path = Path(directory or ".", word)
            if path.is_file():
                return str(path.absolute())
    return None


def _parent_command() -> tuple[list[str], str | None]:
    parent = os.getppid()
    try:
        import psutil  # type: ignore[import-untyped]
    except ImportError:
        try:
            raw = Path(f"/proc/{parent}/cmdline").read_bytes()
            return raw.decode(errors="replace").split("\0"), str(
                Path(f"/proc/{parent}/cwd").readlink()
            )
        except OSError:
            return [], None
    try:
        process = psutil.Process(parent)
        return process.cmdline(), process.cwd()
    except psutil.Error:
        return [], None
