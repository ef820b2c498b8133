"""MLflow's search grammar, read into a small tree.

    metrics.acc > 0.9 and (params.model = 'rf' or tags.`my key` LIKE '%x%') and status = 'FAILED'

https://mlflow.org/docs/latest/ml/search/search-runs/ describes it, and
``mlflow/utils/search_utils.py`` is what decides. Beyond MLflow: ``OR``, parentheses,
``IS NULL`` and ``IN`` for everything, numbers for params, which compares those params that are
numbers, ``MATCH`` for the words of code and notes, and within quotes the quote itself, doubled
or after a backslash. Keys may hold letters, digits, ``_ . - / :`` as they are, and anything in
backquotes or double quotes. No SQL here: `filters` turns the tree into conditions.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, NoReturn

from nbtrack.errors import UsageError

Kind = Literal["param", "metric", "tag", "attribute", "dataset"]
Operator = Literal[
    "=",
    "!=",
    ">",
    ">=",
    "<",
    "<=",
    "LIKE",
    "ILIKE",
    "MATCH",
    "IN",
    "NOT IN",
    "IS NULL",
    "IS NOT NULL",
]
Value = str | int | float

_KINDS: dict[str, Kind] = {
    **dict.fromkeys(("param", "params", "parameter", "parameters"), "param"),
    **dict.fromkeys(("metric", "metrics"), "metric"),
    **dict.fromkeys(("tag", "tags"), "tag"),
    **dict.fromkeys(("attribute", "attributes", "attr", "run"), "attribute"),
    **dict.fromkeys(("dataset", "datasets"), "dataset"),
}
_MAX_DEPTH = 50
_MAX_CONDITIONS = 200
_TOKEN = re.compile(
    r"""
      (?P<space>\s+)
    | (?P<number>[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?(?![\w.]))
    | (?P<string>'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*")
    | (?P<backquoted>`[^`]*`)
    | (?P<word>[^\W\d][\w\-/:]*)
    | (?P<operator><=|>=|!=|<>|==|=|<|>)
    | (?P<mark>[(),.])
    """,
    re.VERBOSE | re.DOTALL,
)
_PLAIN_KEY = re.compile(r"[\w\-/:.]+")
_ESCAPED = re.compile(r"\\([\\'\"])|''|\"\"")


class SearchSyntaxError(UsageError):
    """A filter or an order that cannot be read.

    Args:
        what: ``filter`` or ``order_by``.
        text: all of it.
        position: the character where reading stopped, from 0.
        reason: what is wrong there and what would be right.
    """

    def __init__(self, what: str, text: str, position: int, reason: str) -> None:
        self.position = position
        self.reason = reason
        rest = text[position : position + 20]
        place = f"at {rest!r} (character {position + 1})" if rest else "at its end"
        super().__init__(f"cannot read the {what} {place}: {reason}")


@dataclass(frozen=True, slots=True)
class Identifier:
    """What is compared or ordered by: ``metrics.acc``; ``start_time`` is an attribute."""

    kind: Kind
    key: str
    position: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """One condition. ``value`` is a tuple for ``IN`` and None for ``IS NULL``."""

    identifier: Identifier
    operator: Operator
    value: Value | tuple[Value, ...] | None
    position: int


@dataclass(frozen=True, slots=True)
class Combination:
    """Conditions that hold all, or any, of them."""

    operator: Literal["AND", "OR"]
    parts: tuple[Comparison | Combination, ...]


@dataclass(frozen=True, slots=True)
class OrderClause:
    """One expression to order by."""

    identifier: Identifier
    descending: bool


Node = Comparison | Combination


def parse_filter(text: str) -> Node | None:
    """Read a filter; None for an empty one.

    Raises:
        SearchSyntaxError: it cannot be read.
    """
    reader = _Reader("filter", text)
    if reader.kind == "end":
        return None
    node = reader.alternatives(0)
    if reader.kind != "end":
        reader.fail("expected AND, OR or the end here")
    return node


def parse_order(text: str) -> OrderClause:
    """Read an ordering clause such as ``metrics.acc DESC``.

    Raises:
        SearchSyntaxError: it cannot be read.
    """
    reader = _Reader("order_by", text)
    identifier = reader.identifier()
    descending = reader.takes("DESC")
    if not descending:
        reader.takes("ASC")
    if reader.kind != "end":
        reader.fail("expected ASC, DESC or the end here; give several clauses as a list")
    return OrderClause(identifier, descending)


class _Reader:
    """A recursive-descent reader with one token of look-ahead: ``kind``, ``text``, ``at``."""

    def __init__(self, what: str, text: str) -> None:
        self._what = what
        self._whole = text
        self._next = 0
        self._conditions = 0
        self.kind = "end"
        self.text = ""
        self.at = 0
        self._advance()

    def fail(self, reason: str, at: int | None = None) -> NoReturn:
        raise SearchSyntaxError(self._what, self._whole, self.at if at is None else at, reason)

    def _advance(self) -> None:
        while True:
            self.at = self._next
            if self.at == len(self._whole):
                self.kind, self.text = "end", ""
                return
            match = _TOKEN.match(self._whole, self.at)
            if match is None:
                self._unreadable()
            self._next = match.end()
            if match.lastgroup != "space":
                break
        self.kind, self.text = str(match.lastgroup), match.group()

    def _unreadable(self) -> NoReturn:
        character = self._whole[self.at]
        if character in "'\"`":
            self.fail(f"this {character} is never closed")
        self.fail(f"{character!r} has no meaning here; put keys with such characters in backquotes")

    def _is(self, word: str) -> bool:
        return self.kind == "word" and self.text.upper() == word

    def takes(self, word: str) -> bool:
        """Consume a keyword if it is next."""
        if not self._is(word):
            return False
        self._advance()
        return True

    def _takes_mark(self, mark: str) -> bool:
        if self.kind != "mark" or self.text != mark:
            return False
        self._advance()
        return True

    def alternatives(self, depth: int) -> Node:
        if depth > _MAX_DEPTH:
            self.fail(f"parentheses are nested deeper than {_MAX_DEPTH}")
        parts = [self._conjunction(depth)]
        while self.takes("OR"):
            parts.append(self._conjunction(depth))
        return parts[0] if len(parts) == 1 else Combination("OR", tuple(parts))

    def _conjunction(self, depth: int) -> Node:
        parts = [self._condition(depth)]
        while self.takes("AND"):
            parts.append(self._condition(depth))
        return parts[0] if len(parts) == 1 else Combination("AND", tuple(parts))

    def _condition(self, depth: int) -> Node:
        if not self._takes_mark("("):
            return self._comparison()
        node = self.alternatives(depth + 1)
        if not self._takes_mark(")"):
            self.fail("expected AND, OR or ) here")
        return node

    def identifier(self) -> Identifier:
        """Read what is compared or ordered by."""
        start = self.at
        if self.kind == "backquoted" or (self.kind == "string" and self.text[0] == '"'):
            head = self._quoted_key()
        elif self.kind == "word":
            head = self.text
            self._advance()
        else:
            self.fail(
                "expected what to look at, such as metrics.acc, params.lr, tags.team or start_time"
            )
        if not (self.kind == "mark" and self.text == "."):
            return Identifier("attribute", head, start)
        kind = _KINDS.get(head.lower())
        if kind is None:
            self.fail(f"{head!r} is none of params, metrics, tags, attributes, datasets", start)
        return Identifier(kind, self._key(), start)

    def _key(self) -> str:
        """What comes after ``params.``: a quoted key, or all that a plain key may hold."""
        plain = _PLAIN_KEY.match(self._whole, self._next)
        if plain is None:
            after_dot = self._next
            self._advance()
            if self.at != after_dot:
                self.fail(
                    "a key stands right after its dot, such as the acc of metrics.acc", after_dot
                )
            return self._quoted_key()
        self._next = plain.end()
        self._advance()
        return plain.group()

    def _quoted_key(self) -> str:
        if self.kind == "backquoted":
            key = self.text[1:-1]
        elif self.kind == "string" and self.text[0] == '"':
            key = _unquoted(self.text)
        else:
            self.fail("expected a key here, such as the acc of metrics.acc")
        if not key:
            self.fail("a key cannot be empty")
        self._encodable(key)
        self._advance()
        return key

    def _comparison(self) -> Comparison:
        self._conditions += 1
        if self._conditions > _MAX_CONDITIONS:
            # Databases limit how deep an expression is; IN has no such limit.
            self.fail(f"more than {_MAX_CONDITIONS} conditions; use IN (...) for lists of values")
        identifier = self.identifier()
        at = self.at
        operator = self._operator()
        if operator in ("IS NULL", "IS NOT NULL"):
            return Comparison(identifier, operator, None, at)
        if operator in ("IN", "NOT IN"):
            return Comparison(identifier, operator, self._values(), at)
        return Comparison(identifier, operator, self._value(), at)

    def _operator(self) -> Operator:
        if self.kind == "operator":
            operator = {"==": "=", "<>": "!="}.get(self.text, self.text)
            self._advance()
            return operator  # type: ignore[return-value]
        word: Operator
        for word in ("LIKE", "ILIKE", "MATCH", "IN"):
            if self.takes(word):
                return word
        if self.takes("NOT"):
            if not self.takes("IN"):
                self.fail("expected IN after NOT")
            return "NOT IN"
        if self.takes("IS"):
            negated = self.takes("NOT")
            if not self.takes("NULL"):
                self.fail("expected NULL after IS")
            return "IS NOT NULL" if negated else "IS NULL"
        self.fail(
            "expected a comparison: one of = != > >= < <= LIKE ILIKE IN (...) NOT IN (...) IS NULL"
        )

    def _values(self) -> tuple[Value, ...]:
        if not self._takes_mark("("):
            self.fail("expected a list in parentheses after IN, such as ('a', 'b')")
        values = [self._value()]
        while self._takes_mark(","):
            if self.kind == "mark" and self.text == ")":
                break
            values.append(self._value())
        if not self._takes_mark(")"):
            self.fail("expected , or ) here")
        return tuple(values)

    def _value(self) -> Value:
        text = self.text
        if self.kind == "string":
            value: Value = _unquoted(text)
            self._encodable(text)
        elif self.kind == "number":
            value = _number(text)
        elif self.kind in ("word", "backquoted"):
            self.fail(f"text needs quotes: '{text.strip('`')}'")
        else:
            self.fail("expected a number or a text in quotes here")
        self._advance()
        return value

    def _encodable(self, text: str) -> None:
        # Half a surrogate pair is no character and no database takes it.
        if any("\ud800" <= character <= "\udfff" for character in text):
            self.fail("this holds half of a surrogate pair, which is no character")


def _unquoted(text: str) -> str:
    quote = text[0]

    def plain(match: re.Match[str]) -> str:
        if match.group(1):
            return match.group(1)
        doubled = match.group()
        return quote if doubled[0] == quote else doubled

    return _ESCAPED.sub(plain, text[1:-1])


def _number(text: str) -> int | float:
    try:
        whole = int(text)
    except ValueError:
        return float(text)
    return whole if abs(whole) < 1 << 63 else float(text)
