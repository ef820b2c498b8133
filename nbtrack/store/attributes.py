"""The attributes of a run that filters and orders name, and the columns they are."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

from sqlalchemy import ColumnElement, select

from nbtrack.entities import MLFLOW_TAGS
from nbtrack.store.schema import experiments, notebooks, revisions, runs
from nbtrack.store.search import Identifier, SearchSyntaxError
from nbtrack.store.texts import TextKind


@dataclass(frozen=True, slots=True)
class Attribute:
    """What is known of one attribute.

    Args:
        name: as we call it.
        column: its value, of the row of `schema.runs` at hand.
        kind: how it is compared.
        indexed: runs with one value of it are found by an index.
    """

    name: str
    column: ColumnElement[Any]
    kind: Literal["text", "number", "time", "status", "experiment", "notebook"]
    indexed: bool = False

    @property
    def is_nullable(self) -> bool:
        """Whether some runs have none."""
        return getattr(self.column, "nullable", True)


WORDS: dict[str, tuple[TextKind, ...]] = {
    "code": ("code",),
    "note": ("note",),
    "text": ("code", "note"),
}
"""Attributes that are searched by their words only, and where those stand."""

_OWN_TEXTS = (
    "run_id",
    "run_name",
    "user_id",
    "source_name",
    "notebook_id",
    "revision_id",
    "cell_id",
    "session_id",
    "msg_id",
    "parent_run_id",
    "end_reason",
    "error_name",
    "lifecycle_stage",
)
_INDEXED = ("run_id", "notebook_id", "revision_id", "session_id", "msg_id", "parent_run_id")


def _found(column: ColumnElement[Any], condition: ColumnElement[bool]) -> ColumnElement[Any]:
    """A column of another table, as a value of the run at hand."""
    return select(column).where(condition).correlate(runs).scalar_subquery()


_ATTRIBUTES = {
    each.name: each
    for each in (
        *(Attribute(name, runs.c[name], "text", name in _INDEXED) for name in _OWN_TEXTS),
        Attribute("artifact_uri", "runs:/" + runs.c.run_id, "text"),
        Attribute(
            "experiment_name",
            _found(experiments.c.name, experiments.c.experiment_id == runs.c.experiment_id),
            "text",
        ),
        Attribute("status", runs.c.status, "status"),
        Attribute("experiment_id", runs.c.experiment_id, "experiment", indexed=True),
        Attribute(
            "notebook",
            _found(notebooks.c.path, notebooks.c.notebook_id == runs.c.notebook_id),
            "notebook",
            indexed=True,
        ),
        Attribute("start_time", runs.c.started_at, "time", indexed=True),
        Attribute("end_time", runs.c.ended_at, "time"),
        Attribute("duration_s", (runs.c.ended_at - runs.c.started_at) / 1_000_000.0, "number"),
        Attribute(
            "revision_number",
            _found(revisions.c.number, revisions.c.revision_id == runs.c.revision_id),
            "number",
        ),
    )
}
_ALIASES = {
    "run name": "run_name",
    "name": "run_name",
    "id": "run_id",
    "user": "user_id",
    "author": "user_id",
    "cell": "cell_id",
    "created": "start_time",
    "started_at": "start_time",
    "ended_at": "end_time",
    "duration": "duration_s",
    "experiment": "experiment_name",
}


def resolved(identifier: Identifier) -> Identifier:
    """What MLflow keeps as a tag and we as an attribute, as that attribute."""
    if identifier.kind == "tag" and identifier.key in MLFLOW_TAGS:
        return replace(identifier, kind="attribute", key=MLFLOW_TAGS[identifier.key])
    return identifier


def attribute_of(
    identifier: Identifier, what: Literal["filter", "order_by"], text: str
) -> Attribute:
    """The attribute that is meant.

    Args:
        identifier: of kind ``attribute``.
        what, text: where it stands, for the message.

    Raises:
        SearchSyntaxError: a run has no such attribute.
    """
    lowered = identifier.key.lower()
    found = _ATTRIBUTES.get(_ALIASES.get(lowered, lowered))
    if found is None:
        known = ", ".join(sorted(_ATTRIBUTES))
        reason = (
            f"{identifier.key!r} is no attribute of a run. Attributes are {known}; others need "
            "params., metrics. or tags. in front"
        )
        if lowered in WORDS:
            reason = f"{lowered} is searched by its words: {lowered} MATCH 'read_csv'"
        raise SearchSyntaxError(what, text, identifier.position, reason)
    return found
