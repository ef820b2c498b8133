"""What all parts of the store contract are given."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from nbtrack.store.base import Store

MakeStore = Callable[[], Store]


class ContractFixtures:
    """Gives tests a ``store``, from the ``make_store`` fixture of the concrete class."""

    @pytest.fixture
    def make_store(self) -> MakeStore:
        """Return a function that opens one store, any number of times."""
        raise NotImplementedError("a contract test class needs its own make_store fixture")

    @pytest.fixture
    def store(self, make_store: MakeStore) -> Iterator[Store]:
        """An empty store."""
        opened = make_store()
        yield opened
        opened.close()
