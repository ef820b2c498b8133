"""``nbtrack backup``: copy the store while it is used, and bring a copy back."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path

import click

from nbtrack.cli.output import Output, common_options, counted, print_json, size_text
from nbtrack.cli.progress import progress_bar
from nbtrack.config import store_location


@click.command(epilog="Example: nbtrack backup /media/disk/nbtrack-monday")
@click.argument("target", metavar="[DIRECTORY]", required=False, type=click.Path(path_type=Path))
@click.option(
    "--restore", is_flag=True, help="Make that backup the store; the present one is kept aside."
)
@click.option("--yes", is_flag=True, help="Do not ask before restoring.")
@common_options
def backup(output: Output, target: Path | None, restore: bool, yes: bool) -> None:
    """Copy the store into a new directory, and check the copy.

    Kernels may go on meanwhile. Without DIRECTORY: in 'backups' in the store. A backup is a
    store: --store DIRECTORY looks at it.
    """
    if restore:
        if target is None:
            raise click.UsageError("Name the backup to restore.", click.get_current_context())
        _restore(output, target, yes=yes)
        return
    from nbtrack.housekeeping import back_up

    with progress_bar(output) as progress:
        done = back_up(output.open_store(), target, progress=progress)
    if output.as_json:
        print_json(asdict(done) | {"path": str(done.path)})
        return
    output.say(
        f"Copied to {done.path} and checked: {size_text(done.size_bytes)}, "
        f"{counted(done.blobs, 'blob')}."
    )
    if done.missing_blobs:
        output.note(
            f"{counted(len(done.missing_blobs), 'blob')} were missing in the store already. "
            "'nbtrack doctor --repair' says which."
        )


def _restore(output: Output, target: Path, *, yes: bool) -> None:
    from nbtrack import housekeeping

    location = store_location(output.store_path)
    if not yes:
        if output.as_json or not sys.stdin.isatty():
            raise click.UsageError(
                "Nothing was restored. Say --yes to do it.", click.get_current_context()
            )
        click.confirm(f"Replace the store at {location}?", abort=True)
    with progress_bar(output) as progress:
        aside = housekeeping.restore(target, location, progress=progress)
    if output.as_json:
        print_json({"store": location, "before": None if aside is None else str(aside)})
        return
    output.say(f"The store at {location} is now that of {target}.")
    if aside is not None:
        output.say(f"The one before is kept in {aside}.")
