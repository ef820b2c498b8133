import asyncio
import json
import time

from tests.history.documents import code, notebook

BOOK = notebook(*(code(f"x{n} = {n}", f"cell-{n}") for n in range(4)))


async def until(ask, wanted, seconds=8.0):
    """Wait for what the server does in the background."""
    end = time.monotonic() + seconds
    while True:
        got = ask()
        if wanted(got):
            return got
        assert time.monotonic() < end, f"still {got!r}"
        await asyncio.sleep(0.05)


def stored(jp_root_dir, path):
    """The path the store knows a notebook by."""
    return str(jp_root_dir / path)


async def saved(store, jp_root_dir, path, revisions=1):
    """The notebook at a path once so many revisions are there."""
    return await until(
        lambda: store.find_notebook(stored(jp_root_dir, path)),
        lambda found: found is not None and found.revision_count >= revisions,
    )


async def test_a_save_becomes_a_revision(put_notebook, store, jp_root_dir):
    """Saving through the contents API is recorded, once for each state."""
    await put_notebook("book.ipynb", BOOK)
    await put_notebook("book.ipynb", BOOK)
    found = await saved(store, jp_root_dir, "book.ipynb")
    revision = store.get_revision(found.latest_revision_id)
    assert (revision.reason, revision.number, revision.cell_count) == ("save", 1, 4)
    assert revision.author
    edited = notebook(code("x0 = 100", "cell-0"), *BOOK["cells"][1:])
    await put_notebook("book.ipynb", edited)
    found = await saved(store, jp_root_dir, "book.ipynb", 2)
    assert store.find_revision(found.notebook_id, 2).changes[0].cell_id == "cell-0"


async def test_a_rename_keeps_the_history(put_notebook, store, jp_root_dir, jp_fetch, api):
    """The notebook is found at its new path with its revisions."""
    await put_notebook("book.ipynb", BOOK)
    before = await saved(store, jp_root_dir, "book.ipynb")
    await jp_fetch(
        "api", "contents", "book.ipynb", method="PATCH", body=json.dumps({"path": "new.ipynb"})
    )
    after = await saved(store, jp_root_dir, "new.ipynb")
    assert after.notebook_id == before.notebook_id
    status, info = await api("GET", "notebooks", path="new.ipynb")
    assert (status, info["notebook_id"], info["revision_count"]) == (200, before.notebook_id, 1)
    assert store.find_notebook(stored(jp_root_dir, "book.ipynb")) is None


async def test_renaming_a_folder_moves_its_notebooks(put_notebook, store, jp_root_dir, jp_fetch):
    """Every notebook below the folder follows, and no other."""
    (jp_root_dir / "old").mkdir()
    (jp_root_dir / "older").mkdir()
    for path, name in (("old/a.ipynb", "a"), ("old/b.ipynb", "b"), ("older/c.ipynb", "c")):
        await put_notebook(path, notebook(code(name, name)))
        await saved(store, jp_root_dir, path)
    await jp_fetch("api", "contents", "old", method="PATCH", body=json.dumps({"path": "new"}))
    await saved(store, jp_root_dir, "new/a.ipynb")
    await saved(store, jp_root_dir, "new/b.ipynb")
    assert store.find_notebook(stored(jp_root_dir, "older/c.ipynb")) is not None
    assert len(store.list_notebooks()) == 3


async def test_a_copy_knows_what_it_is_a_copy_of(put_notebook, store, jp_root_dir, jp_fetch):
    """The copy has its own history that begins with a link to the original."""
    await put_notebook("book.ipynb", BOOK)
    original = await saved(store, jp_root_dir, "book.ipynb")
    response = await jp_fetch(
        "api", "contents", method="POST", body=json.dumps({"copy_from": "book.ipynb"})
    )
    copy = await saved(store, jp_root_dir, json.loads(response.body)["path"])
    assert copy.copied_from == original.notebook_id
    assert copy.notebook_id != original.notebook_id


async def test_a_deleted_notebook_keeps_its_history(put_notebook, store, jp_root_dir, jp_fetch):
    """The path is free again, the revisions stay readable."""
    await put_notebook("book.ipynb", BOOK)
    found = await saved(store, jp_root_dir, "book.ipynb")
    await jp_fetch("api", "contents", "book.ipynb", method="DELETE")
    await until(
        lambda: store.find_notebook(stored(jp_root_dir, "book.ipynb")), lambda gone: gone is None
    )
    assert store.get_notebook(found.notebook_id).deleted_at is not None
    assert len(store.list_revisions(found.notebook_id).items) == 1


async def test_a_notebook_moved_outside_the_server_is_recognised(
    put_notebook, store, jp_root_dir, api
):
    """Its file is gone and its cells turn up elsewhere: it moved."""
    await put_notebook("book.ipynb", BOOK)
    before = await saved(store, jp_root_dir, "book.ipynb")
    (jp_root_dir / "book.ipynb").rename(jp_root_dir / "moved.ipynb")
    request = {
        "document_id": "d",
        "sequence": 1,
        "path": "moved.ipynb",
        "reason": "open",
        "notebook": BOOK,
    }
    _, reply = await api("POST", "snapshots", request)
    assert reply["notebook_id"] == before.notebook_id
    assert reply["created"] is False


async def test_a_save_that_cannot_be_recorded_still_saves(put_notebook, store, jp_root_dir):
    """Whatever happens to the history, the file is written."""
    (jp_root_dir / "plain.ipynb").write_text("")
    odd = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": []}
    await put_notebook("plain.ipynb", odd)
    assert json.loads((jp_root_dir / "plain.ipynb").read_text())["cells"] == []
    assert store.list_notebooks() == []


async def test_a_saved_notebook_can_be_named(put_notebook, store, jp_root_dir, api):
    """A checkpoint without an open document names what is in the file."""
    await put_notebook("book.ipynb", BOOK)
    found = await saved(store, jp_root_dir, "book.ipynb")
    status, named = await api(
        "POST", f"notebooks/{found.notebook_id}/checkpoint", {"label": "submitted"}
    )
    assert (status, named["label"], named["number"]) == (200, "submitted", 2)
    assert (named["reason"], named["changes"]) == ("checkpoint", [])


async def test_a_snapshot_right_after_a_rename_goes_to_the_same_notebook(
    put_notebook, store, jp_root_dir, jp_fetch, api
):
    """The open document says its new path; nothing is doubled or lost."""
    await put_notebook("book.ipynb", BOOK)
    request = {"document_id": "d", "path": "book.ipynb", "reason": "open", "notebook": BOOK}
    _, before = await api("POST", "snapshots", {**request, "sequence": 1})
    await jp_fetch(
        "api", "contents", "book.ipynb", method="PATCH", body=json.dumps({"path": "new.ipynb"})
    )
    changed = notebook(*(code("all new", f"other-{n}") for n in range(4)))
    request |= {"path": "new.ipynb", "reason": "execute", "msg_id": "m", "notebook": changed}
    _, after = await api("POST", "snapshots", {**request, "sequence": 2})
    assert after["notebook_id"] == before["notebook_id"]
    assert [book.notebook_id for book in store.list_notebooks()] == [before["notebook_id"]]
