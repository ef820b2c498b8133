"""The options of ``%%track``: parsing, and the words that explain them."""

from __future__ import annotations

import fnmatch
import re
import shlex
from dataclasses import dataclass

from nbtrack.errors import UsageError

USAGE = (
    "%%track [-e EXPERIMENT] [-n NAME] [-t KEY=VALUE ...] [-p KEY=EXPR ...] "
    "[--only NAMES] [--ignore NAMES] [--nested] [--no-figures] [--no-inputs] [--no-autolog]"
)

FLAGS = {
    "--nested": "nested",
    "--no-figures": "no_figures",
    "--no-inputs": "no_inputs",
    "--no-autolog": "no_autolog",
}
VALUES = {
    "-e": "experiment",
    "--experiment": "experiment",
    "-n": "run_name",
    "--name": "run_name",
    "-t": "tags",
    "--tag": "tags",
    "-p": "params",
    "--param": "params",
    "--only": "only",
    "--ignore": "ignore",
}
_FIRST_LINE = re.compile(r"%%track(?:[ \t]+(?P<options>.*?))?[ \t]*\Z")


@dataclass(frozen=True, slots=True)
class TrackOptions:
    """What a ``%%track`` line asks for.

    Args:
        params: (key, expression) pairs; evaluated before the cell runs.
        only: patterns; when any, only names that match one are captured.
        ignore: patterns of names that are not captured.
    """

    experiment: str | None = None
    run_name: str | None = None
    tags: tuple[tuple[str, str], ...] = ()
    params: tuple[tuple[str, str], ...] = ()
    only: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    nested: bool = False
    figures: bool = True
    inputs: bool = True
    autolog: bool = True

    def wants_any(self, name: str) -> bool:
        """Whether a name, or a key below it (``name.key``), can be kept."""
        below = any(pattern.startswith(f"{name}.") for pattern in self.only)
        return below or self.wants(name)

    def wants(self, name: str) -> bool:
        """Whether a captured name is kept, by --only and --ignore."""
        top = name.partition(".")[0]

        def matches(patterns: tuple[str, ...]) -> bool:
            return any(
                fnmatch.fnmatchcase(name, pattern) or fnmatch.fnmatchcase(top, pattern)
                for pattern in patterns
            )

        return (not self.only or matches(self.only)) and not matches(self.ignore)


def match_track_line(line: str) -> str | None:
    """The options' text of a ``%%track`` line; None for any other line (also ``%%track?``)."""
    found = _FIRST_LINE.match(line.rstrip("\r\n"))
    return None if found is None else found["options"] or ""


def parse_options(text: str) -> TrackOptions:
    """Parse what stands after ``%%track``.

    Args:
        text: the rest of the line; quotes as in a shell.

    Raises:
        UsageError: an option is unknown or incomplete; says what would be right.
    """
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise UsageError(f"%%track: {error}. Usage: {USAGE}") from None
    single: dict[str, str] = {}
    pairs: dict[str, list[tuple[str, str]]] = {"tags": [], "params": []}
    lists: dict[str, list[str]] = {"only": [], "ignore": []}
    flags: set[str] = set()
    position = 0
    while position < len(words):
        word = words[position]
        position += 1
        if word in FLAGS:
            flags.add(FLAGS[word])
            continue
        option, value, position = _value_of(word, words, position)
        field = VALUES[option]
        if field in pairs:
            pairs[field].append(_pair(option, value))
        elif field in lists:
            lists[field] += [name.strip() for name in value.split(",") if name.strip()]
        else:
            single[field] = value
    return TrackOptions(
        experiment=single.get("experiment"),
        run_name=single.get("run_name"),
        tags=tuple(pairs["tags"]),
        params=tuple(pairs["params"]),
        only=tuple(lists["only"]),
        ignore=tuple(lists["ignore"]),
        nested="nested" in flags,
        figures="no_figures" not in flags,
        inputs="no_inputs" not in flags,
        autolog="no_autolog" not in flags,
    )


def _value_of(word: str, words: list[str], position: int) -> tuple[str, str, int]:
    option, equals, value = word.partition("=") if word.startswith("--") else (word, "", "")
    if option not in VALUES:
        kind = "option" if word.startswith("-") else "argument"
        raise UsageError(f"%%track: unknown {kind} {word!r}. Usage: {USAGE}")
    if not equals:
        if position >= len(words):
            raise UsageError(f"%%track: {option} needs a value. Usage: {USAGE}")
        value = words[position]
        position += 1
    if not value.strip():
        raise UsageError(f"%%track: {option} needs a value that is not blank. Usage: {USAGE}")
    return option, value, position


def _pair(option: str, text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals or not key.strip() or not value.strip():
        wanted = "KEY=VALUE" if VALUES[option] == "tags" else "KEY=EXPR"
        raise UsageError(f"%%track: {option} needs {wanted}, not {text!r}.")
    return key.strip(), value.strip()
