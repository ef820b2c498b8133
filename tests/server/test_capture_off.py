import logging

from jupyter_server.services.contents.filemanager import FileContentsManager

from nbtrack.server.access import StoreAccess
from nbtrack.server.beside import CommitNotes, FileStates
from nbtrack.server.documents import Documents
from nbtrack.server.paths import NotebookPaths
from nbtrack.server.snapshots import Snapshots
from nbtrack.store import open_store
from nbtrack.wire import SnapshotRequest
from tests.history.documents import code, notebook


async def test_without_history_runs_still_find_their_notebook(tmp_path):
    """Switched off, no revision is made; the kernel is bound and live diffs are possible."""

    async def nothing():
        """No renames are waiting."""

    access = StoreAccess(lambda: open_store(tmp_path / "store"))
    paths = NotebookPaths(FileContentsManager(root_dir=str(tmp_path)))
    commits = CommitNotes(access, logging.getLogger("test"))
    snapshots = Snapshots(access, paths, Documents(), FileStates(), commits, nothing, capture=False)
    request = SnapshotRequest(
        document_id="d",
        sequence=1,
        path="book.ipynb",
        reason="execute",
        msg_id="m",
        kernel_id="k",
        notebook=notebook(code("a", "a")),
    )
    reply = await snapshots.take(request, "ada", "lab")
    assert (reply.revision, reply.created) == (None, False)
    bound = await access.call(lambda store: store.kernel_notebook("k"))
    assert bound.notebook_id == reply.notebook_id
    assert bound.revision_count == 0
    assert snapshots.live("d").manifest.cells[0].cell_id == "a"
    commits.close()
    access.close()
