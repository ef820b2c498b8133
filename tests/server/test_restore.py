"""Restores and checkpoints over HTTP: into files, and by the page that has the notebook open."""

from __future__ import annotations

import json

import nbformat
import pytest

from nbtrack.server.base import SETTING
from nbtrack.wire import ASK_SCHEMA_ID
from tests.history.documents import code, notebook
from tests.server.test_revisions import fill


@pytest.fixture
def page(api, jp_serverapp):
    """A page that answers what it is asked: set ``says``; ``asked`` is what came."""

    class Page:
        def __init__(self):
            self.says = None
            self.asked = []

        async def hear(self, logger, schema_id, data):
            self.asked.append(dict(data))
            if self.says is not None:
                await api("POST", f"asks/{data['ask_id']}", self.says)

    heard = Page()
    jp_serverapp.event_logger.add_listener(schema_id=ASK_SCHEMA_ID, listener=heard.hear)
    return heard


async def opened(api, path):
    """Have a browser's document of a notebook known to the server."""
    document = json.loads((path).read_text())
    _, reply = await api(
        "POST",
        "snapshots",
        {
            "document_id": "d1",
            "sequence": 1,
            "path": path.name,
            "reason": "open",
            "notebook": document,
        },
    )
    return reply["notebook_id"]


async def test_a_closed_notebook_is_restored_in_its_file(api, store, jp_root_dir):
    """The file becomes the revision's, after its present state was recorded."""
    path = jp_root_dir / "book.ipynb"
    _, [first, _] = fill(
        store, path, notebook(code("a = 1", "a", "one")), notebook(code("a = 2", "a"))
    )
    path.write_text(json.dumps(notebook(code("a = 3", "a"))))
    status, reply = await api("POST", f"revisions/{first.revision_id}/restore", {"outputs": True})
    assert (status, reply["revision"]["restored_from"]) == (200, first.revision_id)
    (cell,) = nbformat.read(path, as_version=4).cells
    assert (cell.source, cell.outputs[0].text) == ("a = 1", "one")
    reasons = [each.reason for each in store.list_revisions(first.notebook_id).items[:2]]
    assert reasons == ["restore", "before_restore"]


async def test_an_open_notebook_is_restored_by_its_page(api, store, jp_root_dir, page):
    """The page that holds the document is asked, and its answer is the reply."""
    path = jp_root_dir / "book.ipynb"
    _, [first] = fill(store, path, notebook(code("a = 1", "a")))
    path.write_text(json.dumps(notebook(code("a = 2", "a"))))
    await opened(api, path)
    page.says = {"revision_id": first.revision_id, "masked": ["a"]}
    status, reply = await api("POST", f"revisions/{first.revision_id}/restore", {"cell_id": "a"})
    assert (status, reply["revision"]["number"], reply["masked"]) == (200, 1, ["a"])
    (asked,) = page.asked
    assert (asked["document_id"], asked["command"], asked["cell_id"]) == ("d1", "restore", "a")
    assert nbformat.read(path, as_version=4).cells[0].source == "a = 2"


async def test_what_a_page_could_not_do_is_told(api, store, jp_root_dir, page, jp_serverapp):
    """Its reason is the error; so is silence, after some waiting."""
    path = jp_root_dir / "book.ipynb"
    _, [first] = fill(store, path, notebook(code("a = 1", "a")))
    path.write_text(json.dumps(notebook(code("a = 2", "a"))))
    await opened(api, path)
    where = f"revisions/{first.revision_id}/restore"
    page.says = {"error": "History is switched off."}
    status, answer = await api("POST", where, {})
    assert (status, answer["error"]["message"]) == (409, "History is switched off.")
    page.says = None
    jp_serverapp.web_app.settings[SETTING].asks._answer_s = 0.05
    status, answer = await api("POST", where, {})
    assert status == 409
    assert "does not answer" in answer["error"]["message"]


async def test_a_late_answer_is_not_waited_for(api):
    """Answering what nobody asks any more changes nothing."""
    assert await api("POST", "asks/" + "a" * 32, {"error": "x"}) == (200, {"count": 0})


async def test_a_checkpoint_of_an_open_notebook_is_made_by_its_page(api, store, jp_root_dir, page):
    """Without a document's id the page is asked, as only it knows unsaved edits."""
    path = jp_root_dir / "book.ipynb"
    _, [first] = fill(store, path, notebook(code("a = 1", "a")))
    path.write_text(json.dumps(notebook(code("a = 1", "a"))))
    notebook_id = await opened(api, path)
    page.says = {"revision_id": first.revision_id}
    where = f"notebooks/{notebook_id}/checkpoint"
    status, reply = await api("POST", where, {"label": "good"})
    assert (status, reply["revision_id"]) == (200, first.revision_id)
    assert page.asked[0]["label"] == "good"


async def test_a_notebook_with_a_kernel_that_no_page_shows_is_left_alone(
    api, store, jp_root_dir, jp_serverapp, monkeypatch
):
    """It may be open where nbtrack cannot see: its file is not written."""
    path = jp_root_dir / "book.ipynb"
    _, [first] = fill(store, path, notebook(code("a = 1", "a")))

    async def sessions():
        return [{"path": "book.ipynb"}]

    monkeypatch.setattr(jp_serverapp.session_manager, "list_sessions", sessions)
    status, answer = await api("POST", f"revisions/{first.revision_id}/restore", {})
    assert (status, "kernel" in answer["error"]["message"]) == (409, True)


async def test_a_revision_is_exported_as_a_file(jp_fetch, api, store, jp_root_dir):
    """The answer is a file to save, sandboxed, named after notebook and revision."""
    _, [first] = fill(store, jp_root_dir / "book.ipynb", notebook(code("a = 1", "a")))
    where = ("nbtrack", "api", "revisions", first.revision_id, "export")
    answer = await jp_fetch(*where, params={"to": "markdown"})
    assert b"a = 1" in answer.body
    assert "book-r1.md" in answer.headers["Content-Disposition"]
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    status, error = await api("GET", f"revisions/{first.revision_id}/export", to="docx")
    assert (status, error["error"]["code"]) == (400, "bad_request")
