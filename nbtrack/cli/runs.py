"""``nbtrack runs``: list, show, compare, delete and restore runs."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import click

from nbtrack.cli.finding import find_notebook
from nbtrack.cli.output import Output, common_options, print_json
from nbtrack.errors import NotFoundError
from nbtrack.query import find_run
from nbtrack.store.base import RunQuery
from nbtrack.wire import Comparison, Done, RunPage

_PAGE = 1000


@click.group(epilog="A RUN is a run's id, the beginning of one, or a name that only one run has.")
@common_options
def runs(output: Output) -> None:
    """Look at tracked runs."""


@runs.command("list", epilog='Example: nbtrack runs list --filter "metrics.accuracy > 0.9"')
@click.option("--experiment", metavar="NAME", help="Only runs of this experiment.")
@click.option(
    "--notebook", type=click.Path(path_type=Path), metavar="PATH", help="Only runs of a notebook."
)
@click.option("--filter", "filter_text", default="", metavar="EXPR", help="Only matching runs.")
@click.option(
    "--text", default="", metavar="WORDS", help="Only runs whose code or note holds these words."
)
@click.option(
    "--order-by",
    multiple=True,
    metavar="CLAUSE",
    help='For example "metrics.loss ASC". Repeatable.',
)
@click.option(
    "-n", "limit", type=click.IntRange(min=1), default=20, show_default=True, help="So many runs."
)
@click.option("--all", "everything", is_flag=True, help="All runs, however many.")
@click.option("--deleted", is_flag=True, help="Deleted runs, which can be restored.")
@common_options
def list_runs(
    output: Output,
    experiment: str | None,
    notebook: Path | None,
    filter_text: str,
    text: str,
    order_by: tuple[str, ...],
    limit: int,
    everything: bool,
    deleted: bool,
) -> None:
    """List runs, newest first.

    A filter looks at params, metrics, tags, attributes and datasets, as in MLflow: "params.model =
    'rf' and metrics.accuracy > 0.9", "notebook = 'churn.ipynb'", "start_time > '2026-11-01'".
    In a pipe: tab-separated, with a column for each param and metric.
    """
    from nbtrack.cli.run_tables import print_runs
    from nbtrack.present import run_summaries

    store = output.open_store()
    experiment_ids = None
    if experiment is not None:
        found = store.find_experiment(experiment)
        if found is None:
            names = ", ".join(each.name for each in store.list_experiments())
            raise NotFoundError("experiment", experiment, f"There are: {names}.")
        experiment_ids = (found.experiment_id,)
    query = RunQuery(
        filter=filter_text,
        text=text,
        order_by=order_by,
        experiment_ids=experiment_ids,
        notebook_id=find_notebook(store, notebook).notebook_id if notebook is not None else None,
        view="deleted" if deleted else "active",
        limit=_PAGE if everything else limit,
    )
    page = store.search_runs(query)
    items = list(page.items)
    while everything and page.next_page_token is not None:
        page = store.search_runs(_next_page(query, page.next_page_token))
        items.extend(page.items)
    total = store.count_runs(query)
    if output.as_json:
        print_json(
            RunPage(
                runs=run_summaries(store, items, path=str),
                total=total,
                next_page_token=page.next_page_token,
            )
        )
        return
    print_runs(output, run_summaries(store, items, path=str), total)


def _next_page(query: RunQuery, token: str) -> RunQuery:
    from dataclasses import replace

    return replace(query, page_token=token)


@runs.command(epilog="Example: nbtrack runs show 3f2a")
@click.argument("run_text", metavar="RUN")
@common_options
def show(output: Output, run_text: str) -> None:
    """Show everything about one run, with the code that ran."""
    from nbtrack.cli.run_tables import print_run
    from nbtrack.present import run_detail

    store = output.open_store()
    detail = run_detail(store, find_run(store, run_text))
    if output.as_json:
        print_json(detail)
    else:
        print_run(output, detail)


@runs.command(epilog="Example: nbtrack runs explain 3f2a")
@click.argument("run_text", metavar="RUN")
@common_options
def explain(output: Output, run_text: str) -> None:
    """Tell why a run holds what it holds, and what was left out."""
    from nbtrack.cli.run_tables import print_explanation
    from nbtrack.explain import explanation
    from nbtrack.present import run_detail
    from nbtrack.wire import CaptureReport

    store = output.open_store()
    detail = run_detail(store, find_run(store, run_text))
    if output.as_json:
        print_json(detail.report or CaptureReport())
    else:
        print_explanation(output, explanation(detail.run, detail.report))


@runs.command(epilog="Example: nbtrack runs compare baseline svm --only-differences")
@click.argument("run_texts", metavar="RUN RUN...", nargs=-1, required=True)
@click.option("--only-differences", is_flag=True, help="Leave out what all runs have in common.")
@common_options
def compare(output: Output, run_texts: tuple[str, ...], only_differences: bool) -> None:
    """Compare two or more runs: why may their metrics differ?

    The likeliest causes first: code that ran, params, data read, packages, environment.
    """
    if len(run_texts) < 2:
        raise click.UsageError("Name at least two runs.", click.get_current_context())
    from nbtrack.cli.run_tables import print_comparison
    from nbtrack.comparison import compare_runs

    store = output.open_store()
    found = compare_runs(store, [find_run(store, text).run_id for text in run_texts])
    rows = [row for row in found.rows if row.differs or not only_differences]
    comparison = Comparison(runs=found.runs, rows=rows, code=found.code, causes=found.causes)
    if output.as_json:
        print_json(comparison)
    else:
        print_comparison(output, comparison)


@runs.command(epilog="Example: nbtrack runs delete baseline")
@click.argument("run_texts", metavar="RUN...", nargs=-1, required=True)
@common_options
def delete(output: Output, run_texts: tuple[str, ...]) -> None:
    """Delete runs. Their records stay, and 'nbtrack runs restore' brings them back."""
    _set_lifecycle(output, run_texts, deleted=True)


@runs.command(epilog="Example: nbtrack runs restore 3f2a. 'nbtrack runs list --deleted' lists ids.")
@click.argument("run_texts", metavar="RUN...", nargs=-1, required=True)
@common_options
def restore(output: Output, run_texts: tuple[str, ...]) -> None:
    """Bring deleted runs back."""
    _set_lifecycle(output, run_texts, deleted=False)


def _set_lifecycle(output: Output, run_texts: tuple[str, ...], *, deleted: bool) -> None:
    store = output.open_store()
    view: Literal["active", "deleted"] = "active" if deleted else "deleted"
    found = {run.run_id: run for run in (find_run(store, text, view=view) for text in run_texts)}
    store.set_lifecycle(list(found), deleted=deleted)
    if output.as_json:
        print_json(Done(count=len(found)))
        return
    verb = "Deleted" if deleted else "Restored"
    for run in found.values():
        output.say(f"{verb} {run.run_name} ({run.run_id[:8]}).")
    if deleted:
        ids = " ".join(run_id[:8] for run_id in found)
        output.say(f"Bring back with: nbtrack runs restore {ids}")
