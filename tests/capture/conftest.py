from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.capture.kernel import Kernel, kernel
from tests.capture.shell import WatchedShell


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> WatchedShell:
    """A shell of this process whose cells are captured."""
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    return WatchedShell()


@pytest.fixture(scope="session")
def shared_kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    """One kernel for tests that leave nothing behind."""
    with kernel(tmp_path_factory.mktemp("kernel")) as started:
        yield started
