"""``nbtrack demo``: the example notebooks, in a folder and a store of their own."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import click

from nbtrack.cli.output import Output, common_options
from nbtrack.config import STORE_ENV
from nbtrack.errors import MissingDependencyError, StoreError
from nbtrack.history.files import read_notebook

FIRST_NOTEBOOK = "01-first-run.ipynb"
_NEEDED = ("sklearn", "pandas")


@click.command(
    epilog="Example: nbtrack demo --directory ~/nbtrack-demo. Stop JupyterLab with Ctrl+C."
)
@click.option(
    "--headless", is_flag=True, help="Execute the notebook here instead, and print its runs."
)
@click.option(
    "--directory",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("nbtrack-demo"),
    show_default=True,
    help="Where to put the notebooks and the demo's store. Your own edits there are kept.",
)
@click.option("--port", type=click.IntRange(1, 65535), help="Port of JupyterLab.  [default: 8888]")
@click.option("--no-browser", is_flag=True, help="Start JupyterLab, but do not open a browser.")
@common_options
def demo(
    output: Output, headless: bool, directory: Path, port: int | None, no_browser: bool
) -> int:
    """Try nbtrack on example notebooks with real data.

    Copies the notebooks into a folder and opens JupyterLab on the first one. What you record
    stays there too: the demo has a store of its own.
    """
    missing = [name for name in _NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise MissingDependencyError("The demo", "'nbtrack[demo]'")
    directory = directory.expanduser().absolute()
    store_path = output.store_path or str(directory / ".nbtrack")
    os.environ[STORE_ENV] = output.store_path = store_path
    for name in copy_notebooks(directory):
        output.say(f"Kept your copy of {name}, which differs from the packaged one.")
    if headless or output.as_json:
        from nbtrack.cli.headless import run_headless

        return run_headless(output, directory / FIRST_NOTEBOOK)
    return _open_lab(output, directory, port=port, browser=not no_browser)


def copy_notebooks(directory: Path) -> list[str]:
    """Put the packaged notebooks into a folder; what is there already stays as it is.

    Returns:
        Names of those that were there with another text.
    """
    kept = []
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for source in sorted(_packaged_notebooks().glob("*.ipynb")):
            target = directory / source.name
            if not target.exists():
                target.write_bytes(source.read_bytes())
            elif _sources(target) != _sources(source):
                kept.append(source.name)
    except OSError as error:
        raise StoreError(f"cannot write to {directory}: {error.strerror or error}") from error
    return kept


def _packaged_notebooks() -> Path:
    package = Path(__file__).parents[1]
    installed = package / "notebooks"
    # An editable installation from a clone has them beside the package.
    return installed if installed.is_dir() else package.parent / "notebooks"


def _sources(path: Path) -> list[tuple[str, str]]:
    from nbtrack.history.normal import normalise

    document = normalise(read_notebook(path) or {})
    return [(cell["cell_type"], cell["source"]) for cell in document.cells]


def _open_lab(output: Output, directory: Path, *, port: int | None, browser: bool) -> int:
    command = [sys.executable, "-m", "jupyterlab", "--ServerApp.ip=127.0.0.1"]
    command += [f"--ServerApp.root_dir={directory}"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        # Jupyter refuses root unless told; in a container there is often nobody else.
        command += ["--allow-root"]
    command += [f"--ServerApp.port={port}"] if port is not None else []
    command += [] if browser else ["--no-browser"]
    # As the default address and not as the file to open: so it is in the printed address, too.
    command += [f"--LabApp.default_url=/lab/tree/{FIRST_NOTEBOOK}"]
    output.say(f"Notebooks and store: {directory}")
    output.say("Starting JupyterLab. Stop it with Ctrl+C.")
    # JupyterLab's terminals shall find the nbtrack command without an activated environment.
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    process = subprocess.Popen(command, cwd=directory, env={**os.environ, "PATH": path})
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            # The terminal sends Ctrl+C to JupyterLab too, which asks whether to stop.
            continue
