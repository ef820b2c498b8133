"""Sessions on stores of their own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from nbtrack.tracking.session import Session


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    """A session of this process on a store of its own."""
    made = Session(tmp_path / "store", drain_interval_s=0.02)
    yield made
    made.close()
