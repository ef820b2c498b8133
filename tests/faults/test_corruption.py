"""Every byte of a small journal is damaged in turn: nothing wrong is read, and it is told."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from nbtrack.entities import KernelSession, Origin, RunStatus, utc_now
from nbtrack.errors import JournalError
from nbtrack.journal import Journal, adopt
from nbtrack.records import ParamLogged, RunStarted, SessionStarted
from nbtrack.store import open_store
from nbtrack.store.base import RunQuery, Store
from nbtrack.tracking.adoption import adopt_journals
from tests.faults.processes import LONG

RUN_ID = "a" * 32
VALUES = [0.5, 1.5, 2.5]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, bytes, int]:
    """A dead process's journal: its name, its bytes, and how many of them were written."""
    journal = Journal(tmp_path_factory.mktemp("journals"))
    journal.append(SessionStarted(KernelSession(journal.journal_id, utc_now())))
    journal.append(RunStarted(RUN_ID, "small", utc_now(), journal.journal_id))
    journal.append(ParamLogged(RUN_ID, "lr", "0.1", Origin("explicit")))
    for step, value in enumerate(VALUES):
        journal.append_point(journal.number(RUN_ID, "x"), step, 1_000_000, value)
    name, end, path = journal.path.name, journal.position, journal.path
    assert not journal.close()
    return name, path.read_bytes(), end


def test_every_byte_of_the_file_that_was_ever_written(
    tmp_path: Path, whole: tuple[str, bytes, int]
) -> None:
    """Read on its own: the records before the damage are as written, and none after it."""
    name, data, end = whole
    path = tmp_path / name
    path.write_bytes(data)
    file = adopt(path)
    assert file is not None
    good = list(map(repr, file.read(0).records))
    file.close()
    # The header's page is mostly empty; what is in it are its first words, and their copy.
    words = [*range(72), *range(2048, 2048 + 72)]
    for offset in [*(range(4096) if LONG else words), *range(4096, end + 64)]:
        damaged = bytearray(data[: end + 4096])
        damaged[offset] ^= 0xFF
        path.write_bytes(damaged)
        try:
            file = adopt(path)
        except JournalError as error:
            raise AssertionError(f"one byte, {offset}, must not cost all of it") from error
        assert file is not None
        found = file.read(0)
        read = list(map(repr, found.records))
        if 4096 <= offset < end:
            assert found.damage, offset
            # Of the last, which gathers points, the first ones may be there without the rest.
            assert read[:-1] == good[: max(0, len(read) - 1)], offset
            assert len(read) <= len(good)
        else:
            assert read == good, offset
        file.close()


def test_through_adoption_into_a_store(tmp_path: Path, whole: tuple[str, bytes, int]) -> None:
    """What the store gets is a beginning of what was logged, and the damage is reported."""
    name, data, end = whole
    open_store(tmp_path / "empty").close()
    for offset in range(4096, end, 1 if LONG else 13):
        damaged = bytearray(data)
        damaged[offset] ^= 0xFF
        place = tmp_path / "store"
        shutil.copytree(tmp_path / "empty", place)
        (place / "journals").mkdir()
        (place / "journals" / name).write_bytes(damaged)
        store = open_store(place)
        report = adopt_journals(store)
        assert len(report.problems) == 1, offset
        assert "Everything before it was kept" in report.problems[0]
        assert [each.suffix for each in (place / "journals").iterdir()] == [".damaged"]
        _check(store, offset)
        store.close()
        shutil.rmtree(place)


def _check(store: Store, offset: int) -> None:
    runs = store.search_runs(RunQuery()).items
    if not runs:
        return
    (run,) = runs
    assert (run.run_id, run.status) == (RUN_ID, RunStatus.KILLED), offset
    assert run.data.params in ({}, {"lr": "0.1"})
    if "x" in run.metrics:
        assert run.data.params == {"lr": "0.1"}
        values = store.metric_series(RUN_ID, "x").values.tolist()
        assert values == VALUES[: len(values)], offset
