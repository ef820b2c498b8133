"""The archive format: one zip file, which holds any part of a store.

    manifest.json        what this is: format version, schema, counts, checksums
    rows/TABLE.jsonl     rows, one a line (see `codec`)
    blobs/DIGEST         bytes, each named by its SHA-256

Rows of a run are in the order of their runs in every file, and revisions in the order of their
notebooks, so that both sides work on a few of them at a time. An archive is closed: whatever
a row in it refers to is in it too, but for bytes that the exporting store had lost; these are
listed as ``missing_blobs``.
"""

from __future__ import annotations

import re

import msgspec
from sqlalchemy import Table

from nbtrack.store.schema import (
    execution_links,
    executions,
    experiment_tags,
    experiments,
    notebooks,
    revision_cells,
    revisions,
    runs,
    sessions,
)
from nbtrack.store.upkeep.doomed import run_tables

FORMAT = "nbtrack-archive"
VERSION = 1
MANIFEST = "manifest.json"
BLOB_NAME = re.compile(r"blobs/([0-9a-f]{64})\Z")
LINE_BYTES = 256 << 20
"""A longer line is no row of ours."""

PLACE_TABLES: tuple[Table, ...] = (
    experiments,
    experiment_tags,
    sessions,
    notebooks,
    revisions,
    revision_cells,
    executions,
    execution_links,
)
STAYS = frozenset(
    {"store_state", "blobs", "journals", "kernel_bindings", "texts", "spans", "history_switches"}
)
"""Tables about the store itself, and of bytes, which are no rows of an archive."""


def archived_tables() -> list[Table]:
    """The tables that an archive has rows of, in the order in which they are merged."""
    return [*PLACE_TABLES, runs, *reversed(run_tables())]


def rows_name(table: Table) -> str:
    """The name of a table's file."""
    return f"rows/{table.name}.jsonl"


class PartInfo(msgspec.Struct, frozen=True):
    """What the manifest says of one file of rows."""

    count: int
    sha256: str


class ArchiveManifest(msgspec.Struct, frozen=True, kw_only=True):
    """``manifest.json``."""

    format: str
    version: int
    schema: str
    written_by: str
    created_at: str
    rows: dict[str, PartInfo]
    blobs: int
    blob_bytes: int
    missing_blobs: list[str]


def manifest_json(manifest: ArchiveManifest) -> bytes:
    """The manifest as it is written."""
    return msgspec.json.format(msgspec.json.encode(manifest), indent=1)
