import asyncio
import getpass
import json

import pytest
from jupyter_server.auth import User

from nbtrack.server.identity import author_of
from tests.history.documents import code, notebook
from tests.server.identities import NamedUsers, OnlyAda


@pytest.fixture
def jp_server_config(store_path):
    """Users have names, and rights."""
    return {
        "ServerApp": {
            "jpserver_extensions": {"nbtrack": True},
            "identity_provider_class": NamedUsers,
            "authorizer_class": OnlyAda,
        }
    }


SNAPSHOT = {
    "document_id": "d",
    "sequence": 1,
    "path": "book.ipynb",
    "reason": "open",
    "notebook": notebook(code("a", "a")),
}


async def test_a_revision_bears_the_name_of_who_asked(api):
    """The author is the server's user, and a body cannot say otherwise."""
    status, reply = await api("POST", "snapshots", SNAPSHOT)
    assert (status, reply["revision"]["author"]) == (200, "Ada")
    status, _ = await api("POST", "snapshots", {**SNAPSHOT, "author": "Bob"})
    assert status == 400


async def test_a_save_bears_the_name_of_who_saved(put_notebook, store, jp_root_dir):
    """Also where only a hook of the contents manager sees it."""
    await put_notebook("book.ipynb", notebook(code("a", "a")))
    for _ in range(100):
        found = store.find_notebook(str(jp_root_dir / "book.ipynb"))
        if found is not None and found.latest_revision_id is not None:
            break
        await asyncio.sleep(0.05)
    assert store.get_revision(found.latest_revision_id).author == "Ada"


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "status", None),
        ("GET", "runs", None),
        ("POST", "snapshots", SNAPSHOT),
        ("POST", "runs/delete", {"run_ids": []}),
        ("GET", "runs/" + "a" * 32 + "/artifacts/x", None),
    ],
)
async def test_who_has_no_right_gets_nothing(jp_fetch, method, path, body):
    """The server's authorizer decides on every endpoint."""
    response = await jp_fetch(
        "nbtrack",
        "api",
        *path.split("/"),
        method=method,
        headers={"X-Test-User": "bob"},
        body=None if body is None else json.dumps(body),
        raise_error=False,
    )
    assert response.code == 403
    assert json.loads(response.body)["error"]["code"] == "forbidden"


def test_a_made_up_name_stands_for_the_account_of_the_server():
    """Plain Jupyter invents an anonymous user for each browser; that is no author."""
    invented = User("5" * 32, name="Anonymous Io", display_name="Anonymous Io")
    assert author_of(invented) == getpass.getuser() == author_of(None)
    assert author_of(User("grace", name="Grace", display_name="Grace H.")) == "Grace H."
