"""How SQLite goes about a search: along indexes, so that a large store is as quick as a small one.

`tests/benchmarks/bench_store` measures it; here is why it holds.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from nbtrack.store import open_store
from nbtrack.store.base import RunQuery
from nbtrack.store.planning import MOST_ROWS, Counted, Way, shortest
from nbtrack.store.run_query import RunSelection
from nbtrack.store.sql import SqlStore
from nbtrack.testing.builders import execution_started, session_started, whole_run


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    """A store with two runs; how SQLite goes about it depends on the indexes only."""
    opened = open_store(tmp_path / "store")
    assert isinstance(opened, SqlStore)
    opened.apply([session_started(), execution_started("m")])
    for name in "ab":
        opened.apply(
            whole_run(name, params={"model": "rf", "lr": "0.1"}, metrics={"acc": 1.0}, msg_id="m")
        )
    yield opened
    opened.close()


@contextmanager
def plans(store: SqlStore) -> Iterator[list[str]]:
    """Collects the steps of SQLite's plan of every SELECT within."""
    statements: list[tuple[str, Any]] = []
    steps: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        statements.append((statement, parameters))

    engine = store._database._engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield steps
    finally:
        event.remove(engine, "before_cursor_execute", note)
    with store._database.read() as connection:
        for statement, parameters in statements:
            if statement.startswith("SELECT"):
                plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
                steps += [row[3] for row in plan]


def page_plan(store: SqlStore, query: RunQuery, *, way: Way) -> list[str]:
    """The plan of one page, found the one way or the other."""
    with plans(store) as steps, store._database.read() as connection:
        run_ids, _ = RunSelection(query, way=way).page(connection)
        assert run_ids
    return steps


def scans(steps: list[str]) -> list[str]:
    """Steps that look at every row of a table; the one row of a count in a subquery is none."""
    return [step for step in steps if step.startswith("SCAN") and "anon" not in step]


FILTER = "params.model = 'rf' AND metrics.acc > 0.5"


@pytest.mark.parametrize(
    ("order", "index"),
    [
        ("metrics.acc DESC", "ix_metrics_last (key=? AND last>?)"),
        ("metrics.acc", "ix_metrics_last (key=? AND last>?)"),
        ("params.model", "ix_params_value (key=?"),
        ("tags.team", "ix_tags_value (key=?"),
        ("start_time DESC", "ix_runs_lifecycle (lifecycle_stage=?)"),
    ],
)
def test_many_matches_are_walked_in_order(store: SqlStore, order: str, index: str) -> None:
    """Where many runs match, an index gives them in order, and nothing is sorted as a whole."""
    steps = page_plan(store, RunQuery(filter=FILTER, order_by=(order,), limit=1), way="walk")
    assert any(index in step for step in steps), steps
    assert not scans(steps), steps
    assert "USE TEMP B-TREE FOR ORDER BY" not in steps, steps


@pytest.mark.parametrize(
    ("filter_text", "index"),
    [
        ("params.model = 'rf'", "ix_params_value (key=? AND number=? AND value=?)"),
        ("params.model IN ('rf', 'x')", "ix_params_value (key=? AND number=? AND value=?)"),
        ("metrics.acc >= 1", "ix_metrics_last (key=? AND last>?)"),
        ("run_id = 'a'", "sqlite_autoindex_runs_1 (run_id=?)"),
        ("start_time > 0", "ix_runs_lifecycle (lifecycle_stage=? AND started_at>?)"),
    ],
)
def test_few_matches_are_found_by_index(store: SqlStore, filter_text: str, index: str) -> None:
    """Where few runs match a condition, its index finds them."""
    query = RunQuery(filter=filter_text, order_by=("metrics.acc DESC",))
    steps = page_plan(store, query, way="narrow")
    assert any(index in step for step in steps), steps
    assert not scans(steps), steps


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ([], ("walk", 0)),
        ([0, MOST_ROWS], ("narrow", 0)),
        ([MOST_ROWS, 40], ("narrow", 1)),
        ([90], ("narrow", 0)),
        ([900], ("list", 0)),
        ([10_000], ("walk", 0)),
        ([MOST_ROWS], ("walk", 0)),
        ([10_000, 10_000], ("list", 0)),
        ([MOST_ROWS, 10_000, 9_000], ("list", 2)),
        ([MOST_ROWS] * 3, ("walk", 0)),
    ],
)
def test_the_shortest_way_is_taken(counts: list[int], expected: tuple[Way, int]) -> None:
    """Of 100 000 runs, 100 are found through what few of them meet, a list, or one by one."""
    assert shortest([Counted(count) for count in counts], 100_000, 100) == expected


def test_few_runs_have_a_way(store: SqlStore) -> None:
    """In an empty store, or for a page larger than the store, there is a way as well."""
    for total in (0, 1, 5):
        assert shortest([Counted(0)], total, 1000) == ("narrow", 0)
        assert shortest([Counted(total), Counted(total)], total, 1000)
    assert shortest([Counted(10_000, listable=False)] * 2, 100_000, 100)[0] != "list"


def test_a_list_is_made_once(store: SqlStore) -> None:
    """A list of ids is made before the walk, along an index, and the walk stays one."""
    query = RunQuery(filter=FILTER, order_by=("metrics.loss",), limit=1)
    store.apply(whole_run("c", params={"model": "rf"}, metrics={"acc": 1.0, "loss": 1.0}))
    store.apply(whole_run("d", params={"model": "rf"}, metrics={"acc": 1.0, "loss": 1.0}))
    steps = page_plan(store, query, way="list")
    at = steps.index("LIST SUBQUERY 1")
    assert "COVERING INDEX ix_params_value (key=? AND number=? AND value=?)" in steps[at + 1]
    assert any("ordered USING COVERING INDEX ix_metrics_last" in step for step in steps)


def test_counting_needs_no_runs(store: SqlStore) -> None:
    """Runs are counted by the params and metrics they are asked for, without looking at them."""
    with plans(store) as steps:
        assert store.count_runs(RunQuery(filter=FILTER)) == 2
    assert not any(step.startswith(("SEARCH runs USING INDEX", "SCAN runs")) for step in steps)
    assert all("USING INDEX" not in step or "COVERING" in step for step in steps)


def test_words_are_looked_up_once(store: SqlStore) -> None:
    """The full-text index is asked once, not for every text or run."""
    with plans(store) as steps:
        assert store.search_runs(RunQuery(text="x")).items
        assert store.search_text("x").items
    places = [at for at, step in enumerate(steps) if "text_index" in step]
    assert places
    assert all(steps[at - 1].startswith("LIST SUBQUERY") for at in places), steps
