"""Which notebooks and folders have no history recorded."""

from __future__ import annotations

from sqlalchemy import delete, select

from nbtrack.store.database import Database
from nbtrack.store.dialect import upsert
from nbtrack.store.schema import history_switches


class SwitchPart:
    """The part of the store that keeps switches of histories."""

    _database: Database

    def history_switches(self) -> dict[str, bool]:
        """See `Store.history_switches`."""
        with self._database.read() as connection:
            rows = connection.execute(select(history_switches))
            return {row.path: row.recorded for row in rows}

    def switch_history(self, path: str, recorded: bool | None) -> None:
        """See `Store.switch_history`."""
        with self._database.write() as connection:
            if recorded is None:
                here = history_switches.c.path == path
                connection.execute(delete(history_switches).where(here))
            else:
                upsert(connection, history_switches, [{"path": path, "recorded": recorded}])
