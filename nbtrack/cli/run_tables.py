"""Runs on a terminal: lists, one run, and comparisons."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from nbtrack.cli.dataset_tables import print_datasets
from nbtrack.cli.output import (
    Output,
    console,
    counted,
    duration_text,
    instant_text,
    number_text,
    size_text,
)
from nbtrack.cli.texts import status_text
from nbtrack.explain import CAPTURED, LEFT_OUT, Explanation
from nbtrack.ranking import is_system_metric
from nbtrack.wire import ComparedCode, ComparedRow, Comparison, Number, RunDetail, RunSummary

_STATUS_COLOUR = {"failed": "red", "interrupted": "red", "stopped": "yellow", "running": "cyan"}
_GAP = 3
_MOST_TEXT = 300
_NO_RUNS = "No runs. Put %%track on the first line of a cell and run it, or try 'nbtrack demo'."


def print_runs(output: Output, runs: Sequence[RunSummary], total: int) -> None:
    """A line a run."""
    if not output.terminal:
        _print_all_columns(output, runs)
        return
    if not runs:
        output.say(_NO_RUNS)
        return
    metrics = _common(
        each.key for run in runs for each in run.metrics if not is_system_metric(each.key)
    )
    params = _differing_params(runs)
    columns = {
        "Run": [run.run_id[:8] for run in runs],
        "Name": [run.run_name for run in runs],
        "Status": [status_text(run) for run in runs],
        "Started": [instant_text(run.started_at, terminal=True) for run in runs],
        "Time": [duration_text(run.duration_s) for run in runs],
    }
    further = {key: [_metric_texts(run, [key])[0] for run in runs] for key in metrics}
    further |= {key: [_param_texts(run, [key])[0] for run in runs] for key in params}
    columns |= _fitting(columns, further)
    rows = list(zip(*columns.values(), strict=True))
    right = dict.fromkeys(metrics, "right")
    output.table(list(columns), rows, {"Run": "dim", "Name": "bold", "Time": "right", **right})
    if total > len(runs):
        output.note(f"{len(runs)} of {total} runs; see more with -n or --all")


def _fitting(columns: dict[str, list[str]], further: dict[str, list[str]]) -> dict[str, list[str]]:
    """Those further columns for which the terminal has room, in order."""

    def width(name: str, texts: list[str]) -> int:
        return max(len(name), *(len(text) for text in texts)) + _GAP

    room = console().width - sum(width(name, texts) for name, texts in columns.items())
    found = {}
    for name, texts in further.items():
        if width(name, texts) <= room:
            found[name] = texts
            room -= width(name, texts)
    return found


def _print_all_columns(output: Output, runs: Sequence[RunSummary]) -> None:
    metrics = sorted({each.key for run in runs for each in run.metrics})
    params = sorted({each.key for run in runs for each in run.params})
    columns = ["run_id", "run_name", "status", "started_at", "duration_s", "experiment"]
    columns += ["notebook", *(f"params.{key}" for key in params)]
    columns += [f"metrics.{key}" for key in metrics]
    rows = [
        [
            run.run_id,
            run.run_name,
            status_text(run),
            instant_text(run.started_at, terminal=False),
            "" if run.duration_s is None else f"{run.duration_s:.3f}",
            run.experiment_name,
            run.notebook_path or "",
            *_param_texts(run, params),
            *_exact_metric_texts(run, metrics),
        ]
        for run in runs
    ]
    output.table(columns, rows)


def _common(keys: Iterable[str]) -> list[str]:
    """Most frequent first; where equal, the order in which they came."""
    return [key for key, _ in Counter(keys).most_common()]


def _differing_params(runs: Sequence[RunSummary]) -> list[str]:
    values: dict[str, set[str]] = {}
    for run in runs:
        for param in run.params:
            values.setdefault(param.key, set()).add(param.value)
    common = _common(param.key for run in runs for param in run.params)
    return [key for key in common if len(values[key]) > 1]


def _metric_texts(run: RunSummary, keys: Sequence[str]) -> list[str]:
    found = {metric.key: metric.last for metric in run.metrics}
    return [number_text(float(found[key])) if key in found else "" for key in keys]


def _exact_metric_texts(run: RunSummary, keys: Sequence[str]) -> list[str]:
    found = {metric.key: metric.last for metric in run.metrics}
    return [repr(float(found[key])) if key in found else "" for key in keys]


def _param_texts(run: RunSummary, keys: Sequence[str]) -> list[str]:
    found = {param.key: param.value for param in run.params}
    return [found.get(key, "") for key in keys]


def _short_text(value: str) -> str:
    """A value as a table has room for it; ``--json`` has it whole."""
    cut = f"{value[:_MOST_TEXT]}… [{len(value):,} characters; see --json]"
    return value if len(value) <= _MOST_TEXT + 20 else cut


def print_run(output: Output, detail: RunDetail) -> None:
    """Everything about one run."""
    run = detail.run
    _print_facts(output, detail)
    if run.params:
        output.say()
        chosen = [each for each in run.params if not (each.origin and each.origin.is_default)]
        output.table(
            ("Param", "Value"),
            [(each.key, _short_text(each.value)) for each in chosen],
            {"Value": "fold"},
        )
        if len(chosen) < len(run.params):
            defaults = len(run.params) - len(chosen)
            output.say(f"{defaults} more are defaults of what was trained; see --json.")
    if run.metrics:
        output.say()
        rows = [
            (
                each.key,
                *(number_text(float(value)) for value in (each.last, each.min, each.max)),
                str(each.count),
            )
            for each in run.metrics
        ]
        right = dict.fromkeys(("Last", "Min", "Max", "Points"), "right")
        output.table(("Metric", "Last", "Min", "Max", "Points"), rows, right)
    if detail.artifacts:
        output.say()
        files = [
            (each.path, each.media_type, size_text(each.size_bytes)) for each in detail.artifacts
        ]
        output.table(("File", "Type", "Size"), files, {"Size": "right"})
    print_datasets(output, detail)
    for child in detail.children:
        output.say(f"Nested run: {child.run_name} ({child.run_id[:8]}), {status_text(child)}")
    if detail.execution is not None:
        _print_code(output, detail)


def _print_facts(output: Output, detail: RunDetail) -> None:
    run = detail.run
    environment = detail.environment
    place = run.notebook_path or run.source_name
    if run.revision_number is not None:
        place = f"{place}, r{run.revision_number}"
    facts = {
        "Run": f"{run.run_name} ({run.run_id})",
        "Status": status_text(run),
        "Error": f"{run.error_name}: {run.error_message}" if run.error_name else "",
        "Started": instant_text(run.started_at, terminal=output.terminal),
        "Time": duration_text(run.duration_s),
        "User": run.user_id,
        "Experiment": run.experiment_name,
        "Source": place,
        "Cell": run.cell_id or "",
        "Tags": ", ".join(f"{key}={value}" for key, value in run.tags.items()),
        "Python": f"{environment.python}, {environment.platform}" if environment else "",
        "Packages": f"{len(environment.packages)} recorded" if environment else "",
        "Git": _git_text(detail),
        "Incomplete": run.capture_incomplete or "",
    }
    for name, value in facts.items():
        if value:
            output.say(f"{name + ':':<12} {value}")


def _git_text(detail: RunDetail) -> str:
    git = detail.environment.git if detail.environment is not None else None
    if git is None:
        return ""
    branch = f" on {git.branch}" if git.branch else ""
    return f"{git.commit[:12]}{branch}{', with uncommitted changes' if git.dirty else ''}"


def _print_code(output: Output, detail: RunDetail) -> None:
    execution = detail.execution
    assert execution is not None
    if detail.earlier:
        output.say(f"\nDepends on {counted(len(detail.earlier), 'earlier cell execution')}.")
    output.say("\nCode:")
    if not output.terminal:
        output.say(execution.source)
        return
    from rich.syntax import Syntax

    output.show(Syntax(execution.source, "python", background_color="default", word_wrap=True))


def print_explanation(output: Output, found: Explanation) -> None:
    """What to know, what was captured and why, what was left out and why."""
    for flag in found.flags:
        output.say(f"! {flag}")
    if not (found.captured or found.left_out):
        output.say("Nothing was captured.")
    for head, rows in ((CAPTURED, found.captured), (LEFT_OUT, found.left_out)):
        if rows:
            output.say()
            output.table(list(head), rows, {"Name": "bold"})


def print_comparison(output: Output, found: Comparison) -> None:
    """What moved, why it may have, and the facts: a column a run, the best metric starred."""
    from nbtrack.comparison import run_names

    names = run_names(found)
    rows = [
        [row.kind, row.key, *_compared_texts(row)]
        for row in sorted(found.rows, key=_place)
        if row.values.count(None) < len(row.values)
    ]
    output.note("Why the metrics may differ, the likeliest first:")
    for cause in found.causes:
        output.note(f"{'?' if cause.kind in ('none', 'unknown') else '•'} {cause.text}")
    output.table(["Kind", "Key", *names], rows, {**dict.fromkeys(names, "fold"), "Key": "bold"})
    for code in found.code:
        _print_compared_code(output, code, names)


_KINDS = ("metric", "param", "data", "module", "package", "environment", "tag", "attribute")


def _place(row: ComparedRow) -> tuple[bool, bool, int]:
    """What moved, then what may be why, the likeliest first; what is equal, below."""
    return not row.differs, is_system_metric(row.key), _KINDS.index(row.kind)


def _print_compared_code(output: Output, code: ComparedCode, names: Sequence[str]) -> None:
    """A cell that ran differently: the difference of two runs, else who ran which text."""
    from nbtrack.diff_text import source_lines

    where = "The cell itself" if code.cell_id is None else f"Cell {code.cell_id}"
    output.say(f"\n{where} ran differently:")
    texts = [None if choice is None else code.versions[choice] for choice in code.choices]
    if len(texts) == 2:
        for line in source_lines(texts[0] or "", texts[1] or ""):
            output.styled(line)
        return
    for name, choice in zip(names, code.choices, strict=True):
        said = "did not run it" if choice is None else f"version {choice + 1}"
        output.say(f"  {name}: {said}")


def _compared_texts(row: ComparedRow) -> list[str]:
    texts = [_value_text(row.kind, value) for value in row.values]
    if row.best is not None:
        texts[row.best] += " *"
    return texts


def _value_text(kind: str, value: Number | str | None) -> str:
    if value is None:
        return ""
    return number_text(float(value)) if kind == "metric" else str(value)
