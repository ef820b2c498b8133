"""``nbtrack doctor --repair``: what was found in the store, and what was done about it."""

from __future__ import annotations

from dataclasses import asdict

import click

from nbtrack.cli.output import Output, counted, print_json
from nbtrack.cli.progress import progress_bar
from nbtrack.config import store_location

_MARKS = {"ok": ("✓", "green"), "mended": ("+", "yellow"), "lost": ("✗", "red")}
_SHOWN = 20


def run_repair(output: Output) -> int:
    """Repair the store and print the findings.

    Returns:
        The exit code: 0 when all is well now, 1 when something is lost.
    """
    from nbtrack.housekeeping import repair

    with progress_bar(output) as progress:
        findings = repair(store_location(output.store_path), progress=progress)
    lost = sum(finding.level == "lost" for finding in findings)
    mended = sum(finding.level == "mended" for finding in findings)
    if output.as_json:
        print_json({"healthy": not lost, "findings": [asdict(each) for each in findings]})
        return 1 if lost else 0
    for finding in findings:
        mark, colour = _MARKS[finding.level]
        output.say(f"{click.style(mark, fg=colour)} {finding.name}: {finding.message}")
        for detail in finding.details[:_SHOWN]:
            output.say(f"    {detail}")
        if len(finding.details) > _SHOWN:
            more = len(finding.details) - _SHOWN
            output.say(f"    and {more} more; --json lists all")
    output.say()
    output.say(
        f"{counted(mended, 'thing')} mended, {counted(lost, 'thing')} lost."
        if mended or lost
        else "Nothing was wrong."
    )
    return 1 if lost else 0
