"""What a tracked cell shows, as artifacts."""

from __future__ import annotations

import json

import pytest

from nbtrack.store.base import RunQuery
from tests.capture.kernel import Kernel
from tests.capture.shell import WatchedShell

PLOTLY = "application/vnd.plotly.v1+json"
VEGA = "application/vnd.vegalite.v5+json"
RICH = f"""
from IPython.display import display
display({{"{PLOTLY}": {{"data": [{{"y": [1, 2]}}], "layout": {{}}}}, "text/html": "<div>p</div>",
          "text/plain": "Figure"}}, raw=True)
display({{"{VEGA}": {{"mark": "bar"}}, "text/plain": "<VegaLite>"}}, raw=True)
display({{"image/svg+xml": "<svg/>", "text/latex": "$x$"}}, raw=True)
"""


def test_rich_outputs_of_any_library(shared_kernel: Kernel) -> None:
    """Each part of an output's MIME bundle is an artifact that says what it is."""
    shared_kernel.run(f"%%track -n rich\n{RICH}")
    with shared_kernel.store() as store:
        (run,) = store.search_runs(RunQuery(filter="attributes.run_name = 'rich'")).items
        kept = {artifact.path: artifact.media_type for artifact in store.list_artifacts(run.run_id)}
        assert kept == {
            "output-1.plotly-v1.json": PLOTLY,
            "output-1.html": "text/html",
            "output-2.vegalite-v5.json": VEGA,
            "output-3.svg": "image/svg+xml",
            "output-3.tex": "text/latex",
        }
        plot = json.loads(store.read_artifact(run.run_id, "output-1.plotly-v1.json")[1])
        assert plot["data"] == [{"y": [1, 2]}]


def test_figures_of_plotly(shared_kernel: Kernel) -> None:
    """A figure of the real library is kept by its own MIME type."""
    pytest.importorskip("plotly")
    shared_kernel.run(
        "%%track -n plotted\nimport plotly.graph_objects as go, plotly.io\n"
        "plotly.io.renderers.default = 'plotly_mimetype'\ngo.Figure(go.Scatter(y=[1, 2])).show()"
    )
    with shared_kernel.store() as store:
        (run,) = store.search_runs(RunQuery(filter="attributes.run_name = 'plotted'")).items
        assert PLOTLY in {artifact.media_type for artifact in store.list_artifacts(run.run_id)}


TABLES = {
    "pandas": (
        "import pandas as pd\nframe = pd.DataFrame({'a': [1, 2], 'b': ['x', 'y, z']})",
        ',a,b\n0,1,x\n1,2,"y, z"\n',
    ),
    "polars": (
        "import polars as pl\nframe = pl.DataFrame({'a': [1, 2], 'b': [[1], [2, 3]]})",
        'a,b\n1,[1]\n2,"[2, 3]"\n',
    ),
}


@pytest.mark.parametrize("library", TABLES)
def test_the_table_shown_last(watched: WatchedShell, library: str) -> None:
    """A DataFrame that a cell shows as its last expression is a table that can be paged."""
    pytest.importorskip(library)
    code, expected = TABLES[library]
    table = watched.track(code, "frame").artifacts["table-1.csv"]
    assert table.media_type == "text/csv"
    assert table.data.decode() == expected
    assert "table-1.csv" not in watched.track(code, "str(frame)").artifacts


def test_a_table_that_is_not_shown(shared_kernel: Kernel) -> None:
    """A last expression that a semicolon keeps from being shown is no table."""
    pytest.importorskip("pandas")
    shared_kernel.run("import pandas as pd\nframe = pd.DataFrame({'a': [1, 2]})")
    shared_kernel.run("%%track -n shown\nframe")
    shared_kernel.run("%%track -n unshown\nframe;")
    with shared_kernel.store() as store:
        for name, expected in (("shown", ["output-1.html", "table-1.csv"]), ("unshown", [])):
            (run,) = store.search_runs(RunQuery(filter=f"run_name = '{name}'")).items
            assert [artifact.path for artifact in store.list_artifacts(run.run_id)] == expected


def test_a_long_table_says_that_it_is_cut(watched: WatchedShell) -> None:
    """Of a long table the first rows are kept, and how many there are is said."""
    pytest.importorskip("pandas")
    run = watched.track("import pandas as pd\nframe = pd.DataFrame({'a': range(20_000)})", "frame")
    assert run.artifacts["table-1.csv"].data.count(b"\n") == 5_001
    assert run.notes == ["table-1.csv has the first 5,000 of 20,000 rows."]


def test_a_wide_table_is_bounded(watched: WatchedShell) -> None:
    """What is kept of a table has a bounded number of fields."""
    pytest.importorskip("pandas")
    run = watched.track(
        "import numpy as np, pandas as pd\nframe = pd.DataFrame(np.zeros((3000, 600)))", "frame"
    )
    header, *rows = run.artifacts["table-1.csv"].data.decode().splitlines()
    assert (len(header.split(",")), len(rows)) == (501, 200)
    assert "the first 500 of 600 columns" in run.notes[0]


def test_cut_text_says_so(watched: WatchedShell) -> None:
    """Captured text is capped, and the cap is stated."""
    capped = type(watched)(max_text_bytes=100)
    run = capped.track("print('x' * 500)")
    text = run.artifacts["stdout.txt"].data.decode()
    assert text.endswith("[nbtrack kept the first 100 bytes]\n")
    assert run.notes == ["stdout is cut; only its beginning was kept."]
