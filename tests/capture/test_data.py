"""What tracked cells read and write: files, URLs, queries, and what is known of them."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from nbtrack.entities import Direction
from nbtrack.wire import DatasetDocument
from tests.capture.kernel import kernel
from tests.capture.shell import KeptRun, WatchedShell

pd = pytest.importorskip("pandas", reason="most data is read by pandas")

INPUT, OUTPUT = Direction.INPUT, Direction.OUTPUT


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with a small table in several formats."""
    monkeypatch.chdir(tmp_path)
    frame = pd.DataFrame({"a": [1, 2, None, 4], "name": list("wxyz")})
    frame.to_csv("t.csv", index=False)
    Path("notes.txt").write_text("hello")
    return tmp_path


@pytest.fixture
def watched() -> WatchedShell:
    """A shell that is watched."""
    return WatchedShell()


def document(run: KeptRun, name: str, direction: Direction = INPUT) -> DatasetDocument:
    """What is known of a dataset's content."""
    import msgspec

    return msgspec.json.decode(run.datasets[direction, name]["document"], type=DatasetDocument)


def names(run: KeptRun, direction: Direction = INPUT) -> list[str]:
    """The names of what was read, or written."""
    return sorted(name for way, name in run.datasets if way is direction)


class TestFiles:
    def test_a_file_that_is_opened(self, watched, place) -> None:
        """A file that the cell reads is an input, with its size, its time and its digest."""
        run = watched.track("text = open('notes.txt').read()").background()
        facts = run.datasets[INPUT, "notes.txt"]
        assert facts["source"] == str(place / "notes.txt")
        assert facts["size_bytes"] == 5
        assert facts["modified_at"].timestamp() == pytest.approx(Path("notes.txt").stat().st_mtime)
        assert facts["digest"] == hashlib.sha256(b"hello").hexdigest()
        assert (facts["origin"].rule, facts["origin"].line) == ("file", 2)

    def test_a_table_has_a_schema_and_a_profile(self, watched, place) -> None:
        """Of a table that was read, the columns, the rows and a light profile are known."""
        watched.run("import pandas as pd")
        run = watched.track("df = pd.read_csv('t.csv')").background()
        found = document(run, "t.csv")
        assert (found.kind, found.row_count) == ("table", 4)
        first = found.columns[0]
        assert (first.name, first.dtype, first.null_count) == ("a", "float64", 1)
        assert (first.min, first.max, first.mean) == ("1.0", "4.0", pytest.approx(7 / 3))

    def test_a_table_is_profiled_as_it_was_read(self, watched, place) -> None:
        """What the cell does to the table afterwards changes nothing in its profile."""
        watched.run("import pandas as pd")
        run = watched.track("df = pd.read_csv('t.csv')\ndf['a'] = 100.0").background()
        assert document(run, "t.csv").columns[0].max == "4.0"

    def test_what_is_written_is_an_output_and_a_small_one_an_artifact(self, watched, place) -> None:
        """A file that the cell writes is an output with its digest; small, it is kept."""
        run = watched.track("with open('out.txt', 'w') as f: n = f.write('done')").background()
        assert names(run, OUTPUT) == ["out.txt"]
        assert run.datasets[OUTPUT, "out.txt"]["digest"] == hashlib.sha256(b"done").hexdigest()
        assert run.artifacts["written/out.txt"].data == b"done"
        assert names(run) == []

    def test_a_large_output_is_no_artifact(self, place) -> None:
        """Above the limit only its facts are kept."""
        watched = WatchedShell(max_output_artifact_bytes=3)
        run = watched.track("open('out.txt', 'w').write('done')").background()
        assert names(run, OUTPUT) == ["out.txt"]
        assert not [path for path in run.artifacts if path.startswith("written/")]

    def test_code_caches_and_the_system_are_no_data(self, watched, place) -> None:
        """Imports, caches, the system's files and notebooks are left alone."""
        Path("helper_module.py").write_text("x = 1")
        Path("a.ipynb").write_text("{}")
        run = watched.track(
            "import sys; sys.path.insert(0, '.')\nimport helper_module, colorsys\n"
            "open('a.ipynb').read(); open('/proc/self/status').read(); open('/etc/hostname').read()"
        ).background()
        assert run.datasets == {}

    def test_a_folder_of_many_files_is_one_input(self, watched, place) -> None:
        """A hundred files of one folder are one dataset, with a digest over all."""
        Path("images").mkdir()
        for number in range(100):
            Path("images", f"{number}.txt").write_text(str(number))
        code = "import glob\nfor path in glob.glob('images/*'): open(path).read()"
        run = watched.track(code).background()
        assert names(run) == ["images"]
        facts = run.datasets[INPUT, "images"]
        assert facts["note"] == "100 files"
        assert facts["digest"] is not None

    def test_a_pipe_does_not_block(self, watched, place) -> None:
        """A named pipe that the cell reads is never read by nbtrack."""
        os.mkfifo("pipe")
        threading.Thread(target=lambda: Path("pipe").write_text("x")).start()
        run = watched.track("text = open('pipe').read()").background()
        assert names(run) == []
        assert [item.key for item in run.explained.left_out if item.what == "input"] == [
            str(place / "pipe")
        ]

    def test_a_file_that_is_gone_or_changed_says_so(self, watched, place) -> None:
        """No digest of other content is taken for that of what was read."""
        run = watched.track("open('notes.txt').read()")
        Path("notes.txt").write_text("other text")
        run.background()
        assert run.datasets[INPUT, "notes.txt"]["digest"] is None
        assert "changed since" in run.datasets[INPUT, "notes.txt"]["note"]

    def test_a_thread_of_the_cell_counts(self, watched, place) -> None:
        """What a thread reads for the cell is the cell's."""
        run = watched.track(
            "from concurrent.futures import ThreadPoolExecutor\nfrom pathlib import Path\n"
            "with ThreadPoolExecutor(1) as pool:\n"
            "    list(pool.map(Path.read_text, [Path('notes.txt')]))"
        )
        assert names(run) == ["notes.txt"]

    def test_a_cell_that_fails_keeps_what_it_read(self, watched, place) -> None:
        """An error after reading loses nothing."""
        run = watched.track("open('notes.txt').read()\n1 / 0").background()
        assert names(run) == ["notes.txt"]
        assert run.failures == []

    def test_it_can_be_switched_off(self, watched, place) -> None:
        """By the option, by a pattern, and by the setting."""
        assert watched.track("%%track --no-inputs\nopen('notes.txt').read()").datasets == {}
        run = watched.track("%%track --ignore notes*\nopen('notes.txt').read()")
        assert run.datasets == {}
        assert [item.why for item in run.explained.left_out] == ["--ignore"]
        off = WatchedShell(capture_inputs=False)
        assert off.track("open('notes.txt').read()").datasets == {}


# name, package, what makes the file, what the cell does, names of inputs, kind and rows
READERS = [
    (
        "parquet",
        "pyarrow",
        "df.to_parquet('t.parquet')",
        "x = pd.read_parquet('t.parquet')",
        "t.parquet",
        4,
    ),
    (
        "arrow",
        "pyarrow",
        "df.to_parquet('t.parquet')",
        "import pyarrow.parquet as pq\nx = pq.read_table('t.parquet')",
        "t.parquet",
        4,
    ),
    ("polars", "polars", "", "import polars as pl\nx = pl.read_csv('t.csv')", "t.csv", 4),
    (
        "polars lazy",
        "polars",
        "",
        "import polars as pl\nx = pl.scan_csv('t.csv').collect()",
        "t.csv",
        None,
    ),
    (
        "duckdb",
        "duckdb",
        "",
        "import duckdb\nx = duckdb.sql(\"select * from 't.csv'\").fetchall()",
        "t.csv",
        None,
    ),
    ("numpy", "numpy", "np.save('a.npy', np.ones((3, 2)))", "x = np.load('a.npy')", "a.npy", 3),
    (
        "memory map",
        "numpy",
        "np.save('a.npy', np.ones((3, 2)))",
        "x = np.load('a.npy', mmap_mode='r')",
        "a.npy",
        3,
    ),
    (
        "images",
        "PIL",
        "from PIL import Image; Image.new('L', (2, 2)).save('i.png')",
        "from PIL import Image\nx = Image.open('i.png'); x.load()",
        "i.png",
        None,
    ),
    (
        "hdf5",
        "h5py",
        "import h5py; h5py.File('h.h5', 'w')['d'] = [1, 2]",
        "import h5py\nx = h5py.File('h.h5')['d'][:]",
        "h.h5",
        None,
    ),
    (
        "torch",
        "torch",
        "import torch; torch.save({'w': 1}, 'm.pt')",
        "import torch\nx = torch.load('m.pt')",
        "m.pt",
        None,
    ),
]


@pytest.mark.parametrize(
    ("package", "make", "cell", "name", "rows"),
    [c[1:] for c in READERS],
    ids=[c[0] for c in READERS],
)
def test_readers_that_open_files_themselves(
    watched, place, package, make, cell, name, rows
) -> None:
    """A file that a library opens in C or Rust is an input as any other."""
    pytest.importorskip(package)
    watched.run("import numpy as np, pandas as pd", "df = pd.read_csv('t.csv')", make or "pass")
    run = watched.track(cell).background()
    assert run.outcome.error is None
    assert name in names(run)
    assert (
        run.datasets[INPUT, name]["digest"] == hashlib.sha256(Path(name).read_bytes()).hexdigest()
    )
    if rows is not None:
        assert document(run, name).row_count == rows
    assert run.failures == []


class TestQueries:
    def test_sqlite3(self, watched, place) -> None:
        """A query has its text and its database."""
        watched.run(
            "import sqlite3, pandas as pd\nc = sqlite3.connect('d.db')",
            "pd.read_csv('t.csv').to_sql('things', c, index=False); c.commit(); c.close()",
        )
        run = watched.track(
            "c = sqlite3.connect('d.db')\nx = pd.read_sql('select * from things where a > 1', c)"
        ).background()
        found = [key for key in run.datasets if "things" in key[1]]
        assert found
        assert "where a > 1" in (document(run, found[0][1]).query or "")

    def test_sqlalchemy_without_its_password(self, watched, place) -> None:
        """The connection of a query is kept without its password."""
        watched.run(
            "import sqlalchemy as sa\ne = sa.create_engine('sqlite:///d.db')",
            "with e.begin() as c: c.execute(sa.text('create table t (a int)'))",
        )
        run = watched.track("with e.connect() as c: c.execute(sa.text('select a from t')).all()")
        run.background()
        name = next(name for _, name in run.datasets if name == "t")
        assert "select a from t" in (document(run, name).query or "")


@pytest.fixture
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A web server of its own process, on loopback, with one table."""
    folder = tmp_path_factory.mktemp("site")
    (folder / "served.csv").write_text("a,b\n1,2\n3,4\n")
    command = [sys.executable, "-u", "-m", "http.server", "0", "--bind", "127.0.0.1"]
    with subprocess.Popen(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as server:
        assert server.stdout is not None
        port = server.stdout.readline().partition(" port ")[2].split()[0]
        yield f"http://127.0.0.1:{port}"
        server.terminate()


def test_a_url_is_an_input_without_its_secrets(watched, place, site) -> None:
    """What is fetched is an input; credentials in its address are not kept."""
    watched.run("import pandas as pd")
    url = f"{site}/served.csv?token=abc123&page=2"
    run = watched.track(f"df = pd.read_csv('{url}')").background()
    facts = run.datasets[INPUT, "served.csv"]
    assert facts["source"].endswith("/served.csv?token=***&page=2")
    assert facts["source_type"] == "http"
    assert document(run, "served.csv").row_count == 2


def test_a_notebook_that_reads_what_another_wrote_is_linked_to_its_run(tmp_path) -> None:
    """Two kernels share a file: the reader's run names the writer's."""
    with kernel(tmp_path) as first:
        first.run("%%track -n writer\nn = open('shared.csv', 'w').write('a,b')")
        with first.store():
            pass
    with kernel(tmp_path) as second:
        second.run("%%track -n reader\ntext = open('shared.csv').read()")
        second.run("from nbtrack.tracking.session import session as s; s().background.wait(20)")
        with second.store() as store:
            from nbtrack.present import dataset_infos
            from nbtrack.store.base import RunQuery

            reader = store.search_runs(RunQuery(filter="run_name = 'reader'")).items[0]
            [data] = dataset_infos(store, reader.run_id)
            assert data.name == "shared.csv"
            assert [link.run_name for link in data.written_by] == ["writer"]
