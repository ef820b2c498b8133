import asyncio

import pytest

from nbtrack.history.lookup import revision_document
from nbtrack.history.normal import normalise
from tests.history.documents import code, notebook

START = notebook(code("a = 1", "a"), code("b = 2", "b"))


def whole(sequence, reason="execute", document=START, **rest):
    """A request with the whole document."""
    request = {
        "document_id": "d1",
        "sequence": sequence,
        "path": "book.ipynb",
        "reason": reason,
        "notebook": document,
        **rest,
    }
    if reason == "execute":
        request.setdefault("msg_id", f"m{sequence}")
    return request


def delta(sequence, base, cells, order=("a", "b"), reason="execute", **rest):
    """A request with changed cells."""
    request = whole(sequence, reason, **rest)
    del request["notebook"]
    return {**request, "base": base, "order": list(order), "cells": cells}


async def test_unsaved_text_is_in_the_revision_the_execution_ran_from(api, store):
    """Only the changed cell is sent; the whole notebook as it stood is kept."""
    status, first = await api("POST", "snapshots", whole(1, "open"))
    assert (status, first["created"], first["revision"]["reason"]) == (200, True, "open")
    edited = code("b = 'typed, not saved'", "b")
    status, second = await api("POST", "snapshots", delta(2, 1, [edited], cell_id="b"))
    assert (status, second["created"], second["sequence"]) == (200, True, 2)
    revision = store.execution_revision("m2")
    assert revision.revision_id == second["revision"]["revision_id"]
    wanted = notebook(START["cells"][0], edited)
    got = revision_document(store, revision.revision_id)
    assert got == normalise(wanted).document()
    assert second["revision"]["changes"] == [
        {"cell_id": "b", "kind": "edited", "preview": "b = 'typed, not saved'"}
    ]


async def test_running_the_same_code_twice_is_one_revision(api, store):
    """Both executions lead to the same revision."""
    await api("POST", "snapshots", whole(1))
    _, again = await api("POST", "snapshots", delta(2, 1, []))
    assert not again["created"]
    assert store.execution_revision("m1") == store.execution_revision("m2")


async def test_an_unknown_base_asks_for_the_whole(api):
    """A server that was restarted answers 409, and then takes the whole document."""
    status, answer = await api("POST", "snapshots", delta(7, 6, [code("x", "a")]))
    assert (status, answer["error"]["code"]) == (409, "conflict")
    status, _ = await api("POST", "snapshots", whole(8))
    assert status == 200


async def test_a_cell_that_was_never_sent_asks_for_the_whole(api):
    """An order with an unknown cell is refused, and nothing is recorded."""
    await api("POST", "snapshots", whole(1))
    status, answer = await api("POST", "snapshots", delta(2, 1, [], order=("a", "z", "b")))
    assert (status, answer["error"]["code"]) == (409, "conflict")


async def test_an_overtaken_request_is_still_understood(api, store):
    """Requests that arrive in the wrong order each record the state they tell of."""
    await api("POST", "snapshots", whole(1, "open"))
    third = delta(3, 1, [code("a = 3", "a"), code("b = 3", "b")])
    second = delta(2, 1, [code("a = 2", "a")])
    assert (await api("POST", "snapshots", third))[0] == 200
    assert (await api("POST", "snapshots", second))[0] == 200
    ran = store.execution_revision("m2")
    sources = [cell["source"] for cell in revision_document(store, ran.revision_id)["cells"]]
    assert sources == ["a = 2", "b = 2"]
    status, latest = await api("POST", "snapshots", delta(4, 3, []))
    assert (status, latest["created"]) == (200, True)
    now = revision_document(store, latest["revision"]["revision_id"])
    assert [cell["source"] for cell in now["cells"]] == ["a = 3", "b = 3"]


async def test_sync_keeps_the_mirror_without_a_revision(api, store):
    """A sync changes what live diffs see, and writes no history."""
    await api("POST", "snapshots", whole(1, "open"))
    status, reply = await api("POST", "snapshots", delta(2, 1, [code("b = 9", "b")], reason="sync"))
    assert (status, reply["revision"], reply["created"]) == (200, None, False)
    notebook_id = reply["notebook_id"]
    first = store.list_revisions(notebook_id).items
    assert len(first) == 1
    status, found = await api("GET", "diff", old=first[0].revision_id, new="live", document_id="d1")
    assert (status, found["new"], found["edited"]) == (200, None, 1)
    changed = next(cell for cell in found["cells"] if cell["status"] == "edited")
    assert (changed["old_source"], changed["new_source"]) == ("b = 2", "b = 9")
    _, answer = await api("GET", "documents/d1/cells/b")
    assert answer["cell"]["source"] == "b = 9"
    _, swapped = await api("GET", "diff", old="live", new=first[0].revision_id, document_id="d1")
    assert (swapped["old"], swapped["new"]["number"]) == (None, 1)


async def test_two_browsers_on_one_notebook_make_one_revision(api, store):
    """Both tell of the same execution at the same moment."""
    for document_id in ("d1", "d2"):
        await api("POST", "snapshots", {**whole(1, "open"), "document_id": document_id})
    edit = [code("a = 5", "a")]
    replies = await asyncio.gather(
        *(
            api("POST", "snapshots", {**delta(2, 1, edit), "document_id": name, "msg_id": "m"})
            for name in ("d1", "d2")
        )
    )
    assert [status for status, _ in replies] == [200, 200]
    assert sorted(body["created"] for _, body in replies) == [False, True]
    assert store.get_notebook(replies[0][1]["notebook_id"]).revision_count == 2


async def test_many_requests_at_once_are_taken_one_by_one(api, store):
    """Each execution of a fast series leads to the code it ran from."""
    await api("POST", "snapshots", whole(1, "open"))
    requests = [delta(n, n - 1, [code(f"a = {n}", "a")]) for n in range(2, 12)]
    replies = await asyncio.gather(*(api("POST", "snapshots", request) for request in requests))
    assert {status for status, _ in replies} <= {200, 409}
    for (status, _), request in zip(replies, requests, strict=True):
        if status == 200:
            ran = store.execution_revision(request["msg_id"])
            document = revision_document(store, ran.revision_id)
            assert document["cells"][0]["source"] == request["cells"][0]["source"]


async def test_a_kernel_is_bound_to_its_notebook(api, store):
    """What the kernel records by itself finds the notebook."""
    _, reply = await api("POST", "snapshots", whole(1, kernel_id="k1"))
    assert store.kernel_notebook("k1").notebook_id == reply["notebook_id"]


async def test_a_restore_is_recorded_with_what_it_brought_back(api):
    """Before and after stand in the history, and the source has its number."""
    _, first = await api("POST", "snapshots", whole(1))
    await api("POST", "snapshots", delta(2, 1, [code("a = 9", "a")]))
    source = first["revision"]["revision_id"]
    _, before = await api("POST", "snapshots", delta(3, 2, [], reason="before_restore"))
    assert not before["created"]
    back = delta(4, 3, [START["cells"][0]], reason="restore", restored_from=source)
    status, after = await api("POST", "snapshots", back)
    assert (status, after["created"]) == (200, True)
    assert after["revision"]["restored_from_number"] == first["revision"]["number"]


async def test_a_closed_document_is_forgotten(api):
    """After closing, a delta asks for the whole document again."""
    await api("POST", "snapshots", whole(1))
    assert await api("POST", "documents/d1/close") == (200, {"count": 1})
    assert await api("POST", "documents/d1/close") == (200, {"count": 0})
    assert (await api("POST", "snapshots", delta(2, 1, [])))[0] == 409


@pytest.mark.parametrize(
    ("change", "part"),
    [
        ({"sequence": 0}, "sequence"),
        ({"msg_id": None}, "msg_id"),
        ({"reason": "restore"}, "restored_from"),
        ({"reason": "checkpoint", "label": " "}, "label"),
        ({"notebook": {"nbformat": 3}}, "nbformat"),
        ({"notebook": None}, "notebook"),
        ({"notebook": notebook({"cell_type": "?"})}, "cell 0"),
        ({"reason": "whim"}, "$.reason"),
        ({"extra": 1}, "extra"),
    ],
)
async def test_a_request_that_makes_no_sense_is_refused(api, change, part):
    """The message names what is missing or wrong."""
    status, answer = await api("POST", "snapshots", {**whole(1), **change})
    assert (status, answer["error"]["code"]) == (400, "bad_request")
    assert part in answer["error"]["message"]


async def test_a_path_outside_the_root_is_refused(api):
    """A client cannot name a file that the contents manager would not give it."""
    status, answer = await api("POST", "snapshots", {**whole(1), "path": "../../etc/x.ipynb"})
    assert (status, answer["error"]["code"]) == (404, "not_found")


async def test_a_checkpoint_names_the_live_document(api, store):
    """A label goes to the present state, open or saved."""
    _, reply = await api("POST", "snapshots", whole(1))
    await api("POST", "snapshots", delta(2, 1, [code("a = 7", "a")], reason="sync"))
    where = f"notebooks/{reply['notebook_id']}/checkpoint"
    status, named = await api("POST", where, {"label": "before tuning", "document_id": "d1"})
    assert (status, named["label"], named["number"]) == (200, "before tuning", 2)
    status, renamed = await api(
        "PATCH", f"revisions/{named['revision_id']}", {"label": "  better name "}
    )
    assert (status, renamed["label"]) == (200, "better name")
    status, answer = await api("POST", where, {"label": "x", "document_id": "unknown"})
    assert (status, answer["error"]["code"]) == (409, "conflict")
