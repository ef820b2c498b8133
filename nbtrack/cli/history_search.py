"""``nbtrack history search``: words in all that notebooks ever held."""

from __future__ import annotations

from pathlib import Path

import click

from nbtrack.cli.finding import find_notebook, words_options
from nbtrack.cli.output import Output, common_options, print_json
from nbtrack.wire import HistoryMatchPage


@click.command(epilog="Example: nbtrack history search learning_rate --notebook churn.ipynb")
@words_options
@common_options
def search(output: Output, words: tuple[str, ...], notebook: Path | None, limit: int) -> None:
    """Find cells that at any time held WORDS, in their text or in what they showed.

    All words must be there, each at least as the beginning of a word, in any order. A phrase in
    double quotes must be there as it is. Deleted cells and notebooks are searched, too.
    """
    from nbtrack.cli.revision_tables import print_matches
    from nbtrack.present import history_matches

    store = output.open_store()
    notebook_id = find_notebook(store, notebook).notebook_id if notebook is not None else None
    page = store.search_history(" ".join(words), notebook_id=notebook_id, limit=limit)
    matches = history_matches(store, page.items)
    if output.as_json:
        print_json(HistoryMatchPage(matches=matches, next_page_token=page.next_page_token))
        return
    print_matches(output, matches)
    if page.next_page_token is not None:
        output.note(f"the newest {limit}; see more with -n")
