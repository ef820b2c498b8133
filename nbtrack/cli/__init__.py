"""The ``nbtrack`` command. Its rooms: one per command group, parsing and formatting only."""

from __future__ import annotations

__all__ = ["main"]


def main() -> None:
    """Run the command line; the entry point of ``nbtrack``. Click is imported only here."""
    from nbtrack.cli.app import run

    raise SystemExit(run())
