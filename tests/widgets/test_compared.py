"""`nbtrack.compare` and `nbtrack.best_run`: which run is best, and what made the difference."""

from __future__ import annotations

import math
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

import nbtrack
from nbtrack.errors import NotFoundError, UsageError
from nbtrack.tracking import session as sessions
from nbtrack.tracking.session import Session


@pytest.fixture(autouse=True)
def here(tmp_path: Path) -> Iterator[None]:
    """A store of three runs: one good, one better in loss, one without numbers to speak of."""
    before = sessions.current
    sessions.use(Session(tmp_path / "store"))
    for name, lr, accuracy, loss in (
        ("first", 0.1, 0.9, 0.3),
        ("second <b>", 0.2, 0.8, 0.2),
        ("broken", 0.2, math.nan, math.inf),
    ):
        with nbtrack.start_run(run_name=name):
            nbtrack.log_params({"lr": lr, "model": "rf"})
            nbtrack.log(accuracy=accuracy, loss=loss, odd=accuracy)
    yield
    sessions.session().close()
    sessions.current = before


def test_the_best_run_is_told_by_the_metrics_name() -> None:
    """More accuracy, less loss; NaN and infinities do not count, and a filter narrows it."""
    assert nbtrack.best_run("accuracy").run_name == "first"
    assert nbtrack.best_run("loss").run_name == "second <b>"
    assert nbtrack.best_run("accuracy", filter_string="params.lr = '0.2'").run_name == "second <b>"
    assert nbtrack.best_run("odd", mode="min").run_name == "second <b>"


def test_a_best_run_that_cannot_be_told_is_a_clear_error() -> None:
    """A name without a direction asks for one; a metric that no run has is said."""
    with pytest.raises(UsageError, match=r"best_run\('odd', mode='max'\)"):
        nbtrack.best_run("odd")
    with pytest.raises(NotFoundError, match="No run among these has it"):
        nbtrack.best_run("auc")
    with pytest.raises(UsageError, match="cannot read the filter"):
        nbtrack.best_run("loss", filter_string="params.lr =")


def test_a_comparison_prints_what_differs_and_why() -> None:
    """Causes first, then rows with the best starred; what is equal is left out."""
    found = nbtrack.compare("first", "second <b>")
    assert found.causes[0].startswith("other params: lr 0.1 → 0.2")
    lines = repr(found).splitlines()
    assert lines[0] == "2 runs compared"
    (accuracy,) = [line for line in lines if " accuracy " in line]
    assert accuracy.split() == ["metric", "accuracy", "0.9", "★", "0.8"]
    assert not [line for line in lines if line.startswith("param") and "model" in line]


def test_a_comparison_is_a_data_frame() -> None:
    """All rows, metrics as numbers, None where a run has no value."""
    pytest.importorskip("pandas")
    runs = nbtrack.search_runs(output_format="list", order_by=["start_time"])
    frame = nbtrack.compare(runs).frame()
    assert list(frame.columns) == ["first", "second <b>", "broken", "differs"]
    assert frame.loc[("metric", "loss"), "second <b>"] == 0.2
    assert frame.loc[("param", "model"), "first"] == "rf"
    assert not frame.loc[("param", "model"), "differs"]


def test_a_comparison_renders_escaped_html() -> None:
    """What runs are called cannot break out of the table."""
    html = nbtrack.compare("first", "second <b>")._repr_html_()

    class Tags(HTMLParser):
        found: set[str] = set()  # noqa: RUF012 - one parser, one set

        def handle_starttag(self, tag: str, attrs: object) -> None:
            self.found.add(tag)

    parser = Tags()
    parser.feed(html)
    assert "b" not in parser.found
    assert "second &lt;b&gt;" in html


def test_comparing_needs_two_runs_that_exist() -> None:
    """One run, the same run twice, and a name that nobody has are clear errors."""
    with pytest.raises(UsageError, match="two or more different runs, not 1"):
        nbtrack.compare("first", "first")
    with pytest.raises(NotFoundError):
        nbtrack.compare("first", "third")
