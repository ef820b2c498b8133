"""What a saved or exported notebook keeps of a run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import nbformat

REPOSITORY = Path(__file__).parents[2]


def test_saved_and_exported_notebooks_have_a_static_card(tmp_path: Path) -> None:
    """`nbconvert --execute` leaves the final card in the file, and in its HTML with curves."""
    cells = [
        "%load_ext nbtrack",
        "%%track -n saved\nimport time\nfor epoch in range(4):\n    loss = 1 / (1 + epoch)\n"
        "    time.sleep(0.2)\nprint('done')",
    ]
    document = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code) for code in cells])
    path = tmp_path / "study.ipynb"
    nbformat.write(document, path)
    env = {
        **{key: value for key, value in os.environ.items() if not key.startswith("JUPYTER")},
        "NBTRACK_STORE": str(tmp_path / "store"),
        "JUPYTER_CONFIG_DIR": str(tmp_path / "config"),
        "JUPYTER_DATA_DIR": str(tmp_path / "data"),
        "JUPYTER_RUNTIME_DIR": str(tmp_path / "runtime"),
        "IPYTHONDIR": str(tmp_path / "ipython"),
        "PYTHONPATH": str(REPOSITORY),
    }
    convert = [sys.executable, "-m", "nbconvert", "study.ipynb"]
    subprocess.run(
        [*convert, "--execute", "--inplace", "--to", "notebook"], cwd=tmp_path, env=env, check=True
    )
    saved = nbformat.read(path, as_version=4)
    nbformat.validate(saved)
    card, printed = saved.cells[1].outputs
    assert printed.text == "done\n"
    facts = card.data["application/vnd.nbtrack.run+json"]
    assert facts["status"] == "FINISHED" and facts["progress"] is None
    assert facts["experiment_name"] == "study"
    (loss,) = facts["metrics"]
    assert (loss["steps"], loss["count"]) == ([0, 1, 2, 3], 4)
    subprocess.run([*convert, "--to", "html"], cwd=tmp_path, env=env, check=True)
    html = (tmp_path / "study.html").read_text()
    assert "<strong>saved</strong>" in html and "data:image/svg+xml;base64" in html
    assert json.loads(path.read_text())["cells"][1]["source"]
