"""duckdb's queries, read from the cell's code.

duckdb looks for the DataFrames that a query names in the frame of its caller, so no function
may stand between: its calls cannot be watched. But their text stands in the code, as a literal
or as a name.
"""

from __future__ import annotations

import ast
import os
import re
import sys
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from nbtrack.capture.data.queries import tell_query
from nbtrack.capture.trees import walk

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from nbtrack.capture.data.seen import Seen

_QUERIES = frozenset({"sql", "query", "execute", "from_query"})
_READS = frozenset({"read_csv", "read_parquet", "read_json", "from_csv_auto", "from_parquet"})
_WRITES = frozenset({"write_csv", "write_parquet", "to_csv", "to_parquet"})
_QUOTED = re.compile(r"(\bto\s+)?'([^'\n]+)'", re.IGNORECASE)
_FILE = re.compile(r"://|[*?]|\.(?:csv|tsv|txt|json|jsonl|ndjson|parquet|pq|arrow|xlsx)(?:\.\w+)?$")


def tell_of_duckdb(seen: Seen, shell: InteractiveShell, source: str) -> None:
    """Tell of the queries and files of the duckdb calls in a cell's code.

    Args:
        seen: of the cell.
        shell: whose namespace says which names are duckdb's.
        source: the cell as executed.
    """
    if "duckdb" not in sys.modules:
        return
    try:
        tree = ast.parse(shell.transform_cell(source))  # type: ignore[no-untyped-call]
    except SyntaxError:
        # It did not run.
        return
    names = shell.user_ns
    for node in walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        if not node.args or not _is_duckdb(node.func.value, names):
            continue
        text = _text(node.args[0], names)
        if text is not None:
            seen.line = node.lineno
            _tell(seen, node.func.attr, text)


def _tell(seen: Seen, method: str, text: str) -> None:
    if method == "connect":
        if os.path.exists(text):  # noqa: PTH110 - a text of the user's
            seen.database(text)
    elif method in _READS or method in _WRITES:
        seen.path(text, "reader", write=method in _WRITES)
    elif method in _QUERIES:
        for path, is_target in _files(text):
            seen.path(path, "query", write=is_target)
        tell_query(seen, "duckdb", text)


def _files(query: str) -> Iterator[tuple[str, bool]]:
    """Paths and URLs in a query, and whether it writes to them."""
    for target, quoted in _QUOTED.findall(query):
        if _FILE.search(quoted):
            yield quoted, bool(target)


def _is_duckdb(node: ast.expr, names: Mapping[str, Any]) -> bool:
    """Whether an expression is the module, or made by it: its innermost name tells."""
    while isinstance(node, (ast.Attribute, ast.Call)):
        node = node.value if isinstance(node, ast.Attribute) else node.func
    if not isinstance(node, ast.Name):
        return False
    value = names.get(node.id)
    name = (
        getattr(value, "__name__", "") if isinstance(value, type(sys)) else type(value).__module__
    )
    return name.partition(".")[0] in ("duckdb", "_duckdb")


def _text(node: ast.expr, names: Mapping[str, Any]) -> str | None:
    """The text of a literal, a name, or an f-string of names with plain values."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.Name):
        value = names.get(node.id)
        return str(value) if isinstance(value, (str, os.PathLike)) else None
    if not isinstance(node, ast.JoinedStr):
        return None
    parts = []
    for part in node.values:
        if isinstance(part, ast.Constant):
            parts.append(str(part.value))
        elif isinstance(part, ast.FormattedValue) and isinstance(part.value, ast.Name):
            value = names.get(part.value.id)
            if part.format_spec is not None or not isinstance(
                value, (str, int, float, os.PathLike)
            ):
                return None
            parts.append(str(value))
        else:
            return None
    return "".join(parts)
