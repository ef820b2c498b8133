"""Comparing what is indexed of metrics with their points, and making it so again."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, delete, select

from nbtrack.errors import StoreError
from nbtrack.store.chunks import unpack
from nbtrack.store.database import Database
from nbtrack.store.dialect import upsert
from nbtrack.store.rows import to_sql
from nbtrack.store.schema import metric_chunks, metrics
from nbtrack.store.series import Summary
from nbtrack.store.upkeep.facts import Finding, Progress

_Key = tuple[str, str]
_FIELDS = ("first", "last", "last_step", "last_at_ms", "min", "max", "count")


def mend_metrics(database: Database, quarantine: Path, progress: Progress) -> Iterator[Finding]:
    """Check every series; one transaction for each that is wrong."""
    with database.read() as connection:
        wrong = list(_wrong(connection, progress))
    mended, lost = [], []
    for run_id, key in wrong:
        with database.write() as connection:
            name = f"metric {key} of run {run_id}"
            if _mend(connection, run_id, key, quarantine):
                lost.append(name)
            else:
                mended.append(name)
    if mended:
        yield Finding(
            "metrics",
            "mended",
            "What was indexed of metrics did not match their points; it was computed anew.",
            tuple(mended),
        )
    if lost:
        yield Finding(
            "points",
            "lost",
            "Points of metrics are damaged or gone. What could not be read is in "
            f"{quarantine}; the rest was kept.",
            tuple(lost),
        )


def _wrong(connection: Connection, progress: Progress) -> Iterator[_Key]:
    rows = connection.execute(select(metrics))
    known: dict[_Key, Any] = {(row.run_id, row.key): row._mapping for row in rows}
    chunks = connection.execute(
        select(metric_chunks).order_by(
            metric_chunks.c.run_id, metric_chunks.c.key, metric_chunks.c.sequence
        ),
        execution_options={"yield_per": 100},
    )
    seen: set[_Key] = set()
    current: _Key | None = None
    summary: Summary | None = None
    bad = False
    last = -1
    for row in chunks:
        key = (row.run_id, row.key)
        if key != current:
            if current is not None and (bad or not _agrees(known.get(current), summary, last)):
                yield current
            current, summary, bad = key, None, False
            seen.add(key)
            progress("Checking metrics", len(seen), len(known))
        last = row.sequence
        try:
            part = Summary.of(unpack(row.data, row._mapping["count"]))
        except (StoreError, ValueError, IndexError):
            bad = True
        else:
            summary = part if summary is None else summary.followed_by(part)
    if current is not None and (bad or not _agrees(known.get(current), summary, last)):
        yield current
    yield from (key for key in known if key not in seen)


def _agrees(row: Any, summary: Summary | None, last_sequence: int) -> bool:
    if row is None or summary is None or row["next_chunk"] <= last_sequence:
        return False
    return all(row[name] == to_sql(getattr(summary, name)) for name in _FIELDS)


def _mend(connection: Connection, run_id: str, key: str, quarantine: Path) -> bool:
    """Returns whether points were lost."""
    of_metric = (metric_chunks.c.run_id == run_id) & (metric_chunks.c.key == key)
    summary: Summary | None = None
    last, lost = -1, False
    statement = select(metric_chunks).where(of_metric).order_by(metric_chunks.c.sequence)
    for row in connection.execute(statement).all():
        try:
            part = Summary.of(unpack(row.data, row._mapping["count"]))
        except (StoreError, ValueError, IndexError):
            lost = True
            quarantine.mkdir(mode=0o700, exist_ok=True)
            name = hashlib.sha256(key.encode()).hexdigest()[:12]
            (quarantine / f"{run_id}-{name}-{row.sequence}.chunk").write_bytes(row.data)
            connection.execute(
                delete(metric_chunks).where(of_metric, metric_chunks.c.sequence == row.sequence)
            )
        else:
            summary = part if summary is None else summary.followed_by(part)
            last = row.sequence
    found = connection.execute(
        select(metrics).where(metrics.c.run_id == run_id, metrics.c.key == key)
    ).first()
    if summary is None:
        # Its summary is all that is left of it: it stays, and says what there was.
        return True
    fewer = found is not None and found._mapping["count"] > summary.count
    upsert(
        connection,
        metrics,
        [
            {
                "run_id": run_id,
                "key": key,
                **{name: to_sql(getattr(summary, name)) for name in _FIELDS},
                "origin": None if found is None else found.origin,
                "next_chunk": last + 1,
            }
        ],
    )
    return lost or fewer
