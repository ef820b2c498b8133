"""The exception tree.

    NbtrackError
    ├── UsageError             an argument that cannot be used; nothing was recorded
    ├── NotFoundError          no such run, revision, notebook, experiment, artifact
    ├── StateError             the thing exists, but not in a state that allows this
    ├── StoreError             the store cannot be opened, read or written
    │   ├── StoreTooNewError   written by a newer nbtrack
    │   ├── BlobMissingError   a digest that is referenced but not stored
    │   ├── ArchiveError       an archive or a backup that is damaged, incomplete or too new
    │   └── AlreadyAppliedError  the store has the beginning of a journal's batch already
    ├── JournalError           the crash-safe log of this process cannot take a record
    └── MissingDependencyError an optional library is needed; names the install command

Each class also derives from the built-in exception a caller would expect, so that
`except ValueError` and `except KeyError` keep working in user code.
"""

from __future__ import annotations


class NbtrackError(Exception):
    """Base of every error that nbtrack raises on purpose."""


class UsageError(NbtrackError, ValueError):
    """An argument that cannot be used. The message says what would be right."""


class NotFoundError(NbtrackError, KeyError):
    """No such thing.

    Args:
        kind: the glossary's noun, for example ``"run"``.
        key: what was looked up.
        hint: what to do instead, a whole sentence.
    """

    def __init__(self, kind: str, key: str, hint: str = "") -> None:
        self.kind = kind
        self.key = key
        self.hint = hint
        super().__init__(kind, key)

    def __str__(self) -> str:
        return f"no {self.kind} {self.key!r}" + (f". {self.hint}" if self.hint else "")


class StateError(NbtrackError, RuntimeError):
    """The thing exists, but its state does not allow what was asked."""


class StoreError(NbtrackError, OSError):
    """The store cannot be opened, read or written."""

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""


class StoreTooNewError(StoreError):
    """The store was written by a newer nbtrack than this one."""


class BlobMissingError(StoreError):
    """A digest is referenced, but its bytes are not in the store."""


class ArchiveError(StoreError):
    """An archive or a backup is damaged, incomplete or too new; nothing was changed."""


class AlreadyAppliedError(StoreError):
    """The store has the first part of a batch of a journal, but not all of it; nothing was applied.

    Args:
        journal_id: whose batch it was.
        offset: where the batch would have to begin.
    """

    def __init__(self, journal_id: str, offset: int) -> None:
        self.journal_id = journal_id
        self.offset = offset
        super().__init__(f"journal {journal_id} is applied up to {offset} already")


class JournalError(NbtrackError, OSError):
    """The journal of this process cannot take a record (disk full, read-only, ...)."""

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""


class MissingDependencyError(NbtrackError, ImportError):
    """An optional library is needed for this.

    Args:
        feature: what was asked for.
        package: the name to install from PyPI.
    """

    def __init__(self, feature: str, package: str) -> None:
        self.feature = feature
        self.package = package
        super().__init__(f"{feature} needs {package}. Install it with: pip install {package}")
