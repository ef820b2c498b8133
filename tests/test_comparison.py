"""Runs side by side."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from nbtrack.causes import causes
from nbtrack.comparison import compare, compare_code, compare_runs
from nbtrack.entities import Origin
from nbtrack.errors import NotFoundError
from nbtrack.records import CaptureReported, DatasetLogged, EnvironmentCaptured, ParamLogged
from nbtrack.testing.builders import (
    dataset,
    execution_ended,
    execution_started,
    run_started,
    session_started,
)
from nbtrack.testing.clock import START
from nbtrack.tracking.begin import begin_run
from nbtrack.tracking.session import Session
from nbtrack.wire import CaptureReport, EnvironmentInfo, PackageInfo

SECOND = timedelta(seconds=1)


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    """A session on a store of its own."""
    made = Session(tmp_path / "store", drain_interval_s=0.01)
    yield made
    made.close()


def test_comparing_puts_differences_first(session: Session) -> None:
    """One row a thing, a value for each run, the best marked where a direction is known."""
    ids = []
    for lr, loss in ((0.1, 0.5), (0.2, 0.25)):
        with begin_run(session, run_name="same", tags={"t": "x"}) as run:
            run.log_params({"lr": lr, "model": "rf"})
            run.log(loss=loss, odd=1.0)
            if lr == 0.2:
                run.log(only=math.inf)
        ids.append(run.run_id)
    session.flush()
    rows = compare(session.store.get_runs(ids))
    by_key = {(row.kind, row.key): row for row in rows}
    assert by_key["param", "lr"].values == ["0.1", "0.2"]
    assert by_key["metric", "loss"].best == 1
    assert by_key["metric", "loss"].direction == "min"
    assert by_key["metric", "only"].values == [None, "Infinity"]
    assert by_key["metric", "odd"].direction is None
    assert not by_key["tag", "t"].differs
    differing = [row.differs for row in rows]
    assert differing == sorted(differing, reverse=True)
    assert rows[0].key == "lr"
    found = compare_runs(session.store, ids, path=lambda path: None)
    assert [run.run_id for run in found.runs] == ids
    assert found.rows[0].key == "lr"
    with pytest.raises(NotFoundError):
        compare_runs(session.store, [ids[0], "0" * 32])


def test_settings_at_their_defaults_are_no_difference_by_themselves(session: Session) -> None:
    """A run without a model differs in what was set of it; params that changed come first."""
    ids = []
    for number, settings in enumerate(({"SVC.C": False, "SVC.tol": True}, {})):
        with begin_run(session) as run:
            run.log_param("z", number)
            for key, is_default in settings.items():
                run.log_param(key, "1", origin=Origin("object", is_default=is_default))
        ids.append(run.run_id)
    session.flush()
    rows = [row for row in compare(session.store.get_runs(ids)) if row.kind == "param"]
    assert [(row.key, row.differs) for row in rows] == [
        ("z", True),
        ("SVC.C", True),
        ("SVC.tol", False),
    ]


def test_code_that_ran_differently_is_told() -> None:
    """Cells of equal text are left out; a cell that only one run depends on is told as such."""
    found = compare_code(
        [
            {"load": "X = 1", "prepare": "Y = X", None: "fit(1)"},
            {"load": "X = 1", "scale": "Z = X", None: "fit(2)"},
        ]
    )
    assert [(code.cell_id, code.versions, code.choices) for code in found] == [
        ("prepare", ["Y = X"], [0, None]),
        ("scale", ["Z = X"], [None, 0]),
        (None, ["fit(1)", "fit(2)"], [0, 1]),
    ]


def test_data_and_code_of_runs_are_compared(session: Session) -> None:
    """Runs that read other contents, or ran other code before them, differ there."""
    session.store.apply([session_started()])
    for number, digest in ((1, "a" * 64), (2, "b" * 64)):
        before, own, run_id = f"before-{number}", f"own-{number}", f"run-{number}"
        session.store.apply(
            [
                execution_started(
                    before,
                    source=f"rate = {number}",
                    cell_id="rate",
                    started_at=START + SECOND * 2 * number,
                ),
                execution_ended(before, names_written=("rate",)),
                execution_started(
                    own, source="fit(rate)", started_at=START + SECOND * (2 * number + 1)
                ),
                execution_ended(own, names_read=("rate",)),
                run_started(run_id, msg_id=own),
                DatasetLogged(dataset(run_id, digest=digest)),
            ]
        )
    found = compare_runs(session.store, ["run-1", "run-2"])
    data = next(row for row in found.rows if row.kind == "data")
    assert (data.key, data.values, data.differs) == ("iris.csv", ["a" * 12, "b" * 12], True)
    assert [(code.cell_id, code.choices) for code in found.code] == [("rate", [0, 1])]


def test_causes_are_told_the_likeliest_first(session: Session) -> None:
    """Code, local modules, params, data, packages and environment, in this order."""
    store = session.store
    store.apply([session_started()])
    for number, python in ((1, "3.11.1"), (2, "3.12.0")):
        packages = [("abc", "1"), ("numpy", f"{number}.0"), ("zlib", str(number))]
        environment = EnvironmentInfo(
            python=python,
            implementation="CPython",
            platform="Linux",
            executable="python",
            cpu_count=2,
            packages=[PackageInfo(name=name, version=version) for name, version in packages],
        )
        report = CaptureReport(
            imported=[PackageInfo(name="zlib", version="1")],
            local_modules={"tools.py": str(number) * 64},
        )
        (digest,) = store.put_blobs([msgspec.json.encode(environment)])
        own, run_id = f"own-{number}", f"run-{number}"
        store.apply(
            [
                execution_started(own, source=f"fit({number})"),
                execution_ended(own),
                run_started(run_id, msg_id=own),
                EnvironmentCaptured(run_id, digest),
                CaptureReported(run_id, msgspec.json.encode(report).decode()),
                ParamLogged(run_id, "lr", str(number)),
                DatasetLogged(dataset(run_id, digest=str(number) * 64)),
            ]
        )
    found = compare_runs(store, ["run-1", "run-2"])
    assert [cause.text for cause in found.causes] == [
        "1 cell ran other code",
        "other code in local modules: tools.py",
        "other params: lr 1 → 2",
        "other contents of the data read: iris.csv",
        "other packages: zlib 1 → 2, numpy 1.0 → 2.0",
        "another environment: python 3.11.1 (CPython) → 3.12.0 (CPython)",
    ]
    assert ("package", "abc") not in [(row.kind, row.key) for row in found.rows]


def test_runs_that_do_not_differ_say_so(session: Session) -> None:
    """Where nothing that was recorded differs chance is named, and what was not recorded."""
    session.store.apply([session_started(), run_started("run-1"), run_started("run-2")])
    found = compare_runs(session.store, ["run-1", "run-2"])
    assert [cause.kind for cause in found.causes] == ["unknown"]
    assert causes([], [])[0].text.startswith("nothing that was recorded differs")
