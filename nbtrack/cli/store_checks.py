"""Whether the store is where it should be, and well."""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from nbtrack.cli.checks import Check
from nbtrack.cli.journal_checks import holds_records
from nbtrack.cli.output import Output, counted, size_text
from nbtrack.config import STORE_ENV, load_config, store_location
from nbtrack.errors import StoreError, UsageError
from nbtrack.store.filesystem import LOCKS_STAY_HERE, is_network, local_journals, mount_of

_MEND = (
    "Run: nbtrack doctor --repair; or bring a backup back with: nbtrack backup --restore DIRECTORY"
)


def settings_check() -> Check:
    """Whether the configuration files can be read."""
    try:
        load_config()
    except UsageError as error:
        mend = "Mend that file; kernels and JupyterLab cannot use nbtrack until then"
        return Check("settings", "problem", f"Not readable: {error}.", mend)
    return Check("settings", "ok", "They can be read.")


def store_checks(output: Output) -> Iterator[Check]:
    """Everything about the store, as far as one finding allows the next."""
    location = store_location(output.store_path)
    yield Check("store", "ok", f"{location} ({_chosen_by(output.store_path)})")
    if "://" in location:
        yield from _opened(output)
        return
    directory = Path(location)
    yield _writable_check(directory)
    yield _file_system_check(directory)
    if not holds_records(location):
        yield Check("schema", "ok", "Nothing is recorded yet. The first cell makes the store.")
        return
    yield from _opened(output)
    yield _schema_check(directory)
    yield _size_check(directory)


def _chosen_by(argument: str | None) -> str:
    if argument is not None:
        return "named by --store"
    if os.environ.get(STORE_ENV):
        return f"named by the environment variable {STORE_ENV}"
    if load_config().store:
        return "named by NbtrackConfig.store in the Jupyter configuration"
    return "the default place, in the Jupyter data directory"


def _writable_check(directory: Path) -> Check:
    existing = next(path for path in (directory, *directory.parents) if path.exists())
    try:
        with tempfile.TemporaryFile(dir=existing):
            pass
    except OSError as error:
        return Check(
            "writable",
            "problem",
            f"Cannot write to {existing}: {error.strerror or error}.",
            f"Make {existing} writable for you, or name another store by {STORE_ENV}",
        )
    return Check("writable", "ok", "You can write to it.")


def _file_system_check(directory: Path) -> Check:
    mount = mount_of(directory)
    kind = mount.kind if mount is not None else None
    if not is_network(directory):
        return Check(
            "file system", "ok", f"It is on {f'a local disk ({kind})' if kind else 'a disk'}."
        )
    told = f"It is on a network file system ({kind}): the database works without a WAL, slower"
    try:
        told += f", and this machine's journals are in {local_journals(directory)}."
    except StoreError as error:
        return Check("file system", "problem", f"{told}. But {error}.", "See the message above")
    if mount is not None and mount.locks_stay_here:
        return Check(
            "file system",
            "warning",
            f"{told} Other machines do not see this one's locks: "
            f"{', '.join(sorted(mount.options & LOCKS_STAY_HERE))}.",
            "Mount it without that, use the store from one machine only, or name a directory on "
            f"a local disk by {STORE_ENV}",
        )
    return Check("file system", "ok", told)


def _opened(output: Output) -> Iterator[Check]:
    from nbtrack.store.base import RunQuery

    try:
        store = output.open_store()
        runs = store.count_runs(RunQuery(view="all"))
        notebooks = len(store.list_notebooks())
    except StoreError as error:
        yield Check("opens", "problem", f"It cannot be opened: {error}.", "See the message above")
        return
    yield Check(
        "opens", "ok", f"It holds {counted(runs, 'run')} and {counted(notebooks, 'notebook')}."
    )


def _schema_check(directory: Path) -> Check:
    # Read beside the store: an answer is wanted also when the store itself refuses to open.
    with closing(sqlite3.connect(f"file:{directory / 'nbtrack.db'}?mode=ro", uri=True)) as database:
        try:
            (found,) = database.execute("SELECT version_num FROM alembic_version").fetchone()
            (quick,) = database.execute("PRAGMA quick_check(1)").fetchone()
        except (sqlite3.Error, TypeError) as error:
            return Check(
                "schema",
                "problem",
                f"The database cannot be read: {error}.",
                _MEND,
            )
    if quick != "ok":
        return Check(
            "schema",
            "problem",
            f"The database is damaged: {quick}.",
            _MEND,
        )
    return Check("schema", "ok", f"Schema version {found}; the database is sound.")


def _size_check(directory: Path) -> Check:
    parts = {
        "database": sum(_size(path) for path in directory.glob("nbtrack.db*")),
        "files": _tree_size(directory / "blobs"),
        "backups": _tree_size(directory / "backups"),
    }
    total = ", ".join(f"{name} {size_text(size)}" for name, size in parts.items() if size)
    return Check("size", "ok", f"{size_text(sum(parts.values()))}: {total}.")


def _tree_size(directory: Path) -> int:
    return sum(
        _size(Path(folder) / name) for folder, _, names in os.walk(directory) for name in names
    )


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        # A running process may remove a temporary file at any time.
        return 0
