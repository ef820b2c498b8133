"""The kinds of value a name can be bound to, as far as capture tells them apart."""

from __future__ import annotations

from enum import Enum, auto


class Kind(Enum):
    """What a name was bound to.

    ``LITERAL`` a literal; ``DERIVED`` arithmetic on literals and names of literals; ``SIZE`` a
    length, shape or clock reading; ``COUNTER`` a step such as ``i += 1``; ``TARGET`` a loop's
    target; ``FUNCTION`` a function or class; ``IMPORT``; ``COMPUTED`` anything else.
    """

    LITERAL = auto()
    DERIVED = auto()
    SIZE = auto()
    COUNTER = auto()
    TARGET = auto()
    FUNCTION = auto()
    IMPORT = auto()
    COMPUTED = auto()


class _Unknown(Enum):
    VALUE = auto()


UNKNOWN = _Unknown.VALUE
"""The value of a binding that does not stand in the code."""
