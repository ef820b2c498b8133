"""Functions of libraries that are watched stay what they are to the user."""

from __future__ import annotations

import inspect
import pickle
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pandas as pd
import pytest

from nbtrack.capture.data.readers import WATCHED
from nbtrack.capture.data.seen import file_state
from nbtrack.entities import Direction
from nbtrack.tracking.digests import FileDigests
from nbtrack.wire import DatasetDocument
from tests.capture.shell import WatchedShell


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A working directory with a table in it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.csv").write_text("a,b\n1,x\n2,y\n,x\n")
    yield tmp_path
    WATCHED.uninstall()


def test_a_watched_function_keeps_its_signature_and_pickles(watched: WatchedShell) -> None:
    """So it can go to worker processes; taken back, it is the very one from before."""
    WATCHED.uninstall()
    original = pd.read_csv
    watched.track("x = 1")
    assert pd.read_csv is not original
    assert inspect.signature(pd.read_csv) == inspect.signature(original)
    assert pickle.loads(pickle.dumps(pd.read_csv)) is pd.read_csv
    WATCHED.uninstall()
    assert pd.read_csv is original


WARNS = """import warnings
with warnings.catch_warnings(record=True) as told:
    warnings.simplefilter('always')
    {call}
lines = [each.lineno for each in told]
"""


@pytest.mark.parametrize(
    "call",
    [
        "import numpy as np; np.loadtxt('empty.txt')",
        "import numpy as np; np.genfromtxt('empty.txt')",
        "import pandas as pd; pd.read_csv('a.csv', sep='a,', parse_dates=['b'], index_col=False)",
    ],
)
def test_warnings_name_the_users_line(watched: WatchedShell, place: Path, call: str) -> None:
    """A reader's warning is about the same line as without tracking."""
    (place / "empty.txt").touch()
    cell = WARNS.format(call=call)
    watched.run(f"# first line\n{cell}")
    untracked = watched.shell.user_ns.get("lines")
    watched.track(cell)
    assert watched.shell.user_ns.get("lines") == untracked


def test_a_table_is_profiled_as_it_was_read(watched: WatchedShell) -> None:
    """Nulls, distinct values, range and mean are those before the cell changed the table."""
    run = watched.track("import pandas as pd\nt = pd.read_csv('a.csv')\nt['a'] = 9")
    text = run.background().datasets[Direction.INPUT, "a.csv"]["document"]
    found = msgspec.json.decode(text, type=DatasetDocument)
    a, b = found.columns
    assert (found.row_count, a.null_count, a.min, a.max, a.mean) == (3, 1, "1.0", "2.0", 1.5)
    assert (b.distinct_count, b.min) == (2, None)


def test_duckdb_finds_the_tables_of_its_caller(watched: WatchedShell) -> None:
    """Also those of a function: nothing stands between it and its caller."""
    pytest.importorskip("duckdb")
    run = watched.track(
        "import duckdb, pandas as pd",
        "def total():\n    local = pd.DataFrame({'x': [1, 2]})\n"
        "    return float(duckdb.sql('select sum(x) from local').fetchall()[0][0])\nn = total()",
    )
    assert run.metrics["n"] == 3.0


def test_digests_are_remembered_by_the_state_of_a_file(place: Path) -> None:
    """Other processes have them, too; a file that is too large is not hashed, and says so."""
    path = str(place / "a.csv")
    state = file_state(path)
    assert state is not None
    digest, _ = FileDigests(str(place)).digest(path, state, 100)
    assert digest is not None
    assert "max_digest_bytes" in FileDigests().digest(path, state, 3)[1]
    Path(path).unlink()
    assert FileDigests(str(place)).digest(path, state, 100) == (digest, "")
    assert FileDigests().digest(path, state, 100)[0] is None
