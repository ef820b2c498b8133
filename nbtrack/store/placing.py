"""Where a run or a cell execution belongs: its notebook, its revision and its experiment."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from pathlib import PurePath
from typing import Any

from sqlalchemy import Connection, insert, select, update

from nbtrack.entities import Lifecycle
from nbtrack.records import RunStarted
from nbtrack.store.blobtable import batches
from nbtrack.store.rows import experiment_number
from nbtrack.store.schema import (
    execution_links,
    experiments,
    kernel_bindings,
    notebooks,
    sessions,
)

DEFAULT_EXPERIMENT_ID = 0
CONTENTS_PREFIX = "contents:"


def change_notebooks(connection: Connection, notebook_ids: Iterable[str], change: int) -> None:
    """Let live views of these notebooks know: their history shows something that changed."""
    for batch in batches(dict.fromkeys(notebook_ids)):
        connection.execute(
            update(notebooks).where(notebooks.c.notebook_id.in_(batch)).values(changed_seq=change)
        )


def insert_notebook(
    connection: Connection, path: str, *, now_us: int, change: int, copied_from: str | None = None
) -> str:
    """Make a notebook at a path that no live one has; returns its id."""
    notebook_id = uuid.uuid4().hex
    connection.execute(
        insert(notebooks).values(
            notebook_id=notebook_id,
            path=path,
            created_at=now_us,
            copied_from=copied_from,
            revision_count=0,
            updated_at=now_us,
            changed_seq=change,
        )
    )
    return notebook_id


def insert_experiment(
    connection: Connection, name: str, *, now_us: int, notebook_id: str | None = None
) -> int:
    """Make an experiment of a name that is free; returns its id."""
    result = connection.execute(
        insert(experiments).values(
            name=name,
            created_at=now_us,
            last_used_at=now_us,
            lifecycle_stage=Lifecycle.ACTIVE,
            notebook_id=notebook_id,
        )
    )
    key = result.inserted_primary_key
    return int(key[0]) if key else 0


class Placement:
    """Finds places for the runs and executions of one batch, and remembers what it looked up.

    Args:
        connection: in the batch's write transaction.
        change: the number of that write.
        session_rows: sessions that the batch itself starts; filled while it is read.
    """

    def __init__(
        self, connection: Connection, change: int, session_rows: dict[str, dict[str, Any]]
    ) -> None:
        self._connection = connection
        self._change = change
        self._session_rows = session_rows
        self._links: dict[str, tuple[str, str]] = {}
        self._session_notebooks: dict[str, str | None] = {}
        self._experiments: dict[tuple[str, str], int] = {}
        self.last_used: dict[int, int] = {}

    def load_links(self, msg_ids: Iterable[str]) -> None:
        """Look up which revisions execute requests ran from."""
        for batch in batches(msg_ids):
            statement = select(execution_links).where(execution_links.c.msg_id.in_(batch))
            for row in self._connection.execute(statement):
                self._links[row.msg_id] = (row.notebook_id, row.revision_id)

    def notebook(
        self, msg_id: str | None, session_id: str, now_us: int
    ) -> tuple[str | None, str | None]:
        """The notebook and the revision, as far as they are known."""
        if msg_id is not None and msg_id in self._links:
            return self._links[msg_id]
        if session_id not in self._session_notebooks:
            self._session_notebooks[session_id] = self._of_session(session_id, now_us)
        return self._session_notebooks[session_id], None

    def forget_session(self, session_id: str) -> None:
        """A session's facts changed; look its notebook up again."""
        self._session_notebooks.pop(session_id, None)

    def _of_session(self, session_id: str, now_us: int) -> str | None:
        session = self._session_rows.get(session_id)
        if session is None:
            row = self._connection.execute(
                select(sessions).where(sessions.c.session_id == session_id)
            ).first()
            if row is None:
                return None
            session = dict(row._mapping)
        if session["kernel_id"] is not None:
            bound = self._connection.execute(
                select(kernel_bindings.c.notebook_id).where(
                    kernel_bindings.c.kernel_id == session["kernel_id"]
                )
            ).scalar()
            if bound is not None:
                return str(bound)
        path = session["notebook_path"]
        if not path:
            return None
        live = self._connection.execute(
            select(notebooks.c.notebook_id).where(
                notebooks.c.path == path, notebooks.c.deleted_at.is_(None)
            )
        ).scalar()
        if live is not None:
            return str(live)
        return insert_notebook(self._connection, path, now_us=now_us, change=self._change)

    def experiment(self, record: RunStarted, notebook_id: str | None, now_us: int) -> int | None:
        """The experiment of a run, made or restored where needed.

        Returns:
            Its id; None when the record asks for an id that does not exist.
        """
        if record.experiment_id is not None:
            found = self._cached(("id", record.experiment_id), now_us)
        elif record.experiment is not None:
            found = self._cached(("name", record.experiment), now_us)
        elif notebook_id is not None:
            found = self._cached(("notebook", notebook_id), now_us)
        else:
            found = DEFAULT_EXPERIMENT_ID
        if found is not None:
            self.last_used[found] = max(now_us, self.last_used.get(found, now_us))
        return found

    def _cached(self, key: tuple[str, str], now_us: int) -> int | None:
        if key not in self._experiments:
            found = self._find(key, now_us)
            if found is None:
                return None
            self._experiments[key] = found
        return self._experiments[key]

    def _find(self, key: tuple[str, str], now_us: int) -> int | None:
        kind, value = key
        condition = {
            "id": experiments.c.experiment_id == experiment_number(value),
            "name": experiments.c.name == value,
            "notebook": experiments.c.notebook_id == value,
        }[kind]
        row = self._connection.execute(
            select(experiments.c.experiment_id, experiments.c.lifecycle_stage)
            .where(condition)
            .order_by(experiments.c.experiment_id)
            .limit(1)
        ).first()
        if row is None:
            return self._make(kind, value, now_us)
        if row.lifecycle_stage != Lifecycle.ACTIVE:
            # What happened is recorded; a deleted experiment that is used again is not deleted.
            self._connection.execute(
                update(experiments)
                .where(experiments.c.experiment_id == row.experiment_id)
                .values(lifecycle_stage=Lifecycle.ACTIVE)
            )
        return int(row.experiment_id)

    def _make(self, kind: str, value: str, now_us: int) -> int | None:
        if kind == "id":
            return None
        if kind == "name":
            return insert_experiment(self._connection, value, now_us=now_us)
        path = self._connection.execute(
            select(notebooks.c.path).where(notebooks.c.notebook_id == value)
        ).scalar_one()
        name = self._free_name(str(path))
        return insert_experiment(self._connection, name, now_us=now_us, notebook_id=value)

    def _free_name(self, path: str) -> str:
        """The notebook's stem, or with its directory, or counted, until nobody has the name."""
        place = PurePath(path.removeprefix(CONTENTS_PREFIX))
        stem = place.stem or "notebook"
        if self._taken(stem) and place.parent.name:
            stem = f"{place.parent.name}/{stem}"
        candidate, count = stem, 2
        while self._taken(candidate):
            candidate, count = f"{stem} {count}", count + 1
        return candidate

    def _taken(self, name: str) -> bool:
        statement = select(experiments.c.experiment_id).where(experiments.c.name == name)
        return self._connection.execute(statement).first() is not None

    def flush(self) -> None:
        """Write when experiments were last used."""
        for experiment_id, at in self.last_used.items():
            self._connection.execute(
                update(experiments)
                .where(
                    experiments.c.experiment_id == experiment_id,
                    experiments.c.last_used_at < at,
                )
                .values(last_used_at=at)
            )
