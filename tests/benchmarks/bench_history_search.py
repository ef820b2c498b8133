"""What finding costs in a history of ten thousand revisions, and what it costs to be found."""

from __future__ import annotations

import dataclasses
import json
import random
import re
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from functools import partial
from pathlib import Path

from nbtrack.entities import CellVersion, Manifest
from nbtrack.history.timeline import timeline
from nbtrack.present import revision_infos
from nbtrack.store import open_store
from nbtrack.store.base import NewRevision, RevisionFilter, Store
from nbtrack.store.dialect import DATABASE_NAME
from nbtrack.testing.builders import new_revision
from nbtrack.testing.clock import START
from nbtrack.testing.contract_finding import picture, printed
from tests.benchmarks.harness import Figure, paired_medians

REVISIONS = 10_000
CELLS = 40
REPEATS = 15
WORDS = [
    "alpha",
    "beta",
    "gamma",
    "delta",
    "epsilon",
    "rate",
    "depth",
    "forest",
    "network",
    "batch",
    "momentum",
]


def measure() -> list[Figure]:
    """One notebook of forty cells, one of which changes, with its output, in each revision."""
    with tempfile.TemporaryDirectory() as place:
        store = open_store(place)
        notebook_id, digests, recorded_s = _fill(store)
        figures = [
            *_searches(store, notebook_id, digests),
            *_timeline(store, notebook_id, Path(place) / DATABASE_NAME),
            Figure(
                "a revision added, with its words",
                recorded_s * 1e3,
                0.0,
                "ms",
                "nothing",
                compared="difference",
                goal=5.0,
            ),
        ]
        store.close()
        figures.append(_index_size(Path(place) / DATABASE_NAME))
        return figures


def _fill(store: Store) -> tuple[str, list[str], float]:
    chance = random.Random(5)
    notebook_id = store.create_notebook("/data/study.ipynb").notebook_id
    [empty] = store.put_blobs([b"{}"])
    cells = [CellVersion(f"cell-{number}", "code", empty, empty) for number in range(CELLS)]
    times, contents = [], []
    for number in range(REVISIONS):
        place = chance.randrange(CELLS)
        word = chance.choice(WORDS)
        source = f"{word} = fit(depth={number})\nplot({chance.choice(WORDS)}, step_{number})"
        output = (
            picture(f"picture {number}".encode())
            if number % 10 == 0
            else printed(
                "\n".join(f"epoch {epoch} loss {chance.random():.4f}" for epoch in range(20))
            )
        )
        digests = store.put_blobs([source.encode(), json.dumps(output).encode()])
        contents += digests
        cells[place] = CellVersion(f"cell-{place}", "code", digests[0], empty, (digests[1],))
        revision = _revision(notebook_id, Manifest(tuple(cells), empty), number, f"cell-{place}")
        started = time.perf_counter()
        store.add_revision(revision)
        times.append(time.perf_counter() - started)
    return notebook_id, contents, statistics.median(times)


def _revision(notebook_id: str, manifest: Manifest, number: int, cell_id: str) -> NewRevision:
    at = START + timedelta(minutes=3 * number + 60 * (number // 40))
    author = "bob" if number % 7 == 0 else "ada"
    made = new_revision(notebook_id, created_at=at, author=author, changed=[cell_id])
    return dataclasses.replace(made, manifest=manifest)


def _searches(store: Store, notebook_id: str, digests: list[str]) -> list[Figure]:
    def scanned(word: str) -> int:
        pattern = re.compile(rf"\b{word}".encode())
        return sum(bool(pattern.search(data)) for data in store.get_blobs(digests).values())

    figures = []
    for name, word in (("a rare word", "step_7777"), ("a word of each tenth version", "forest")):
        assert store.search_history(word).items
        assert scanned(word)
        found_s, scanned_s = paired_medians(
            partial(store.search_history, word), partial(scanned, word), repeats=5
        )
        what = f"{name} in all of 10 000 revisions"
        figures += [
            _most(what, found_s, 100.0),
            Figure(what, found_s * 1e3, scanned_s * 1e3, "ms", "reading each text once"),
        ]
    shown_s = _median(lambda: store.list_figures(notebook_id, limit=60))
    return [*figures, _most("first 60 of 1 000 figures", shown_s, 100.0)]


def _timeline(store: Store, notebook_id: str, path: Path) -> list[Figure]:
    def opened() -> None:
        assert timeline(store, notebook_id).total == REVISIONS
        page = store.list_revisions(notebook_id, limit=50)
        assert len(revision_infos(store, page.items)) == 50

    bob = RevisionFilter(author="bob", cell_id="cell-3")
    with closing(sqlite3.connect(path)) as connection:
        numbers = "SELECT number, created_at FROM revisions WHERE notebook_id = ? ORDER BY number"
        opened_s, bare_s = paired_medians(
            opened, lambda: connection.execute(numbers, (notebook_id,)).fetchall(), repeats=REPEATS
        )
    filtered_s = _median(lambda: timeline(store, notebook_id, bob))
    what = "timeline of 10 000 revisions and its first page"
    return [
        _most(what, opened_s, 300.0),
        Figure(what, opened_s * 1e3, bare_s * 1e3, "ms", "numbers and instants in plain SQL"),
        _most("the same timeline by author and cell", filtered_s, 300.0),
    ]


def _index_size(path: Path) -> Figure:
    """What being found takes of the database, a revision."""
    with closing(sqlite3.connect(path)) as connection:
        sizes = dict(
            connection.execute("SELECT name, sum(pgsize) FROM dbstat GROUP BY name").fetchall()
        )
    ours = sum(size for name, size in sizes.items() if "text" in name or "spans" in name)
    contents = sizes["blobs"]
    return Figure(
        "the index of 10 000 revisions",
        ours / REVISIONS,
        contents / REVISIONS,
        "B",
        "their contents, compressed one by one",
    )


def _median(call: Callable[[], object]) -> float:
    times = []
    for _ in range(REPEATS + 1):
        started = time.perf_counter()
        call()
        times.append(time.perf_counter() - started)
    return statistics.median(times[1:])


def _most(name: str, seconds: float, goal_ms: float) -> Figure:
    return Figure(name, seconds * 1e3, 0.0, "ms", "nothing", compared="difference", goal=goal_ms)
