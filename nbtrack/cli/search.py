"""``nbtrack search``: words in code that ran, and in notes."""

from __future__ import annotations

from pathlib import Path

import click

from nbtrack.cli.finding import find_notebook, words_options
from nbtrack.cli.output import Output, common_options, instant_text, print_json
from nbtrack.wire import TextMatchInfo, TextMatchPage


@click.command(epilog="Example: nbtrack search read_csv --notebook churn.ipynb")
@words_options
@common_options
def search(output: Output, words: tuple[str, ...], notebook: Path | None, limit: int) -> None:
    """Find cells whose code, and runs whose note, holds WORDS; newest first.

    All words must be there, each at least as the beginning of a word, in any order. A phrase in
    double quotes must be there as it is.
    """
    from nbtrack.present import text_matches

    store = output.open_store()
    notebook_id = find_notebook(store, notebook).notebook_id if notebook is not None else None
    page = store.search_text(" ".join(words), notebook_id=notebook_id, limit=limit)
    matches = text_matches(store, page.items)
    if output.as_json:
        print_json(TextMatchPage(matches=matches, next_page_token=page.next_page_token))
        return
    if not matches and output.terminal:
        output.say("Nothing that ran, and no note, holds these words.")
        return
    rows = [_row(output, match) for match in matches]
    headings = ["Found", "When", "Where", "Runs", "Line"]
    output.table(headings, rows, {"Found": "dim", "Runs": "right", "Line": "fold"})
    if page.next_page_token is not None:
        output.note(f"the newest {limit}; see more with -n")


def _row(output: Output, match: TextMatchInfo) -> list[str]:
    path = match.notebook_path or ""
    return [
        match.kind,
        instant_text(match.found_at, terminal=output.terminal),
        Path(path).name if output.terminal else path,
        str(len(match.run_ids)) if output.terminal else " ".join(match.run_ids),
        match.snippet,
    ]
