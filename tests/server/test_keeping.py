from tests.history.documents import code, notebook
from tests.server.test_contents import saved, stored, until

BOOK = notebook(code("a = 1", "a", "one"))
OTHER = notebook(code("a = 2", "a", "two"))


async def test_a_history_says_what_it_costs(put_notebook, store, jp_root_dir, api):
    """In bytes as stored, with the limit that is set."""
    await put_notebook("book.ipynb", BOOK)
    found = await saved(store, jp_root_dir, "book.ipynb")
    status, cost = await api("GET", f"notebooks/{found.notebook_id}/cost")
    assert status == 200
    assert cost["size_bytes"] == cost["list_bytes"] + cost["content_bytes"] > 0
    assert (cost["revisions"], cost["limit_bytes"], cost["recorded"]) == (1, 0, True)


async def test_nothing_is_recorded_of_what_is_switched_off(
    put_notebook, store, jp_root_dir, api, jp_serverapp
):
    """Neither saves nor runs; what somebody asks for is; switched on it goes on."""
    (jp_root_dir / "private").mkdir()
    path = "private/book.ipynb"
    status, said = await api("POST", "history/switch", {"path": "private", "recorded": False})
    assert (status, said) == (200, {"path": "private", "recorded": False})
    await put_notebook(path, BOOK)
    request = {"document_id": "d", "path": path, "notebook": BOOK}
    _, reply = await api(
        "POST", "snapshots", {**request, "sequence": 1, "reason": "execute", "msg_id": "m"}
    )
    assert (reply["revision"], reply["created"]) == (None, False)
    _, reply = await api(
        "POST", "snapshots", {**request, "sequence": 2, "reason": "checkpoint", "label": "good"}
    )
    assert (reply["created"], reply["revision"]["number"]) == (True, 1)
    await api("POST", "history/switch", {"path": path, "recorded": True})
    await put_notebook(path, OTHER)
    place = stored(jp_root_dir, path)
    await until(lambda: store.find_notebook(place).revision_count, lambda count: count == 2)
