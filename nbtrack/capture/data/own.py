"""Where nbtrack's own stores are: what is in them is never data of a cell."""

from __future__ import annotations

_stores: set[str] = set()


def declare_own(location: str) -> None:
    """Never take what is in a directory for data: it is a store of nbtrack's."""
    _stores.add(location)


def own_stores() -> frozenset[str]:
    """The directories that were declared."""
    return frozenset(_stores)
