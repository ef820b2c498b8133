"""Names in what a cell hands to the shell: ``%time f(x)``, ``!ls {folder}``, ``%run $script``.

IPython turns magics and commands into calls with a text. Names stand in it as code, for a few
magics, and in ``{expression}`` and ``$name``, for all.
"""

from __future__ import annotations

import ast
import re

_OF_CODE = frozenset({"time", "timeit", "prun", "memit", "mprun", "lprun", "debug", "pinfo"})
_CALLS = frozenset({"run_line_magic", "run_cell_magic", "system", "getoutput", "magic"})
_FIELD = re.compile(r"(?<!\{)\{([^{}\n]+)\}(?!\})|(?<!\$)\$([A-Za-z_]\w*)")
_OPTION = re.compile(r"\s*-\w+(?:\s+\d+)?\s+")


def shell_expressions(node: ast.AST) -> list[ast.AST]:
    """The code in what a call hands to the shell; nothing for any other call."""
    called = node.func if isinstance(node, ast.Call) else None
    if not isinstance(called, ast.Attribute) or called.attr not in _CALLS:
        return []
    assert isinstance(node, ast.Call)
    owner = called.value.func if isinstance(called.value, ast.Call) else None
    if not isinstance(owner, ast.Name) or owner.id != "get_ipython":
        return []
    texts = [
        part.value
        for part in node.args
        if isinstance(part, ast.Constant) and isinstance(part.value, str)
    ]
    found = [part for text in texts for part in _fields(text)]
    if called.attr.startswith("run_") and texts and texts[0] in _OF_CODE:
        # The body of a cell magic is read as a tree of its own when it runs.
        code = "".join(texts[1:2])
        while (option := _OPTION.match(code)) is not None:
            code = code[option.end() :]
        found += _parsed(code)
    return found


def _fields(text: str) -> list[ast.AST]:
    return [
        tree for expression, name in _FIELD.findall(text) for tree in _parsed(expression or name)
    ]


def _parsed(code: str) -> list[ast.AST]:
    try:
        return list(ast.parse(code.strip()).body)
    except (SyntaxError, ValueError):
        return []
