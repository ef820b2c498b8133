"""The root command, and what holds for all commands: errors, exit codes, lazy groups."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any

import click

from nbtrack.cli.output import Output, common_options, print_json
from nbtrack.errors import (
    BlobMissingError,
    NbtrackError,
    NotFoundError,
    StateError,
    StoreError,
    UsageError,
)
from nbtrack.version import __version__

EXIT_OK, EXIT_PROBLEM, EXIT_USAGE, EXIT_INTERRUPTED = 0, 1, 2, 130

_COMMANDS = {
    "runs": "nbtrack.cli.runs",
    "search": "nbtrack.cli.search",
    "history": "nbtrack.cli.history",
    "forget": "nbtrack.cli.forget",
    "export": "nbtrack.cli.transfer",
    "import": "nbtrack.cli.transfer",
    "backup": "nbtrack.cli.backup",
    "gc": "nbtrack.cli.collect",
    "doctor": "nbtrack.cli.doctor",
    "demo": "nbtrack.cli.demo",
}


class LazyGroup(click.Group):
    """A group whose commands are imported when they are asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands, in the order a newcomer needs them."""
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command's room; each one holds a command of its own name."""
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = getattr(import_module(_COMMANDS[cmd_name]), cmd_name)
        return command


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 done, 1 not found or a problem, 2 wrong usage.",
)
@click.version_option(__version__, prog_name="nbtrack")
@common_options
def root(output: Output) -> None:
    """Tracked runs and notebook history, on this machine."""


def _error_code(error: NbtrackError) -> str:
    if isinstance(error, NotFoundError | BlobMissingError):
        return "not_found"
    if isinstance(error, UsageError):
        return "bad_request"
    if isinstance(error, StateError):
        return "conflict"
    return "store" if isinstance(error, StoreError) else "internal"


def _report(code: str, message: str, *, as_json: bool) -> None:
    if as_json:
        print_json({"error": {"code": code, "message": message}})
    else:
        click.echo(f"nbtrack: {message}", err=True)


def _usage_message(error: click.ClickException) -> str:
    message = error.format_message()
    if isinstance(error, click.UsageError) and error.ctx is not None:
        return f"{message} See '{error.ctx.command_path} --help'."
    return message


def run(args: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        args: the words after ``nbtrack``; those of the process by default.

    Returns:
        The exit code: 0 done, 1 not found or a problem, 2 wrong usage, 130 interrupted.
    """
    words = list(sys.argv[1:] if args is None else args)
    as_json = "--json" in words
    try:
        result: Any = root.main(args=words, prog_name="nbtrack", standalone_mode=False)
    except click.Abort:
        click.echo("\nStopped.", err=True)
        return EXIT_INTERRUPTED
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return EXIT_USAGE
    except click.ClickException as error:
        _report("bad_request", _usage_message(error), as_json=as_json)
        return EXIT_USAGE
    except NbtrackError as error:
        _report(_error_code(error), str(error), as_json=as_json)
        return EXIT_USAGE if isinstance(error, UsageError) else EXIT_PROBLEM
    return result if isinstance(result, int) else EXIT_OK
