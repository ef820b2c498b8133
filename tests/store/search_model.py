"""What filters and orders mean, in plain Python: made up at random, with their text."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Any

from hypothesis import strategies as st

from nbtrack.entities import EndReason, Run, RunStatus
from nbtrack.records import DatasetLogged, ParamLogged, Record, RunEnded, TagSet
from nbtrack.store.rows import number_of
from nbtrack.store.sql import SqlStore
from nbtrack.testing.builders import dataset, points, run_started
from nbtrack.testing.clock import START

METRICS = ("acc", "val-loss", "my metric")
PARAMS = ("model", "lr", "my param")
TAGS = ("team", "my tag")
TEXTS = ("rf", "RF", "svm", "50% of it", "50 of it", "a_b", "axb", "it's", "", "0.1", "1e-1", "10")
NUMBERS = (0.0, 0.1, 0.5, 1.0, -2.0, 10.0, 1e300)
NAMES = ("calm otter", "brave fox", "Calm Otter")
NOTEBOOKS = ("/data/a.ipynb", "/data/deep/a.ipynb", "/data/b%.ipynb")
DATASETS = ("train.csv", "test.csv")


def session_id(notebook: int) -> str:
    """The session that runs in a notebook."""
    return str(notebook) * 32


def records_of(index: int, chance: Random) -> list[Record]:
    """A run with some of everything."""
    run_id, at = f"run-{index:02}", START + timedelta(seconds=chance.randrange(8), microseconds=1)
    records: list[Record] = [
        run_started(
            run_id,
            run_name=chance.choice(NAMES),
            started_at=at,
            cell_id=chance.choice(("c1", "c2", None)),
            session_id=session_id(chance.randrange(4)),
        )
    ]
    for key in PARAMS:
        if chance.random() < 0.8:
            records.append(ParamLogged(run_id, key, chance.choice(TEXTS)))
    for key in TAGS:
        if chance.random() < 0.6:
            records.append(TagSet(run_id, key, chance.choice(TEXTS)))
    for key in METRICS:
        if chance.random() < 0.8:
            value = chance.choice((*NUMBERS, math.nan, math.inf, -math.inf))
            records.append(points([value], run_id=run_id, key=key))
    for name in DATASETS:
        if chance.random() < 0.4:
            records.append(DatasetLogged(dataset(run_id, name=name)))
    if chance.random() < 0.7:
        status = chance.choice((RunStatus.FINISHED, RunStatus.FAILED))
        records.append(RunEnded(run_id, status, EndReason.COMPLETED, at + timedelta(seconds=2)))
    return records


@dataclass(frozen=True)
class Known:
    """A store, and what is in it."""

    store: SqlStore
    runs: list[Run]
    datasets: dict[str, list[str]]
    notebooks: dict[str | None, str | None]


Predicate = Callable[[Known, Run], bool]
Condition = tuple[str, Predicate]


def like(pattern: str, text: str, *, any_case: bool) -> bool:
    """SQL's LIKE; the case of ASCII letters only is what ILIKE leaves out."""
    parts = {"%": ".*", "_": "."}
    expression = "".join(parts.get(each, re.escape(each)) for each in pattern)
    flags = re.DOTALL | (re.IGNORECASE | re.ASCII if any_case else 0)
    return re.fullmatch(expression, text, flags) is not None


COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    "LIKE": lambda a, b: like(b, a, any_case=False),
    "ILIKE": lambda a, b: like(b, a, any_case=True),
    "IN": lambda a, b: a in b,
    "NOT IN": lambda a, b: a not in b,
}
RANGES = ("=", "!=", ">", ">=", "<", "<=")
WORDS = ("=", "!=", "LIKE", "ILIKE", "IN", "NOT IN")


def quoted(text: str) -> str:
    """A text as a filter says it."""
    return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


@st.composite
def named(draw: st.DrawFn, kinds: tuple[str, ...], key: str) -> str:
    """A key after one of its kind's names, quoted where it must be or may be."""
    plain = [key] if re.fullmatch(r"[\w-]+", key) else []
    return (
        draw(st.sampled_from(kinds)) + "." + draw(st.sampled_from([*plain, f"`{key}`", f'"{key}"']))
    )


@st.composite
def compared(
    draw: st.DrawFn,
    name: str,
    value: Callable[[Known, Run], Any],
    operators: tuple[str, ...],
    values: Any,
) -> Condition:
    """A comparison of something with one or several values: the text, and what it means."""
    operator = draw(st.sampled_from(operators))
    spelled = draw(st.sampled_from([operator, operator.lower()]))

    def said(each: Any) -> str:
        return quoted(each) if isinstance(each, str) else repr(each)

    if operator.endswith("IN"):
        asked: Any = draw(st.lists(values, min_size=1, max_size=3))
        text = f"{name} {spelled} ({', '.join(map(said, asked))})"
    else:
        asked = draw(values)
        text = f"{name} {spelled} {said(asked)}"

    def holds(known: Known, run: Run) -> bool:
        found = value(known, run)
        missing = found is None or (isinstance(found, float) and math.isnan(found))
        return not missing and COMPARE[operator](found, asked)

    return text, holds


@st.composite
def held(draw: st.DrawFn) -> Condition:
    """A condition on a metric, a param or a tag."""
    kind = draw(st.sampled_from(("metric", "param", "number", "tag")))
    keys = {"metric": METRICS, "tag": TAGS}.get(kind, PARAMS)
    key = draw(st.sampled_from(keys))
    names = {
        "metric": ("metrics", "metric"),
        "tag": ("tags", "tag"),
    }.get(kind, ("params", "param", "parameters", "parameter"))
    name = draw(named(names, key))
    get: Callable[[Run], Any] = {
        "metric": lambda run: run.data.metrics.get(key),
        "param": lambda run: run.data.params.get(key),
        "number": lambda run: number_of(run.data.params.get(key, "")),
        "tag": lambda run: run.tags.get(key),
    }[kind]
    if draw(st.integers(0, 5)) == 0:
        negated = draw(st.booleans())
        if kind == "number":
            return held_or_not(name, lambda run: run.data.params.get(key), negated)
        return held_or_not(name, get, negated)
    numbers = kind in ("metric", "number")
    operators = (*RANGES, "IN", "NOT IN") if numbers else WORDS
    values = st.sampled_from(NUMBERS if numbers else (*TEXTS, "%f", "50\\% of it", "_F"))
    return draw(compared(name, lambda _known, run: get(run), operators, values))


def held_or_not(name: str, get: Callable[[Run], Any], negated: bool) -> Condition:
    """A condition that a run has something, or has not."""

    def holds(_known: Known, run: Run) -> bool:
        return (get(run) is not None) == negated

    return f"{name} IS {'NOT ' if negated else ''}NULL", holds


def ends_with(path: str | None, names: list[str]) -> bool:
    """A path is one of these, or ends with one."""
    return path is not None and any(path == each or path.endswith(f"/{each}") for each in names)


@st.composite
def attribute(draw: st.DrawFn) -> Condition:
    """A condition on an attribute, a dataset or the notebook."""
    prefix = draw(st.sampled_from(("", "attributes.", "attribute.", "run.", "attr.")))
    choice = draw(st.integers(0, 6))
    if choice == 0:
        name = draw(st.sampled_from(("run_name", "`Run name`")))
        return draw(
            compared(f"{prefix}{name}", lambda _, run: run.run_name, WORDS, st.sampled_from(NAMES))
        )
    if choice == 1:
        values = st.sampled_from(("FINISHED", "FAILED", "RUNNING"))
        return draw(compared(f"{prefix}status", lambda _, run: run.status.value, WORDS[:2], values))
    if choice == 2:
        name = draw(st.sampled_from(("start_time", "end_time", "created")))
        field = "end_time" if name == "end_time" else "start_time"
        first = int(START.timestamp() * 1000)
        near = st.sampled_from((-1, -0.5, 0, 0.5, 1))
        values = st.builds(lambda at, off: first + 1000 * at + off, st.integers(0, 9), near)
        return draw(compared(f"{prefix}{name}", lambda _, run: getattr(run, field), RANGES, values))
    if choice == 3:
        values = st.sampled_from(("c1", "c2", "c3"))
        return draw(compared(f"{prefix}cell_id", lambda _, run: run.cell_id, WORDS, values))
    if choice == 4:
        names = draw(
            st.lists(
                st.sampled_from(("a.ipynb", "deep/a.ipynb", *NOTEBOOKS)), min_size=1, max_size=2
            )
        )
        negated = draw(st.booleans())

        def in_notebook(known: Known, run: Run) -> bool:
            path = known.notebooks[run.notebook_id]
            return path is not None and ends_with(path, names) != negated

        listed = ", ".join(map(quoted, names))
        return f"{prefix}notebook {'NOT ' if negated else ''}IN ({listed})", in_notebook
    if choice == 5:
        name = draw(st.sampled_from(DATASETS))
        operator = draw(st.sampled_from(("=", "!=")))

        def read(known: Known, run: Run) -> bool:
            return any(COMPARE[operator](each, name) for each in known.datasets[run.run_id])

        return f"datasets.name {operator} {quoted(name)}", read
    values = st.sampled_from([f"run-{index:02}" for index in range(0, 70, 9)])
    return draw(compared(f"{prefix}run_id", lambda _, run: run.run_id, WORDS, values))


def joined(parts: list[Condition], word: str, rule: Callable[[Iterator[bool]], bool]) -> Condition:
    """Conditions joined by a word."""
    text = f" {word} ".join(f"({part})" if " or " in part.lower() else part for part, _ in parts)

    def holds(known: Known, run: Run) -> bool:
        return rule(test(known, run) for _, test in parts)

    return text, holds


def combined(parts: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
    """Several conditions, of which all or any must hold."""
    several = st.lists(parts, min_size=2, max_size=3)
    return several.map(lambda each: joined(each, "AND", all)) | several.map(
        lambda each: joined(each, "or", any)
    )


CONDITIONS = st.recursive(held() | held() | attribute(), combined, max_leaves=5)


@dataclass(frozen=True)
class Clause:
    """One thing to order by: its text and, for a run, its rank and its value."""

    text: str
    rank: Callable[[Run], int]
    value: Callable[[Run], Any]
    descending: bool


@st.composite
def clauses(draw: st.DrawFn) -> Clause:
    """Something to order by, one way or the other."""
    kind = draw(st.sampled_from(("metric", "param", "tag", "name", "end", "cell")))
    down = draw(st.booleans())
    way = draw(st.sampled_from((" DESC", " desc"))) if down else draw(st.sampled_from(("", " ASC")))
    if kind == "metric":
        key = draw(st.sampled_from(METRICS))

        def metric(run: Run) -> float | None:
            return run.data.metrics.get(key)

        return Clause(
            f"{draw(named(('metrics',), key))}{way}",
            lambda run: 2 if metric(run) is None else int(math.isnan(metric(run) or 0.0)),
            lambda run: (
                0.0 if metric(run) is None or math.isnan(metric(run) or 0.0) else metric(run)
            ),
            down,
        )
    if kind == "param":
        key = draw(st.sampled_from(PARAMS))

        def param(run: Run) -> str | None:
            return run.data.params.get(key)

        return Clause(
            f"{draw(named(('params',), key))}{way}",
            lambda run: 2 if param(run) is None else int(number_of(param(run) or "") is None),
            lambda run: (number_of(param(run) or "") or 0.0, param(run) or ""),
            down,
        )
    get: Callable[[Run], Any] = {
        "tag": lambda run: run.tags.get("team"),
        "name": lambda run: run.run_name,
        "end": lambda run: run.end_time,
        "cell": lambda run: run.cell_id,
    }[kind]
    name = {"tag": "tags.team", "name": "run_name", "end": "end_time", "cell": "attributes.cell_id"}
    empty: Any = 0 if kind == "end" else ""
    return Clause(
        f"{name[kind]}{way}", lambda run: int(get(run) is None), lambda run: get(run) or empty, down
    )
