"""Our grammar reads filters and orders as MLflow does, or refuses them and says where and why.

What MLflow makes of them is recorded in ``assets/mlflow-filters.json.gz``; see
`mlflow_filters`. Beyond it are the extensions that `nbtrack.store.search` names: what MLflow
refuses, we may read.
"""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest

from nbtrack.store.filters import conditions_of
from nbtrack.store.orderings import order_of
from nbtrack.store.search import (
    Combination,
    Comparison,
    Node,
    SearchSyntaxError,
    parse_filter,
    parse_order,
)
from tests.store.mlflow_filters import COUNT, RECORDED


@pytest.fixture(scope="module")
def recorded() -> dict[str, Any]:
    """Texts, and what MLflow reads in them; None where it refuses them."""
    document: dict[str, Any] = json.loads(gzip.decompress(RECORDED.read_bytes()))
    return document


def flat(node: Node | None) -> list[Comparison]:
    """Comparisons that all must hold."""
    if node is None:
        return []
    if isinstance(node, Comparison):
        return [node]
    assert isinstance(node, Combination)
    assert node.operator == "AND"
    return [each for part in node.parts for each in flat(part)]


def ours(text: str) -> list[list[Any]]:
    """What we read, as it is recorded of MLflow."""
    conditions_of(text)
    names = {"param": "parameter"}
    return [
        [
            names.get(each.identifier.kind, each.identifier.kind),
            each.identifier.key,
            each.operator,
            list(each.value) if isinstance(each.value, tuple) else each.value,
        ]
        for each in flat(parse_filter(text))
    ]


def our_order(text: str) -> list[Any]:
    """The same of a clause to order by."""
    order_of(text)
    clause = parse_order(text)
    kind = clause.identifier.kind
    return [
        "parameter" if kind == "param" else kind,
        clause.identifier.key,
        not clause.descending,
    ]


def holds_quotes(text: str) -> bool:
    """A quote in quotes is taken as it stands by MLflow, and as one quote by us."""
    return "''" in text or '""' in text or "\\" in text


def test_documented_filters(recorded: dict[str, Any]) -> None:
    """What MLflow's documentation allows means the same to us, without exception."""
    assert len(recorded["whole"]) == COUNT
    for text, expected in recorded["whole"]:
        assert ours(text) == expected, text


def test_documented_orders(recorded: dict[str, Any]) -> None:
    """Clauses to order by mean the same."""
    for text, expected in recorded["orders"]:
        assert our_order(text) == expected, text


def test_broken_filters(recorded: dict[str, Any]) -> None:
    """Of broken texts, those that MLflow reads mean the same, or are refused with a place."""
    read = refused = 0
    for text, expected in recorded["broken"]:
        try:
            found = ours(text)
        except SearchSyntaxError as error:
            assert 0 <= error.position <= len(text)
            assert error.reason
            refused += 1
        except AssertionError:
            assert expected is None, text
        else:
            read += 1
            if expected is not None and not holds_quotes(text):
                assert found == expected, text
    assert read > COUNT / 10
    assert refused > COUNT / 2


def test_broken_orders(recorded: dict[str, Any]) -> None:
    """The same of clauses to order by."""
    for text, expected in recorded["broken orders"]:
        try:
            found = our_order(text)
        except SearchSyntaxError as error:
            assert 0 <= error.position <= len(text)
        else:
            # MLflow drops quotes that stand within backquotes.
            if expected is not None and "`" not in text:
                assert found == expected, text
