"""The Store protocol: the one seam between everything that records and where it is kept.

The contract, which `nbtrack.testing.store_contract` runs over every backend:

- Every method is safe to call from any thread, and from several processes on one store.
- What a method acknowledged by returning is durable against the death of this process, and
  visible to the next read of any process. Reads see whole batches or nothing of them.
- Writers wait for each other (bounded by ``busy_timeout_s``) instead of failing.
- Methods that name one thing raise `NotFoundError` where it does not exist, also for deleted
  notebooks' revisions: nothing is ever deleted by a read.
- Anything the database itself refuses is raised as `StoreError`, with what to do about it.
- Pages come in a stable order; a page token from one call continues exactly after its page,
  also when rows were added meanwhile.

Facts that belong together are joined by ``msg_id``, whichever side wrote first: a run or an
execution carries the notebook and revision of the snapshot with its ``msg_id``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal, NamedTuple, Protocol, runtime_checkable

from nbtrack.entities import (
    Artifact,
    CellChange,
    Changes,
    Execution,
    Experiment,
    Forgotten,
    HistoryMatch,
    KernelSession,
    Manifest,
    MetricSeries,
    Notebook,
    Page,
    Revision,
    RevisionReason,
    Run,
    RunDataset,
    ShownFigure,
    TextMatch,
)
from nbtrack.records import JournalPosition, Record
from nbtrack.store.upkeep.facts import (
    ArchiveSelection,
    ArchiveSummary,
    CollectionRules,
    Finding,
    Freed,
    MergeSummary,
    Progress,
    silent,
)


@dataclass(frozen=True, slots=True)
class RunQuery:
    """Which runs, in which order.

    Args:
        filter: MLflow's search grammar (``metrics.acc > 0.9 and params.model = 'rf'``); empty
            means all.
        order_by: MLflow's clauses, for example ``("metrics.acc DESC",)``; newest first by
            default, and as the last tie-breaker.
        experiment_ids, notebook_id, cell_id, parent_run_id: further restrictions; None means any.
        text: words that the code or the note of a run must hold, as in `Store.search_text`; empty
            means all.
        view: which lifecycle stages.
        limit: largest page, 1 to 50 000.
        page_token: from the previous `Page`.
    """

    filter: str = ""
    order_by: tuple[str, ...] = ()
    experiment_ids: tuple[str, ...] | None = None
    notebook_id: str | None = None
    cell_id: str | None = None
    parent_run_id: str | None = None
    text: str = ""
    view: Literal["active", "deleted", "all"] = "active"
    limit: int = 1000
    page_token: str | None = None


@dataclass(frozen=True, slots=True)
class RevisionFilter:
    """Which revisions of a notebook; all that is asked must hold.

    Args:
        cell_id: that changed this cell.
        author: by this person.
        named: that have a name.
        with_runs: that an active run ran from.
        with_errors: that a cell was run from and failed, or that first show an error.
    """

    cell_id: str | None = None
    author: str | None = None
    named: bool = False
    with_runs: bool = False
    with_errors: bool = False


EVERY_REVISION = RevisionFilter()


class RevisionTime(NamedTuple):
    """When a revision was made, as epoch milliseconds: there can be very many of them."""

    number: int
    created_ms: int


@dataclass(frozen=True, slots=True)
class NewRevision:
    """A state of a notebook to be recorded.

    The store numbers it, sets its parent to the notebook's latest revision and makes it the
    latest, in one transaction.

    Args:
        expect_parent: with this set, the revision is only recorded if the notebook's latest one
            is still ``parent_id`` (None: it has none). So two recorders of one state cannot
            both write it, and ``changes`` are against the true parent.
        replaces: the notebook's latest revision, which this one takes the place and the number
            of; ``parent_id`` and ``changes`` are about the one before it then.
        msg_id: an execute request that ran from it, joined to it as by `Store.link_execution`.
        replace_link: whether that wins over a link that is there.
    """

    notebook_id: str
    manifest: Manifest
    text_digest: str
    content_digest: str
    reason: RevisionReason
    author: str
    created_at: datetime
    changes: tuple[CellChange, ...] = ()
    cell_id: str | None = None
    label: str | None = None
    restored_from: str | None = None
    origin: str = ""
    expect_parent: bool = False
    parent_id: str | None = None
    replaces: str | None = None
    msg_id: str | None = None
    replace_link: bool = True


@dataclass(frozen=True, slots=True)
class Following:
    """A revision that gets another parent, as those between went; and what changed since that."""

    revision_id: str
    parent_id: str
    changes: tuple[CellChange, ...]


@runtime_checkable
class Store(Protocol):
    """Where everything is kept. See the module's docstring for what holds of every method."""

    @property
    def location(self) -> str:
        """Where this store is, as a person would write it. Holds no password."""
        ...

    def close(self) -> None:
        """Release files and connections. Idempotent; any later call raises `StoreError`."""
        ...

    # Writing what processes recorded

    def apply(self, records: Sequence[Record], *, position: JournalPosition | None = None) -> None:
        """Apply records in order, in one transaction.

        With a position, a batch whose journal was already applied up to or past ``offset`` is
        skipped, so that draining a journal twice changes nothing. One that was applied beyond
        the position's ``begin``, but not up to ``offset``, is refused whole. A record about a
        run that does not exist is kept back in nothing: it raises `NotFoundError` and nothing
        of the batch is applied. A second value for a param keeps the first and is not an error here
        (who logs decides whether it is).

        Raises:
            NotFoundError: a record names a run that no earlier record started.
            AlreadyAppliedError: the first part of the batch was applied before; says how far.
            StoreError: the batch could not be written; nothing of it was.
        """
        ...

    def sync(self) -> None:
        """Have everything applied until now, by any process, survive a power cut as well.

        Raises:
            StoreError: the disk refused.
        """
        ...

    def journal_offset(self, journal_id: str) -> int:
        """How far a journal was applied; 0 for one never seen."""
        ...

    # Bytes

    def put_blobs(self, blobs: Iterable[bytes]) -> list[str]:
        """Store bytes by content; returns their digests in order. Storing twice is free."""
        ...

    def get_blobs(self, digests: Iterable[str]) -> dict[str, bytes]:
        """The bytes of digests, each once.

        Raises:
            BlobMissingError: one of them is not stored.
        """
        ...

    def forget(
        self,
        texts: Iterable[str] = (),
        *,
        cell: tuple[str, str] | None = None,
        outputs_only: bool = False,
        of_run: tuple[str, Literal["param", "tag", "artifact"], str] | None = None,
        dry_run: bool = True,
    ) -> Forgotten:
        """Remove texts, or what one cell held, from everything that is stored, for good.

        What is in journals that are not drained yet is not reached: adopt them first.

        Args:
            texts: each is cut out of code, outputs, artifacts, params, tags, names and errors.
            cell: a notebook's id and a cell's: its text and outputs in every revision and
                execution, and the same text or output wherever else it stands.
            outputs_only: of the cell only what it showed.
            of_run: a run's id, what of it, and its key or path.
            dry_run: only say what would be changed.

        Raises:
            NotFoundError: no such run.
            UsageError: a text is too short to be cut out safely.
        """
        ...

    # Experiments

    def create_experiment(self, name: str, *, notebook_id: str | None = None) -> Experiment:
        """Make an experiment.

        Raises:
            UsageError: an active one of that name exists, or the name is empty.
        """
        ...

    def get_experiment(self, experiment_id: str) -> Experiment:
        """Raises NotFoundError."""
        ...

    def find_experiment(self, name: str) -> Experiment | None:
        """The experiment of that name, deleted ones included; None when there is none."""
        ...

    def list_experiments(
        self, view: Literal["active", "deleted", "all"] = "active"
    ) -> list[Experiment]:
        """By last use, newest first. `Default` (id ``0``) always exists."""
        ...

    # Runs

    def get_run(self, run_id: str) -> Run:
        """With params, metric summaries and tags, deleted or not. Raises NotFoundError."""
        ...

    def get_runs(self, run_ids: Sequence[str]) -> list[Run]:
        """Several at once, in the given order. Raises NotFoundError for the first unknown."""
        ...

    def search_runs(self, query: RunQuery) -> Page[Run]:
        """Raises UsageError with position and reason for a filter or order that cannot be read."""
        ...

    def count_runs(self, query: RunQuery) -> int:
        """How many runs match, over all pages."""
        ...

    def search_text(
        self,
        query: str,
        *,
        notebook_id: str | None = None,
        limit: int = 50,
        page_token: str | None = None,
    ) -> Page[TextMatch]:
        """Code of executions, and notes of active runs, that hold words; newest first.

        Code that ran several times is one match. Words match beginnings of words, in any case
        and with or without accents; all must be there, in any order. What stands in double
        quotes must be there as it is. Everything but letters and digits is between words.

        Args:
            query: what to look for.
            notebook_id: only in this notebook.
            limit: largest page, 1 to 1000.
            page_token: from the previous page.

        Raises:
            UsageError: there is no letter or digit in the query, or another argument is wrong.
        """
        ...

    def search_history(
        self,
        query: str,
        *,
        notebook_id: str | None = None,
        limit: int = 50,
        page_token: str | None = None,
    ) -> Page[HistoryMatch]:
        """Cells that at some time held words, in their text or in what they showed.

        One match for the text and one for the outputs of a cell, however many versions of it
        match; those with the newest versions come first. Of deleted notebooks, too. Words match
        as in `search_text`.

        Args:
            query: what to look for.
            notebook_id: only in this notebook.
            limit: largest page, 1 to 1000.
            page_token: from the previous page.

        Raises:
            UsageError: there is no letter or digit in the query, or another argument is wrong.
        """
        ...

    def list_figures(
        self, notebook_id: str, *, limit: int = 100, page_token: str | None = None
    ) -> Page[ShownFigure]:
        """Every picture that a notebook showed, each once, those shown last first.

        Raises:
            NotFoundError: no such notebook.
            UsageError: the page token is none, or of another query.
        """
        ...

    def read_figure(self, notebook_id: str, digest: str) -> tuple[str, bytes]:
        """Media type and bytes of a picture. Raises NotFoundError, BlobMissingError."""
        ...

    def set_lifecycle(self, run_ids: Sequence[str], *, deleted: bool) -> None:
        """Delete runs, or take deletion back. Their records stay. Raises NotFoundError."""
        ...

    def metric_series(self, run_id: str, key: str) -> MetricSeries:
        """All points of a metric. Raises NotFoundError for an unknown run or metric."""
        ...

    def list_artifacts(self, run_id: str) -> list[Artifact]:
        """By path. Raises NotFoundError for an unknown run."""
        ...

    def read_artifact(self, run_id: str, path: str) -> tuple[Artifact, bytes]:
        """Raises NotFoundError, BlobMissingError."""
        ...

    def list_datasets(self, run_id: str) -> list[RunDataset]:
        """What a run read, then what it wrote, by name. Raises NotFoundError."""
        ...

    def dataset_users(self, digests: Iterable[str]) -> dict[str, list[RunDataset]]:
        """Everything that active runs read or wrote with the very content, oldest first.

        Digests that no run knows have no entry.
        """
        ...

    # Executions and the processes they ran in

    def get_execution(self, msg_id: str) -> Execution:
        """Raises NotFoundError."""
        ...

    def list_executions(
        self,
        *,
        notebook_id: str | None = None,
        session_id: str | None = None,
        cell_id: str | None = None,
        limit: int = 1000,
        page_token: str | None = None,
    ) -> Page[Execution]:
        """Newest first."""
        ...

    def get_session(self, session_id: str) -> KernelSession:
        """Raises NotFoundError."""
        ...

    # Notebooks and their history

    def create_notebook(
        self, path: str, *, copied_from: str | None = None, replace: bool = True
    ) -> Notebook:
        """A new identity at a path. An older live one at the same path loses it (is deleted).

        With ``replace=False`` a live one that is there already is returned as it is: so of
        several processes that meet a new notebook at once, one names it for all.
        """
        ...

    def get_notebook(self, notebook_id: str) -> Notebook:
        """Raises NotFoundError."""
        ...

    def find_notebook(self, path: str) -> Notebook | None:
        """The live notebook at a path; None when there is none."""
        ...

    def list_notebooks(self) -> list[Notebook]:
        """Live ones, by last revision, newest first."""
        ...

    def list_histories(self) -> list[Notebook]:
        """Notebooks that have revisions, deleted ones included, by path."""
        ...

    def move_notebooks(self, moves: Mapping[str, str]) -> None:
        """Give notebooks (by id) new paths. Another live one at such a path is marked deleted."""
        ...

    def mark_notebook_deleted(self, notebook_id: str, *, deleted: bool = True) -> None:
        """Its file is gone (or back). History stays. Raises NotFoundError."""
        ...

    def bind_kernel(self, kernel_id: str, notebook_id: str) -> None:
        """Say which notebook a kernel works for, as the server or front end knows it."""
        ...

    def kernel_notebook(self, kernel_id: str) -> Notebook | None:
        """The notebook a kernel works for, by the latest `bind_kernel`; None if unknown."""
        ...

    def present(self, notebook_id: str) -> tuple[Notebook, Revision | None, Manifest | None]:
        """A notebook with its latest revision and that one's manifest. Raises NotFoundError."""
        ...

    def add_revision(self, revision: NewRevision, contents: Iterable[bytes] = ()) -> Revision:
        """Number and record a revision, in one transaction with what it is made of.

        Args:
            revision: the new one.
            contents: blobs that its manifest names and that may not be in the store yet.

        Raises:
            NotFoundError: no such notebook.
            StateError: ``expect_parent``, and the notebook's latest revision is another than
                ``parent_id`` (checked in the same transaction); or ``replaces`` is not the
                latest one, or bears a label, or a run, an execution or another revision refers
                to it. Nothing was recorded.
        """
        ...

    def get_revision(self, revision_id: str) -> Revision:
        """Raises NotFoundError."""
        ...

    def get_manifest(self, revision_id: str) -> Manifest:
        """Raises NotFoundError."""
        ...

    def list_revisions(
        self,
        notebook_id: str,
        *,
        limit: int = 200,
        page_token: str | None = None,
        only: RevisionFilter = EVERY_REVISION,
        before: int | None = None,
    ) -> Page[Revision]:
        """Newest first.

        Args:
            notebook_id: whose.
            limit: largest page.
            page_token: from the previous page.
            only: which of them.
            before: only those with a smaller number, so that a page can begin anywhere.

        Raises:
            NotFoundError: no such notebook.
            UsageError: the page token is none, or of another query.
        """
        ...

    def revision_times(
        self, notebook_id: str, only: RevisionFilter = EVERY_REVISION
    ) -> list[RevisionTime]:
        """Numbers and instants of all revisions, newest first. Raises NotFoundError."""
        ...

    def revision_authors(self, notebook_id: str) -> list[str]:
        """Who made revisions, those with the most first; none for an unknown notebook."""
        ...

    def revision_errors(self, revision_ids: Sequence[str]) -> dict[str, str]:
        """The name of the last error of a cell that ran from each revision, where one failed."""
        ...

    def find_revision(self, notebook_id: str, number: int) -> Revision | None:
        """By the number people see; None when there is none."""
        ...

    def label_revision(self, revision_id: str, label: str | None) -> Revision:
        """Name a revision (a checkpoint), or take the name away. Raises NotFoundError."""
        ...

    def revisions_in_use(self, notebook_id: str) -> set[str]:
        """Ids of the latest revision, the file's, and those that runs and restores came from."""
        ...

    def remove_revisions(
        self, notebook_id: str, gone: Collection[str], following: Iterable[Following]
    ) -> None:
        """Remove revisions of a notebook for good. Numbers of others stay as they are.

        Executions that ran from them are of no revision then.

        Args:
            notebook_id: whose.
            gone: which.
            following: those that come after removed ones, with their new parents.

        Raises:
            StateError: one of them is in use or named, or the history is another by now;
                nothing was removed.
        """
        ...

    def list_sizes(self) -> dict[str, int]:
        """How many bytes the lists of a notebook's revisions take, by notebook."""
        ...

    def content_sizes(self, digests: Iterable[str]) -> dict[str, int]:
        """How many bytes contents take as they are stored, by digest; 0 for what is missing."""
        ...

    def note_file(self, notebook_id: str, state: str, revision_id: str) -> None:
        """Remember what a notebook's file holds, to notice later what others write into it.

        Args:
            notebook_id: whose.
            state: changes whenever the file is written.
            revision_id: the revision that the file holds.

        Raises:
            NotFoundError: no such notebook.
        """
        ...

    def note_git(self, revision_id: str, commit: str, *, clean: bool | None) -> None:
        """Note the commit that was checked out; nothing happens to a revision that is gone."""
        ...

    def history_switches(self) -> dict[str, bool]:
        """Paths of notebooks and folders with whether their history is recorded."""
        ...

    def switch_history(self, path: str, recorded: bool | None) -> None:
        """Say whether the history of a notebook or folder is recorded; None takes it back."""
        ...

    def link_execution(self, msg_id: str, revision_id: str, *, replace: bool = True) -> bool:
        """Join an execute request to the revision it ran from.

        Runs and executions with that ``msg_id``, present or future, get the revision's notebook
        and the revision. With ``replace=False`` an existing link wins (the kernel's own
        knowledge yields to the front end's). Returns whether the link is now to this revision.
        """
        ...

    def execution_revision(self, msg_id: str) -> Revision | None:
        """The revision an execute request ran from; None while unknown."""
        ...

    def revision_runs(self, revision_ids: Sequence[str]) -> dict[str, list[Run]]:
        """Active runs that ran from each of the revisions, oldest first."""
        ...

    # Watching

    def changes(self, since: int | None = None) -> Changes:
        """What changed after a cursor. None asks for the present cursor and no ids.

        A notebook changes with its path and revisions, and with the start, end, name and
        lifecycle of runs that its history shows; points and params change only their run.
        Cheap when nothing changed: meant to be asked several times a second.
        """
        ...

    # Housekeeping

    def plan_collection(
        self, rules: CollectionRules, *, progress: Progress = silent
    ) -> list[Freed]:
        """What `collect` would free now. Changes nothing."""
        ...

    def collect(self, rules: CollectionRules, *, progress: Progress = silent) -> list[Freed]:
        """Remove for good what the rules let go, and say what went.

        Nothing that something kept refers to goes, also while others write: not a run whose
        child is kept, no execution of a session with a kept run, no bytes that a row, a
        document of a run or a manifest names, and none stored since ``rules.unused_before``.
        """
        ...

    def export_archive(
        self, path: Path, selection: ArchiveSelection, *, progress: Progress = silent
    ) -> ArchiveSummary:
        """Write what is selected, and all that it refers to, into one file.

        Of one state of the store, also while others write.

        Raises:
            NotFoundError: a run or a notebook of the selection does not exist.
            UsageError: its filter cannot be read.
            StoreError: the file cannot be written; there is none then.
        """
        ...

    def import_archive(self, path: Path, *, progress: Progress = silent) -> MergeSummary:
        """Add what an archive holds. What is here already stays as it is.

        Ids are kept, but for experiments', which are the same by name. Importing twice adds
        nothing the second time. Revisions whose numbers are taken get the next ones.

        Raises:
            ArchiveError: the file is no archive, damaged or too new; nothing was changed.
            StoreError: the store cannot be written; importing again goes on from there.
        """
        ...

    def repair_contents(self, *, progress: Progress = silent) -> list[Finding]:
        """Make what is stored fit together again, and say what was found and done.

        What lost its owner gets a new one; references to what is gone are taken away; counters
        and summaries are computed anew; bytes that are not those of their digest are set
        aside, and missing ones are listed. Nothing is thrown away.
        """
        ...
