from __future__ import annotations

import pytest

from tests.capture.shell import WatchedShell


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch, tmp_path) -> WatchedShell:
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    return WatchedShell()
