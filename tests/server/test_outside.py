import json

import pytest
from tornado.httputil import HTTPHeaders, HTTPServerRequest, RequestStartLine

from nbtrack.history.lookup import revision_document
from nbtrack.server.identity import origin_of
from tests.history.documents import code, notebook
from tests.server.test_contents import saved, stored, until

BOOK = notebook(code("a = 1", "a"), code("b = 2", "b"))
PULLED = notebook(code("a = 1", "a"), code("b = 'pulled'", "b"))
TYPED = notebook(code("a = 'typed'", "a"), code("b = 2", "b"))


@pytest.fixture
def take(api):
    """Send the whole document: ``await take("execute", document, msg_id="m")``."""
    numbers = iter(range(1, 100))

    async def send(reason, document, **rest):
        rest = {"document_id": "d", "path": "book.ipynb", **rest}
        request = {"sequence": next(numbers), "reason": reason, "notebook": document, **rest}
        status, reply = await api("POST", "snapshots", request)
        assert status == 200, reply
        return reply

    return send


@pytest.fixture
def history(store, jp_root_dir):
    """What the revisions say, oldest first: (reason, origin)."""

    def told():
        book = store.find_notebook(stored(jp_root_dir, "book.ipynb"))
        found = store.list_revisions(book.notebook_id).items[::-1]
        return [(str(revision.reason), revision.origin) for revision in found]

    return told


@pytest.fixture
def begin(put_notebook, store, jp_root_dir):
    """Save a notebook and wait until the server knows its file."""

    async def save():
        await put_notebook("book.ipynb", BOOK)
        path = stored(jp_root_dir, "book.ipynb")
        await until(lambda: store.find_notebook(path), lambda found: found and found.file_state)

    return save


def write_outside(jp_root_dir, document):
    """Write the file as an editor would."""
    (jp_root_dir / "book.ipynb").write_text(json.dumps(document))


async def test_an_edit_outside_is_noticed_on_open(begin, take, history, jp_root_dir):
    """It is a revision of its own, with that reason; opening adds none."""
    await begin()
    write_outside(jp_root_dir, PULLED)
    reply = await take("open", PULLED)
    assert history() == [("save", "api"), ("outside", "outside")]
    assert reply["revision"]["reason"] == "outside"
    assert not reply["created"]


async def test_an_edit_outside_is_noticed_on_a_run(begin, take, history, jp_root_dir):
    """The document that is open runs as it is; what the file holds by now is kept before it."""
    await begin()
    await take("open", BOOK)
    write_outside(jp_root_dir, PULLED)
    reply = await take("execute", TYPED, msg_id="m", cell_id="a")
    assert history() == [("save", "api"), ("outside", "outside"), ("execute", "api")]
    assert reply["revision"]["number"] == 3
    await take("execute", TYPED, msg_id="m2", cell_id="a")
    assert len(history()) == 3


async def test_what_a_save_overwrites_is_kept(
    begin, history, store, jp_root_dir, put_notebook, take
):
    """Whoever chose to overwrite the file finds in the history what it held."""
    await begin()
    write_outside(jp_root_dir, PULLED)
    await put_notebook("book.ipynb", TYPED)
    await saved(store, jp_root_dir, "book.ipynb", 3)
    assert history() == [("save", "api"), ("outside", "outside"), ("save", "api")]
    found = store.find_notebook(stored(jp_root_dir, "book.ipynb"))
    kept = store.find_revision(found.notebook_id, 2)
    document = revision_document(store, kept.revision_id)
    assert document["cells"][1]["source"] == "b = 'pulled'"


async def test_saves_of_our_own_are_no_edits_outside(begin, take, history, put_notebook):
    """A save, a run and another save are what they are."""
    await begin()
    await take("execute", TYPED, msg_id="m", cell_id="a")
    await put_notebook("book.ipynb", TYPED)
    await take("execute", TYPED, msg_id="m2", cell_id="a")
    assert history() == [("save", "api"), ("execute", "api")]


async def test_two_browsers_with_one_document_make_one_revision(begin, take, history):
    """Both tell of the same state, as under collaboration."""
    await begin()
    await take("open", BOOK, document_id="one")
    await take("open", BOOK, document_id="two")
    await take("execute", TYPED, document_id="one", msg_id="m", cell_id="a")
    await take("execute", TYPED, document_id="two", msg_id="n", cell_id="a")
    assert history() == [("save", "api"), ("execute", "api")]


async def test_a_save_without_a_request_is_by_who_edited_last(
    store, jp_root_dir, jp_serverapp, take
):
    """Under collaboration the server saves by itself: the author is who told of the document."""
    await take("open", BOOK)
    services = jp_serverapp.web_app.settings["nbtrack"]
    services.documents.open("d").author = "grace"
    model = {"type": "notebook", "content": PULLED}
    services.contents.before_save(model, "book.ipynb")
    found = await saved(store, jp_root_dir, "book.ipynb", 2)
    last = store.get_revision(found.latest_revision_id)
    assert (last.author, last.origin) == ("grace", "lab")


@pytest.mark.parametrize(
    ("page", "origin"),
    [
        ("http://127.0.0.1:8888/lab/tree/notebooks/a.ipynb", "lab"),
        ("http://127.0.0.1:8888/user/ada/lab", "lab"),
        ("http://127.0.0.1:8888/notebooks/a.ipynb", "notebook"),
        ("http://127.0.0.1:8888/base/tree/a", "notebook"),
        ("", "api"),
    ],
)
def test_the_page_tells_from_where(page, origin):
    """JupyterLab and the Notebook are told apart by the address of their page."""
    start = RequestStartLine("GET", "/", "HTTP/1.1")
    headers = HTTPHeaders({"Host": "127.0.0.1", **({"Referer": page} if page else {})})
    request = HTTPServerRequest(start_line=start, headers=headers, connection=object())
    assert origin_of(request) == origin
