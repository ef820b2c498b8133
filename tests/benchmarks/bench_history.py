"""What a history costs: 1 000 revisions of a notebook of 200 cells with 1 MB of outputs.

In each revision one cell's code and its output are others: a line is edited, a table has new
numbers, a figure is drawn anew. Beside it git packs the same files, and nbdime compares the same
two revisions. Times of nbtrack and nbdime are those of the processor: other work on the machine
counts for nothing in them.
"""

from __future__ import annotations

import base64
import copy
import json
import random
import sqlite3
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import nbdime
import nbformat
import zstandard

from nbtrack.entities import RevisionReason
from nbtrack.history.blobs import reader
from nbtrack.history.diff import diff as cell_diff
from nbtrack.history.diff import with_texts
from nbtrack.history.lookup import revision_document
from nbtrack.history.manifest import encode
from nbtrack.history.mirror import apply_delta, without_blobs
from nbtrack.history.normal import normalise
from nbtrack.history.record import Snapshot, record
from nbtrack.server.documents import Documents, Update
from nbtrack.store import open_store
from nbtrack.store.dialect import DATABASE_NAME
from nbtrack.testing.builders import new_revision
from tests.benchmarks.harness import Figure

CELLS, REVISIONS, TIMELINE = 200, 1_000, 10_000
START = datetime(2026, 1, 1, tzinfo=UTC)
Json = dict[str, Any]
_KINDS = ("table", "log", "table", "html", "figure")


def measure() -> list[Figure]:
    """Everything once: it is the growth over a thousand revisions that is looked at."""
    with tempfile.TemporaryDirectory() as place:
        states = list(_states(REVISIONS))
        figures, last = _recorded(Path(place), states)
        packed = _packed_by_git(Path(place) / "repository", states)
        size, unique = last
        figures.insert(
            0,
            Figure(
                "1 000 revisions on disk",
                size / 1e6,
                packed / 1e6,
                "MB",
                "git gc's pack of the same files",
                goal=1.0,
            ),
        )
        figures.insert(
            1,
            Figure(
                "1 000 revisions on disk",
                size / 1e6,
                unique / 1e6,
                "MB",
                "unique contents, compressed",
                goal=1.1,
            ),
        )
        figures.insert(2, _index(Path(place) / "store" / DATABASE_NAME))
        figures += [_timeline(Path(place)), _memory()]
    return figures


def _recorded(place: Path, states: list[Json]) -> tuple[list[Figure], tuple[int, int]]:
    """Record each state as the server does: with what changed, on the state before."""
    store = open_store(place / "store")
    notebook_id = store.create_notebook("/w/book.ipynb").notebook_id
    made, times, pieces = [], [], {}
    held = encode(states[0])
    for number, state in enumerate(states):
        if number:
            cell = next(
                new
                for new, old in zip(state["cells"], states[number - 1]["cells"], strict=True)
                if new is not old
            )
            order = [each["id"] for each in state["cells"]]
        begun = time.process_time()
        if number:
            held = apply_delta(without_blobs(held), order=order, cells=[cell])
        at = START + timedelta(minutes=number)
        taken = Snapshot(held, RevisionReason.EXECUTE, "ada", at, msg_id=f"m{number}")
        made.append(record(store, notebook_id, taken).revision.revision_id)
        times.append(time.process_time() - begun)
        pieces |= {digest: len(zstandard.compress(blob, 3)) for digest, blob in held.blobs.items()}
    store.close()
    size = sum(path.stat().st_size for path in (place / "store").rglob("*") if path.is_file())
    figures = [
        Figure(
            "a revision committed",
            statistics.median(times) * 1e3,
            0,
            "ms",
            "median of 1 000",
            "value",
            goal=5,
        ),
        Figure(
            "a revision committed, 95 of 100",
            statistics.quantiles(times, n=20)[-1] * 1e3,
            0,
            "ms",
            "of 1 000",
            "value",
            goal=5,
        ),
    ]
    figures += _read_back(place / "store", states, made)
    return figures, (size, sum(pieces.values()))


def _read_back(location: Path, states: list[Json], made: list[str]) -> list[Figure]:
    rebuilt, compared, compared_by_nbdime = [], [], []
    for number in range(37, REVISIONS, 97):
        # Opened anew: nothing is remembered of what was written.
        store = open_store(location)
        store.list_notebooks()
        begun = time.process_time()
        document = revision_document(store, made[number])
        rebuilt.append(time.process_time() - begun)
        assert document == normalise(states[number]).document()
        begun = time.process_time()
        old, new = store.get_manifest(made[number - 30]), store.get_manifest(made[number])
        found = with_texts(cell_diff(old, new, reader(store)), reader(store))
        compared.append(time.process_time() - begun)
        assert sum(each.status == "edited" for each in found.cells) == 30
        store.close()
    for number in range(37, REVISIONS, 481):
        nodes = [nbformat.from_dict(copy.deepcopy(states[n])) for n in (number - 30, number)]
        begun = time.process_time()
        nbdime.diff_notebooks(*nodes)
        compared_by_nbdime.append(time.process_time() - begun)
    return [
        Figure(
            "a revision rebuilt", max(rebuilt) * 1e3, 0, "ms", "slowest of 10", "value", goal=20
        ),
        Figure(
            "two revisions compared",
            max(compared) * 1e3,
            0,
            "ms",
            "slowest of 10, 30 cells differ",
            "value",
            goal=20,
        ),
        Figure(
            "two revisions compared",
            statistics.median(compared) * 1e3,
            statistics.median(compared_by_nbdime) * 1e3,
            "ms",
            "nbdime on the same two",
            goal=1,
        ),
    ]


def _packed_by_git(place: Path, states: list[Json]) -> int:
    """The bytes of the pack after each state was committed as JupyterLab writes it."""
    place.mkdir()
    for command in ("init -q -b main", "config gc.auto 0"):
        subprocess.run(["git", *command.split()], cwd=place, check=True)
    stream = subprocess.Popen(["git", "fast-import", "--quiet"], cwd=place, stdin=subprocess.PIPE)
    assert stream.stdin is not None
    for number, state in enumerate(states):
        text = json.dumps(state, indent=1, sort_keys=True, ensure_ascii=False).encode() + b"\n"
        head = f"commit refs/heads/main\ncommitter a <a@b> {1_700_000_000 + number} +0000\n"
        stream.stdin.write(head.encode() + b"data 4\nwork\n")
        stream.stdin.write(b"M 644 inline book.ipynb\ndata %d\n" % len(text) + text + b"\n")
    stream.stdin.close()
    assert stream.wait() == 0
    subprocess.run(["git", "gc", "-q"], cwd=place, check=True)
    return sum(path.stat().st_size for path in place.glob(".git/objects/pack/*.pack"))


def _index(database: Path) -> Figure:
    """What of it is there to search all that the notebook ever held."""
    with closing(sqlite3.connect(database)) as connection:
        [(size,)] = connection.execute(
            "SELECT sum(pgsize) FROM dbstat WHERE name LIKE '%text%' OR name LIKE '%spans%'"
        )
    return Figure("of it the index of words", size / 1e6, 0, "MB", "", "value")


def _timeline(place: Path) -> Figure:
    """The first page, and all instants, of a long history."""
    store = open_store(place / "long")
    notebook_id = store.create_notebook("/w/long.ipynb").notebook_id
    for number in range(TIMELINE):
        at = START + timedelta(minutes=number)
        store.add_revision(new_revision(notebook_id, "a", "b", changed=["a"], created_at=at))
    begun = time.perf_counter()
    page = store.list_revisions(notebook_id, limit=200)
    instants = store.revision_times(notebook_id)
    elapsed = time.perf_counter() - begun
    assert (len(page.items), len(instants)) == (200, TIMELINE)
    store.close()
    return Figure(
        "timeline of 10 000 revisions listed", elapsed * 1e3, 0, "ms", "", "value", goal=300
    )


def _memory() -> Figure:
    """What the server holds of ten such notebooks that are open, each after ten executions."""
    documents = Documents()
    for number in range(10):
        document = documents.open(f"d{number}")
        for sequence, state in enumerate(_states(10, seed=number), start=1):
            document.keep(sequence, document.understand(Update(sequence, notebook=state)))
            document.stored(sequence)
        documents.shrink()
    held = sum(documents.open(f"d{number}").size_bytes for number in range(10))
    return Figure(
        "the server's memory for ten open",
        held / 1e6,
        0,
        "MB",
        "10 × 1 MB of outputs",
        "value",
        goal=20,
    )


def _states(count: int, seed: int = 7) -> Iterator[Json]:
    """Notebooks of which each has one cell other than the one before."""
    chance = random.Random(seed)
    cells = [_cell(chance, n, None) for n in range(CELLS)]
    for number in range(count):
        if number:
            place = number * 37 % CELLS
            cells = list(cells)
            cells[place] = _cell(chance, place, cells[place])
        yield {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}


def _cell(chance: random.Random, number: int, before: Json | None) -> Json:
    lines = (
        before["source"].split("\n")
        if before
        else [
            f"{_word(chance)} = {_word(chance)}({_word(chance)}, {chance.random():.3f})"
            for _ in range(12)
        ]
    )
    lines[chance.randrange(len(lines))] = f"{_word(chance)} = {chance.random():.4f}"
    count = (before["execution_count"] if before else number) + 1
    kind = _KINDS[number % len(_KINDS)]
    return {
        "cell_type": "code",
        "id": f"{number:08x}",
        "metadata": {},
        "execution_count": count,
        "source": "\n".join(lines),
        "outputs": [_output(chance, kind, number)],
    }


def _output(chance: random.Random, kind: str, number: int) -> Json:
    names = random.Random(number)
    if kind == "figure":
        data = {"image/png": base64.b64encode(chance.randbytes(10_000)).decode() + "\n"}
        data["text/plain"] = "<Figure size 640x480 with 1 Axes>"
        return {"output_type": "display_data", "metadata": {}, "data": data}
    if kind == "log":
        text = "".join(
            f"Epoch {n:3}/60  loss: {chance.random():.4f}  val_loss: {chance.random():.4f}\n"
            for n in range(60)
        )
        return {"output_type": "stream", "name": "stdout", "text": text}
    rows = [[_word(names), *(f"{chance.gauss(0, 1):.6f}" for _ in range(4))] for _ in range(40)]
    text = "\n".join("  ".join(row) for row in rows)
    if kind == "table":
        data = {"text/plain": text}
    else:
        body = "".join("<tr>" + "".join(f"<td>{v}</td>" for v in row) + "</tr>\n" for row in rows)
        data = {"text/plain": text, "text/html": f"<table>{body}</table>"}
    return {"output_type": "execute_result", "metadata": {}, "execution_count": 1, "data": data}


def _word(chance: random.Random) -> str:
    return "".join(chance.choices("abcdefghijklmnop", k=chance.randint(4, 9)))
