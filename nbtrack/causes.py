"""Why runs' metrics may differ: code, params, data, packages, environment, the likeliest first.

What runs did differently on purpose stands before what happened around them: code that ran in
cells and in local modules, params, the content of the data read; then packages, those that were
imported first; then Python and the machine.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Literal

import msgspec

from nbtrack.entities import Run
from nbtrack.present import capture_report
from nbtrack.store.base import Store
from nbtrack.wire import CaptureReport, Cause, ComparedCode, ComparedRow, EnvironmentInfo

_NAMED = 3
"""So many differing things of a kind are named."""
_LONGEST = 40


def compare_surroundings(store: Store, runs: Sequence[Run]) -> list[ComparedRow]:
    """Local modules, packages, Python, platform and git state that differ."""
    reports = [capture_report(store, run) or CaptureReport() for run in runs]
    rows = _rows("module", [_short(report.local_modules) for report in reports])
    digests = [run.environment_digest for run in runs]
    if len(set(digests)) > 1 and None not in digests:
        # An environment that is not known is not one without packages.
        documents = store.get_blobs({digest for digest in digests if digest is not None})
        found = [
            msgspec.json.decode(documents[digest], type=EnvironmentInfo)
            for digest in digests
            if digest is not None
        ]
        imported = {package.name for report in reports for package in report.imported}
        packages = [{each.name: each.version for each in one.packages} for one in found]
        rows += sorted(_rows("package", packages), key=lambda row: row.key not in imported)
        rows += _rows("environment", [_surroundings(each) for each in found])
    return [row for row in rows if row.differs]


def _short(digests: Mapping[str, str]) -> dict[str, str]:
    return {path: digest[:12] for path, digest in digests.items()}


def _rows(
    kind: Literal["module", "package", "environment"],
    values: Sequence[Mapping[str, str | None]],
) -> list[ComparedRow]:
    keys = sorted({key for each in values for key in each})
    held = {key: [each.get(key) for each in values] for key in keys}
    return [
        ComparedRow(kind=kind, key=key, values=[*row], differs=len(set(row)) > 1)
        for key, row in held.items()
    ]


def not_recorded(runs: Sequence[Run]) -> list[str]:
    """Names of the runs of which no environment is known."""
    return [run.run_name for run in runs if run.environment_digest is None]


def causes(
    rows: Sequence[ComparedRow], code: Sequence[ComparedCode], unknown: Sequence[str] = ()
) -> list[Cause]:
    """What may be why the runs' metrics differ, the likeliest first.

    Args:
        rows: as `wire.Comparison` has them.
        code: the cells that ran differently.
        unknown: names of runs whose environment was not recorded.
    """
    differing: dict[str, list[ComparedRow]] = defaultdict(list)
    for row in rows:
        if row.differs:
            differing[row.kind].append(row)
    found = []
    if code:
        cells = "1 cell" if len(code) == 1 else f"{len(code)} cells"
        found.append(Cause(kind="code", text=f"{cells} ran other code"))
    for kind, title, said in _CAUSES:
        if things := differing.get(kind):
            cause = "code" if kind == "module" else kind
            found.append(Cause(kind=cause, text=_listed(title, map(said, things))))
    if unknown:
        text = _listed("packages cannot be compared: not recorded for", unknown)
        found.append(Cause(kind="unknown", text=text))
    if not found:
        text = (
            "nothing that was recorded differs: what is left is chance, such as a seed that is "
            "not set, and what nbtrack cannot see"
        )
        found.append(Cause(kind="none", text=text))
    return found


def _surroundings(environment: EnvironmentInfo) -> dict[str, str | None]:
    git = environment.git
    return {
        "python": f"{environment.python} ({environment.implementation})",
        "platform": environment.platform,
        "cpu_count": None if environment.cpu_count is None else str(environment.cpu_count),
        "git_commit": None if git is None else git.commit[:12],
        "git_branch": None if git is None else git.branch,
        "uncommitted": None if git is None else ("yes" if git.dirty else "no"),
    }


def _change(row: ComparedRow) -> str:
    """How a value goes from run to run; its name alone where that would be long."""
    values = ["none" if value is None else str(value) for value in row.values]
    text = f"{row.key} {' → '.join(values)}"
    return text if len(values) == 2 and len(text) <= _LONGEST + len(row.key) else row.key


def _name(row: ComparedRow) -> str:
    return row.key


_CAUSES: tuple[
    tuple[
        Literal["module", "param", "data", "package", "environment"],
        str,
        Callable[[ComparedRow], str],
    ],
    ...,
] = (
    ("module", "other code in local modules", _name),
    ("param", "other params", _change),
    ("data", "other contents of the data read", _name),
    ("package", "other packages", _change),
    ("environment", "another environment", _change),
)


def _listed(title: str, things: Iterable[str]) -> str:
    named = list(things)
    more = f" and {len(named) - _NAMED} more" if len(named) > _NAMED else ""
    return f"{title}: {', '.join(named[:_NAMED])}{more}"
