"""Whether processes that died left records behind; takes them over and says so."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from nbtrack.cli.checks import Check
from nbtrack.cli.output import Output, counted
from nbtrack.config import store_location
from nbtrack.errors import NbtrackError
from nbtrack.journal import held_journals
from nbtrack.tracking.places import journal_directories


def holds_records(location: str) -> bool:
    """Whether anything was recorded there, also by processes that died before there was a store."""
    if "://" in location:
        return True
    directory = Path(location)
    return (directory / "nbtrack.db").exists() or any(
        path for place in journal_directories(location) for path in held_journals(place)
    )


def journal_checks(output: Output) -> Iterator[Check]:
    """Adopt the journals of dead processes, if there are any. A store is not made for it."""
    if not holds_records(store_location(output.store_path)):
        return
    from nbtrack.tracking.adoption import adopt_journals

    try:
        report = adopt_journals(output.open_store())
    except NbtrackError as error:
        yield Check(
            "journals",
            "problem",
            f"The records of ended processes cannot be taken over: {error}.",
            "Mend the store first, then run nbtrack doctor again; nothing is lost meanwhile",
        )
        return
    for problem in report.problems:
        yield Check("journals", "warning", problem, "Nothing else can be read from it")
    if report.journals or report.ended_run_ids:
        yield Check(
            "journals",
            "ok",
            f"Took over what {counted(len(report.journals), 'ended process', 'ended processes')} "
            f"had left: {counted(report.records, 'record')}, and marked "
            f"{counted(len(report.ended_run_ids), 'run')} as interrupted.",
        )
    elif not report.problems:
        yield Check("journals", "ok", "No process left anything behind.")
