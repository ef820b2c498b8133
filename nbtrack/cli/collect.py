"""``nbtrack gc``: free the space of what nobody needs any more."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING

import click

from nbtrack.cli.output import Output, common_options, print_json, size_text
from nbtrack.cli.progress import progress_bar

if TYPE_CHECKING:
    from nbtrack.store.upkeep.facts import Freed

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*([smhdw])\Z")
_WHAT = {
    "deleted runs": "runs deleted long enough ago",
    "old runs": "runs older than NbtrackConfig.keep_runs_days",
    "executions": "cell executions older than NbtrackConfig.keep_executions_days",
    "old revisions": "revisions within past sessions, or beyond the limits on their size",
    "blobs": "small blobs that nothing refers to",
    "blob files": "files that nothing refers to",
    "old backups": "old backups, and damaged files set aside",
    "unfinished files": "files that were never finished",
}


class Duration(click.ParamType):  # type: ignore[type-arg,unused-ignore]
    """A duration such as ``7d``."""

    name = "duration"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> timedelta:
        """Read it."""
        if isinstance(value, timedelta):
            return value
        found = _DURATION.match(str(value).strip())
        if found is None:
            self.fail(f"{value!r} is no duration: write for example 12h, 7d or 4w", param, ctx)
        return timedelta(**{_UNITS[found[2]]: float(found[1])})


@click.command(epilog="Example: nbtrack gc --older-than 7d --dry-run")
@click.option(
    "--older-than",
    type=Duration(),
    default="30d",
    show_default=True,
    metavar="DURATION",
    help="Remove runs deleted, and files left over, so long ago: 12h, 7d, 4w.",
)
@click.option("--dry-run", is_flag=True, help="Only say what would go.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@common_options
def gc(output: Output, older_than: timedelta, dry_run: bool, yes: bool) -> None:
    """Remove for good what nobody needs: deleted runs, and bytes that nothing refers to.

    Says first what would go, and asks. Whatever a run or a revision refers to stays.
    """
    from nbtrack.housekeeping import collect_garbage, find_garbage

    store = output.open_store()
    with progress_bar(output) as progress:
        found = find_garbage(store, older_than=older_than, progress=progress)
    if dry_run or not output.as_json:
        _say(output, found, done=False)
    if dry_run or (not found and not output.as_json):
        return
    if not yes:
        if output.as_json or not sys.stdin.isatty():
            raise click.UsageError(
                "Nothing was removed. Say --yes to remove it, or --dry-run to look only.",
                click.get_current_context(),
            )
        click.confirm("Remove it for good?", abort=True)
    with progress_bar(output) as progress:
        done = collect_garbage(store, older_than=older_than, progress=progress)
    if output.as_json:
        _say(output, done.freed, done=True, database_bytes=done.database_bytes, note=done.note)
        return
    total = sum(line.size_bytes for line in done.freed)
    output.say(f"Freed {size_text(total)}. The database is {size_text(done.database_bytes)} less.")
    if done.note:
        output.note(f"{done.note}.")


def _say(
    output: Output,
    lines: Sequence[Freed],
    *,
    done: bool,
    database_bytes: int = 0,
    note: str = "",
) -> None:
    total = sum(line.size_bytes for line in lines)
    if output.as_json:
        print_json(
            {
                "done": done,
                "lines": [asdict(line) for line in lines],
                "size_bytes": total,
                "database_bytes": database_bytes,
                "note": note,
            }
        )
        return
    if not lines:
        output.say("There is nothing to remove.")
        return
    rows = [
        (line.kind, str(line.count), size_text(line.size_bytes), _WHAT[line.kind]) for line in lines
    ]
    output.table(
        ("what", "how many", "size", "why"),
        [*rows, ("all", "", size_text(total), "")],
        {"how many": "right", "size": "right", "why": "fold"},
    )
