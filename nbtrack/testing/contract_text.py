"""The store contract: which code and notes a full-text search finds."""

from __future__ import annotations

from datetime import timedelta

import pytest

from nbtrack.errors import UsageError
from nbtrack.records import Record, TagSet
from nbtrack.store.base import RunQuery, Store
from nbtrack.store.texts import NOTE_TAG
from nbtrack.testing.builders import execution_started, run_started, session_started
from nbtrack.testing.clock import START
from nbtrack.testing.contract_fixtures import ContractFixtures

CODE = {
    "1": "import pandas as pd\ntable = pd.read_csv('data/Größe.csv')",
    "2": "model = RandomForestClassifier(n_estimators=100)\nmodel.fit(X, y)",
    "3": "x = 1",
}


def found(store: Store, query: str, notebook_id: str | None = None) -> list[str | None]:
    """The executions and runs that match, newest first."""
    return [match.msg_id for match in store.search_text(query, notebook_id=notebook_id).items]


class TextContract(ContractFixtures):
    """Words are looked for in the code of executions and in the notes of runs."""

    @pytest.fixture
    def texts(self, store: Store) -> Store:
        """Three executions a minute apart, each with a run of the same letter."""
        records: list[Record] = [session_started()]
        for index, (msg_id, source) in enumerate(CODE.items()):
            at = START + timedelta(minutes=index)
            records.append(execution_started(msg_id, source=source, started_at=at))
            records.append(run_started(f"run-{msg_id}", msg_id=msg_id, started_at=at))
        records.append(TagSet("run-3", NOTE_TAG, "Not as good\nas the random forest. Try pandas."))
        store.apply(records)
        return store

    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            ("read_csv", ["1"]),
            ("pd.read_csv(", ["1"]),
            ("csv", ["1"]),
            ("rea", ["1"]),
            ("ead", []),
            ("grosse", []),
            ("größe", ["1"]),
            ("GROSSE", []),
            ("GRÖSSE", []),
            ("grö", ["1"]),
            ("gro", ["1"]),
            ("randomforest", ["2"]),
            ("random forest", ["3"]),
            ("forest random", ["3"]),
            ('"random forest"', ["3"]),
            ('"forest random"', []),
            ('"rand"', []),
            ("pandas", ["3", "1"]),
            ("pandas csv", ["1"]),
            ("n_estimators=100", ["2"]),
            ("fit NOT model", []),
            ('a" OR "b', []),
            ("body: pandas", []),
            ("pandas*", ["3", "1"]),
            ("(pandas", ["3", "1"]),
        ],
    )
    def test_words(self, texts: Store, query: str, expected: list[str]) -> None:
        """Words are found where they begin, in any order and case; phrases as they are."""
        assert found(texts, query) == expected
        runs = texts.search_runs(RunQuery(text=query)).items
        assert [run.msg_id for run in runs] == expected

    def test_match_says_where(self, texts: Store) -> None:
        """A match has the line that shows it, and leads to the execution and its runs."""
        [match] = texts.search_text("fit model").items
        assert (match.kind, match.line, match.snippet) == ("code", 2, "model.fit(X, y)")
        assert (match.msg_id, match.cell_id, match.run_ids) == ("2", "cell-1", ("run-2",))
        assert match.found_at == START + timedelta(minutes=1)
        [note] = texts.search_text('"forest"').items
        assert (note.kind, note.line) == ("note", 2)
        assert note.snippet == "as the random forest. Try pandas."
        assert note.run_ids == ("run-3",)

    def test_same_code_is_one_match(self, texts: Store) -> None:
        """Code that ran again is one match, as new as its last execution."""
        later = START + timedelta(hours=1)
        texts.apply(
            [
                execution_started("4", source=CODE["1"], started_at=later),
                run_started("run-4", msg_id="4", started_at=later),
            ]
        )
        [match] = texts.search_text("read_csv").items
        assert (match.msg_id, match.found_at) == ("4", later)
        assert match.run_ids == ("run-4", "run-1")
        texts.set_lifecycle(["run-4"], deleted=True)
        assert texts.search_text("read_csv").items[0].run_ids == ("run-1",)

    def test_notes_change(self, texts: Store) -> None:
        """A note is found by what it says now; one that is gone, or whose run is, by nothing."""
        texts.apply([TagSet("run-3", NOTE_TAG, "promising"), TagSet("run-1", NOTE_TAG, "forest")])
        assert found(texts, '"forest"') == ["1"]
        assert found(texts, "promising") == ["3"]
        texts.apply([TagSet("run-3", NOTE_TAG, None)])
        assert found(texts, "promising") == []
        texts.set_lifecycle(["run-1"], deleted=True)
        assert found(texts, '"forest"') == []
        texts.set_lifecycle(["run-1"], deleted=False)
        assert found(texts, '"forest"') == ["1"]

    def test_in_filters(self, texts: Store) -> None:
        """A filter takes words as well, and tells code from notes."""

        def runs(filter_text: str) -> str:
            items = texts.search_runs(RunQuery(filter=filter_text)).items
            assert texts.count_runs(RunQuery(filter=filter_text)) == len(items)
            return "".join(run.msg_id or "" for run in items)

        assert runs("code MATCH 'pandas'") == "1"
        assert runs("attributes.note MATCH 'pandas'") == "3"
        assert runs("text MATCH 'pandas'") == "31"
        assert runs("text MATCH 'pandas' AND start_time > '2001-01-01'") == "31"
        assert runs("code MATCH 'fit' OR note MATCH 'pandas'") == "32"
        for wrong in (
            "code MATCH '()'",
            "code LIKE '%x%'",
            "code MATCH 3",
            "params.a MATCH 'x'",
            "run_name MATCH 'x'",
        ):
            with pytest.raises(UsageError, match="character"):
                runs(wrong)

    def test_nothing_to_look_for(self, store: Store) -> None:
        """A query without a letter or digit is refused, and so is a limit that cannot be."""
        for query in ("", " ", '"', "==", "_"):
            with pytest.raises(UsageError):
                store.search_text(query)
        for limit in (0, 1001):
            with pytest.raises(UsageError):
                store.search_text("x", limit=limit)

    def test_pages_of_matches(self, texts: Store) -> None:
        """Pages together are all matches, in order; a token of another query is refused."""
        seen: list[str | None] = []
        token = None
        for _ in range(3):
            page = texts.search_text("pandas", limit=1, page_token=token)
            seen += [match.msg_id for match in page.items]
            token = page.next_page_token
            if token is None:
                break
            with pytest.raises(UsageError):
                texts.search_text("forest", page_token=token)
        assert seen == ["3", "1"]
        assert token is None

    def test_only_in_a_notebook(self, store: Store) -> None:
        """A search can be restricted to what ran in one notebook."""
        store.apply(
            [
                session_started(notebook_path="/data/a.ipynb"),
                execution_started("1", source="alpha"),
                session_started("6" * 32, kernel_id=None, notebook_path="/data/b.ipynb"),
                execution_started("2", source="alpha + 1", session_id="6" * 32),
            ]
        )
        notebook = store.find_notebook("/data/b.ipynb")
        assert notebook is not None
        assert found(store, "alpha", notebook.notebook_id) == ["2"]
        assert len(found(store, "alpha")) == 2

    def test_code_that_is_no_text(self, store: Store) -> None:
        """Code with half a surrogate pair is recorded and found by its words."""
        store.apply([session_started(), execution_started("1", source="alpha = '\ud800'")])
        assert found(store, "alpha") == ["1"]
