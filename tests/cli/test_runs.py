"""``nbtrack runs``: what it lists, finds, compares and deletes."""

from __future__ import annotations

import math

import pytest

from nbtrack.entities import EndReason
from nbtrack.records import TagSet
from nbtrack.store.base import Store
from tests.cli.conftest import Command, add_run


@pytest.fixture
def three_runs(store: Store) -> None:
    """Three runs with different params and metrics."""
    add_run(store, "a", "baseline", params={"C": "1"}, metrics={"accuracy": [0.9]})
    add_run(store, "b", "svm", params={"C": "10"}, metrics={"accuracy": [0.97]})
    add_run(store, "c", "network", params={"layers": "2"}, metrics={"loss": [3.0, 2.0, math.nan]})


@pytest.mark.usefixtures("three_runs")
class TestList:
    def test_in_a_pipe_it_is_tab_separated_newest_first(self, nbtrack: Command) -> None:
        """A pipe gets one line a run, with every param and metric in a column of its own."""
        answer = nbtrack("runs", "list")
        assert answer.code == 0
        assert [row["run_name"] for row in answer.rows] == ["network", "svm", "baseline"]
        assert answer.rows[1]["params.C"] == "10"
        assert answer.rows[1]["metrics.accuracy"] == "0.97"
        assert answer.rows[1]["metrics.loss"] == ""

    def test_json_has_the_shape_of_the_api(self, nbtrack: Command) -> None:
        """JSON is the API's page of runs, and says values that JSON has no number for."""
        page = nbtrack("runs", "list", "--json").json
        assert page["total"] == 3
        assert page["next_page_token"] is None
        assert [run["run_name"] for run in page["runs"]] == ["network", "svm", "baseline"]
        (loss,) = page["runs"][0]["metrics"]
        assert (loss["last"], loss["count"], loss["min"]) == ("NaN", 3, 2.0)

    def test_filter_order_and_limit(self, nbtrack: Command) -> None:
        """--filter, --order-by and -n are the store's filter, order and page size."""
        words = ("--filter", "metrics.accuracy > 0.5", "--order-by", "metrics.accuracy ASC")
        found = nbtrack("runs", "list", *words).rows
        assert [row["run_name"] for row in found] == ["baseline", "svm"]
        assert len(nbtrack("runs", "list", "-n", 1).rows) == 1
        assert len(nbtrack("runs", "list", "-n", 1, "--all").rows) == 3

    def test_words_of_code_and_notes(self, nbtrack: Command, store: Store) -> None:
        """--text finds runs by what their code and notes say, together with a filter."""
        for letter, note in (("a", "overfits badly"), ("b", "overfits a little")):
            store.apply([TagSet(letter * 32, "mlflow.note.content", note)])
        found = nbtrack("runs", "list", "--text", "overfits").rows
        assert [row["run_name"] for row in found] == ["svm", "baseline"]
        words = ("--text", "overfits", "--filter", "params.C > 5")
        assert [row["run_name"] for row in nbtrack("runs", "list", *words).rows] == ["svm"]
        assert nbtrack("runs", "list", "--text", "overfits well", "--json").json["total"] == 0
        assert nbtrack("runs", "list", "--text", "?").code == 2

    def test_a_bad_filter_is_a_usage_error(self, nbtrack: Command) -> None:
        """A filter that cannot be read is wrong usage, said without a traceback."""
        answer = nbtrack("runs", "list", "--filter", "metrics.accuracy >")
        assert answer.code == 2
        assert answer.err.startswith("nbtrack: ")
        assert "Traceback" not in answer.err

    def test_an_unknown_experiment_names_those_there_are(self, nbtrack: Command) -> None:
        """Asking for an experiment that is not there says which ones are."""
        answer = nbtrack("runs", "list", "--experiment", "nope")
        assert answer.code == 1
        assert "Default" in answer.err


class TestFind:
    def test_by_id_beginning_of_id_and_name(self, nbtrack: Command, store: Store) -> None:
        """A run is found by its id, the beginning of it, and its name."""
        run_id = add_run(store, "a", "baseline")
        for text in (run_id, "aaaa", "baseline"):
            assert nbtrack("runs", "show", text, "--json").json["run"]["run_id"] == run_id

    def test_a_name_that_two_runs_have_is_refused(self, nbtrack: Command, store: Store) -> None:
        """A name that several runs have is wrong usage; the message gives their ids."""
        add_run(store, "a", "forest")
        add_run(store, "b", "forest")
        answer = nbtrack("runs", "show", "forest")
        assert answer.code == 2
        assert "aaaaaaaaaaaa" in answer.err
        assert "bbbbbbbbbbbb" in answer.err

    def test_an_unknown_run_is_not_found(self, nbtrack: Command, store: Store) -> None:
        """A run that is not there exits 1 with the one JSON error shape."""
        answer = nbtrack("runs", "show", "it's", "--json")
        assert answer.code == 1
        assert answer.json["error"]["code"] == "not_found"
        assert set(answer.json["error"]) == {"code", "message"}

    def test_a_dead_process_reads_as_interrupted(self, nbtrack: Command, store: Store) -> None:
        """A run whose kernel died is shown as interrupted, not by its status."""
        add_run(store, "a", "lost", end_reason=EndReason.PROCESS_DIED)
        assert nbtrack("runs", "list").rows[0]["status"] == "interrupted"
        assert "interrupted" in nbtrack("runs", "show", "lost").out


@pytest.mark.usefixtures("three_runs")
class TestCompare:
    def test_only_differences(self, nbtrack: Command) -> None:
        """--only-differences leaves out what all runs have in common."""
        every = nbtrack("runs", "compare", "baseline", "svm", "--json").json["rows"]
        different = nbtrack("runs", "compare", "baseline", "svm", "--only-differences", "--json")
        rows = different.json["rows"]
        assert {row["key"] for row in rows} >= {"C", "accuracy"}
        assert all(row["differs"] for row in rows)
        assert len(rows) <= len(every)

    def test_a_column_a_run(self, nbtrack: Command) -> None:
        """The table has a column for each run, in the order they were named."""
        rows = nbtrack("runs", "compare", "svm", "baseline").rows
        (row,) = [row for row in rows if row["Key"] == "C"]
        assert (row["svm"], row["baseline"]) == ("10", "1")

    def test_one_run_is_not_enough(self, nbtrack: Command) -> None:
        """Comparing one run is wrong usage."""
        assert nbtrack("runs", "compare", "svm").code == 2


@pytest.mark.usefixtures("three_runs")
class TestDelete:
    def test_a_deleted_run_can_be_restored(self, nbtrack: Command) -> None:
        """Deleting hides runs, says how to undo it, and restoring brings them back."""
        answer = nbtrack("runs", "delete", "svm", "baseline")
        assert answer.code == 0
        assert "nbtrack runs restore bbbbbbbb aaaaaaaa" in answer.out
        assert [row["run_name"] for row in nbtrack("runs", "list").rows] == ["network"]
        assert len(nbtrack("runs", "list", "--deleted").rows) == 2
        assert nbtrack("runs", "restore", "bbbb", "aaaa", "--json").json == {"count": 2}
        assert len(nbtrack("runs", "list").rows) == 3

    def test_one_unknown_run_deletes_none(self, nbtrack: Command) -> None:
        """When one of the named runs is not there, none is deleted."""
        assert nbtrack("runs", "delete", "svm", "nope").code == 1
        assert len(nbtrack("runs", "list").rows) == 3
