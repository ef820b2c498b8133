"""The table that a cell shows as its last expression, as a file that can be paged."""

from __future__ import annotations

import io
import sys
from typing import Any

from nbtrack.capture.facts import CapturedOutput

MAX_ROWS = 5_000
MAX_CELLS = 100_000
_MAX_COLUMNS = 500


def shown_table(value: object, number: int) -> tuple[CapturedOutput, str] | None:
    """A DataFrame or Series of pandas or polars as CSV, its rows bounded.

    Args:
        value: of the cell's last expression.
        number: of the table in its cell.

    Returns:
        The artifact, and what was cut (empty for nothing); None for any other object.
    """
    kind = type(value)
    for module, write in (("pandas", _of_pandas), ("polars", _of_polars)):
        library = sys.modules.get(module)
        names = ("DataFrame", "Series")
        found = [getattr(library, name, None) for name in names]
        if any(isinstance(base, type) and issubclass(kind, base) for base in found):
            text, rows, columns, all_columns = write(value)
            path = f"table-{number}.csv"
            cut = [
                f"the first {kept:,} of {whole:,} {what}"
                for kept, whole, what in (
                    (rows, len(value), "rows"),  # type: ignore[arg-type]
                    (columns, all_columns, "columns"),
                )
                if kept < whole
            ]
            return CapturedOutput(path, text.encode(), "text/csv", "output"), " and ".join(cut)
    return None


def _rows(columns: int) -> int:
    return max(1, min(MAX_ROWS, MAX_CELLS // max(columns, 1)))


def _of_pandas(value: Any) -> tuple[str, int, int, int]:
    if value.ndim == 1:
        value = value.to_frame()
    whole = value.shape[1]
    kept = value.iloc[: _rows(min(whole, _MAX_COLUMNS)), :_MAX_COLUMNS]
    into = io.StringIO()
    kept.to_csv(into)
    return into.getvalue(), kept.shape[0], kept.shape[1], whole


def _of_polars(value: Any) -> tuple[str, int, int, int]:
    if hasattr(value, "to_frame"):
        value = value.to_frame()
    whole = value.shape[1]
    kept = value[:, :_MAX_COLUMNS].head(_rows(min(whole, _MAX_COLUMNS)))
    nested = [name for name, kind in kept.schema.items() if kind.is_nested()]
    if nested:
        # CSV has no place for lists in a field.
        polars = sys.modules["polars"]
        texts = [
            polars.Series(name, [str(part) for part in kept[name].to_list()]) for name in nested
        ]
        kept = kept.with_columns(texts)
    return kept.write_csv(), kept.shape[0], kept.shape[1], whole
