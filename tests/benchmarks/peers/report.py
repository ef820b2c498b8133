"""The comparison as a Markdown table, and its ratios against what issue 4 asks for."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

OURS = "nbtrack"
HEADINGS = (
    "tracker",
    "one call, median",
    "99th of 100",
    "points/s, read back",
    "lost by SIGKILL",
    "short runs/s",
    "search",
    "start-up",
)


def markdown(rows: Iterable[dict[str, Any]]) -> str:
    """One line for each set-up; an empty cell was not measured."""
    lines = ["| " + " | ".join(HEADINGS) + " |", "|---" + "|---:" * (len(HEADINGS) - 1) + "|"]
    for row in rows:
        cells = [f"{row['title']} {row['version']}".strip(), *_cells(row)]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _cells(row: dict[str, Any]) -> list[str]:
    def cell(work: str, shown: Callable[[dict[str, Any]], str]) -> str:
        if work in row["figures"]:
            return shown(row["figures"][work])
        return "failed" if row["problems"].get(work, "not run") not in _EXPECTED else "–"

    def lost(figures: dict[str, Any]) -> str:
        return f" ({figures['lost']} lost)" if figures.get("lost") else ""

    if "install" in row["problems"]:
        return ["not installed"] * (len(HEADINGS) - 1)
    return [
        cell("call", lambda f: f"{f['median_us']:.3g} µs{lost(f)}"),
        cell("call", lambda f: f"{f['p99_us']:.3g} µs"),
        cell("bulk", lambda f: f"{f['points'] / f['total_s']:,.0f}{lost(f)}"),
        cell("kill", lambda f: f"{f['lost']} in {f['trials']} trials, at worst {f['worst']}"),
        cell("short", lambda f: f"{f['runs'] / f['total_s']:,.0f}{lost(f)}"),
        cell("search", lambda f: f"{f['median_ms']:,.3g} ms, {f['runs']:,} runs"),
        cell("start", lambda f: f"{f['more_ms']:,.0f} ms"),
    ]


_EXPECTED = ("not run", "no local search")


def ratios(rows: list[dict[str, Any]]) -> list[str]:
    """Each line of the issue that is about peers: met or not, with the figures."""
    ours = {row["title"]: row["figures"] for row in rows if row["title"].startswith(OURS)}
    peers = {row["title"]: row["figures"] for row in rows if not row["title"].startswith(OURS)}
    here = ours.get(OURS, {})
    lossless = {
        title: figures
        for title, figures in peers.items()
        if figures.get("kill", {}).get("lost") == 0
    }

    def seconds(figures: dict[str, Any]) -> float:
        return figures["short"]["total_s"] / figures["short"]["runs"]

    def median(figures: dict[str, Any]) -> float:
        return float(figures["call"]["median_us"])

    whole = ours.get(f"{OURS}, 100 000 runs", {})
    return [
        _line("log, fastest peer", "call", 10, median, here, peers),
        _line(
            "log, fastest peer that SIGKILL took nothing from", "call", 100, median, here, lossless
        ),
        _line("short runs, fastest peer", "short", 20, seconds, here, peers),
        _line(
            "search of 100 000 runs, fastest peer at 10 000",
            "search",
            1,
            lambda figures: float(figures["search"]["median_ms"]),
            whole,
            {t: f for t, f in peers.items() if f.get("search", {}).get("runs", 0) >= 10_000},
        ),
    ]


def _line(
    name: str,
    work: str,
    goal: float,
    cost: Callable[[dict[str, Any]], float],
    ours: dict[str, Any],
    peers: dict[str, dict[str, Any]],
) -> str:
    measured = {title: cost(figures) for title, figures in peers.items() if work in figures}
    if work not in ours or not measured:
        return f"{name}: not measured"
    fastest = min(measured, key=lambda title: measured[title])
    ratio = measured[fastest] / cost(ours)
    verdict = "met" if ratio >= goal else "NOT met"
    return f"{name}: {ratio:.3g} times faster than {fastest}, goal {goal:g}: {verdict}"
