"""Which calls of which libraries are watched, and what their arguments mean."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from nbtrack.capture.data import queries
from nbtrack.capture.data.watched import Call, Tell, Watched

_MAX_SOURCES = 1000


def _argument(args: tuple[Any, ...], kwargs: dict[str, Any], at: int, names: Iterable[str]) -> Any:
    if len(args) > at:
        return args[at]
    return next((kwargs[name] for name in names if name in kwargs), None)


def _sources(value: Any) -> list[Any]:
    return list(value)[:_MAX_SOURCES] if isinstance(value, (list, tuple)) else [value]


def _reads(*names: str, at: int = 0) -> Tell:
    """The path is the argument with one of these names, or at this position."""

    def tell(seen: Any, args: tuple[Any, ...], kwargs: dict[str, Any], result: Any) -> None:
        sources = _sources(_argument(args, kwargs, at, names))
        for source in sources:
            table = result if len(sources) == 1 else None
            seen.path(source, "reader", write=False, result=table)

    return tell


def _writes(*names: str, at: int = 0, table_at: int | None = None) -> Tell:
    """As `_reads`; the table that is written can be an argument, too."""

    def tell(seen: Any, args: tuple[Any, ...], kwargs: dict[str, Any], result: Any) -> None:
        table = None if table_at is None or len(args) <= table_at else args[table_at]
        seen.path(_argument(args, kwargs, at, names), "reader", write=True, result=table)

    return tell


def _reads_sql(seen: Any, args: tuple[Any, ...], kwargs: dict[str, Any], result: Any) -> None:
    text = _argument(args, kwargs, 0, ("sql", "query"))
    connection = _argument(args, kwargs, 1, ("con", "connection", "connection_uri"))
    kind = type(connection)
    if hasattr(connection, "_nbtrack_path"):
        # A connection that tells of its queries itself.
        pass
    elif isinstance(connection, str) and "://" in connection:
        from nbtrack.capture.data.urls import clean_url

        queries.tell_query(seen, clean_url(connection)[0], text)
    elif kind.__module__.partition(".")[0] != "sqlalchemy" and not isinstance(connection, str):
        # SQLAlchemy's own event told of its queries.
        queries.tell_query(seen, kind.__module__.partition(".")[0], text)
    seen.table_of_last_query(result)


def _opens_hdf(seen: Any, args: tuple[Any, ...], kwargs: dict[str, Any], result: Any) -> None:
    # The first argument is the object that is made.
    source = _argument(args, kwargs, 1, ("name", "filename"))
    mode = _argument(args, kwargs, 2, ("mode",)) or "r"
    if mode in ("r", "r+", "a"):
        seen.path(source, "reader", write=False)
    if mode != "r":
        seen.path(source, "reader", write=True)


def _opens_tables(seen: Any, args: tuple[Any, ...], kwargs: dict[str, Any], result: Any) -> None:
    _opens_hdf(seen, (None, *args), kwargs, result)


def _answered(seen: Any, args: tuple[Any, ...], kwargs: dict[str, Any], result: Any) -> None:
    request = _argument(args, kwargs, 1, ("request",))
    if str(getattr(request, "method", "")).upper() == "GET":
        seen.url(str(request.url), "request", result)


def _loads_dataset(seen: Any, args: tuple[Any, ...], kwargs: dict[str, Any], result: Any) -> None:
    path = str(_argument(args, kwargs, 0, ("path",)))
    name = _argument(args, kwargs, 1, ("name",))
    source = "/".join(str(part) for part in (path, name) if part is not None)
    seen.named(path.rpartition("/")[2], source, "hf", result)
    files = kwargs.get("data_files")
    for value in files.values() if isinstance(files, dict) else [files]:
        for each in _sources(value):
            seen.path(each, "reader", write=False)


_PANDAS = "csv table fwf excel json html xml parquet feather orc sas spss stata pickle hdf"
_POLARS = {
    "read": "csv csv_batched parquet ipc ipc_stream ndjson json avro excel ods delta",
    "scan": "csv parquet ipc ndjson delta",
}
_POLARS_WRITES = "csv parquet ipc ipc_stream json ndjson avro excel delta"
_POLARS_SINKS = "csv parquet ipc ndjson"
_PATH = ("filepath_or_buffer", "path_or_buf", "path_or_buffer", "path", "io", "source", "where")

CALLS: tuple[Call, ...] = (
    *(Call("pandas", f"read_{kind}", _reads(*_PATH)) for kind in _PANDAS.split()),
    *(Call("pandas", f"read_sql{kind}", _reads_sql) for kind in ("", "_query", "_table")),
    *(
        Call("pandas", f"DataFrame.to_{kind}", _writes("path", "path_or_buf", at=1, table_at=0))
        for kind in ("parquet", "feather", "orc", "hdf", "csv")
    ),
    *(
        Call("polars", f"{verb}_{kind}", _reads("source", "sources"))
        for verb, kinds in _POLARS.items()
        for kind in kinds.split()
    ),
    *(Call("polars", f"read_database{kind}", _reads_sql) for kind in ("", "_uri")),
    *(
        Call("polars", f"DataFrame.write_{kind}", _writes("file", "workbook", at=1, table_at=0))
        for kind in _POLARS_WRITES.split()
    ),
    *(
        Call("polars", f"LazyFrame.sink_{kind}", _writes("path", "target", at=1))
        for kind in _POLARS_SINKS.split()
    ),
    Call("pyarrow", "memory_map", _reads("path")),
    Call("pyarrow", "input_stream", _reads("source")),
    Call("pyarrow", "output_stream", _writes("source")),
    Call("pyarrow.parquet", "read_table", _reads("source")),
    Call("pyarrow.parquet", "ParquetFile.__init__", _reads("source", at=1)),
    Call("pyarrow.parquet", "write_table", _writes("where", at=1, table_at=0)),
    Call("pyarrow.parquet", "ParquetWriter.__init__", _writes("where", at=1)),
    Call("pyarrow.csv", "read_csv", _reads("input_file")),
    Call("pyarrow.csv", "open_csv", _reads("input_file")),
    Call("pyarrow.csv", "write_csv", _writes("output_file", at=1, table_at=0)),
    Call("pyarrow.json", "read_json", _reads("input_file")),
    Call("pyarrow.feather", "read_table", _reads("source")),
    Call("pyarrow.feather", "read_feather", _reads("source")),
    Call("pyarrow.feather", "write_feather", _writes("dest", at=1, table_at=0)),
    Call("pyarrow.orc", "read_table", _reads("source")),
    Call("pyarrow.orc", "write_table", _writes("where", at=1, table_at=0)),
    Call("pyarrow.dataset", "dataset", _reads("source")),
    Call("pyarrow.dataset", "write_dataset", _writes("base_dir", at=1, table_at=0)),
    # Not its text readers: their warnings count frames, and would name another line. What they
    # open is heard of all the same.
    Call("numpy", "load", _reads("file")),
    Call("h5py", "File.__init__", _opens_hdf),
    Call("tables", "open_file", _opens_tables),
    Call("xarray", "open_dataset", _reads("filename_or_obj")),
    Call("xarray", "open_mfdataset", _reads("paths")),
    Call("xarray", "Dataset.to_netcdf", _writes("path", at=1)),
    Call("torch", "save", _writes("f", at=1)),
    Call("torch.jit", "load", _reads("f")),
    Call("torch.jit", "save", _writes("f", at=1)),
    *(
        Call(f"safetensors.{kind}", "load_file", _reads("filename"))
        for kind in ("torch", "numpy", "flax", "tensorflow")
    ),
    *(
        Call(f"safetensors.{kind}", "save_file", _writes("filename", at=1))
        for kind in ("torch", "numpy", "flax", "tensorflow")
    ),
    Call("torchvision.io", "read_file", _reads("path")),
    Call("torchvision.io", "read_image", _reads("path")),
    Call("torchvision.io", "decode_image", _reads("input")),
    Call("cv2", "imread", _reads("filename")),
    Call("cv2", "imwrite", _writes("filename")),
    Call("datasets", "load_dataset", _loads_dataset),
    Call("datasets", "load_from_disk", _reads("dataset_path")),
    Call("requests.sessions", "Session.send", _answered),
    Call("httpx", "Client.send", _answered),
)


WATCHED = Watched(
    CALLS,
    {"sqlalchemy": queries.watch_sqlalchemy, "sqlite3": queries.watch_sqlite},
)
"""What is watched in this process, from its first tracked cell on."""
