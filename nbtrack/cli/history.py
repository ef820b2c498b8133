"""``nbtrack history``: a notebook's revisions; look at them, compare them."""

from __future__ import annotations

from pathlib import Path

import click

from nbtrack.cli.exporting import export
from nbtrack.cli.finding import find_notebook
from nbtrack.cli.history_search import search
from nbtrack.cli.keeping import off, on, size, texts
from nbtrack.cli.output import Output, common_options, print_json
from nbtrack.cli.restoring import checkpoint, restore
from nbtrack.wire import RevisionPage

_NOTEBOOK = click.argument("path", metavar="NOTEBOOK", type=click.Path(path_type=Path))


@click.group(epilog="A REV is r12 or 12, a label, the beginning of a revision's id, or 'latest'.")
@common_options
def history(output: Output) -> None:
    """Look at a notebook's revisions, and bring one back."""


@history.command(epilog="Example: nbtrack history log 01-first-run.ipynb")
@_NOTEBOOK
@click.option(
    "-n", "limit", type=click.IntRange(1, 1000), default=30, show_default=True, help="So many."
)
@click.option("--cell", "cell_id", metavar="ID", help="Only revisions that changed this cell.")
@click.option("--author", metavar="NAME", help="Only revisions by this person.")
@click.option("--with-runs", is_flag=True, help="Only revisions that runs ran from.")
@click.option("--with-errors", is_flag=True, help="Only revisions that a cell failed from.")
@click.option("--named", is_flag=True, help="Only named checkpoints.")
@common_options
def log(
    output: Output,
    path: Path,
    limit: int,
    cell_id: str | None,
    author: str | None,
    with_runs: bool,
    with_errors: bool,
    named: bool,
) -> None:
    """List revisions, newest first: who, when, why, from where, what changed.

    In a git repository the last column says ✓ and the commit for a revision that is committed,
    else after which commit it was made.
    """
    from nbtrack.cli.revision_tables import print_log
    from nbtrack.history.commits import committed
    from nbtrack.present import revision_infos
    from nbtrack.store.base import RevisionFilter

    store = output.open_store()
    notebook = find_notebook(store, path)
    only = RevisionFilter(cell_id, author, named, with_runs, with_errors)
    page = store.list_revisions(notebook.notebook_id, limit=limit, only=only)
    in_git = committed(store, Path(notebook.path), page.items)
    infos = revision_infos(store, page.items, in_git)
    if output.as_json:
        print_json(RevisionPage(revisions=infos, next_page_token=page.next_page_token))
        return
    print_log(output, infos)
    if page.next_page_token is not None:
        output.note(f"{notebook.revision_count} revisions in all; see more with -n")


@history.command(epilog="Example: nbtrack history show 01-first-run.ipynb r3 --json > old.ipynb")
@_NOTEBOOK
@click.argument("revision_text", metavar="REV")
@common_options
def show(output: Output, path: Path, revision_text: str) -> None:
    """Show the cells of a revision. With --json: the notebook, outputs included."""
    from nbtrack.cli.revision_tables import print_document
    from nbtrack.history.lookup import resolve_revision, revision_document

    store = output.open_store()
    notebook = find_notebook(store, path)
    revision = resolve_revision(store, notebook.notebook_id, revision_text)
    document = revision_document(store, revision.revision_id)
    if output.as_json:
        print_json(document)
    else:
        print_document(output, document)


@history.command(epilog="Example: nbtrack history diff 01-first-run.ipynb r3 r5")
@_NOTEBOOK
@click.argument("old_text", metavar="REV")
@click.argument("new_text", metavar="[REV]", required=False)
@click.option("--all", "everything", is_flag=True, help="Show outputs and metadata too.")
@click.option("--patch", "as_patch", is_flag=True, help="Print a patch that nbdime can apply.")
@common_options
def diff(
    output: Output,
    path: Path,
    old_text: str,
    new_text: str | None,
    everything: bool,
    as_patch: bool,
) -> None:
    """Compare two revisions, or one with the file.

    A patch is made for the notebook that 'nbtrack history show NOTEBOOK REV --json' prints:
    'nbpatch old.ipynb changes.json -o new.ipynb' applies it.
    """
    from nbtrack.diff_text import summary_line
    from nbtrack.notebooks import NotebookHistory

    if as_patch and (everything or output.as_json):
        raise click.UsageError("--patch is JSON and holds everything: give it alone.")
    store = output.open_store()
    notebook = find_notebook(store, path)
    found = NotebookHistory(store, notebook, path).diff(old_text, new_text or None)
    if as_patch:
        print_json(found.patch())
        return
    if output.as_json:
        print_json(found.diff)
        return
    for line in found.lines(everything=everything):
        output.styled(line)
    sides = [f"r{side.number}" if side else "the file" for side in (found.diff.old, found.diff.new)]
    output.note(f"Between {' and '.join(sides)}: {summary_line(found.diff)}.")


history.add_command(restore)
history.add_command(checkpoint)
history.add_command(export)
history.add_command(size)
history.add_command(off)
history.add_command(on)
history.add_command(texts)
history.add_command(search)
