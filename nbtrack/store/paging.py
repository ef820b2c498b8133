"""Page tokens: after which row the next page begins, in a form nobody needs to read.

Pages are found by the values of the ordering columns (keyset paging): a page costs the same
wherever it is, and rows added meanwhile shift nothing.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, literal, or_

from nbtrack.errors import UsageError


@dataclass(frozen=True, slots=True)
class Ordering:
    """One expression to order by. It is never NULL, so that it can be compared.

    Args:
        expression: what; of rows that are asked for it has one value where ``is_constant``.
        descending: which way.
        is_constant: it orders nothing, and is there for the token.
    """

    expression: ColumnElement[Any]
    descending: bool = False
    is_constant: bool = False

    def clause(self) -> ColumnElement[Any]:
        """For ``ORDER BY``."""
        return self.expression.desc() if self.descending else self.expression.asc()


def constant(value: float | str) -> Ordering:
    """An ordering by nothing: all rows have this value."""
    return Ordering(literal(value), is_constant=True)


def after(orderings: Sequence[Ordering], values: Sequence[Any]) -> ColumnElement[bool]:
    """The condition that a row comes after the one with these ordering values."""
    pairs = [
        (ordering, literal(value))
        for ordering, value in zip(orderings, values, strict=True)
        if not ordering.is_constant
    ]
    alternatives = []
    for index, (ordering, value) in enumerate(pairs):
        equal = [earlier.expression == other for earlier, other in pairs[:index]]
        beyond = ordering.expression < value if ordering.descending else ordering.expression > value
        alternatives.append(and_(*equal, beyond))
    first, value = pairs[0]
    # Follows from the alternatives, but an index can only be entered by a plain comparison.
    near = first.expression <= value if first.descending else first.expression >= value
    return and_(near, or_(*alternatives))


def write_token(values: Sequence[Any], *, about: object) -> str:
    """A token; ``about`` is the query, which the next page must be asked with too."""
    text = json.dumps([_fingerprint(about), *values], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_token(token: str, *, about: object, count: int) -> list[Any]:
    """The ordering values in a token.

    Raises:
        UsageError: it is no token, or one of another query.
    """
    try:
        padded = token.encode("ascii") + b"=" * (-len(token) % 4)
        fingerprint, *values = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (ValueError, TypeError, binascii.Error) as error:
        raise UsageError(
            "page_token is not one that an earlier page returned; leave it out for the first page"
        ) from error
    plain = all(isinstance(value, str | int | float) for value in values)
    if fingerprint != _fingerprint(about) or len(values) != count or not plain:
        raise UsageError(
            "page_token belongs to another query; ask with the same filter and order as for the "
            "page it came from"
        )
    return list(values)


def _fingerprint(about: object) -> str:
    return hashlib.sha256(repr(about).encode()).hexdigest()[:8]
