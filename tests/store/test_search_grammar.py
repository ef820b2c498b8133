"""The search grammar reads what is in it and refuses everything else politely."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from nbtrack.store.filters import conditions_of
from nbtrack.store.orderings import order_of
from nbtrack.store.search import (
    Combination,
    Comparison,
    SearchSyntaxError,
    parse_filter,
    parse_order,
)

FRAGMENTS = st.sampled_from(
    [
        *("metrics", "params", "tags", "attributes", "acc", ".", "(", ")", ",", "=", "!="),
        *(">", ">=", "<", "<=", "AND", "OR", "NOT", "IN", "LIKE", "IS", "NULL", "'x'", '"y"'),
        *("`z`", "1", "-2.5e3", ".5", "status", "start_time", "run_id", "'", '"', "`", "\\"),
        *(";", "é", "\x00", "'it''s'", " "),
    ]
)


@given(
    st.text() | st.lists(FRAGMENTS, max_size=12).map(" ".join) | st.lists(FRAGMENTS).map("".join)
)
@example("params.a = 'x' AND")
@example("'" * 3)
def test_any_text_is_read_or_refused(text: str) -> None:
    """Any text is a filter or an error with a position within it; the same for an order."""
    try:
        conditions_of(text)
    except SearchSyntaxError as error:
        assert 0 <= error.position <= len(text)
        assert error.reason
    try:
        order_of(text)
    except SearchSyntaxError as error:
        assert 0 <= error.position <= len(text)


KEYS = st.text(min_size=1).filter(
    lambda key: "`" not in key and not any("\ud800" <= c <= "\udfff" for c in key)
)
TEXTS = st.text().filter(lambda text: not any("\ud800" <= c <= "\udfff" for c in text))


@given(KEYS, TEXTS)
def test_any_key_and_text_can_be_said(key: str, value: str) -> None:
    """Backquotes take any key, and doubled or escaped quotes any text."""
    for quote in "'\"":
        escaped = value.replace("\\", "\\\\").replace(quote, quote * 2)
        node = parse_filter(f"params.`{key}` = {quote}{escaped}{quote}")
        assert isinstance(node, Comparison)
        assert (node.identifier.key, node.value) == (key, value)


@given(st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**63) + 1, 2**63 - 1))
def test_any_number_can_be_said(number: float) -> None:
    """Numbers are read as Python writes them."""
    node = parse_filter(f"metrics.a > {number!r}")
    assert isinstance(node, Comparison)
    assert node.value == number


def test_precedence() -> None:
    """AND binds closer than OR; parentheses bind closest."""
    node = parse_filter("a = 1 OR b = 1 AND (c = 1 OR d = 1)")
    assert isinstance(node, Combination)
    assert node.operator == "OR"
    right = node.parts[1]
    assert isinstance(right, Combination)
    assert right.operator == "AND"
    assert isinstance(right.parts[1], Combination)


def test_keys_with_dots_and_dashes() -> None:
    """Unquoted keys may hold dots, dashes, slashes, colons and digits."""
    for key in ("mlflow.source.name", "val-loss", "train/loss", "a:b", "2x", "top.5"):
        node = parse_filter(f"tags.{key}='x'")
        assert isinstance(node, Comparison)
        assert node.identifier.key == key
        assert parse_order(f"tags.{key} DESC").identifier.key == key


def test_error_says_where_and_what() -> None:
    """A message shows the place, the reason and what would be right."""
    try:
        parse_filter("params.model = rf")
    except SearchSyntaxError as error:
        assert error.position == 15
        assert str(error) == (
            "cannot read the filter at 'rf' (character 16): text needs quotes: 'rf'"
        )
    else:
        raise AssertionError("it was read")
