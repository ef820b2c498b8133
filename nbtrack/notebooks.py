"""A notebook's history from Python: look at it, compare, restore, name the present, export.

What changes a notebook is done where it is open, unsaved edits included; else in its file.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbtrack.entities import Notebook, Revision, utc_now
from nbtrack.errors import NotFoundError, StateError, UsageError
from nbtrack.history.checkpoint import checkpoint_file
from nbtrack.history.export import export
from nbtrack.history.files import read_notebook
from nbtrack.history.lookup import all_revisions, resolve_revision, revision_document
from nbtrack.history.manifest import encode
from nbtrack.history.patch import Patch, notebook_patch
from nbtrack.history.restore import restore_closed
from nbtrack.history.sides import Side, compare, document_side, revision_side
from nbtrack.open_notebooks import OpenIn, open_in_server
from nbtrack.present import notebook_diff, revision_info
from nbtrack.store.files import whole_file
from nbtrack.tracking.process import user_name

if TYPE_CHECKING:
    from rich.text import Text

    from nbtrack.history.diff import ManifestDiff
    from nbtrack.store.base import Store
    from nbtrack.wire import NotebookDiff


def notebook_history(path: str | Path | None = None) -> NotebookHistory:
    """The history of a notebook: its revisions, and what can be done with them.

    Args:
        path: of the notebook's file; by default the notebook that runs this code.

    Raises:
        NotFoundError: nothing of this notebook is recorded.
        UsageError: no path is given, and this code runs in no known notebook.
    """
    from nbtrack.tracking.session import session

    here = session()
    here.flush()
    store = here.store
    if path is not None:
        file = Path(path)
        for candidate in (str(file.absolute()), str(file.resolve())):
            if (found := store.find_notebook(candidate)) is not None:
                return NotebookHistory(store, found, file)
        raise NotFoundError("notebook", str(path), "Nothing of it is recorded yet.")
    facts = here.described()
    known = None if facts.kernel_id is None else store.kernel_notebook(facts.kernel_id)
    if known is None and facts.notebook_path:
        known = store.find_notebook(facts.notebook_path)
    if known is None:
        raise UsageError("this code runs in no notebook that is known: name its path")
    return NotebookHistory(store, known, Path(known.path))


@dataclass(frozen=True, slots=True)
class Brought:
    """What a restore did.

    Args:
        revision: holds the restored state; None where the notebook was as it was then.
        masked: ids of cells that came back with masked places: type the secrets in again.
        open_at: the address of the server where the notebook is open, and restored; empty for
            a file.
    """

    revision: Revision | None
    masked: tuple[str, ...] = ()
    open_at: str = ""


@dataclass(frozen=True, slots=True)
class NotebookComparison:
    """What differs between two states of a notebook; printed, it reads like a diff.

    Args:
        diff: cell by cell, with counts.
    """

    diff: NotebookDiff
    _found: ManifestDiff = field(repr=False)
    _old: Side = field(repr=False)
    _new: Side = field(repr=False)

    def patch(self) -> Patch:
        """The same as a patch in nbdime's format, for ``nbdime.patch_notebook``."""
        return notebook_patch(self._old, self._new, self._found)

    def lines(self, *, everything: bool = True) -> Iterator[Text]:
        """The same line by line, styled for a terminal.

        Args:
            everything: outputs and metadata too.
        """
        from nbtrack.diff_text import diff_lines, piece_lines

        return diff_lines(self.diff, piece_lines(self._old, self._new) if everything else None)

    def __str__(self) -> str:
        from nbtrack.diff_text import summary_line

        return "\n".join([*(line.plain for line in self.lines()), summary_line(self.diff)])


@dataclass(frozen=True, slots=True)
class NotebookHistory:
    """The history of one notebook.

    A revision is named by ``"r3"`` or 3, its label, the beginning of its id, or ``"latest"``.

    Args:
        store: where it is kept.
        notebook: whose it is.
        path: of its file.
        origin: what asks, as revisions say from where they come.
    """

    store: Store = field(repr=False)
    notebook: Notebook
    path: Path
    origin: str = "script"

    def __iter__(self) -> Iterator[Revision]:
        """Every revision, newest first."""
        return all_revisions(self.store, self.notebook.notebook_id)

    def revision(self, name: str | int) -> Revision:
        """The revision of a name.

        Raises:
            NotFoundError: there is none.
            UsageError: several are meant.
        """
        return resolve_revision(self.store, self.notebook.notebook_id, str(name))

    def document(self, name: str | int = "latest") -> dict[str, Any]:
        """The whole notebook at a revision, as nbformat JSON. Raises as `revision`."""
        return revision_document(self.store, self.revision(name).revision_id)

    def diff(self, old: str | int, new: str | int | None = None) -> NotebookComparison:
        """What differs between two revisions, or between one and the file.

        Raises:
            NotFoundError: there is no such revision, or no file.
            UsageError: several are meant, or the file is not a notebook.
        """
        before, after = self._side(old), self._side(new)
        infos = [
            None if side.revision is None else revision_info(self.store, side.revision)
            for side in (before, after)
        ]
        found = compare(before, after)
        return NotebookComparison(notebook_diff(found, *infos), found, before, after)

    def restore(
        self,
        name: str | int,
        *,
        cell: str | None = None,
        outputs: bool = False,
        force: bool = False,
    ) -> Brought:
        """Bring a revision back, or one cell of it, after the present was recorded.

        Args:
            name: of the revision.
            cell: the id of the only cell to bring back; it may have been deleted.
            outputs: bring the stored outputs back too.
            force: write the file also where the notebook is open.

        Raises:
            NotFoundError: there is no such revision or cell.
            StateError: the notebook is open where it cannot be restored; says why.
            StoreError: the file cannot be written; it is as it was.
        """
        revision = self.revision(name)
        server = None if force else open_in_server(self.path)
        if server is not None:
            where = f"revisions/{revision.revision_id}/restore"
            said = self._ask(server, where, cell_id=cell, outputs=outputs)
            made = said["revision"]
            return Brought(
                None if made is None else self.store.get_revision(made["revision_id"]),
                tuple(said["masked"]),
                server.url,
            )
        done = restore_closed(
            self.store,
            self.notebook,
            revision,
            path=self.path,
            author=user_name(),
            at=utc_now(),
            cell_id=cell,
            with_outputs=outputs,
            origin=self.origin,
        )
        return Brought(done.revision, done.masked)

    def checkpoint(self, label: str) -> Revision:
        """Name the present state: as it is where the notebook is open, else as its file is.

        Raises:
            UsageError: the label is blank.
            StateError: the notebook is open where it cannot be recorded; says why.
        """
        if not label.strip():
            raise UsageError("a checkpoint needs a name")
        server = open_in_server(self.path)
        if server is None:
            recorded = checkpoint_file(
                self.store, self.path, label, author=user_name(), origin=self.origin
            )
            return recorded.revision
        where = f"notebooks/{self.notebook.notebook_id}/checkpoint"
        return self.store.get_revision(self._ask(server, where, label=label)["revision_id"])

    def export(self, name: str | int, to: str = "ipynb", path: str | Path | None = None) -> Path:
        """Save a revision as a file of another kind, made by nbconvert.

        Args:
            name: of the revision.
            to: ``ipynb``, ``html``, ``script``, ``markdown`` or ``pdf``.
            path: where to; by default beside the notebook. What is there is overwritten.

        Returns:
            The file that was written.

        Raises:
            StateError: what the format needs is not installed; says what to install.
            OSError: the file cannot be written.
        """
        revision = self.revision(name)
        stem = f"{self.path.stem}-r{revision.number}"
        made = export(revision_document(self.store, revision.revision_id), to, name=stem)
        target = self.path.with_name(stem + made.extension) if path is None else Path(path)
        with whole_file(target, f".{target.name}-", mode=0o644) as stream:
            stream.write(made.content)
        return target

    def _side(self, name: str | int | None) -> Side:
        if name is not None:
            return revision_side(self.store, self.revision(name).revision_id)
        document = read_notebook(self.path)
        if document is None:
            raise NotFoundError("file", str(self.path), "Name a second revision to compare with.")
        return document_side(self.store, encode(document))

    def _ask(self, server: OpenIn, where: str, **body: Any) -> dict[str, Any]:
        """Have the server that has the notebook open do it."""
        try:
            return server.post(where, body)
        except StateError as error:
            raise StateError(
                f"{self.path} is open in Jupyter at {server.url}, where it may have unsaved "
                f"edits, and nbtrack could not do it there: {error}. Do it in its History panel, "
                "or shut its kernel down first"
            ) from error
