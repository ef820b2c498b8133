"""The store contract: which runs a query finds, in which order, on which page."""

from __future__ import annotations

import math
from datetime import timedelta

import pytest

from nbtrack.entities import EndReason, RunStatus
from nbtrack.errors import NotFoundError, UsageError
from nbtrack.records import Record, RunEnded
from nbtrack.store.base import RunQuery, Store
from nbtrack.testing.builders import points, run_started, whole_run
from nbtrack.testing.clock import START
from nbtrack.testing.contract_fixtures import ContractFixtures


def found(store: Store, filter_text: str = "", *order_by: str) -> str:
    """The letters of the runs that match, in order."""
    page = store.search_runs(RunQuery(filter=filter_text, order_by=order_by))
    assert store.count_runs(RunQuery(filter=filter_text)) == len(page.items)
    return "".join(run.run_id for run in page.items)


class SearchContract(ContractFixtures):
    """Searching follows MLflow's grammar; see `nbtrack.store.search` for what is beyond it."""

    @pytest.fixture
    def runs(self, store: Store) -> Store:
        """Runs ``a`` to ``e``, begun a second apart."""
        records: list[Record] = []
        for index, (letter, model, lr) in enumerate(
            [
                ("a", "rf", "0.1"),
                ("b", "svm", "10"),
                ("c", "RF", "9"),
                ("d", "tree", "none"),
                ("e", "it's", "1e-3"),
            ]
        ):
            records += whole_run(
                letter,
                run_name=f"run {letter}",
                params={"model": model, "lr": lr},
                metrics={} if letter == "e" else {"acc": index / 4, "val-loss": -index},
                tags={"my key": f"50% of {letter}"},
                started_at=START + timedelta(seconds=index),
                experiment="vowels" if letter in "ae" else "others",
                cell_id=f"cell-{letter}",
                parent_run_id="a" if letter in "bc" else None,
            )
        store.apply(records)
        return store

    @pytest.mark.parametrize(
        ("filter_text", "expected"),
        [
            ("", "edcba"),
            ("  ", "edcba"),
            ("metrics.acc > 0.25", "dc"),
            ("metrics.acc >= .25 AND metrics.acc < 0.75", "cb"),
            ("metrics.acc != 0", "dcb"),
            ("metric.`val-loss` <= -2", "dc"),
            ("metrics.val-loss = -1.0", "b"),
            ("metrics.acc IN (0, 0.75)", "da"),
            ("params.model = 'rf'", "a"),
            ('params.model = "rf"', "a"),
            ("parameters.model != 'rf'", "edcb"),
            ("params.model LIKE 'r%'", "a"),
            ("params.model ILIKE 'r%'", "ca"),
            ("params.model in ('svm', 'tree')", "db"),
            ("params.model NOT IN ('svm', 'tree')", "eca"),
            ("params.model = 'it''s'", "e"),
            (r"params.model = 'it\'s'", "e"),
            ("params.lr > 1", "cb"),
            ("params.lr = 0.001", "e"),
            ("params.nothing IS NULL", "edcba"),
            ("metrics.acc IS NULL", "e"),
            ("metrics.acc IS NOT NULL", "dcba"),
            ("tags.`my key` LIKE '%of b'", "b"),
            ("tags.\"my key\" = '50% of c'", "c"),
            ("run_id = 'c'", "c"),
            ("attributes.run_name = 'run d'", "d"),
            ("attributes.`Run name` LIKE '%b'", "b"),
            ("status = 'FINISHED' and run.status = 'finished'", "edcba"),
            ("user_id = 'ada' and cell_id IN ('cell-a', 'cell-b')", "ba"),
            ("duration_s = 2", "edcba"),
            ("experiment_name = 'vowels'", "ea"),
            ("start_time > '1999-12-31' AND end_time < '2999-12-31T12:00'", "edcba"),
            ("start_time <= 1767323046678", "ba"),
            ("params.model = 'rf' OR metrics.acc = 0.75", "da"),
            ("(run_id = 'a' OR run_id = 'b') AND metrics.acc > 0", "b"),
            ("run_id = 'a' OR run_id = 'b' AND metrics.acc > 0", "ba"),
            ("error_name = 'ValueError'", ""),
        ],
    )
    def test_filter(self, runs: Store, filter_text: str, expected: str) -> None:
        """A filter finds exactly the runs it describes, newest first."""
        assert found(runs, filter_text) == expected

    @pytest.mark.parametrize(
        "filter_text",
        [
            "metrics.acc > 'high'",
            "metrics.acc LIKE 'x'",
            "params.model = rf",
            "params.model > 'rf'",
            "tags.team = 3",
            "params.model = 'rf",
            "params.`model = 'rf'",
            "nonsense = 3",
            "datasets.size = 'x'",
            "datasets.name > 'x'",
            "params. = 'x'",
            "params.a =",
            "params.a 'x'",
            "params.a = 'x' params.b = 'y'",
            "params.a = 'x' AND",
            "(params.a = 'x'",
            "params.a IN ()",
            "params.a IN ('x', 3)",
            "status = 'broken'",
            "start_time > 'yesterday'",
            "experiment_id = 'x'",
            "(" * 4000,
            " AND ".join(["params.a = 'x'"] * 4000),
            "params.a = '\ud800'",
            ";",
        ],
    )
    def test_unreadable_filter(self, store: Store, filter_text: str) -> None:
        """A filter that cannot be read is refused, naming the place."""
        with pytest.raises(UsageError, match=r"\(character \d+\)|at its end"):
            store.search_runs(RunQuery(filter=filter_text))

    @pytest.mark.parametrize(
        ("order_by", "expected"),
        [
            (("start_time ASC",), "abcde"),
            (("attributes.start_time desc",), "edcba"),
            (("metrics.acc",), "abcde"),
            (("metrics.acc DESC",), "dcbae"),
            (("metrics.`val-loss` DESC",), "abcde"),
            (("params.lr DESC",), "bcaed"),
            (("params.lr",), "eacbd"),
            (("params.model",), "ceabd"),
            (("tags.`my key`",), "abcde"),
            (("experiment_name DESC", "run_name"), "aebcd"),
        ],
    )
    def test_order(self, runs: Store, order_by: tuple[str, ...], expected: str) -> None:
        """Clauses order in turn; what a run does not have comes last either way."""
        assert found(runs, "", *order_by) == expected

    def test_unreadable_order(self, store: Store) -> None:
        """An order that cannot be read is refused."""
        for clause in ("metrics.acc DOWN", "nonsense", "", "metrics.acc, params.lr"):
            with pytest.raises(UsageError):
                store.search_runs(RunQuery(order_by=(clause,)))

    def test_nan_is_neither_above_nor_below(self, runs: Store) -> None:
        """NaN matches no comparison, and comes after all numbers in either direction."""
        runs.apply([run_started("n"), points([math.nan], run_id="n", key="acc")])
        assert found(runs, "metrics.acc >= 0 OR metrics.acc < 0") == "dcba"
        assert found(runs, "", "metrics.acc") == "abcdne"
        assert found(runs, "", "metrics.acc DESC") == "dcbane"

    def test_restrictions(self, runs: Store) -> None:
        """Experiment, cell, parent and lifecycle restrict a search."""
        vowels = runs.find_experiment("vowels")
        assert vowels is not None

        def ids(query: RunQuery) -> str:
            return "".join(run.run_id for run in runs.search_runs(query).items)

        assert ids(RunQuery(experiment_ids=(vowels.experiment_id,))) == "ea"
        assert ids(RunQuery(experiment_ids=())) == ""
        assert ids(RunQuery(experiment_ids=("no number",))) == ""
        assert ids(RunQuery(cell_id="cell-b")) == "b"
        assert ids(RunQuery(parent_run_id="a")) == "cb"
        assert ids(RunQuery(notebook_id="unknown")) == ""
        runs.set_lifecycle(["b", "e"], deleted=True)
        assert ids(RunQuery()) == "dca"
        assert ids(RunQuery(view="deleted")) == "eb"
        assert ids(RunQuery(view="all")) == "edcba"
        runs.set_lifecycle(["e"], deleted=False)
        assert ids(RunQuery()) == "edca"

    def test_set_lifecycle_of_unknown_run(self, runs: Store) -> None:
        """Deleting an unknown run raises and deletes none of the others."""
        with pytest.raises(NotFoundError):
            runs.set_lifecycle(["a", "unknown"], deleted=True)
        assert runs.count_runs(RunQuery()) == 5

    @pytest.mark.parametrize("limit", [1, 2, 3, 5])
    @pytest.mark.parametrize("order_by", [(), ("metrics.acc DESC",), ("params.lr", "run_name")])
    def test_pages(self, runs: Store, limit: int, order_by: tuple[str, ...]) -> None:
        """Pages together are the whole list, also when runs are added in between."""
        expected = found(runs, "", *order_by)
        seen = ""
        token = None
        for _ in range(20):
            page = runs.search_runs(RunQuery(order_by=order_by, limit=limit, page_token=token))
            seen += "".join(run.run_id for run in page.items)
            token = page.next_page_token
            if token is None:
                break
            newest = START + timedelta(hours=len(seen))
            runs.apply([run_started(str(len(seen)), run_name="zz", started_at=newest)])
        assert token is None
        assert "".join(letter for letter in seen if letter in "abcde") == expected
        if not order_by:
            assert seen == expected

    def test_page_token_of_another_query(self, runs: Store) -> None:
        """A token that is none, or another query's, is refused."""
        token = runs.search_runs(RunQuery(limit=2)).next_page_token
        assert token is not None
        with pytest.raises(UsageError):
            runs.search_runs(RunQuery(limit=2, page_token=token, filter="run_id = 'a'"))
        for wrong in ("", "x", token[:-3], "é", "bnVsbA"):
            with pytest.raises(UsageError):
                runs.search_runs(RunQuery(limit=2, page_token=wrong))

    def test_limit(self, store: Store) -> None:
        """A limit outside 1 to 50 000 is refused."""
        for limit in (0, -1, 50_001):
            with pytest.raises(UsageError):
                store.search_runs(RunQuery(limit=limit))

    def test_get_runs(self, runs: Store) -> None:
        """Several runs come in the order asked for, a repeated one twice."""
        assert [run.run_id for run in runs.get_runs(["c", "a", "c"])] == ["c", "a", "c"]
        assert runs.get_runs([]) == []
        with pytest.raises(NotFoundError, match="zz"):
            runs.get_runs(["a", "zz"])

    def test_page_is_complete(self, runs: Store) -> None:
        """Runs of a page carry their params, metrics and tags."""
        run = runs.search_runs(RunQuery(filter="run_id = 'b'")).items[0]
        assert run == runs.get_run("b")
        assert run.data.params == {"model": "svm", "lr": "10"}
        assert run.data.metrics == {"acc": 0.25, "val-loss": -1.0}
        assert run.experiment_name == "others"

    def test_failed_runs(self, runs: Store) -> None:
        """Runs are found by how they ended."""
        ended = RunEnded("f", RunStatus.FAILED, EndReason.EXCEPTION, START, "KeyError", "'x'")
        runs.apply([run_started("f"), ended])
        assert found(runs, "error_name = 'KeyError' and status != 'FINISHED'") == "f"
        assert found(runs, "end_reason = 'exception'") == "f"
