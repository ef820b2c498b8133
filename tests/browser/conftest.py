"""Fixtures: Chromium, and a JupyterLab for each test module."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.browser.chromium import FLAGS, installed
from tests.browser.lab import Lab, running_lab


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Launch the Chromium of this machine."""
    path = installed()
    if path is None:
        pytest.fail("no Chromium: run `python tests/browser/chromium.py` first")
    return {**browser_type_launch_args, "executable_path": path, "args": list(FLAGS)}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    """A laptop's window."""
    return {**browser_context_args, "viewport": {"width": 1440, "height": 900}}


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A JupyterLab on an empty folder."""
    root = tmp_path_factory.mktemp("root")
    with running_lab(tmp_path_factory.mktemp("home"), root) as running:
        yield running
