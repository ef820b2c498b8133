"""The store on a SQL database: experiments, bytes and sessions here, the rest in its parts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import Connection, Row, select
from sqlalchemy.exc import SQLAlchemyError

from nbtrack.entities import Artifact, Changes, Experiment, Lifecycle, utc_now
from nbtrack.errors import (
    AlreadyAppliedError,
    BlobMissingError,
    NotFoundError,
    StoreError,
    UsageError,
)
from nbtrack.records import JournalPosition, Record
from nbtrack.store.apply import Batch
from nbtrack.store.blobs import BlobStore, blob_root
from nbtrack.store.blobtable import get_small, put_large, put_small
from nbtrack.store.database import Database, last_change, next_change
from nbtrack.store.dialect import DATABASE_NAME, sqlite_engine, sync_sqlite, upsert
from nbtrack.store.executions import ExecutionReads
from nbtrack.store.filesystem import is_network
from nbtrack.store.finding import FindingReads
from nbtrack.store.forget import ForgetPart
from nbtrack.store.forking import opening
from nbtrack.store.manifests import ManifestCache
from nbtrack.store.migrate import ensure_current
from nbtrack.store.notebooks import NotebookPart
from nbtrack.store.placing import insert_experiment
from nbtrack.store.rows import artifact_of, experiment_number, experiment_of, to_us
from nbtrack.store.runs import RunReads, require_run
from nbtrack.store.salvage import salvaged
from nbtrack.store.schema import (
    artifacts,
    experiment_tags,
    experiments,
    journals,
    notebooks,
    runs,
)
from nbtrack.store.spans import ensure_indexed
from nbtrack.store.switches import SwitchPart
from nbtrack.store.text_search import TextReads
from nbtrack.store.thinning import ThinningPart
from nbtrack.store.timeline import TimelinePart
from nbtrack.store.upkeep.holds import hold
from nbtrack.store.upkeep.part import UpkeepPart


def open_sql_store(
    location: str, *, busy_timeout_s: float = 30.0, network: bool | None = None
) -> SqlStore:
    """Open, make or migrate the store at an absolute directory.

    Args:
        location: the directory.
        busy_timeout_s: how long a writer waits for another one.
        network: whether it is on a network file system; as `filesystem.is_network` says by
            default.

    Raises:
        UsageError: the location is a URL of a database that is not supported.
        StoreTooNewError, StoreError: see `nbtrack.store.open_store`.
    """
    if "://" in location:
        scheme = location.partition("://")[0]
        raise UsageError(
            f"a store at {scheme}:// is not supported; give a directory, which holds a SQLite "
            "database"
        )
    directory = Path(location)
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        blob_directory = Path(blob_root(location))
        blob_directory.mkdir(mode=0o700, exist_ok=True)
        if network is None:
            network = is_network(directory)
        with opening():
            engine = sqlite_engine(directory / DATABASE_NAME, busy_timeout_s, network=network)
            ensure_current(engine, directory, network=network)
            database = Database(engine, location, busy_timeout_s)
            ensure_indexed(database, BlobStore(blob_directory))
    except SQLAlchemyError as error:
        raise StoreError(f"cannot open the store at {location}: {error}") from error
    except OSError as error:
        if isinstance(error, StoreError):
            raise
        raise StoreError(
            f"cannot make the store at {location}: {error}. Set NBTRACK_STORE to a directory "
            "that you can write to"
        ) from error
    return SqlStore(database, BlobStore(blob_directory))


class SqlStore(
    RunReads,
    ExecutionReads,
    TextReads,
    FindingReads,
    NotebookPart,
    TimelinePart,
    SwitchPart,
    ThinningPart,
    ForgetPart,
    UpkeepPart,
):
    """A `Store` on SQLAlchemy Core. Made by `open_sql_store`."""

    def __init__(self, database: Database, blob_store: BlobStore) -> None:
        self._database = database
        self._blob_store = blob_store
        self._manifests = ManifestCache()

    @property
    def location(self) -> str:
        """See `Store.location`."""
        return self._database.location

    def close(self) -> None:
        """See `Store.close`."""
        self._database.close()

    def apply(self, records: Sequence[Record], *, position: JournalPosition | None = None) -> None:
        """See `Store.apply`."""
        try:
            self._apply(records, position)
        except (UnicodeEncodeError, OverflowError):
            self._apply(salvaged(records), position)

    def _apply(self, records: Sequence[Record], position: JournalPosition | None) -> None:
        with self._database.write() as connection:
            if position is not None:
                applied = _applied(connection, position.journal_id)
                if applied >= position.offset:
                    return
                if position.begin is not None and applied > position.begin:
                    raise AlreadyAppliedError(position.journal_id, applied)
                row = {"journal_id": position.journal_id, "applied": position.offset}
                upsert(connection, journals, [row])
            if records:
                Batch(connection, next_change(connection)).apply(records)

    def sync(self) -> None:
        """See `Store.sync`."""
        try:
            sync_sqlite(Path(self.location) / DATABASE_NAME)
        except OSError as error:
            raise StoreError(f"the disk of the store at {self.location} failed: {error}") from error

    def journal_offset(self, journal_id: str) -> int:
        """See `Store.journal_offset`."""
        with self._database.read() as connection:
            return _applied(connection, journal_id)

    def put_blobs(self, blobs: Iterable[bytes]) -> list[str]:
        """See `Store.put_blobs`."""
        digests, small = put_large(self._blob_store, blobs)
        if small:
            hold(self._holds, small)
            with self._database.write() as connection:
                put_small(connection, small)
        return digests

    def get_blobs(self, digests: Iterable[str]) -> dict[str, bytes]:
        """See `Store.get_blobs`."""
        wanted = list(dict.fromkeys(digests))
        with self._database.read() as connection:
            found = get_small(connection, wanted)
        return {
            digest: found[digest] if digest in found else self._blob_store.get(digest)
            for digest in wanted
        }

    def create_experiment(self, name: str, *, notebook_id: str | None = None) -> Experiment:
        """See `Store.create_experiment`."""
        if not name.strip():
            raise UsageError("an experiment needs a name that is not empty")
        with self._database.write() as connection:
            row = connection.execute(select(experiments).where(experiments.c.name == name)).first()
            if row is not None:
                state = (
                    "exists"
                    if row.lifecycle_stage == Lifecycle.ACTIVE
                    else "exists, but is deleted"
                )
                raise UsageError(f"experiment {name!r} {state}; choose another name")
            next_change(connection)
            experiment_id = insert_experiment(
                connection, name, now_us=to_us(utc_now()), notebook_id=notebook_id
            )
        return self.get_experiment(str(experiment_id))

    def get_experiment(self, experiment_id: str) -> Experiment:
        """See `Store.get_experiment`."""
        number = experiment_number(experiment_id)
        if number is not None:
            with self._database.read() as connection:
                row = connection.execute(
                    select(experiments).where(experiments.c.experiment_id == number)
                ).first()
                if row is not None:
                    return _with_tags(connection, row)
        raise NotFoundError("experiment", experiment_id)

    def find_experiment(self, name: str) -> Experiment | None:
        """See `Store.find_experiment`."""
        with self._database.read() as connection:
            row = connection.execute(select(experiments).where(experiments.c.name == name)).first()
            if row is None:
                return None
            return _with_tags(connection, row)

    def list_experiments(
        self, view: Literal["active", "deleted", "all"] = "active"
    ) -> list[Experiment]:
        """See `Store.list_experiments`."""
        statement = select(experiments).order_by(
            experiments.c.last_used_at.desc(), experiments.c.experiment_id.desc()
        )
        if view != "all":
            stage = Lifecycle.ACTIVE if view == "active" else Lifecycle.DELETED
            statement = statement.where(experiments.c.lifecycle_stage == stage)
        with self._database.read() as connection:
            rows = connection.execute(statement).all()
            held = _experiment_tags(connection)
        return [experiment_of(row, held.get(row.experiment_id, {})) for row in rows]

    def read_artifact(self, run_id: str, path: str) -> tuple[Artifact, bytes]:
        """See `Store.read_artifact`."""
        with self._database.read() as connection:
            require_run(connection, run_id)
            row = connection.execute(
                select(artifacts).where(artifacts.c.run_id == run_id, artifacts.c.path == path)
            ).first()
        if row is None:
            raise NotFoundError("artifact", path, f"Run {run_id} has no artifact at that path.")
        try:
            data = self.get_blobs([row.digest])[row.digest]
        except BlobMissingError as error:
            raise BlobMissingError(f"the bytes of artifact {path!r} are gone: {error}") from error
        return artifact_of(row), data

    def changes(self, since: int | None = None) -> Changes:
        """See `Store.changes`."""
        with self._database.read() as connection:
            cursor = last_change(connection)
            if since is None or since >= cursor:
                return Changes(cursor)
            changed_runs = connection.execute(
                select(runs.c.run_id)
                .where(runs.c.changed_seq > since)
                .order_by(runs.c.changed_seq, runs.c.run_id)
            )
            changed_notebooks = connection.execute(
                select(notebooks.c.notebook_id)
                .where(notebooks.c.changed_seq > since)
                .order_by(notebooks.c.changed_seq, notebooks.c.notebook_id)
            )
            return Changes(
                cursor,
                tuple(changed_runs.scalars()),
                tuple(changed_notebooks.scalars()),
            )


def _applied(connection: Connection, journal_id: str) -> int:
    statement = select(journals.c.applied).where(journals.c.journal_id == journal_id)
    return int(connection.execute(statement).scalar() or 0)


def _experiment_tags(
    connection: Connection, experiment_id: int | None = None
) -> dict[int, dict[str, str]]:
    """Tags by experiment, of one or of all."""
    statement = select(experiment_tags)
    if experiment_id is not None:
        statement = statement.where(experiment_tags.c.experiment_id == experiment_id)
    held: dict[int, dict[str, str]] = {}
    for row in connection.execute(statement):
        held.setdefault(row.experiment_id, {})[row.key] = row.value
    return held


def _with_tags(connection: Connection, row: Row[Any]) -> Experiment:
    held = _experiment_tags(connection, row.experiment_id)
    return experiment_of(row, held.get(row.experiment_id, {}))
