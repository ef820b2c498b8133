"""What a cell's code may change without binding it: the objects behind names.

Read from the syntax tree alone. A call of a method, and being passed to a function, count as a
possible change unless the callable is known to be pure; what really changed is then told by
looking at the objects (`nbtrack.capture.changes`).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from nbtrack.capture import pure
from nbtrack.capture.bindings import Binding
from nbtrack.capture.kinds import Kind
from nbtrack.capture.names import base_name, children

Env = Mapping[str, Binding]

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_INPLACE = frozenset({"inplace", "out", "copy_X"})
_SETTERS = re.compile(
    r"(?:set|enable|disable|register|use|rc|seed|manual_seed|filterwarnings|simplefilter|chdir|"
    r"putenv|append|insert|update|extend|basicConfig|config)(?:_\w+)?\Z"
)
"""Calls by which a library's own state is set: ``np.random.seed``, ``pd.set_option``."""


@dataclass(slots=True)
class Effects:
    """Names whose objects code may change.

    Attributes:
        likely: by a method that is not known to be pure, or by storing into them.
        possible: by being passed to a function.
        functions: for each function it defines, what calling that may change.
        state: imported modules whose own state it sets.
    """

    likely: set[str] = field(default_factory=set)
    possible: set[str] = field(default_factory=set)
    functions: dict[str, frozenset[str]] = field(default_factory=dict)
    state: set[str] = field(default_factory=set)

    def all(self) -> set[str]:
        """Every name that may be changed."""
        return self.likely | self.possible | self.state

    def merge(self, later: Effects) -> None:
        """Take in what another tree of the same execution may change."""
        self.likely |= later.likely
        self.possible |= later.possible
        self.functions |= later.functions
        self.state |= later.state


def effects_of(tree: ast.Module, env: Mapping[str, Binding]) -> Effects:
    """What a cell may change.

    Args:
        tree: its syntax tree.
        env: the latest binding of each name, as after the cell: tells which are imported.
    """
    found = Effects()
    for statement in tree.body:
        _look(statement, found, env, frozenset())
    return found


def _look(node: ast.AST, found: Effects, env: Env, hidden: frozenset[str]) -> None:
    if isinstance(node, _FUNCTIONS):
        _function(node, found, env, hidden)
        return
    if isinstance(node, ast.Call):
        _call(node, found, env, hidden)
    elif isinstance(node, (ast.Attribute, ast.Subscript)) and not isinstance(node.ctx, ast.Load):
        _store(node, found, env, hidden)
    for child in children(node):
        _look(child, found, env, hidden)


def _is_imported(name: str, env: Env) -> bool:
    binding = env.get(name)
    return binding is not None and binding.kind is Kind.IMPORT


def _function(
    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda,
    found: Effects,
    env: Env,
    hidden: frozenset[str],
) -> None:
    """What a function's body may change is changed when it is called."""
    arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    local = {argument.arg for argument in arguments}
    local |= {extra.arg for extra in (node.args.vararg, node.args.kwarg) if extra is not None}
    body = node.body if isinstance(node.body, list) else [node.body]
    shared: set[str] = set()
    for part in (inner for statement in body for inner in ast.walk(statement)):
        if isinstance(part, ast.Global):
            shared |= set(part.names)
        elif isinstance(part, ast.Name) and not isinstance(part.ctx, ast.Load):
            local.add(part.id)
    inside = Effects()
    for part in body:
        _look(part, inside, env, hidden | frozenset(local - shared))
    if isinstance(node, ast.Lambda):
        # It has no name to follow: taken as called where it stands.
        found.possible |= inside.all()
        return
    found.functions[node.name] = frozenset(inside.all() | shared)
    for inner, names in inside.functions.items():
        found.functions.setdefault(inner, names)


def _call(node: ast.Call, found: Effects, env: Env, hidden: frozenset[str]) -> None:
    called = node.func
    name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
    owner = base_name(called) if isinstance(called, ast.Attribute) else None
    written = any(
        keyword.arg in _INPLACE and not _is_false(keyword.value) for keyword in node.keywords
    )
    if owner is not None and owner not in hidden:
        if _is_imported(owner, env):
            if _SETTERS.match(name):
                found.state.add(owner)
        elif name not in pure.METHODS or written:
            found.likely.add(owner)
    known = name in (pure.FUNCTIONS if owner is None else pure.METHODS)
    if known and not written:
        return
    for part in (*node.args, *(keyword.value for keyword in node.keywords)):
        passed = base_name(part.value if isinstance(part, ast.Starred) else part)
        if passed is not None and passed not in hidden and not _is_imported(passed, env):
            found.possible.add(passed)


def _is_false(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value in (False, None)


def _store(
    node: ast.Attribute | ast.Subscript, found: Effects, env: Env, hidden: frozenset[str]
) -> None:
    name = base_name(node)
    if name is not None and name not in hidden:
        (found.state if _is_imported(name, env) else found.likely).add(name)
