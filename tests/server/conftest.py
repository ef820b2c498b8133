"""A real Jupyter Server with the extension, on a store of its own."""

import json

import pytest
from pytest_jupyter.jupyter_server import *  # noqa: F403 - its fixtures, for this folder only

from nbtrack.store import open_store


@pytest.fixture
def store_path(tmp_path, monkeypatch):
    """Where this test's store is, also for the server."""
    path = tmp_path / "store"
    monkeypatch.setenv("NBTRACK_STORE", str(path))
    return path


@pytest.fixture
def jp_server_config(store_path):
    """The extension is on, as the installed package configures it."""
    return {"ServerApp": {"jpserver_extensions": {"nbtrack": True}}}


@pytest.fixture
def store(store_path, jp_serverapp):
    """The same store as the server's, opened a second time as another process would."""
    opened = open_store(store_path)
    yield opened
    opened.close()


@pytest.fixture
def api(jp_fetch):
    """Ask an endpoint: ``await api("GET", "runs", limit=3)`` gives (status, JSON)."""

    async def ask(method, path, body=None, /, **params):
        response = await jp_fetch(
            "nbtrack",
            "api",
            *path.split("/"),
            method=method,
            params=[
                (name, str(value))
                for name, given in params.items()
                for value in (given if isinstance(given, list) else [given])
            ],
            body=None if body is None else json.dumps(body),
            allow_nonstandard_methods=True,
            raise_error=False,
        )
        return response.code, json.loads(response.body)

    return ask


@pytest.fixture
def put_notebook(jp_fetch):
    """Save a notebook through the contents API."""

    async def save(path, document):
        response = await jp_fetch(
            "api",
            "contents",
            *path.split("/"),
            method="PUT",
            body=json.dumps({"type": "notebook", "format": "json", "content": document}),
        )
        return json.loads(response.body)

    return save
