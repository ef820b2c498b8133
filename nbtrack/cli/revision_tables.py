"""Revisions and notebooks on a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from nbtrack.cli.output import Output, instant_text, number_text
from nbtrack.entities import RevisionReason
from nbtrack.wire import HistoryMatchInfo, RevisionInfo, RunMark

_REASONS = {
    RevisionReason.OPEN: "opened",
    RevisionReason.EXECUTE: "ran a cell",
    RevisionReason.SAVE: "saved",
    RevisionReason.RESTORE: "restored",
    RevisionReason.CHECKPOINT: "checkpoint",
    RevisionReason.BEFORE_RESTORE: "before a restore",
    RevisionReason.OUTSIDE: "changed outside",
}


_ORIGINS = {
    "lab": "JupyterLab",
    "notebook": "Notebook",
    "vscode": "VS Code",
    "colab": "Colab",
    "headless": "without a front end",
    "ipython": "IPython",
    "api": "an API client",
    "cli": "the command line",
    "outside": "outside",
}


def print_log(output: Output, revisions: Sequence[RevisionInfo]) -> None:
    """A line a revision, newest first."""
    if not revisions and output.terminal:
        output.say("No revisions.")
        return
    columns = ["Rev", "When", "Who", "Why", "From", "Changes", "Label", "Runs"]
    in_git = any(revision.git_commit or revision.committed_as for revision in revisions)
    columns += ["Commit"] if in_git else []
    rows = [
        [
            f"r{revision.number}",
            instant_text(revision.created_at, terminal=output.terminal),
            revision.author,
            ", ".join(filter(None, (reason_text(revision), revision.error_name))),
            _ORIGINS.get(revision.origin, revision.origin),
            changes_text(revision),
            revision.label or "",
            ", ".join(_mark_text(mark) for mark in revision.runs),
            *([commit_text(revision)] if in_git else []),
        ]
        for revision in revisions
    ]
    output.table(columns, rows, {"Rev": "bold", "Changes": "fold", "Runs": "fold"})


def commit_text(revision: RevisionInfo) -> str:
    """``✓ 1a2b3c4d`` where the revision is in that commit, ``after 1a2b3c4d`` where it was made
    while that one was checked out."""
    if revision.committed_as:
        return f"✓ {revision.committed_as[:8]}"
    return f"after {revision.git_commit[:8]}" if revision.git_commit else ""


def print_matches(output: Output, matches: Sequence[HistoryMatchInfo]) -> None:
    """A line a cell, newest first, with the words in bold."""
    if not output.terminal:
        columns = ("Notebook", "Cell", "Part", "First", "Last", "Versions", "Line")
        output.table(columns, [_match_row(match) for match in matches])
        return
    if not matches:
        output.say("No cell ever held these words.")
        return
    from rich.text import Text

    for match in matches:
        seen = f"r{match.first_number} to r{match.last_number}"
        if match.first_number == match.last_number:
            seen = f"r{match.first_number}"
        facts = [
            Path(match.notebook_path or "(deleted)").name,
            f"{match.role} of cell {match.cell_id}" if match.part == "output" else match.cell_id,
            seen,
            "" if match.is_present else "no longer there",
            f"{match.version_count} versions" if match.version_count > 1 else "",
        ]
        output.show(Text("  ".join(filter(None, facts)), style="dim"))
        line = Text(f"    {match.snippet}")
        for start, end in match.marks:
            line.stylize("bold reverse", start + 4, end + 4)
        output.show(line)


def _match_row(match: HistoryMatchInfo) -> tuple[str, ...]:
    return (
        match.notebook_path or "",
        match.cell_id,
        match.role if match.part == "output" else match.part,
        f"r{match.first_number}",
        f"r{match.last_number}",
        str(match.version_count),
        match.snippet,
    )


def revision_line(revision: RevisionInfo) -> str:
    """A revision in one line."""
    facts = [
        f"r{revision.number}",
        revision.created_at.astimezone().strftime("%H:%M:%S"),
        revision.author,
        reason_text(revision),
        changes_text(revision),
    ]
    return "  ".join(fact for fact in facts if fact)


def reason_text(revision: RevisionInfo) -> str:
    """Why a revision was recorded, in a few words."""
    if revision.restored_from_number is not None:
        return f"restored r{revision.restored_from_number}"
    return _REASONS[revision.reason]


def changes_text(revision: RevisionInfo) -> str:
    """How many cells a revision changed, and how: ``1 added, 2 edited``."""
    kinds = sorted(change.kind.value for change in revision.changes)
    return ", ".join(
        f"{len(list(group))} {'with other outputs' if kind == 'output' else kind}"
        for kind, group in groupby(kinds)
    )


def _mark_text(mark: RunMark) -> str:
    if mark.metric is None:
        return mark.run_name
    return f"{mark.run_name} {mark.metric.key}={number_text(float(mark.metric.last))}"


def print_document(output: Output, document: Mapping[str, Any]) -> None:
    """The cells of a notebook, code highlighted on a terminal."""
    for cell in document["cells"]:
        heading = f"{cell['cell_type']} cell {cell['id']}"
        if not output.terminal:
            output.say(f"# {heading}\n{cell['source']}\n")
            continue
        from rich.rule import Rule
        from rich.syntax import Syntax

        language = "python" if cell["cell_type"] == "code" else "markdown"
        code = Syntax(cell["source"], language, background_color="default", word_wrap=True)
        output.show(Rule(heading, align="left", style="dim"), code)
