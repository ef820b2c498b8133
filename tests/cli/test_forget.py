"""``nbtrack forget``: says what it would do, does it when told, refuses while others write."""

from __future__ import annotations

import json

from nbtrack.records import ParamLogged
from nbtrack.testing.builders import run_ended, run_started, session_started


def test_it_says_first_and_does_it_with_yes(nbtrack, store) -> None:
    """Without --yes nothing is changed; with it the text is gone."""
    store.apply(
        [session_started(), run_started(), ParamLogged("run-1", "key", "zebra-4711"), run_ended()]
    )
    said = nbtrack("forget", "zebra-4711")
    assert said.code == 0
    assert "Would be removed" in said.out
    assert store.get_run("run-1").params["key"].value == "zebra-4711"
    assert "Removed" in nbtrack("forget", "zebra-4711", "--yes").out
    assert store.get_run("run-1").params["key"].value == "***forgotten***"
    assert "nowhere" in nbtrack("forget", "zebra-4711").out
    assert json.loads(nbtrack("forget", "zebra-4711", "--json").out)["contents"] == 0


def test_wrong_usage_says_what_is_right(nbtrack) -> None:
    """A text or a cell, not both and not neither; a cell needs its notebook."""
    for words in ([], ["text", "--cell", "a", "--notebook", "n.ipynb"], ["--cell", "a"]):
        found = nbtrack("forget", *words)
        assert found.code == 2
        assert "--notebook PATH and --cell ID" in found.err
