"""``nbtrack history export``: a revision as a file of another kind."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from nbtrack.cli.finding import find_notebook
from nbtrack.cli.output import Output, common_options, print_json
from nbtrack.errors import StoreError, UsageError

FORMATS = click.Choice(["ipynb", "html", "script", "markdown", "pdf", "text"])


@click.command(epilog="Example: nbtrack history export 01-first-run.ipynb r3 --to html")
@click.argument("path", metavar="NOTEBOOK", type=click.Path(path_type=Path))
@click.argument("revision_text", metavar="REV")
@click.option("--to", type=FORMATS, default="ipynb", show_default=True, help="The format.")
@click.option(
    "--output",
    "target",
    type=click.Path(dir_okay=False, allow_dash=True, path_type=Path),
    metavar="PATH",
    help="Where to; '-' prints it. By default beside the notebook, as NAME-r3.html.",
)
@click.option("--yes", is_flag=True, help="Overwrite a file that is there.")
@common_options
def export(
    output: Output, path: Path, revision_text: str, to: str, target: Path | None, yes: bool
) -> None:
    """Save a revision as a file: a notebook, a web page, code, Markdown, PDF, plain text.

    Nothing is executed: the outputs are those of the revision. nbconvert makes the file; a PDF
    needs TeX or a browser (the message says what to install).
    """
    from nbtrack.history.export import Exported
    from nbtrack.history.export import export as made
    from nbtrack.history.lookup import resolve_revision, revision_document
    from nbtrack.history.plain import plain_text
    from nbtrack.store.files import whole_file

    store = output.open_store()
    notebook = find_notebook(store, path)
    revision = resolve_revision(store, notebook.notebook_id, revision_text)
    stem = f"{path.stem}-r{revision.number}"
    document = revision_document(store, revision.revision_id)
    if to == "text":
        text = plain_text(revision, document).encode("utf-8", "backslashreplace")
        file = Exported(text, ".txt", "text/plain")
    else:
        file = made(document, to, name=stem)
    if target == Path("-"):
        sys.stdout.buffer.write(file.content)
        return
    target = target or path.with_name(stem + file.extension)
    if target.exists() and not yes:
        raise UsageError(f"{target} exists. Add --yes to overwrite it, or name another --output")
    try:
        with whole_file(target, f".{target.name}-", mode=0o644) as stream:
            stream.write(file.content)
    except OSError as error:
        raise StoreError(f"cannot write {target}: {error.strerror or error}") from error
    if output.as_json:
        print_json({"path": str(target.absolute()), "media_type": file.media_type})
    else:
        output.say(f"Wrote r{revision.number} to {target}.")
