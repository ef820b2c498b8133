"""Runs beside each other, as an object that prints, renders and becomes a DataFrame."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import unified_diff
from typing import TYPE_CHECKING, Any

from nbtrack.comparison import compare_runs, run_names
from nbtrack.entities import Run
from nbtrack.errors import UsageError
from nbtrack.query import find_run
from nbtrack.ranking import is_system_metric
from nbtrack.tracking.lookup import fresh_store
from nbtrack.tracking.run import ActiveRun
from nbtrack.widgets.tables import aligned
from nbtrack.widgets.text import escape, number, style, table
from nbtrack.wire import ComparedCode, ComparedRow, Comparison

if TYPE_CHECKING:
    import pandas as pd

_NOTHING = "–"
_LONGEST = 60


def compare(*runs: str | Run | ActiveRun | Iterable[str | Run | ActiveRun]) -> ComparedRuns:
    """Runs beside each other: what they gave, and what may be why, the likeliest first.

    ``nbtrack.compare("baseline", "svm")`` shows itself at the end of a cell;
    ``nbtrack.compare(a, b).frame()`` is a DataFrame.

    Args:
        *runs: two or more: run ids, beginnings of ids, names, or runs; a list of them, such as
            ``search_runs(output_format="list")`` gives, counts as its items.

    Raises:
        NotFoundError: there is no such run.
        UsageError: a name means several runs, or there are fewer than two.
    """
    store = fresh_store()
    given: list[str | Run | ActiveRun] = []
    for each in runs:
        given += [each] if isinstance(each, str | Run | ActiveRun) else list(each)
    found = [find_run(store, run) if isinstance(run, str) else run for run in given]
    ids = list(dict.fromkeys(run.run_id for run in found))
    if len(ids) < 2:
        raise UsageError(
            f"compare takes two or more different runs, not {len(ids)}: "
            'for example nbtrack.compare("baseline", "svm")'
        )
    return ComparedRuns(compare_runs(store, ids))


class ComparedRuns:
    """What `compare` gives.

    Attributes:
        comparison: all of it, as `nbtrack runs compare --json` prints it.
        names: of the runs, in the order they were given; with the beginning of the id where
            several have the same.
        causes: why the metrics may differ, in words, the likeliest first.
    """

    def __init__(self, comparison: Comparison) -> None:
        self.comparison = comparison
        self.names = run_names(comparison)
        self.causes = [cause.text for cause in comparison.causes]

    def frame(self) -> pd.DataFrame:
        """A DataFrame: a row for each metric, param, tag and the like, a column for each run.

        The index is (kind, key), with differences first; ``differs`` says where they differ.
        Metrics are floats, all else text; None where a run has no value. Needs pandas.
        """
        import pandas as pd

        index = pd.MultiIndex.from_tuples(
            [(row.kind, row.key) for row in self.comparison.rows], names=["kind", "key"]
        )
        values = [[_value(row, value) for value in row.values] for row in self.comparison.rows]
        made = pd.DataFrame(values, index=index, columns=self.names, dtype=object)
        made["differs"] = [row.differs for row in self.comparison.rows]
        return made

    def code(self) -> str:
        """The code that ran differently between the first run and the last, as a unified diff."""
        parts = []
        for each in self.comparison.code:
            old, new = _texts(each)[0], _texts(each)[-1]
            where = "the cell itself" if each.cell_id is None else f"cell {each.cell_id}"
            names = (f"{self.names[0]}: {where}", f"{self.names[-1]}: {where}")
            lines = unified_diff(old.splitlines(), new.splitlines(), *names, lineterm="")
            parts.append("\n".join(lines))
        return "\n".join(part for part in parts if part)

    def __repr__(self) -> str:
        lines = [f"{len(self.names)} runs compared", *(f"- {cause}" for cause in self.causes), ""]
        rows = [[row.kind, row.key, *_shown(row)] for row in self._rows()]
        lines += aligned([["", "", *self.names], *rows])
        return "\n".join([*lines, "", self.code()] if self.comparison.code else lines)

    def _repr_html_(self) -> str:
        causes = "".join(f"<li>{escape(cause)}</li>" for cause in self.causes)
        rows = []
        for row in self._rows():
            texts = [escape(text) for text in _shown(row)]
            if row.best is not None:
                texts[row.best] = f"<strong>{texts[row.best]}</strong>"
            rows.append([f"<span{style('soft')}>{row.kind}</span>", escape(row.key), *texts])
        body = table(["", "", *self.names], rows, frozenset())
        code = self.code()
        listed = f"<pre{style('code')}>{escape(code)}</pre>" if code else ""
        return f"<div{style('card')}><ul{style('list')}>{causes}</ul>{body}{listed}</div>"

    def _rows(self) -> list[ComparedRow]:
        """What differs, with the metrics first."""
        rows = [
            row for row in self.comparison.rows if row.differs and not is_system_metric(row.key)
        ]
        return sorted(rows, key=lambda row: row.kind != "metric")


def _value(row: ComparedRow, value: Any) -> Any:
    return float(value) if row.kind == "metric" and value is not None else value


def _texts(code: ComparedCode) -> Sequence[str]:
    return ["" if choice is None else code.versions[choice] for choice in code.choices]


def _shown(row: ComparedRow) -> list[str]:
    texts = []
    for at, value in enumerate(row.values):
        if value is None:
            text = _NOTHING
        elif row.kind == "metric":
            text = number(float(value))
        else:
            text = str(value)
        text = text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
        texts.append(f"{text} ★" if row.best == at else text)
    return texts
