"""``nbtrack doctor``: what is where, what is wrong, and how to mend it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict

import click

from nbtrack.cli.checks import Check
from nbtrack.cli.output import Output, common_options, counted, print_json

_MARKS = {"ok": ("✓", "green"), "warning": ("!", "yellow"), "problem": ("✗", "red")}


@click.command(epilog="Exit codes: 0 no problem found, 1 at least one problem.")
@click.option(
    "--timeout",
    "timeout_s",
    type=click.FloatRange(min=1),
    default=60.0,
    show_default=True,
    metavar="SECONDS",
    help="How long to wait for the test kernel.",
)
@click.option("--repair", is_flag=True, help="Mend the store, and say what was found and done.")
@common_options
def doctor(output: Output, timeout_s: float, repair: bool) -> int:
    """Find out what is wrong, and how to mend it.

    Looks at the store, at Jupyter Server, at JupyterLab, and starts a kernel to ask it.
    """
    if repair:
        from nbtrack.cli.repairing import run_repair

        return run_repair(output)
    found = []
    for check in _checks(output, timeout_s):
        found.append(check)
        _print(output, check)
    healthy = all(check.level != "problem" for check in found)
    if output.as_json:
        print_json({"healthy": healthy, "checks": [asdict(check) for check in found]})
    else:
        warnings = sum(check.level == "warning" for check in found)
        problems = sum(check.level == "problem" for check in found)
        output.say()
        output.say(
            "No problem found."
            if healthy and not warnings
            else f"{counted(problems, 'problem')}, {counted(warnings, 'warning')}."
        )
    return 0 if healthy else 1


def _checks(output: Output, timeout_s: float) -> Iterator[Check]:
    from nbtrack.cli import jupyter_checks
    from nbtrack.cli.journal_checks import journal_checks
    from nbtrack.cli.store_checks import settings_check, store_checks

    yield jupyter_checks.version_check()
    settings = settings_check()
    yield settings
    if settings.level == "ok":
        yield from store_checks(output)
        yield from journal_checks(output)
    yield jupyter_checks.server_check()
    yield jupyter_checks.front_end_check()
    yield from jupyter_checks.kernel_checks(timeout_s)


def _print(output: Output, check: Check) -> None:
    if output.as_json:
        return
    mark, colour = _MARKS[check.level]
    output.say(f"{click.style(mark, fg=colour)} {check.name}: {check.message}")
    if check.mend:
        output.say(f"    → {check.mend}.")
