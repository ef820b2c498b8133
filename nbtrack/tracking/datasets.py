"""Inputs logged by hand: a path, a URL, a table, an array, a dataset of MLflow."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from nbtrack.capture.data.folders import folder_digest, listed
from nbtrack.capture.data.seen import file_state, modified_at
from nbtrack.capture.data.tables import document_of, fingerprint, sample_of
from nbtrack.capture.data.urls import clean_url, url_name
from nbtrack.capture.facts import FileState
from nbtrack.config import load_config
from nbtrack.entities import Direction, Origin, RunDataset, utc_now
from nbtrack.errors import UsageError
from nbtrack.records import DatasetLogged
from nbtrack.wire import ColumnProfile, DatasetDocument

if TYPE_CHECKING:
    from nbtrack.tracking.run import ActiveRun

_EXPLICIT = Origin("explicit")
_NOT_FETCHED = "not hashed: nbtrack fetches nothing"
_ADDRESSES = ("uri", "url", "path", "table_name", "name")


@dataclass(frozen=True, slots=True)
class _Described:
    """What is known of a dataset at once; the digest of a file or folder comes later."""

    name: str
    source: str
    source_type: str = "local"
    state: FileState | None = None
    is_folder: bool = False
    digest: str | None = None
    document: DatasetDocument | None = None
    note: str = ""


def log_input(
    run: ActiveRun,
    dataset: Any,
    context: str | None,
    tags: Mapping[str, str] | None,
    *,
    name: str | None,
    source: str | os.PathLike[str] | None,
) -> None:
    """Log an input of a run. See `nbtrack.log_input`."""
    run.require_open()
    found = _described(dataset, source, run.session.source_name)
    if name is not None:
        found = replace(found, name=name)
    if tags:
        texts = {str(key): str(value) for key, value in tags.items()}
        base = found.document or DatasetDocument(kind="folder" if found.is_folder else "file")
        found = replace(found, document=msgspec.structs.replace(base, tags=texts))
    _record(run, found, context or "")
    if found.state is not None or found.is_folder:
        run.session.background.submit(lambda: _hash(run, found, context or ""))


def _hash(run: ActiveRun, found: _Described, context: str) -> None:
    """In the background: the digest of a file, or of a folder's files."""
    limit = load_config().max_digest_bytes
    digests = run.session.digests

    def digest_of(path: str, state: FileState) -> tuple[str | None, str]:
        return digests.digest(path, state, limit)

    size_bytes = None
    if found.is_folder:
        folder = listed(found.source)
        digest, why = folder_digest(folder, digest_of)
        size_bytes = sum(state.size_bytes for _, state in folder.files if state is not None)
        note = f"{len(folder.files):,} files" + (f"; {why}" if why else "")
    else:
        assert found.state is not None
        digest, note = digest_of(found.source, found.state)
    _record(run, replace(found, digest=digest, note=note), context, size_bytes)


def _record(run: ActiveRun, found: _Described, context: str, size_bytes: int | None = None) -> None:
    state = found.state
    document = b"" if found.document is None else msgspec.json.encode(found.document)
    run.session.record(
        DatasetLogged(
            RunDataset(
                run_id=run.run_id,
                direction=Direction.INPUT,
                name=found.name,
                source_type=found.source_type,
                source=found.source,
                logged_at=utc_now(),
                digest=found.digest,
                size_bytes=size_bytes if state is None else state.size_bytes,
                modified_at=None if state is None else modified_at(state),
                context=context,
                note=found.note,
                origin=_EXPLICIT,
            ),
            document.decode(),
        )
    )


def _described(dataset: Any, source: str | os.PathLike[str] | None, source_name: str) -> _Described:
    if isinstance(dataset, (str, os.PathLike)):
        return _of_address(os.fspath(dataset))
    if callable(getattr(dataset, "to_dict", None)) and hasattr(dataset, "digest"):
        return _of_mlflow(dataset)
    sample = sample_of(dataset)
    if sample is None:
        raise UsageError(
            "an input is a path, a URL, a DataFrame or Table (pandas, polars, pyarrow), a NumPy "
            f"array or a dataset of MLflow, not {type(dataset).__name__}"
        )
    digest = fingerprint(sample)
    document = document_of(sample, [])
    part = document is not None and document.profiled_rows not in (None, document.row_count)
    found = _Described(
        name=f"{sample.kind}-{(digest or '')[:8]}",
        source=source_name or "memory",
        source_type="code",
        digest=digest,
        document=document,
        note="its digest is of a sample" if part else "",
    )
    if source is None:
        return found
    address = _of_address(os.fspath(source), must_exist=False)
    return replace(found, name=address.name, source=address.source, source_type=address.source_type)


def _of_address(text: str, *, must_exist: bool = True) -> _Described:
    """What a path or URL names."""
    if "://" in text and not text.startswith("file://"):
        url, source_type = clean_url(text)
        return _Described(url_name(url), url, source_type, note=_NOT_FETCHED)
    path = Path(text.removeprefix("file://")).expanduser().absolute()
    if path.is_dir():
        return _Described(path.name, str(path), is_folder=True, note="not hashed yet")
    state = file_state(str(path))
    if state is None and must_exist:
        raise UsageError(f"there is no file or directory {text!r} to log as an input")
    return _Described(path.name, str(path), state=state, note="not hashed yet" if state else "")


def _of_mlflow(dataset: Any) -> _Described:
    """A dataset of MLflow, by what its own ``to_dict`` says."""
    facts = dataset.to_dict()
    source = str(facts.get("source") or "")
    try:
        parts = json.loads(source)
    except ValueError:
        parts = None
    if isinstance(parts, dict):
        known = (str(parts[key]) for key in _ADDRESSES if parts.get(key))
        source = next(known, source)
    if "://" in source:
        source = clean_url(source)[0]
    return _Described(
        name=str(facts.get("name") or "dataset"),
        source=source,
        source_type=str(facts.get("source_type") or "code"),
        digest=str(facts["digest"]) if facts.get("digest") else None,
        document=_mlflow_document(facts),
    )


def _mlflow_document(facts: Mapping[str, Any]) -> DatasetDocument:
    schema, profile = _json(facts.get("schema")), _json(facts.get("profile"))
    columns = schema.get("mlflow_colspec") or []
    rows = profile.get("num_rows")
    shape = profile.get("features_shape") or profile.get("shape")
    return DatasetDocument(
        kind="array" if isinstance(shape, list) else "table",
        row_count=rows if isinstance(rows, int) else None,
        shape=shape if isinstance(shape, list) else None,
        columns=[
            ColumnProfile(name=str(each.get("name") or at), dtype=str(each.get("type")))
            for at, each in enumerate(columns)
            if isinstance(each, dict)
        ],
    )


def _json(text: Any) -> dict[str, Any]:
    try:
        found = json.loads(text) if isinstance(text, str) else None
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
