"""What histories cost: how many bytes a notebook's revisions take in the store."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from nbtrack.entities import Notebook
from nbtrack.history.lookup import all_revisions
from nbtrack.history.manifest import manifest_digests
from nbtrack.store.base import Store


@dataclass(frozen=True, slots=True)
class HistoryCost:
    """What one notebook's history costs.

    Args:
        notebook: whose.
        revisions: how many there are.
        list_bytes: what the lists of their cells take.
        content_bytes: what the texts and outputs take that they name, compressed as stored.
        own_bytes: the part of it that no other notebook of those looked at names.
    """

    notebook: Notebook
    revisions: int
    list_bytes: int
    content_bytes: int
    own_bytes: int

    @property
    def size_bytes(self) -> int:
        """Lists and contents together; contents that several notebooks name count in each."""
        return self.list_bytes + self.content_bytes


def history_costs(store: Store, notebooks: Iterable[Notebook] | None = None) -> list[HistoryCost]:
    """What histories cost, the dearest first.

    Args:
        store: where they are.
        notebooks: which; all by default, deleted ones included.
    """
    histories = list(store.list_histories() if notebooks is None else notebooks)
    lists = store.list_sizes()
    named: dict[str, set[str]] = {}
    counts: Counter[str] = Counter()
    for notebook in histories:
        digests = named[notebook.notebook_id] = set()
        for revision in all_revisions(store, notebook.notebook_id):
            counts[notebook.notebook_id] += 1
            digests |= manifest_digests(store.get_manifest(revision.revision_id))
    uses = Counter(digest for digests in named.values() for digest in digests)
    sizes = store.content_sizes(uses)
    costs = [
        HistoryCost(
            notebook,
            counts[notebook.notebook_id],
            lists.get(notebook.notebook_id, 0),
            sum(sizes[digest] for digest in named[notebook.notebook_id]),
            sum(sizes[digest] for digest in named[notebook.notebook_id] if uses[digest] == 1),
        )
        for notebook in histories
    ]
    return sorted(costs, key=lambda cost: -cost.size_bytes)
