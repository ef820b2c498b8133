import asyncio
import json
import signal
import sys
import time

from nbtrack.wire import EVENT_SCHEMA_ID
from tests.history.documents import code, notebook


async def next_change(socket, seconds=8.0):
    """The next of our events; others pass by."""
    while True:
        message = await asyncio.wait_for(socket.read_message(), seconds)
        event = json.loads(message)
        if event["schema_id"] == EVENT_SCHEMA_ID:
            return event


async def test_a_change_reaches_the_browser(api, store, jp_ws_fetch):
    """What another process writes into the store arrives as an event, without a request."""
    await api("GET", "status")
    socket = await jp_ws_fetch("api", "events", "subscribe")
    await asyncio.sleep(0.5)
    made = await asyncio.to_thread(store.create_notebook, "/elsewhere/book.ipynb")
    event = await next_change(socket)
    assert event["notebook_ids"] == [made.notebook_id]
    assert event["run_ids"] == []
    socket.close()


async def test_a_snapshot_is_told_to_others(api, jp_ws_fetch):
    """A second browser learns of a revision that the first one made."""
    await api("GET", "status")
    socket = await jp_ws_fetch("api", "events", "subscribe")
    await asyncio.sleep(0.5)
    request = {
        "document_id": "d",
        "sequence": 1,
        "path": "book.ipynb",
        "reason": "open",
        "notebook": notebook(code("a", "a")),
    }
    _, reply = await api("POST", "snapshots", request)
    event = await next_change(socket)
    assert reply["notebook_id"] in event["notebook_ids"]
    socket.close()


async def test_a_killed_process_is_noticed(api, store, store_path):
    """The run of a process that was killed reads as interrupted, without anyone's doing."""
    script = (
        "import os, signal, nbtrack\n"
        "run = nbtrack.start_run(run_name='doomed')\n"
        "nbtrack.log_metric('acc', 0.5)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", script)
    assert await process.wait() == -signal.SIGKILL
    end = time.monotonic() + 20
    while True:
        _, page = await api("GET", "runs")
        if page["runs"] and page["runs"][0]["status"] != "RUNNING":
            break
        assert time.monotonic() < end, page
        await asyncio.sleep(0.2)
    [run] = page["runs"]
    assert (run["run_name"], run["end_reason"]) == ("doomed", "process_died")
    assert [metric["last"] for metric in run["metrics"]] == [0.5]
