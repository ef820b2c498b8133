"""A notebook's history from inside its kernel: recording, restoring, naming revisions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from nbtrack.capture.notebook import code_of
from nbtrack.entities import Notebook, Revision, utc_now
from nbtrack.tracking.process import user_name

if TYPE_CHECKING:
    from nbtrack.capture.facts import ExecutionFacts
    from nbtrack.history.restore import Restored
    from nbtrack.store.base import Store

COMM_TARGET = "nbtrack.commands"


class ExecutionHistory:
    """Records the notebook's state at executions, where no front end does.

    A file that did not change, with a cell that has the very source, is not read again: a
    large notebook would cost time at each cell.
    """

    def __init__(self) -> None:
        self._state: tuple[str, str] | None = None
        self._sources: frozenset[str] = frozenset()
        self._revision_id = ""

    def record(self, store: Store, path: str, facts: ExecutionFacts, origin: str) -> None:
        """Record the state that an execution ran from, unless that is known already.

        Args:
            store: where to.
            path: of the notebook's file.
            facts: of the execution.
            origin: what talks to this kernel.
        """
        if store.execution_revision(facts.msg_id) is not None:
            return
        state = _file_state(path)
        known = state is not None and state == self._state
        if known and facts.source.strip() in self._sources:
            store.link_execution(facts.msg_id, self._revision_id, replace=False)
            return
        self._record_anew(store, path, facts, origin)
        revision = store.execution_revision(facts.msg_id)
        self._state = None
        if revision is not None and state is not None:
            self._sources = frozenset(code_of(Path(path)))
            self._state, self._revision_id = state, revision.revision_id

    def _record_anew(self, store: Store, path: str, facts: ExecutionFacts, origin: str) -> None:
        from nbtrack.history.kernel import record_kernel_snapshot

        record_kernel_snapshot(
            store,
            notebook_path=path,
            msg_id=facts.msg_id,
            cell_id=facts.cell_id,
            source=facts.source,
            author=user_name(),
            at=facts.started_at,
            origin=origin,
        )


def _file_state(path: str) -> tuple[str, str] | None:
    from nbtrack.history.outside import file_state

    state = file_state(path)
    return None if state is None else (path, state)


def ask_front_end(command: str, **wish: str | bool | None) -> None:
    """Ask the front end that shows the notebook to do something with it, as its user would.

    Args:
        command: ``restore`` or ``checkpoint``.
        wish: ``revision_id``, ``cell_id`` and ``outputs`` of a restore; ``label`` of a checkpoint.
    """
    from comm import create_comm

    create_comm(target_name=COMM_TARGET, data={"command": command, **wish})


def name_state(store: Store, msg_id: str, label: str, origin: str) -> None:
    """Make a checkpoint of the state that an execution ran from, if one is recorded."""
    from nbtrack.history.checkpoint import checkpoint
    from nbtrack.history.manifest import EncodedNotebook

    revision = store.execution_revision(msg_id)
    if revision is not None:
        state = EncodedNotebook(store.get_manifest(revision.revision_id), {})
        checkpoint(store, revision.notebook_id, state, label, author=user_name(), origin=origin)


def restore_file(
    store: Store,
    notebook: Notebook,
    revision: Revision,
    cell_id: str | None,
    origin: str,
    *,
    with_outputs: bool,
) -> Restored:
    """Restore a notebook that is open nowhere; gives what was done.

    Args:
        store: where the history is.
        notebook: which one.
        revision: what to bring back.
        cell_id: this cell only.
        origin: what talks to this kernel.
        with_outputs: bring outputs back too.

    Raises:
        StoreError: the file cannot be written; it is as it was.
    """
    from nbtrack.history.restore import restore_closed

    return restore_closed(
        store,
        notebook,
        revision,
        path=Path(notebook.path),
        author=user_name(),
        at=utc_now(),
        cell_id=cell_id,
        with_outputs=with_outputs,
        origin=origin,
    )
