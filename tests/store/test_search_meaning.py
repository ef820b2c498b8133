"""Filters and orders: the store finds the runs that plain Python finds, whichever way it goes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cmp_to_key
from pathlib import Path
from random import Random
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbtrack.entities import Run
from nbtrack.store import open_store
from nbtrack.store.base import RunQuery
from nbtrack.store.planning import Way
from nbtrack.store.run_query import RunSelection
from nbtrack.store.sql import SqlStore
from nbtrack.testing.builders import session_started
from tests.store.search_model import (
    COMPARE,
    CONDITIONS,
    NOTEBOOKS,
    RANGES,
    Clause,
    Condition,
    Known,
    clauses,
    records_of,
    session_id,
)

View = Literal["active", "deleted", "all"]


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Known]:
    """Sixty runs, many of them alike."""
    store = open_store(tmp_path_factory.mktemp("meaning") / "store")
    assert isinstance(store, SqlStore)
    chance = Random(11)
    store.apply(
        [
            *(
                session_started(session_id(number), kernel_id=None, notebook_path=path)
                for number, path in enumerate(NOTEBOOKS)
            ),
            *(record for index in range(60) for record in records_of(index, chance)),
        ]
    )
    store.set_lifecycle([f"run-{index:02}" for index in range(0, 60, 7)], deleted=True)
    runs = list(store.search_runs(RunQuery(view="all")).items)
    datasets = {run.run_id: [each.name for each in store.list_datasets(run.run_id)] for run in runs}
    paths: dict[str | None, str | None] = {
        each.notebook_id: each.path for each in store.list_notebooks()
    }
    yield Known(store, runs, datasets, paths | {None: None})
    store.close()


def in_order(runs: list[Run], order: list[Clause]) -> list[str]:
    """Ids, by rank and value of each clause in turn, then newest first, then by id."""

    def compare(one: Run, other: Run) -> int:
        for clause in order:
            for key, down in ((clause.rank, False), (clause.value, clause.descending)):
                a, b = key(one), key(other)
                if a != b:
                    return (1 if a > b else -1) * (-1 if down else 1)
        a, b = (
            (-one.started_at.timestamp(), one.run_id),
            (-other.started_at.timestamp(), other.run_id),
        )
        return (a > b) - (a < b)

    return [run.run_id for run in sorted(runs, key=cmp_to_key(compare))]


def pages(known: Known, query: RunQuery, way: Way) -> list[str]:
    """All pages of a query, found the one way or the other."""
    seen: list[str] = []
    token = None
    while True:
        asked = replace(query, page_token=token)
        with known.store._database.read() as connection:
            found, token = RunSelection(asked, way=way).page(connection)
        assert len(found) <= query.limit
        seen += found
        if token is None:
            return seen


@settings(max_examples=150, deadline=None)
@given(
    CONDITIONS,
    st.lists(clauses(), max_size=3),
    st.sampled_from((4, 15, 100)),
    st.sampled_from(("active", "active", "deleted", "all")),
)
def test_the_store_finds_what_python_finds(
    known: Known, condition: Condition, order: list[Clause], limit: int, view: View
) -> None:
    """Any filter and order, in pages of any size, along an index or by sorting a few."""
    text, holds = condition
    seen = [run for run in known.runs if view in ("all", run.lifecycle_stage)]
    expected = in_order([run for run in seen if holds(known, run)], order)
    order_by = tuple(each.text for each in order)
    query = RunQuery(filter=text, order_by=order_by, limit=limit, view=view)
    assert pages(known, query, way="walk") == expected
    assert pages(known, query, way="list") == expected
    assert pages(known, query, way="narrow") == expected
    page = known.store.search_runs(replace(query, limit=100))
    assert [run.run_id for run in page.items] == expected
    assert known.store.count_runs(query) == len(expected)


def test_store_of_other_sizes_continues_a_token(known: Known, tmp_path: Path) -> None:
    """A page token goes on where it stopped, also if the next page is found the other way."""
    query = RunQuery(filter="params.model != 'x'", order_by=("metrics.acc DESC", "params.lr"))
    whole = pages(known, query, way="walk")
    ways: list[Way] = ["narrow", "walk", "list"]
    seen: list[str] = []
    token = None
    for number in range(100):
        asked = replace(query, limit=3, page_token=token)
        with known.store._database.read() as connection:
            found, token = RunSelection(asked, way=ways[number % 3]).page(connection)
        seen += found
        if token is None:
            break
    assert seen == whole


@pytest.mark.parametrize("field", ["start_time", "end_time"])
@pytest.mark.parametrize("operator", RANGES)
def test_times_are_compared_by_the_millisecond(known: Known, operator: str, field: str) -> None:
    """A time is the millisecond it is in, whatever comparison and whatever is beside it."""
    for time in sorted({getattr(run, field) for run in known.runs} - {None}):
        for value in (time - 1, time - 0.5, time, time + 0.5, time + 1):
            query = RunQuery(filter=f"{field} {operator} {value!r}", view="all")
            expected = [
                run.run_id
                for run in known.runs
                if getattr(run, field) is not None and COMPARE[operator](getattr(run, field), value)
            ]
            assert pages(known, query, way="narrow") == expected
            assert pages(known, query, way="walk") == expected
