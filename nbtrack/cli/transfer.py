"""``nbtrack export`` and ``nbtrack import``: carry runs and histories from store to store."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from nbtrack.cli.finding import find_notebook
from nbtrack.cli.output import Output, common_options, counted, print_json, size_text
from nbtrack.cli.progress import progress_bar
from nbtrack.errors import NotFoundError

_FILE = click.argument("file", type=click.Path(path_type=Path, dir_okay=False))


@click.command(epilog='Example: nbtrack export --filter "metrics.accuracy > 0.9" best.zip')
@click.option("--run", "run_texts", multiple=True, metavar="RUN", help="This run. Repeatable.")
@click.option("--filter", "filter_text", default="", metavar="EXPR", help="Matching runs.")
@click.option("--experiment", metavar="NAME", help="Runs of this experiment.")
@click.option(
    "--notebook",
    "notebook_paths",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="A notebook with its history and its runs. Repeatable.",
)
@click.option("--force", is_flag=True, help="Replace a file that is there.")
@_FILE
@common_options
def export(
    output: Output,
    run_texts: tuple[str, ...],
    filter_text: str,
    experiment: str | None,
    notebook_paths: tuple[Path, ...],
    force: bool,
    file: Path,
) -> None:
    """Write runs and notebooks, with all that belongs to them, into one file.

    Without a selection: everything. 'nbtrack import' merges the file into another store.
    """
    from nbtrack.housekeeping import export_archive
    from nbtrack.query import find_run
    from nbtrack.store.base import RunQuery
    from nbtrack.store.upkeep.facts import ArchiveSelection

    store = output.open_store()
    query = None
    if filter_text or experiment is not None:
        found = None if experiment is None else store.find_experiment(experiment)
        if experiment is not None and found is None:
            raise NotFoundError("experiment", experiment)
        ids = None if found is None else (found.experiment_id,)
        query = RunQuery(filter=filter_text, experiment_ids=ids)
    selection = ArchiveSelection(
        query,
        tuple(find_run(store, text).run_id for text in run_texts),
        tuple(find_notebook(store, path).notebook_id for path in notebook_paths),
    )
    with progress_bar(output) as progress:
        done = export_archive(store, file, selection, overwrite=force, progress=progress)
    if output.as_json:
        print_json(asdict(done) | {"path": str(done.path)})
        return
    output.say(f"Wrote {file} ({size_text(file.stat().st_size)}): {_listed(done.rows)}.")
    if done.missing_blobs:
        output.note(f"{counted(len(done.missing_blobs), 'blob')} were missing in this store.")


@click.command("import", epilog="Example: nbtrack import best.zip")
@_FILE
@common_options
def import_(output: Output, file: Path) -> None:
    """Merge a file that 'nbtrack export' wrote into this store.

    What is here already stays as it is; importing twice adds nothing the second time.
    """
    from nbtrack.housekeeping import import_archive

    with progress_bar(output) as progress:
        done = import_archive(output.open_store(), file, progress=progress)
    if output.as_json:
        print_json(asdict(done))
        return
    output.say(f"Added: {_listed(done.added) or 'nothing'}.")
    if done.present:
        output.say(f"Here already: {_listed(done.present)}.")
    for path, old, new in done.renumbered:
        output.say(f"Revision r{old} of {path} is r{new} here.")
    for note in done.notes:
        output.note(f"{note}.")


globals()["import"] = import_
"""A command's room holds a command of its own name, and this name is a keyword."""

_NOUNS = ("runs", "notebooks", "revisions", "executions", "experiments")


def _listed(counts: dict[str, int]) -> str:
    return ", ".join(f"{counts[noun]} {noun}" for noun in _NOUNS if counts.get(noun))
