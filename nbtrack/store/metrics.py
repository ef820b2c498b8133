"""Metric points in the database: appended as chunks, summed up, compacted, read back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, delete, select, tuple_, update

from nbtrack.records import MetricPoints
from nbtrack.store.blobtable import batches
from nbtrack.store.chunks import pack, pack_point, unpack
from nbtrack.store.dialect import insert_rows, upsert
from nbtrack.store.rows import from_sql, origin_text, to_sql
from nbtrack.store.schema import metric_chunks, metrics
from nbtrack.store.series import CHUNK_POINTS, Points, Summary

_COMPACT_EVERY = 64
"""A live series is compacted whenever so many chunks were appended: a long run flushes small
chunks for hours, and reading thousands of them is slow."""

_Key = tuple[str, str]


def append_points(
    connection: Connection,
    points: Mapping[_Key, list[MetricPoints]],
    new_runs: set[str],
) -> None:
    """Append points by (run, key) and bring their summaries up to date."""
    known = _summary_rows(connection, [key for key in points if key[0] not in new_runs])
    rows: list[dict[str, Any]] = []
    chunks: list[dict[str, Any]] = []
    crowded: list[_Key] = []
    for (run_id, key), records in points.items():
        summary, data = _packed(records)
        if summary is None:
            continue
        before = known.get((run_id, key))
        sequence, count = 0, summary.count
        origin = next((record.origin for record in records if record.origin is not None), None)
        stored_origin = origin_text(origin)
        if before is not None:
            summary = _summary(before).followed_by(summary)
            sequence = before["next_chunk"]
            stored_origin = before["origin"] or stored_origin
        rows.append(_row(run_id, key, summary, stored_origin, sequence + 1))
        chunks.append(
            {
                "run_id": run_id,
                "key": key,
                "sequence": sequence,
                "count": count,
                "data": data,
            }
        )
        if (sequence + 1) % _COMPACT_EVERY == 0:
            crowded.append((run_id, key))
    upsert(connection, metrics, rows)
    insert_rows(connection, metric_chunks, chunks)
    for run_id, key in crowded:
        _compact(connection, run_id, key)


def _packed(records: list[MetricPoints]) -> tuple[Summary | None, bytes]:
    """What to store of records of one metric; no summary where they hold no point."""
    one = records[0]
    if len(records) == len(one.values) == len(one.steps) == len(one.timestamps_ms) == 1:
        point = one.steps[0], one.timestamps_ms[0], float(one.values[0])
        return Summary.of_point(*point), pack_point(*point)
    joined = Points.of_records(records)
    return (Summary.of(joined), pack(joined)) if len(joined) else (None, b"")


def compact_runs(connection: Connection, run_ids: Iterable[str]) -> None:
    """Merge the chunks of every metric of ended runs."""
    for batch in batches(run_ids):
        statement = select(metrics.c.run_id, metrics.c.key).where(
            metrics.c.run_id.in_(batch), metrics.c.next_chunk > 1
        )
        for run_id, key in connection.execute(statement).all():
            _compact(connection, run_id, key)


def read_points(connection: Connection, run_id: str, key: str) -> Points:
    """All points of a metric, in logged order; none for an unknown one."""
    statement = (
        select(metric_chunks.c.data, metric_chunks.c.count)
        .where(metric_chunks.c.run_id == run_id, metric_chunks.c.key == key)
        .order_by(metric_chunks.c.sequence)
    )
    return Points.joined([unpack(data, count) for data, count in connection.execute(statement)])


def _summary_rows(connection: Connection, keys: list[_Key]) -> dict[_Key, dict[str, Any]]:
    found: dict[_Key, dict[str, Any]] = {}
    for batch in batches(keys):
        statement = select(metrics).where(tuple_(metrics.c.run_id, metrics.c.key).in_(batch))
        for row in connection.execute(statement):
            found[row.run_id, row.key] = dict(row._mapping)
    return found


def _summary(row: Mapping[str, Any]) -> Summary:
    return Summary(
        first=from_sql(row["first"]),
        last=from_sql(row["last"]),
        last_step=row["last_step"],
        last_at_ms=row["last_at_ms"],
        min=from_sql(row["min"]),
        max=from_sql(row["max"]),
        count=row["count"],
    )


def _row(
    run_id: str, key: str, summary: Summary, origin: str | None, next_chunk: int
) -> dict[str, Any]:
    return {
        "run_id": run_id,
        "key": key,
        "last": to_sql(summary.last),
        "min": to_sql(summary.min),
        "max": to_sql(summary.max),
        "first": to_sql(summary.first),
        "count": summary.count,
        "last_step": summary.last_step,
        "last_at_ms": summary.last_at_ms,
        "origin": origin,
        "next_chunk": next_chunk,
    }


def _compact(connection: Connection, run_id: str, key: str) -> None:
    """Merge neighbouring chunks up to `CHUNK_POINTS`; a merged one keeps its first sequence."""
    of_metric = (metric_chunks.c.run_id == run_id) & (metric_chunks.c.key == key)
    sizes = connection.execute(
        select(metric_chunks.c.sequence, metric_chunks.c.count)
        .where(of_metric)
        .order_by(metric_chunks.c.sequence)
    ).all()
    for group in _groups([(sequence, count) for sequence, count in sizes]):
        within = of_metric & metric_chunks.c.sequence.between(group[0], group[-1])
        stored = connection.execute(
            select(metric_chunks.c.data, metric_chunks.c.count)
            .where(within)
            .order_by(metric_chunks.c.sequence)
        )
        merged = Points.joined([unpack(data, count) for data, count in stored])
        connection.execute(
            delete(metric_chunks).where(within & (metric_chunks.c.sequence != group[0]))
        )
        connection.execute(
            update(metric_chunks)
            .where(of_metric, metric_chunks.c.sequence == group[0])
            .values(count=len(merged), data=pack(merged))
        )


def _groups(sizes: list[tuple[int, int]]) -> list[list[int]]:
    """Runs of at least two neighbouring chunks that fit into one."""
    groups: list[list[int]] = []
    current: list[int] = []
    total = 0
    for sequence, count in sizes:
        if current and total + count > CHUNK_POINTS:
            groups.append(current)
            current, total = [], 0
        current.append(sequence)
        total += count
    groups.append(current)
    return [group for group in groups if len(group) > 1]
