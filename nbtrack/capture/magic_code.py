"""The Python in magics and shell lines, as IPython's own rewriting of a cell leaves it.

``%timeit f(x)`` stands in the syntax tree as ``get_ipython().run_line_magic('timeit', 'f(x)')``.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field
from typing import Any

from nbtrack.capture.purity import words

OS_STATE = "<os>"
"""Stands for what the process has: its environment variables and working directory."""
MAGIC_STATE = "<magics>"
"""Stands for the magics that extensions bring."""

_BINDING = frozenset({"time", "capture", "prun", "memit", "mprun", "lprun", "track", "debug"})
_ONLY_READING = frozenset({"timeit"})
_BUILT_IN = words(
    "alias autoawait autocall automagic autosave bookmark cd clear cls colors conda config connect "
    "dhist dirs doctest_mode edit env gui hist history killbgscripts ldir less lf lk ll load "
    "loadpy logoff logon logstart logstate logstop ls lsmagic lx macro magic man matplotlib "
    "mkdir more mv notebook page pastebin pdb pdef pdoc pfile pinfo pinfo2 pip popd pprint "
    "precision psearch psource pushd pwd pycat pylab qtconsole quickref recall rehashx rep rerun "
    "rm rmdir run save sc set_env store sx system tb unalias uv who who_ls whos xdel xmode "
    "load_ext reload_ext unload_ext runs revisions revert checkpoint HTML SVG bash html "
    "javascript js latex markdown perl pypy python python2 python3 ruby script sh svg "
    "writefile"
)
_ENVIRONMENT = frozenset({"env", "set_env", "cd", "pushd", "popd", "pip", "conda", "uv"})
_NAMING = frozenset({"xdel", "store", "who", "whos", "pinfo", "pdoc", "psource", "pprint"})
_SHELL = frozenset({"system", "getoutput", "system_raw", "system_piped", "getoutput_raw"})
_OPTION = re.compile(r"\s*-{1,2}[A-Za-z]\S*(\s+\d+(?=\s))?")
_INTERPOLATED = re.compile(r"(?<!\$)\$([A-Za-z_]\w*)|\{([^{}]+)\}")
_OUTPUT = re.compile(r"--(?:out|err|proc)[ =]+([A-Za-z_]\w*)")
_NAME = re.compile(r"[A-Za-z_]\w*\Z")


@dataclass(slots=True)
class MagicCode:
    """What a magic or shell line runs, as far as it is Python.

    Attributes:
        trees: code that it runs.
        binds: whether what that code binds stays.
        reads: names it reads beside.
        writes: names it binds beside.
        state_read: kinds of state of the process that it sees.
        state_changed: those that it changes.
    """

    trees: list[ast.Module] = field(default_factory=list)
    binds: bool = True
    reads: set[str] = field(default_factory=set)
    writes: set[str] = field(default_factory=set)
    state_read: set[str] = field(default_factory=set)
    state_changed: set[str] = field(default_factory=set)


def magic_code(node: ast.Call) -> MagicCode | None:
    """What a call of IPython's shell runs; None for any other call."""
    called = node.func
    if not (
        isinstance(called, ast.Attribute)
        and isinstance(called.value, ast.Call)
        and isinstance(called.value.func, ast.Name)
        and called.value.func.id == "get_ipython"
    ):
        return None
    texts = [
        part.value if isinstance(part, ast.Constant) and isinstance(part.value, str) else ""
        for part in node.args
    ]
    if called.attr in _SHELL and texts:
        return _interpolated(texts[0], MagicCode(state_read={OS_STATE}))
    if called.attr == "run_line_magic" and len(texts) >= 2:
        return _magic(texts[0], texts[1], None)
    if called.attr == "run_cell_magic" and len(texts) >= 3:
        return _magic(texts[0], texts[1], texts[2])
    return None


def _magic(name: str, line: str, body: str | None) -> MagicCode:
    found = MagicCode(binds=name not in _ONLY_READING)
    if name in _BINDING | _ONLY_READING:
        _add_code(found, _without_options(line) if name != "capture" else "")
        _add_code(found, body or "")
        if name == "capture":
            found.writes |= {word for word in line.split() if _NAME.match(word)}
        return found
    if name in _ENVIRONMENT:
        found.state_changed.add(OS_STATE)
    elif name in ("load_ext", "reload_ext", "unload_ext"):
        found.state_changed.add(MAGIC_STATE)
    elif name == "run":
        found.state_read.add(OS_STATE)
    elif name not in _BUILT_IN:
        found.state_read.add(MAGIC_STATE)
    if name in _NAMING:
        found.reads |= {word for word in line.split() if _NAME.match(word)}
    if body is not None:
        found.writes |= set(_OUTPUT.findall(line))
        found.state_read.add(OS_STATE)
    return _interpolated(line, found)


def _without_options(line: str) -> str:
    while option := _OPTION.match(line):
        line = line[option.end() :]
    return line.strip()


def _add_code(found: MagicCode, code: str) -> None:
    if not code.strip():
        return
    from IPython.core.inputtransformer2 import TransformerManager

    manager: Any = TransformerManager()  # type: ignore[no-untyped-call]
    try:
        found.trees.append(ast.parse(manager.transform_cell(code)))
    except SyntaxError:
        # It is not Python, and the magic says so itself when it runs.
        return


def _interpolated(line: str, found: MagicCode) -> MagicCode:
    """Add what IPython puts into a line: ``$name`` and ``{expression}``."""
    for name, expression in _INTERPOLATED.findall(line):
        if name:
            found.reads.add(name)
        else:
            _add_code(found, expression)
    return found
