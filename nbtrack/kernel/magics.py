"""The magics: ``%%track``, ``%track``, ``%runs``, ``%revisions``, ``%revert``, ``%checkpoint``.

They parse their line and say what was done; the work is in `nbtrack.kernel.side`.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

from IPython.core.error import UsageError as IPythonUsageError

from nbtrack.capture.options import FLAGS, USAGE, VALUES, parse_options
from nbtrack.errors import NbtrackError, UsageError

if TYPE_CHECKING:
    from nbtrack.kernel.side import KernelSide

_TRACK_CELL = f"""Track this cell: its run gets params, metrics, curves, outputs and environment.

    {USAGE}

The cell runs as it would without this line; a card shows the run.

  -e, --experiment NAME   put the run into an experiment (by default the notebook's)
  -n, --name NAME         the run's name (by default a made-up one)
  -t, --tag KEY=VALUE     a tag; may be given several times
  -p, --param KEY=EXPR    a param; EXPR is computed in the notebook before the cell runs
  --only NAMES            capture only these names (comma separated, * and ? allowed)
  --ignore NAMES          do not capture these names
  --nested                make the run a child of the active run
  --no-figures            do not keep figures as artifacts
  --no-inputs             do not record files, URLs and queries that it reads and writes
  --no-autolog            do not record what libraries say of their fits

Captured as params: names bound to literal values, and literal arguments of models and of a
machine learning library's functions (DBSCAN.eps), in this cell or in earlier ones that it
depends on. As metrics: numbers that the cell computes, one point an iteration for those bound
in its loops; numbers it computes only to print them; and its last expression.
nbtrack.log(...) in the cell goes to the same run.

A comment "nbtrack: ignore" on a line leaves the names bound there alone.

Names with spaces are quoted: %%track -n "two layers" -p width='2 * base'
"""
_TRACK_LINE = """Track every cell that yields a metric, without %%track.

    %track on        each execution that yields a metric becomes a run
    %track off       only cells with %%track do
    %track status    say which, and where the runs are kept
    %track explain [RUN]
                     say what the last run (or the one with that id or name) captured, from
                     where and by which rule, and what was left out and why
"""
_RUNS = """Show this notebook's runs, newest first.

    %runs [-n N] [FILTER]

  -n N     so many (by default 20)
  FILTER   for example: metrics.accuracy > 0.9 and params.model = 'forest'
"""
_REVISIONS = """Show this notebook's revisions, newest first.

    %revisions [-n N]
"""
_REVERT = """Bring back an earlier revision of this notebook, or one cell of it.

    %revert REVISION [--cell [ID]] [--with-outputs]

  REVISION         r3, 3, a label, or the beginning of a revision's id
  --cell           only one cell: this one, or the one with that id; one that was deleted too
  --with-outputs   bring the stored outputs back too

The present state is recorded first. In JupyterLab the restore is an edit that can be undone;
elsewhere the notebook's file is written.
"""
_CHECKPOINT = """Name the present state of this notebook, unsaved text included.

    %checkpoint "before the new features"
"""
_DOCUMENTATION = {
    ("cell", "track"): _TRACK_CELL,
    ("line", "track"): _TRACK_LINE,
    ("line", "runs"): _RUNS,
    ("line", "revisions"): _REVISIONS,
    ("line", "revert"): _REVERT,
    ("line", "checkpoint"): _CHECKPOINT,
}


class TrackedCellError(Exception):
    """A cell that was tracked through `run_cell_magic` failed; its traceback was shown."""

    def _render_traceback_(self) -> list[str]:
        return []


def documentation(kind: str, name: str) -> str:
    """What ``%name?`` shows."""
    return _DOCUMENTATION[kind, name]


def run(side: KernelSide, kind: str, name: str, line: str, cell: str | None) -> Any:
    """Run a magic.

    Args:
        side: nbtrack in this kernel.
        kind: ``cell`` or ``line``.
        name: the magic's.
        line: what stands after it.
        cell: the body of a cell magic.

    Raises:
        IPython's UsageError: the magic cannot do what it was asked; says what would be right.
    """
    try:
        if kind == "cell":
            return _track_cell(side, line, cell or "")
        return {
            "track": _track_line,
            "runs": _runs,
            "revisions": _revisions,
            "revert": _revert,
            "checkpoint": _checkpoint,
        }[name](side, line)
    except NbtrackError as error:
        raise IPythonUsageError(str(error)) from None


def complete(side: KernelSide, line: str) -> list[str]:
    """Completions for a ``%%track`` line as far as it is typed."""
    words = line.split()
    if words[:1] == ["%track"]:
        return ["on", "off", "status", "explain"]
    before = words[-1] if line.endswith((" ", "\t")) else (words[-2:] or [""])[0]
    if before in ("-e", "--experiment"):
        names = [experiment.name for experiment in side.session.store.list_experiments()]
        return [shlex.quote(name) for name in names]
    return [*FLAGS, *VALUES]


def _track_cell(side: KernelSide, line: str, cell: str) -> None:
    """Reached when the line was left in place (a mistake in it), or by `run_cell_magic`."""
    parse_options(line)
    if not cell.strip():
        raise UsageError("%%track: there is no code below it. Usage: " + USAGE)
    shell: Any = side.shell
    result = shell.run_cell(f"%%track {line}\n{cell}", store_history=False)
    if not result.success:
        raise TrackedCellError


def _track_line(side: KernelSide, line: str) -> None:
    word, _, rest = line.strip().partition(" ")
    if word == "explain":
        side.explain(rest.strip())
        return
    if word not in ("on", "off", "status", "") or rest.strip():
        raise UsageError(
            f"%track takes on, off, status or explain, not {line.strip()!r}. For one cell: {USAGE}"
        )
    if word in ("on", "off"):
        side.hooks.track_all = word == "on"
    if side.hooks.track_all:
        side.say("Tracking is on: each execution that yields a metric becomes a run.")
    else:
        side.say("Tracking is off: only cells with %%track become runs.")
    if word in ("status", ""):
        side.say(f"Runs are kept in {side.session.location}")


def _runs(side: KernelSide, line: str) -> None:
    limit, rest = _limit(line, 20)
    side.show_runs(limit, rest)


def _revisions(side: KernelSide, line: str) -> None:
    limit, rest = _limit(line, 20)
    if rest:
        raise UsageError(f"%revisions takes only -n N, not {rest!r}")
    side.show_revisions(limit)


def _limit(line: str, default: int) -> tuple[int, str]:
    """The number after a leading ``-n``, and the rest of the line."""
    text = line.strip()
    if not text.startswith("-n"):
        return default, text
    word, _, rest = text[2:].strip().partition(" ")
    if not word.isdecimal() or int(word) == 0:
        raise UsageError(f"-n takes a number from 1, not {word!r}")
    return int(word), rest.strip()


def _revert(side: KernelSide, line: str) -> None:
    words = shlex.split(line)
    with_outputs = "--with-outputs" in words
    words = [word for word in words if word != "--with-outputs"]
    revision, cell, whole = None, None, True
    position = 0
    while position < len(words):
        word = words[position]
        position += 1
        if word == "--cell":
            whole = False
            if position < len(words) and revision is not None:
                cell = words[position]
                position += 1
        elif word.startswith("-") or revision is not None:
            raise UsageError(f"%revert: {word!r} is not understood.\n{_REVERT}")
        else:
            revision = word
    if revision is None:
        raise UsageError(f"%revert needs a revision; %revisions shows them.\n{_REVERT}")
    side.revert(revision, whole=whole, cell_id=cell, with_outputs=with_outputs)


def _checkpoint(side: KernelSide, line: str) -> None:
    words = shlex.split(line)
    label = " ".join(words).strip()
    if not label:
        raise UsageError('%checkpoint needs a name: %checkpoint "before the new features"')
    side.checkpoint(label)
