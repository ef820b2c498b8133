"""Gives functions of a tracked cell the code they would have, when the cell is over.

What calls them later (or compiles, pickles or inspects their code) then meets what the user
wrote. A function that cannot be found any more keeps its calls, which do nothing by then.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from types import CodeType, FunctionType

_MAX_WRAPPED = 10
_CACHED = type(lru_cache(repr))


def give_back(
    tree: ast.Module, defined: Iterable[ast.stmt], namespace: Mapping[str, object], flags: int
) -> None:
    """Set the original code of functions whose loops were followed.

    Args:
        tree: of the cell, as the user wrote it.
        defined: its functions and classes that were written anew.
        namespace: the user's.
        flags: of the compiler.
    """
    functions = [
        function
        for node in defined
        for function in _functions_in(namespace.get(getattr(node, "name", "")))
    ]
    by_file: dict[str, dict[tuple[str, int], CodeType]] = {}
    for function in functions:
        code = function.__code__
        if function.__globals__ is not namespace:
            continue
        if code.co_filename not in by_file:
            whole = compile(tree, code.co_filename, "exec", flags=flags, dont_inherit=True)
            by_file[code.co_filename] = {
                (part.co_qualname, part.co_firstlineno): part for part in _codes(whole)
            }
        original = by_file[code.co_filename].get((code.co_qualname, code.co_firstlineno))
        if original is not None and original.co_freevars == code.co_freevars:
            function.__code__ = original


def _functions_in(value: object) -> Iterator[FunctionType]:
    """A function, what it wraps, and the methods of a class."""
    if isinstance(value, type):
        for part in list(vars(value).values()):
            if not isinstance(part, type):
                yield from _functions_in(part)
        return
    for _ in range(_MAX_WRAPPED):
        if isinstance(value, (staticmethod, classmethod)):
            value = value.__func__
        elif isinstance(value, property):
            value = value.fget
        elif isinstance(value, FunctionType):
            yield value
            value = vars(value).get("__wrapped__")
        elif isinstance(value, _CACHED):
            value = value.__wrapped__
        else:
            return


def _codes(code: CodeType) -> Iterator[CodeType]:
    for part in code.co_consts:
        if isinstance(part, CodeType):
            yield part
            yield from _codes(part)
