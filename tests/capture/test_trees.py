"""Walking syntax trees."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from nbtrack.capture import flow
from nbtrack.capture.trees import children, walk

ROOM = Path(flow.__file__).parent
SIGNS = (ast.expr_context, ast.operator, ast.unaryop, ast.cmpop, ast.boolop)
ODD = """
match a:
    case {"b": [x, *_], **rest} if x: pass
    case Point(x=0) | None: del y[1:2], z
async def f(a, /, b: int = 1, *c, d=2, **e) -> str:
    global g
    async with a as b, c: yield [i async for i in d if await i]
try: raise A from b
except* E as e: assert {**a, "b": (lambda: f"{a!r:>{b}}")}, (c := 1)
finally: from . import a as b, c
"""


@pytest.mark.parametrize(
    "code", [ODD, *(path.read_text() for path in sorted(ROOM.glob("*.py"))[:20])]
)
def test_every_node_is_visited(code: str) -> None:
    """The same nodes in the same order as by `ast`, but for operators and contexts."""
    tree = ast.parse(code)
    assert walk(tree) == [node for node in ast.walk(tree) if not isinstance(node, SIGNS)]
    for node in ast.walk(tree):
        below = [part for part in ast.iter_child_nodes(node) if not isinstance(part, SIGNS)]
        assert children(node) == below
