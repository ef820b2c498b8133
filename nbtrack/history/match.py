"""Which cell of one revision is which cell of another, and which of them moved."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from difflib import SequenceMatcher

from nbtrack.entities import CellVersion, Manifest

Texts = Callable[[Iterable[str]], Mapping[str, bytes]]

SIMILAR = 0.6
"""Least share of common text for two cells with different ids to be one edited cell."""
MAX_PAIRS = 900
"""Similarity is looked for among at most so many pairs; beyond, cells count as new and gone."""
MAX_COMPARED_BYTES = 20_000
"""Only the beginning of a longer source is compared."""


def match_cells(old: Manifest, new: Manifest, texts: Texts) -> dict[int, int]:
    """Pair the cells of two manifests: by id, then by the same source, then by a similar one.

    Args:
        old, new: the two sides.
        texts: loads sources by digest; asked only for cells that no id or digest pairs.

    Returns:
        Index on the new side → index on the old side.
    """
    by_id = {cell.cell_id: index for index, cell in enumerate(old.cells)}
    pairs = {
        index: by_id[cell.cell_id] for index, cell in enumerate(new.cells) if cell.cell_id in by_id
    }
    used = set(pairs.values())
    free_old = [index for index in range(len(old.cells)) if index not in used]
    free_new = [index for index in range(len(new.cells)) if index not in pairs]
    _pair_same(old, new, free_old, free_new, pairs)
    used = set(pairs.values())
    free_old = [index for index in free_old if index not in used]
    free_new = [index for index in free_new if index not in pairs]
    _pair_similar(old, new, free_old, free_new, pairs, texts)
    return pairs


def longest_increasing(values: Sequence[int]) -> set[int]:
    """Positions of a longest strictly increasing subsequence: what kept its order."""
    tails: list[int] = []
    tail_positions: list[int] = []
    before: list[int] = [-1] * len(values)
    for position, value in enumerate(values):
        length = bisect_left(tails, value)
        before[position] = tail_positions[length - 1] if length else -1
        if length == len(tails):
            tails.append(value)
            tail_positions.append(position)
        else:
            tails[length] = value
            tail_positions[length] = position
    kept: set[int] = set()
    position = tail_positions[-1] if tail_positions else -1
    while position >= 0:
        kept.add(position)
        position = before[position]
    return kept


def _pair_same(
    old: Manifest,
    new: Manifest,
    free_old: Sequence[int],
    free_new: Sequence[int],
    pairs: dict[int, int],
) -> None:
    waiting: dict[tuple[str, str], list[int]] = defaultdict(list)
    for index in reversed(free_old):
        waiting[_content(old.cells[index])].append(index)
    for index in free_new:
        if candidates := waiting.get(_content(new.cells[index])):
            pairs[index] = candidates.pop()


def _content(cell: CellVersion) -> tuple[str, str]:
    return cell.cell_type, cell.source_digest


def _pair_similar(
    old: Manifest,
    new: Manifest,
    free_old: Sequence[int],
    free_new: Sequence[int],
    pairs: dict[int, int],
    texts: Texts,
) -> None:
    candidates = [
        (new_index, old_index)
        for new_index in free_new
        for old_index in free_old
        if new.cells[new_index].cell_type == old.cells[old_index].cell_type
    ]
    if not candidates or len(candidates) > MAX_PAIRS:
        return
    digests = {new.cells[index].source_digest for index, _ in candidates}
    digests |= {old.cells[index].source_digest for _, index in candidates}
    loaded = texts(digests)
    scored = []
    for new_index, old_index in candidates:
        score = _similarity(
            loaded[old.cells[old_index].source_digest], loaded[new.cells[new_index].source_digest]
        )
        if score >= SIMILAR:
            scored.append((-score, new_index, old_index))
    used: set[int] = set()
    for _, new_index, old_index in sorted(scored):
        if new_index not in pairs and old_index not in used:
            pairs[new_index] = old_index
            used.add(old_index)


def _similarity(old: bytes, new: bytes) -> float:
    if not old.strip() or not new.strip():
        return 0.0
    before = old[:MAX_COMPARED_BYTES].decode("utf-8", "replace").splitlines()
    after = new[:MAX_COMPARED_BYTES].decode("utf-8", "replace").splitlines()
    matcher = (
        SequenceMatcher(None, "\n".join(before), "\n".join(after), autojunk=False)
        if len(before) + len(after) <= 20
        else SequenceMatcher(None, before, after, autojunk=False)
    )
    return matcher.ratio() if matcher.quick_ratio() >= SIMILAR else 0.0
