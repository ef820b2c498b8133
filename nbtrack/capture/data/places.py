"""Which files are data: not the interpreter's, not caches, not settings, not nbtrack's own."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from nbtrack.capture.data.own import own_stores

_CODE = (
    ".py", ".pyc", ".pyi", ".pyw", ".pth", ".so", ".pyd", ".dll", ".dylib", ".ipynb",
    ".ttf", ".otf", ".afm", ".mplstyle",
)  # fmt: skip
_SYSTEM = (
    "/proc", "/sys", "/dev", "/run/user", "/run/systemd", "/etc", "/lib", "/lib64", "/bin", "/sbin",
    "/usr/lib", "/usr/lib64", "/usr/libexec", "/usr/local/lib", "/usr/bin", "/usr/sbin",
    "/usr/local/bin", "/usr/share/zoneinfo", "/usr/share/fonts", "/usr/share/fontconfig",
    "/usr/share/mime", "/usr/share/locale", "/usr/share/ca-certificates", "/private/etc",
    "/System", "/Library",
)  # fmt: skip
_INSIDE = (
    "/__pycache__/", "/.ipynb_checkpoints/", "/site-packages/", "/dist-packages/", "/.git/",
    "/.cache/",
)  # fmt: skip
_HIDDEN_DATA = (".keras",)
"""Hidden directories of the home directory that hold data sets."""


def places() -> Places:
    """What is data for a cell that runs now."""
    return _places(_cwd(), own_stores())


@lru_cache(maxsize=8)
def _places(here: str, own: frozenset[str]) -> Places:
    return Places(here, own)


class Places:
    """Tells data from the rest by its path.

    Args:
        here: the working directory, with a separator at its end: what is in it is data, also
            where it is inside of a place that is not.
        own: nbtrack's stores.
    """

    def __init__(self, here: str, own: Iterable[str] = ()) -> None:
        stores = tuple(f"{path}{os.sep}" for path in own)
        elsewhere = tuple(prefix for prefix in _interpreter() if not here.startswith(prefix))
        self._never = (*elsewhere, *stores)
        self._home = str(Path.home()) + os.sep
        self._in_hidden = here.startswith(f"{self._home}.")

    def wants(self, path: str) -> bool:
        """Whether a file is data.

        Args:
            path: absolute.
        """
        if path.endswith(_CODE) or path.startswith(self._never):
            return False
        if any(part in path for part in _INSIDE):
            return False
        if path.startswith(self._home) and path[len(self._home)] == "." and not self._in_hidden:
            return path[len(self._home) :].startswith(_HIDDEN_DATA)
        return True


def is_temporary(path: str) -> bool:
    """Whether a file stands in the system's directory for temporary files."""
    return path.startswith(tempfile.gettempdir() + os.sep)


def _cwd() -> str:
    try:
        return str(Path.cwd()) + os.sep
    except FileNotFoundError:
        return os.sep


@lru_cache(maxsize=1)
def _interpreter() -> tuple[str, ...]:
    """Directories of this interpreter, its packages, its caches, Jupyter and the system."""
    import site
    import sysconfig

    from jupyter_core.paths import jupyter_config_dir, jupyter_data_dir, jupyter_runtime_dir

    # The data scheme is the prefix itself, which can be as wide as /usr/local.
    schemes = {name: path for name, path in sysconfig.get_paths().items() if name != "data"}
    found = [*_SYSTEM, *schemes.values()]
    found += [*site.getsitepackages(), site.getusersitepackages()]
    found += [jupyter_config_dir(), jupyter_data_dir(), jupyter_runtime_dir()]
    found += [
        str(Path(sys.prefix, name)) for name in ("share", "etc", "lib", "lib64", "conda-meta")
    ]
    if sys.prefix != sys.base_prefix:
        found.append(sys.prefix)
    for variable in ("IPYTHONDIR", "MPLCONFIGDIR", "XDG_CACHE_HOME", "NUMBA_CACHE_DIR"):
        found.append(os.environ.get(variable, ""))
    both = {form for path in found if path for form in (path, str(Path(path).resolve()))}
    return tuple(sorted(f"{path.rstrip(os.sep)}{os.sep}" for path in both))
