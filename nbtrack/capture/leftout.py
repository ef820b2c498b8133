"""What a tracked cell could have yielded and does not, and why: for ``%track explain``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from nbtrack.capture.bindings import Binding, CellFlow
from nbtrack.capture.kinds import Kind
from nbtrack.capture.options import TrackOptions
from nbtrack.capture.plan import is_index
from nbtrack.capture.scalars import scalars_of


class LeftOut(NamedTuple):
    """A name that was left alone; ``line`` is that of its binding in the tree."""

    what: str
    name: str
    why: str
    line: int


def left_out_names(
    cell: CellFlow,
    options: TrackOptions,
    ignored: frozenset[int],
    namespace: Mapping[str, object],
) -> Iterator[LeftOut]:
    """The names that a cell binds to what is a param or a metric elsewhere, with the reason.

    Args:
        cell: what was read in it.
        options: of its ``%%track`` line.
        ignored: lines marked ``# nbtrack: ignore``.
        namespace: after the cell ran; tells which computed values are numbers.
    """
    for binding in cell.bindings:
        what = _what(binding, namespace)
        if what is None:
            continue
        why = _why(binding, what, options, ignored)
        if why:
            yield LeftOut(what, binding.name, why, binding.line)


def _what(binding: Binding, namespace: Mapping[str, object]) -> str | None:
    if binding.kind is Kind.LITERAL or binding.kind is Kind.DERIVED:
        return "param"
    numbers = binding.name in namespace and scalars_of("", namespace[binding.name])
    counts = binding.kind in (Kind.COMPUTED, Kind.SIZE, Kind.COUNTER)
    return "metric" if counts and numbers and not binding.mutation else None


def _why(binding: Binding, what: str, options: TrackOptions, ignored: frozenset[int]) -> str:
    name = binding.name
    if binding.line in ignored:
        return "its line is marked # nbtrack: ignore"
    if not options.wants_any(name):
        return "--only does not name it" if options.only else "--ignore names it"
    if name.startswith("_"):
        return "its name begins with an underscore"
    if binding.kind is Kind.SIZE:
        return "a length, a shape or a clock reading is no result"
    if binding.kind is Kind.COUNTER or (what == "metric" and is_index(name)):
        return "it counts or points, and measures nothing"
    return ""
