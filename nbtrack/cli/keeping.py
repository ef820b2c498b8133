"""``nbtrack history size``, ``off``, ``on`` and ``texts``: what is kept of histories, and where."""

from __future__ import annotations

from pathlib import Path

import click

from nbtrack.cli.finding import find_notebook
from nbtrack.cli.output import Output, common_options, print_json, size_text
from nbtrack.errors import StoreError, UsageError


@click.command(epilog="Example: nbtrack history size")
@click.argument(
    "paths", metavar="[NOTEBOOK]...", nargs=-1, type=click.Path(path_type=Path), required=False
)
@common_options
def size(output: Output, paths: tuple[Path, ...]) -> None:
    """Say what histories cost: of some notebooks, or of all.

    'Own' is what no other of these notebooks refers to. 'nbtrack gc' makes histories smaller.
    """
    from nbtrack.config import load_config
    from nbtrack.history.costs import history_costs

    store = output.open_store()
    chosen = [find_notebook(store, path) for path in paths] or None
    costs = history_costs(store, chosen)
    config = load_config()
    limits = {
        "keep_revisions_days": config.keep_revisions_days,
        "max_notebook_history_bytes": config.max_notebook_history_bytes,
        "max_history_bytes": config.max_history_bytes,
    }
    if output.as_json:
        rows = [
            {
                "path": cost.notebook.path,
                "notebook_id": cost.notebook.notebook_id,
                "revisions": cost.revisions,
                "list_bytes": cost.list_bytes,
                "content_bytes": cost.content_bytes,
                "own_bytes": cost.own_bytes,
                "size_bytes": cost.size_bytes,
            }
            for cost in costs
        ]
        print_json({"histories": rows, "settings": limits})
        return
    output.table(
        ("Notebook", "Revisions", "Lists", "Contents", "Own", "All"),
        [
            (
                cost.notebook.path,
                str(cost.revisions),
                *map(
                    size_text,
                    (cost.list_bytes, cost.content_bytes, cost.own_bytes, cost.size_bytes),
                ),
            )
            for cost in costs
        ],
        {"Notebook": "fold"},
    )
    output.note("; ".join(f"{name} = {value:g}" for name, value in limits.items()))


@click.command(epilog="Example: nbtrack history off ~/private")
@click.argument("path", type=click.Path(path_type=Path))
@common_options
def off(output: Output, path: Path) -> None:
    """Record no history of a notebook or of all in a folder. What was recorded stays."""
    _switch(output, path, recorded=False)


@click.command(epilog="Example: nbtrack history on ~/private/shared.ipynb")
@click.argument("path", type=click.Path(path_type=Path))
@common_options
def on(output: Output, path: Path) -> None:
    """Record the history of a notebook or folder again, also within a folder that is off."""
    _switch(output, path, recorded=True)


def _switch(output: Output, path: Path, *, recorded: bool) -> None:
    from nbtrack.history.switches import is_recorded

    if not path.exists():
        raise UsageError(f"there is no {path}: name a notebook or a folder")
    place = str(path.expanduser().absolute()).rstrip("/") or "/"
    store = output.open_store()
    # Where that is so without a switch of its own, it needs none.
    store.switch_history(place, None)
    if is_recorded(store, place) != recorded:
        store.switch_history(place, recorded)
    result = is_recorded(store, place)
    if output.as_json:
        print_json({"path": place, "recorded": result})
    elif result:
        output.say(f"The history of {path} is recorded.")
    else:
        output.say(f"The history of {path} is not recorded from now on. What was recorded stays.")
    if result != recorded:
        output.note("capture_history is off in the settings: nothing is recorded at all.")


@click.command(epilog="Example: nbtrack history texts 01-first-run.ipynb history/")
@click.argument("path", metavar="NOTEBOOK", type=click.Path(path_type=Path))
@click.argument("directory", type=click.Path(file_okay=False, path_type=Path))
@common_options
def texts(output: Output, path: Path, directory: Path) -> None:
    """Write every revision as a text file, to be kept in git or compared with any tool.

    The same revision always gives the same text. Files that are there already stay as they are.
    For one revision: nbtrack history export NOTEBOOK REV --to text
    """
    from nbtrack.history.lookup import all_revisions, revision_document
    from nbtrack.history.plain import plain_text
    from nbtrack.store.files import whole_file

    store = output.open_store()
    notebook = find_notebook(store, path)
    written = []
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for revision in all_revisions(store, notebook.notebook_id):
            target = directory / f"{path.stem}-r{revision.number:05}.txt"
            if target.exists():
                continue
            text = plain_text(revision, revision_document(store, revision.revision_id))
            with whole_file(target, f".{target.name}-", mode=0o644) as stream:
                stream.write(text.encode("utf-8", "backslashreplace"))
            written.append(str(target))
    except OSError as error:
        raise StoreError(f"cannot write to {directory}: {error.strerror or error}") from error
    if output.as_json:
        print_json({"written": written})
    else:
        output.say(f"Wrote {len(written)} revisions to {directory}.")
