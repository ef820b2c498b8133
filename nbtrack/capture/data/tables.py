"""Tables and arrays: a bounded sample while the cell runs, its profile in the background.

The cell may change a table right after it read it. So a sample is copied at once, of at most
`MAX_ROWS` rows evenly spread, and what takes time (nulls, distinct values, means) is computed
from it later. Nothing here imports a library: a table brings its own.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from nbtrack.capture.policy import attempt
from nbtrack.wire import ColumnProfile, DatasetDocument, number

MAX_ROWS = 10_000
MAX_CELLS = 500_000
MAX_COLUMNS = 1000
MAX_PROFILED = 100
"""Later columns have their name and type only."""
_LIBRARIES = ("pandas", "polars", "pyarrow", "numpy", "datasets")


@dataclass(frozen=True, slots=True)
class Sample:
    """What was kept of a table or an array.

    Args:
        kind: ``table`` or ``array``.
        library: that it is of.
        rows: of the whole; None where counting would read it.
        columns: names and types, at most `MAX_COLUMNS`.
        shape: of an array.
        taken: the sampled rows, as a table of the library; None where there is only the schema.
    """

    kind: str
    library: str
    rows: int | None = None
    columns: tuple[tuple[str, str], ...] = ()
    shape: tuple[int, ...] | None = None
    taken: Any = None


def sample_of(value: object) -> Sample | None:
    """A bounded sample of a table or an array; None of anything else."""
    library = type(value).__module__.partition(".")[0]
    if library not in _LIBRARIES:
        return None
    kind = type(value).__name__
    taker = _TAKERS.get((library, kind)) or _TAKERS.get((library, ""))
    return None if taker is None else taker(value)


def document_of(sample: Sample | None, queries: list[str]) -> DatasetDocument | None:
    """What is known of a dataset's content; None where nothing is.

    Args:
        sample: of the table.
        queries: that gave it.
    """
    query = ";\n".join(queries) or None
    if sample is None:
        return None if query is None else DatasetDocument(kind="query", query=query)
    if sample.library == "polars lazy":
        sample = _schema_of(sample)
    profile = _PROFILES.get(sample.library)
    columns, profiled = [], 0
    if profile is not None and sample.taken is not None:
        profiled = len(sample.taken)
    for at, (name, dtype) in enumerate(sample.columns):
        facts: dict[str, Any] = {}
        if profiled and profile is not None and at < MAX_PROFILED:
            facts = _facts(profile, sample.taken, at)
        columns.append(ColumnProfile(name=name, dtype=dtype, **facts))
    return DatasetDocument(
        kind="query" if query is not None else sample.kind,
        row_count=sample.rows,
        profiled_rows=profiled or None,
        shape=None if sample.shape is None else list(sample.shape),
        columns=columns,
        query=query,
    )


def fingerprint(sample: Sample) -> str | None:
    """A digest of a sample, and the columns and size of the whole; None where there are no rows.

    Up to `MAX_ROWS` rows it is a digest of the whole content.
    """
    taken = sample.taken
    if taken is None or sample.library not in ("pandas", "polars", "pyarrow", "numpy"):
        return None
    found = hashlib.sha256(repr((sample.rows, sample.shape, sample.columns)).encode())
    if sample.library == "pandas":
        hashes = sys.modules["pandas"].util.hash_pandas_object(taken, index=True)
        found.update(hashes.to_numpy().tobytes())
    elif sample.library == "numpy":
        found.update(taken.tobytes() if taken.dtype.kind != "O" else repr(taken.tolist()).encode())
    else:
        rows = taken.rows() if sample.library == "polars" else taken.to_pylist()
        found.update(repr(rows).encode("utf-8", "surrogatepass"))
    return found.hexdigest()


def _step(rows: int, columns: int) -> int:
    """Every how many rows one is taken."""
    wanted = max(1, min(MAX_ROWS, MAX_CELLS // max(1, columns)))
    return max(1, -(-rows // wanted))


# Taking samples


def _pandas(frame: Any) -> Sample:
    rows, width = frame.shape
    names = frame.columns[:MAX_COLUMNS]
    columns = tuple(zip(map(str, names), map(str, frame.dtypes.iloc[:MAX_COLUMNS]), strict=True))
    taken = frame.iloc[:: _step(rows, width), :MAX_COLUMNS].copy()
    return Sample("table", "pandas", rows, columns, taken=taken)


def _pandas_series(series: Any) -> Sample:
    return _pandas(series.to_frame())


def _polars(frame: Any) -> Sample:
    rows, width = frame.shape
    columns = tuple((name, str(kind)) for name, kind in frame.schema.items())[:MAX_COLUMNS]
    # A polars column never changes in place: no copy is needed.
    return Sample("table", "polars", rows, columns, taken=frame.gather_every(_step(rows, width)))


def _polars_lazy(frame: Any) -> Sample:
    # Its schema can be in the file: it is read in the background.
    return Sample("table", "polars lazy", taken=frame)


def _schema_of(lazy: Sample) -> Sample:
    columns = tuple((name, str(kind)) for name, kind in lazy.taken.collect_schema().items())
    return Sample("table", "polars", columns=columns[:MAX_COLUMNS])


def _arrow(table: Any) -> Sample:
    fields = list(table.schema)[:MAX_COLUMNS]
    columns = tuple((field.name, str(field.type)) for field in fields)
    step = _step(table.num_rows, table.num_columns)
    taken = table.take(list(range(0, table.num_rows, step))) if step > 1 else table
    return Sample("table", "pyarrow", table.num_rows, columns, taken=taken)


def _arrow_dataset(dataset: Any) -> Sample:
    fields = list(dataset.schema)[:MAX_COLUMNS]
    return Sample(
        "table", "pyarrow", columns=tuple((field.name, str(field.type)) for field in fields)
    )


def _array(array: Any) -> Sample:
    rows = array.shape[0] if array.ndim else 1
    flat = array.reshape(-1)
    taken = flat[:: max(1, -(-array.size // MAX_CELLS))].copy()
    return Sample(
        "array", "numpy", rows, (("", str(array.dtype)),), tuple(map(int, array.shape)), taken
    )


def _hugging_face(dataset: Any) -> Sample:
    columns = tuple(
        (name, str(getattr(kind, "dtype", kind))) for name, kind in dataset.features.items()
    )
    return Sample("table", "datasets", dataset.num_rows, columns[:MAX_COLUMNS])


_TAKERS: dict[tuple[str, str], Callable[[Any], Sample]] = {
    ("pandas", "DataFrame"): _pandas,
    ("pandas", "Series"): _pandas_series,
    ("polars", "DataFrame"): _polars,
    ("polars", "LazyFrame"): _polars_lazy,
    ("pyarrow", "Table"): _arrow,
    ("pyarrow", "FileSystemDataset"): _arrow_dataset,
    ("numpy", "ndarray"): _array,
    ("numpy", "memmap"): _array,
    ("datasets", "Dataset"): _hugging_face,
}


# Profiles of one column


def _facts(
    profile: Callable[[Any, int], dict[str, Callable[[], Any]]], taken: Any, at: int
) -> dict[str, Any]:
    """What can be told of a column: a fact that its type does not have is left out."""
    facts = {}
    computed, _ = attempt(lambda: profile(taken, at))
    for name, compute in (computed or {}).items():
        value, error = attempt(compute)
        if error is None and value is not None:
            facts[name] = value
    return facts


def _number(value: Any) -> Any:
    return None if value is None else number(float(value))


def _text(value: Any) -> str | None:
    return None if value is None else str(value)[:100]


def _pandas_column(frame: Any, at: int) -> dict[str, Callable[[], Any]]:
    series = frame.iloc[:, at]
    kind = series.dtype.kind
    facts: dict[str, Callable[[], Any]] = {
        "null_count": lambda: int(series.isna().sum()),
        "distinct_count": lambda: int(series.nunique()),
    }
    if kind in "iufbmM" and len(series) and not series.isna().all():
        facts |= {"min": lambda: _text(series.min()), "max": lambda: _text(series.max())}
    if kind in "iuf":
        facts |= {"mean": lambda: _number(series.mean()), "std": lambda: _number(series.std())}
    return facts


def _polars_column(frame: Any, at: int) -> dict[str, Callable[[], Any]]:
    series = frame.to_series(at)
    facts: dict[str, Callable[[], Any]] = {
        "null_count": lambda: int(series.null_count()),
        "distinct_count": lambda: int(series.n_unique()) - bool(series.null_count()),
    }
    if series.dtype.is_numeric() or series.dtype.is_temporal():
        facts |= {"min": lambda: _text(series.min()), "max": lambda: _text(series.max())}
    if series.dtype.is_numeric():
        facts |= {"mean": lambda: _number(series.mean()), "std": lambda: _number(series.std())}
    return facts


def _arrow_column(table: Any, at: int) -> dict[str, Callable[[], Any]]:
    import importlib

    compute = importlib.import_module("pyarrow.compute")
    types = sys.modules["pyarrow"].types
    column = table.column(at)
    facts: dict[str, Callable[[], Any]] = {
        "null_count": lambda: int(column.null_count),
        "distinct_count": lambda: int(compute.count_distinct(column).as_py()),
    }
    kind = column.type
    is_number = types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind)
    if is_number or types.is_temporal(kind):
        facts |= {
            "min": lambda: _text(compute.min(column).as_py()),
            "max": lambda: _text(compute.max(column).as_py()),
        }
    if is_number:
        facts |= {
            "mean": lambda: _number(compute.mean(column).as_py()),
            "std": lambda: _number(compute.stddev(column, ddof=1).as_py()),
        }
    return facts


_PROFILES: dict[str, Callable[[Any, int], dict[str, Callable[[], Any]]]] = {
    "pandas": _pandas_column,
    "polars": _polars_column,
    "pyarrow": _arrow_column,
}
