"""The crash-safe log of one process: what was appended survives the death of the process.

`Journal` is what a process writes, `JournalFile` what another one reads after its death, and
`decode` turns the bytes of either into records. Nothing here knows a store.
"""

from nbtrack.journal.decode import Decoded, decode
from nbtrack.journal.file import SUFFIX, JournalFile, adopt, anything_undrained, held_journals
from nbtrack.journal.journal import Journal
from nbtrack.journal.layout import Series

__all__ = [
    "SUFFIX",
    "Decoded",
    "Journal",
    "JournalFile",
    "Series",
    "adopt",
    "anything_undrained",
    "decode",
    "held_journals",
]
