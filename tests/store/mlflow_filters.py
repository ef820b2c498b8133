"""What MLflow makes of some thousand filters and orders, recorded once.

Run as a program where MLflow is installed (``pip install mlflow-skinny``), this writes
``assets/mlflow-filters.json.gz``, which `test_mlflow_grammar` holds our grammar against. Half
of the texts are made by MLflow's documentation, half are such texts broken at random.
"""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from random import Random
from typing import Any

RECORDED = Path(__file__).with_name("assets") / "mlflow-filters.json.gz"
COUNT = 2000

_METRICS = ("acc", "val_loss", "`val-loss`", '"train/loss"', "a.b", "`my metric`", '"my metric"')
_PARAMS = ("model", "lr", "layer.size", "`my param`", '"my param"', "batch_size")
_TAGS = ("team", "mlflow.note.content", "`mlflow.note.content`", '"my tag"', "`my tag`")
_TEXTS = (
    "'rf'",
    '"rf"',
    "'a b'",
    "'50%'",
    "'%a_b%'",
    "''",
    "'é'",
    "'a.b = 3'",
    "'it\"s'",
    '"it\'s"',
)
_NUMBERS = ("1", "0", "-1", "0.5", ".5", "1.", "1e-3", "2.5e3", "-0.25", "1664067852747")
_RANGES = ("=", "!=", ">", ">=", "<", "<=")
_WORDS = ("=", "!=", "LIKE", "ILIKE", "like", "iLike")
_ATTRIBUTES = ("run_id", "run_name", "user_id", "artifact_uri", "`Run name`")
_TIMES = ("start_time", "end_time", "created", "Created")
_PIECES = (
    *("metrics", "params", "tags", "attributes", "dataset", "run", ".", "acc", "(", ")", ",", "="),
    *("==", "<>", "!=", ">", "AND", "and", "OR", "NOT", "IN", "IS", "NULL", "LIKE", "'x'", '"y"'),
    *("`z`", "1", "-2", "1e5", ";", "'", '"', "`", "--", "/*", "*", "\\", " "),
)


def comparison(chance: Random) -> str:
    """One comparison, as MLflow's documentation allows it."""
    pick = chance.choice
    kind = chance.randrange(7)
    if kind == 0:
        name = f"{pick(('metric', 'metrics'))}.{pick(_METRICS)}"
        return _said(chance, name, pick(_RANGES), pick(_NUMBERS))
    if kind == 1:
        prefix = pick(("param", "params", "parameter", "parameters"))
        return _said(chance, f"{prefix}.{pick(_PARAMS)}", pick(_WORDS), pick(_TEXTS))
    if kind == 2:
        return _said(chance, f"{pick(('tag', 'tags'))}.{pick(_TAGS)}", pick(_WORDS), pick(_TEXTS))
    prefix = pick(("", "attribute.", "attributes.", "attr.", "run."))
    if kind == 3 and chance.random() < 0.3:
        status = pick(("FINISHED", "FAILED", "RUNNING", "KILLED", "SCHEDULED"))
        return _said(chance, f"{prefix}status", pick(("=", "!=")), f"'{status}'")
    if kind == 3:
        return _said(chance, prefix + pick(_ATTRIBUTES), pick(_WORDS), pick(_TEXTS))
    if kind == 4:
        number = pick([each for each in _NUMBERS if "e" not in each.lower()])
        return _said(chance, prefix + pick(_TIMES), pick(_RANGES), number)
    if kind == 5:
        name = f"{pick(('dataset', 'datasets'))}.{pick(('name', 'digest', 'context'))}"
        return _said(chance, name, pick(_WORDS), pick(_TEXTS))
    name = pick((f"{prefix}run_id", "datasets.name", "dataset.digest", "datasets.context"))
    values = pick((", ", ",")).join(chance.choices(("'a'", "'b c'", '"d"'), k=chance.randint(1, 3)))
    return f"{name} {pick(('IN', 'NOT IN', 'in'))} ({values})"


def _said(chance: Random, name: str, operator: str, value: str) -> str:
    space = " " if operator.isalpha() else chance.choice((" ", " ", "", "  "))
    return f"{name}{space}{operator}{space}{value}"


def filter_text(chance: Random) -> str:
    """Comparisons that all must hold; missing things are asked for as well."""
    parts = [comparison(chance) for _ in range(chance.choice((1, 1, 2, 3)))]
    if chance.random() < 0.1:
        parts.append(
            f"{chance.choice(('tags', 'params'))}.team IS {chance.choice(('', 'NOT '))}NULL"
        )
    return chance.choice((" and ", " AND ", "  AND ")).join(parts)


def broken(chance: Random, text: str) -> str:
    """A text with something taken out of it or put into it."""
    for _ in range(chance.choice((1, 1, 1, 2))):
        start = chance.randint(0, len(text))
        if chance.random() < 0.4:
            text = text[:start] + text[start + chance.randint(1, 4) :]
        else:
            space = chance.choice(("", " "))
            text = text[:start] + space + chance.choice(_PIECES) + space + text[start:]
    return text


def order_text(chance: Random) -> str:
    """A clause to order by."""
    name = chance.choice(
        (
            f"metrics.{chance.choice(_METRICS)}",
            f"params.{chance.choice(_PARAMS)}",
            f"tags.{chance.choice(_TAGS)}",
            f"attributes.{chance.choice((*_TIMES, 'status', 'run_name'))}",
            chance.choice(_TIMES),
        )
    )
    return name + chance.choice(("", " ASC", " DESC", " asc", " desc", "  DESC"))


def _parsed(text: str) -> list[list[Any]] | None:
    from mlflow.exceptions import MlflowException
    from mlflow.utils.search_utils import SearchUtils

    found = []
    try:
        for each in SearchUtils.parse_search_filter(text):
            kind, key, comparator = each["type"], each["key"], each["comparator"].upper()
            value = each["value"]
            checks = (
                SearchUtils.is_metric(kind, comparator)
                or SearchUtils.is_param(kind, comparator)
                or SearchUtils.is_tag(kind, comparator)
                or SearchUtils.is_attribute(kind, key, comparator)
                or SearchUtils.is_dataset(kind, comparator)
            )
            assert checks
            if kind == "metric":
                value = float(value)
            found.append(
                [kind, key, comparator, list(value) if isinstance(value, tuple) else value]
            )
    except (MlflowException, ValueError, TypeError, AttributeError, IndexError):
        return None
    return found


def _ordered(text: str) -> list[Any] | None:
    from mlflow.exceptions import MlflowException
    from mlflow.utils.search_utils import SearchUtils

    try:
        return list(SearchUtils.parse_order_by_for_search_runs(text))
    except (MlflowException, ValueError, IndexError):
        return None


def main() -> None:
    """Ask MLflow, and write down what it says."""
    import mlflow

    chance = Random(4)
    whole = [filter_text(chance) for _ in range(COUNT)]
    orders = [order_text(chance) for _ in range(COUNT // 10)]
    document = {
        "mlflow": mlflow.__version__,
        "whole": [[text, _parsed(text)] for text in whole],
        "broken": [[text, _parsed(text)] for text in (broken(chance, each) for each in whole)],
        "orders": [[text, _ordered(text)] for text in orders],
        "broken orders": [
            [text, _ordered(text)] for text in (broken(chance, each) for each in orders)
        ],
    }
    data = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
    RECORDED.write_bytes(gzip.compress(data, mtime=0))


if __name__ == "__main__":
    main()
