"""Which revisions may go, so that a history stays small: old ones by session, then by size.

Everything is kept for a while (a day), then the last revision of each session of work. Where a
limit on bytes is set and exceeded, the oldest go first. What is never taken: the first and the
latest revision, what a run came from (and so each model), checkpoints and other named ones,
restores and what they brought back, and what the file was known to hold.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise

from nbtrack.entities import Manifest, Notebook, Revision, RevisionReason
from nbtrack.errors import BlobMissingError, StateError
from nbtrack.history.blobs import reader
from nbtrack.history.diff import changes_of, diff
from nbtrack.history.lookup import all_revisions
from nbtrack.history.manifest import manifest_digests
from nbtrack.history.timeline import SESSION_GAP
from nbtrack.store.base import Following, Store

KEPT_REASONS = frozenset({RevisionReason.CHECKPOINT, RevisionReason.RESTORE})


@dataclass(frozen=True, slots=True)
class ThinningRules:
    """What may go.

    Args:
        full_for: everything younger stays, but for the limits; None thins nothing by age.
        notebook_bytes: a notebook's history is thinned until it takes at most so many; 0 is no
            limit.
        store_bytes: the same for all histories of the store together.
    """

    full_for: timedelta | None = timedelta(days=1)
    notebook_bytes: int = 0
    store_bytes: int = 0


@dataclass(slots=True)
class Thinned:
    """What goes of one notebook's history.

    Args:
        notebook: whose.
        gone: the revisions, oldest first.
        freed_bytes: what they alone need, as it is stored.
        left_bytes: what the others need.
    """

    notebook: Notebook
    gone: list[Revision] = field(default_factory=list)
    freed_bytes: int = 0
    left_bytes: int = 0


def find_superfluous(store: Store, rules: ThinningRules, now: datetime) -> list[Thinned]:
    """What `thin` would take away now."""
    limited = bool(rules.notebook_bytes or rules.store_bytes)
    histories = []
    for notebook in store.list_histories():
        history = _History(store, notebook)
        if rules.full_for is not None:
            for revision in by_age(history.revisions, history.kept, now - rules.full_for):
                history.drop(revision)
        if limited or history.thinned.gone:
            history.measure()
            history.shrink(rules.notebook_bytes)
        histories.append(history)
    if rules.store_bytes:
        _shrink_together(histories, rules.store_bytes)
    return [history.result() for history in histories if history.thinned.gone]


def thin(store: Store, superfluous: Sequence[Thinned]) -> list[Thinned]:
    """Take revisions away, and say which went: one that came into use meanwhile stays.

    Those that follow say then what changed since the revision that is before them now.
    """
    done = []
    for thinned in superfluous:
        try:
            _remove(store, thinned)
        except (StateError, BlobMissingError):
            # A run or a name came to refer to one of them: it is looked at again next time. And a
            # history of which something is lost is for 'nbtrack doctor' first.
            continue
        done.append(thinned)
    return done


def by_age(revisions: Sequence[Revision], kept: set[str], before: datetime) -> list[Revision]:
    """Which revisions made before an instant go: all but the last of each session of work.

    Args:
        revisions: oldest first.
        kept: ids of those that never go.
        before: the instant.
    """
    gone = []
    for revision, following in pairwise(revisions):
        ends_session = following.created_at - revision.created_at >= SESSION_GAP
        if revision.created_at < before and not ends_session and revision.revision_id not in kept:
            gone.append(revision)
    return gone


class _History:
    """One notebook's revisions, and what they cost."""

    def __init__(self, store: Store, notebook: Notebook) -> None:
        self._store = store
        self.revisions = list(all_revisions(store, notebook.notebook_id))[::-1]
        self.kept = store.revisions_in_use(notebook.notebook_id) | {
            revision.revision_id
            for position, revision in enumerate(self.revisions)
            if position == 0 or revision.label or revision.reason in KEPT_REASONS
        }
        self.thinned = Thinned(notebook)
        self._gone: set[str] = set()
        self._digests: dict[str, set[str]] = {}
        self._uses: Counter[str] = Counter()
        self._sizes: dict[str, int] = {}

    def drop(self, revision: Revision) -> None:
        """This one goes."""
        self.thinned.gone.append(revision)
        self._gone.add(revision.revision_id)
        if self._digests:
            self._count_out(revision)

    def measure(self) -> None:
        """Look up what each revision needs."""
        for revision in self.revisions:
            manifest = self._store.get_manifest(revision.revision_id)
            digests = manifest_digests(manifest)
            self._digests[revision.revision_id] = digests
            self._uses.update(digests)
        self._sizes = self._store.content_sizes(self._uses)
        self.thinned.left_bytes = sum(self._sizes.values())
        for revision in self.thinned.gone:
            self._count_out(revision)

    def shrink(self, limit_bytes: int) -> None:
        """Drop the oldest until the history takes at most so many bytes."""
        if limit_bytes:
            for revision in self.droppable():
                if self.thinned.left_bytes <= limit_bytes:
                    return
                self.drop(revision)

    def droppable(self) -> list[Revision]:
        """Those that may go and have not, oldest first."""
        return [
            revision
            for revision in self.revisions
            if revision.revision_id not in self.kept | self._gone
        ]

    def result(self) -> Thinned:
        """What goes, in order."""
        self.thinned.gone.sort(key=lambda revision: revision.number)
        return self.thinned

    def _count_out(self, revision: Revision) -> None:
        for digest in self._digests[revision.revision_id]:
            self._uses[digest] -= 1
            if not self._uses[digest]:
                self.thinned.freed_bytes += self._sizes[digest]
                self.thinned.left_bytes -= self._sizes[digest]


def _shrink_together(histories: Sequence[_History], limit_bytes: int) -> None:
    total = sum(history.thinned.left_bytes for history in histories)
    found = [(revision, history) for history in histories for revision in history.droppable()]
    for revision, history in sorted(found, key=lambda each: each[0].created_at):
        if total <= limit_bytes:
            return
        before = history.thinned.left_bytes
        history.drop(revision)
        total -= before - history.thinned.left_bytes


def _remove(store: Store, thinned: Thinned) -> None:
    gone = {revision.revision_id for revision in thinned.gone}
    texts = reader(store)
    following: list[Following] = []
    before: tuple[str, Manifest] | None = None
    skipped = False
    for revision in list(all_revisions(store, thinned.notebook.notebook_id))[::-1]:
        if revision.revision_id in gone:
            skipped = True
            continue
        manifest = store.get_manifest(revision.revision_id)
        if skipped and before is not None:
            changes = changes_of(diff(before[1], manifest, texts), texts)
            following.append(Following(revision.revision_id, before[0], changes))
        before, skipped = (revision.revision_id, manifest), False
    store.remove_revisions(thinned.notebook.notebook_id, gone, following)
