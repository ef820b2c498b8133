"""Where everything is kept: metadata in SQL, bytes by content.

`open_store` is the one way in. Importing this package is cheap: SQLAlchemy and the rest are
loaded when a store is opened.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nbtrack.store.base import Store


def open_store(location: str | os.PathLike[str] | None = None) -> Store:
    """Open a store; make it if there is none, bring it up to date if it is older.

    Args:
        location: a directory, or a SQLAlchemy URL. None asks `nbtrack.config.store_location`.

    Returns:
        A store that any thread may use. Close it when done.

    Raises:
        UsageError: a kind of database that nbtrack does not know.
        StoreTooNewError: a newer nbtrack wrote it.
        StoreError: it cannot be made, opened or migrated.
    """
    from nbtrack.config import load_config, store_location
    from nbtrack.store.sql import open_sql_store

    return open_sql_store(store_location(location), busy_timeout_s=load_config().busy_timeout_s)


__all__ = ["open_store"]
