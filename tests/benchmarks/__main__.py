"""Runs every benchmark, prints one table and writes it as JSON.

python -m tests.benchmarks [NAME ...]     for example: python -m tests.benchmarks import
"""

from __future__ import annotations

import dataclasses
import importlib
import json
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.benchmarks.harness import Figure

HERE = Path(__file__).parent
RESULTS = HERE.parents[1] / "test-results"


def run(names: list[str]) -> list[Figure]:
    """Measure the named benchmarks, or all."""
    modules = [f"bench_{name}" for name in names] or sorted(
        path.stem for path in HERE.glob("bench_*.py")
    )
    figures: list[Figure] = []
    for module in modules:
        figures += importlib.import_module(f"tests.benchmarks.{module}").measure()
    return figures


def table(figures: list[Figure]) -> Table:
    """The figures for people."""
    table = Table(
        title=f"nbtrack benchmarks, {platform.machine()}, Python {sys.version.split()[0]}"
    )
    for heading in ("figure", "median", "baseline", "against", "result", "goal", "met"):
        table.add_column(heading, justify="left" if heading in ("figure", "against") else "right")
    for figure in figures:
        sign = {"ratio": "×", "difference": f" {figure.unit} more"}.get(
            figure.compared, f" {figure.unit}"
        )
        limit = "≥" if figure.at_least else "≤"
        table.add_row(
            figure.name,
            f"{figure.value:.3g} {figure.unit}",
            "" if figure.compared == "value" else f"{figure.baseline:.3g} {figure.unit}",
            figure.against,
            f"{figure.result:.3g}{sign}",
            "" if figure.goal is None else f"{limit} {figure.goal:g}{sign}",
            {None: "", True: "yes", False: "NO"}[figure.met],
        )
    return table


def main() -> None:
    """Measure, print, write."""
    figures = run(sys.argv[1:])
    Console(width=140).print(table(figures))
    RESULTS.mkdir(exist_ok=True)
    rows = [dataclasses.asdict(f) | {"result": f.result, "met": f.met} for f in figures]
    document = {"measured_at": datetime.now(UTC).isoformat(), "figures": rows}
    (RESULTS / "benchmarks.json").write_text(json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    main()
