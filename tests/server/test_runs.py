import json
import math
from datetime import timedelta

import numpy as np
import pytest

from nbtrack.entities import (
    EndReason,
    ExecutionStatus,
    KernelSession,
    Origin,
    RunStatus,
    utc_now,
)
from nbtrack.records import (
    ArtifactLogged,
    EnvironmentCaptured,
    ExecutionEnded,
    ExecutionStarted,
    MetricPoints,
    ParamLogged,
    RunEnded,
    RunStarted,
    SessionStarted,
    TagSet,
)

SESSION = "5" * 32


@pytest.fixture
def make_run(store):
    """Put a finished run into the store as a kernel would: ``make_run(1, acc=0.9)``."""
    store.apply([SessionStarted(KernelSession(SESSION, utc_now()))])

    def make(number, *, params=None, values=(), msg_id=None, parent=None, **metrics):
        run_id = f"{number:032x}"
        at = utc_now() + timedelta(seconds=number)
        ms = int(at.timestamp() * 1000)
        records = [
            RunStarted(
                run_id,
                f"run-{number}",
                at,
                SESSION,
                user_id="ada",
                msg_id=msg_id,
                parent_run_id=parent,
            )
        ]
        records += [ParamLogged(run_id, key, value) for key, value in (params or {}).items()]
        records += [
            MetricPoints(run_id, key, [0], [ms], [value], Origin("explicit"))
            for key, value in metrics.items()
        ]
        if len(values):
            records.append(
                MetricPoints(run_id, "curve", range(len(values)), [ms] * len(values), values)
            )
        records.append(RunEnded(run_id, RunStatus.FINISHED, EndReason.COMPLETED, at))
        store.apply(records)
        return run_id

    return make


async def test_the_run_table_is_paged(api, make_run):
    """Pages follow each other without gap or repeat, and tell the total."""
    made = [make_run(number, acc=number / 10) for number in range(1, 6)]
    seen, token = [], ""
    while True:
        status, page = await api("GET", "runs", limit=2, page_token=token)
        assert (status, page["total"]) == (200, 5)
        seen += [run["run_id"] for run in page["runs"]]
        token = page["next_page_token"]
        if token is None:
            break
    assert seen == made[::-1]


async def test_runs_are_filtered_and_ordered_by_mlflows_grammar(api, make_run):
    """The search grammar reaches the store; a mistake in it is explained."""
    for number in range(1, 5):
        make_run(number, acc=number / 10)
    status, page = await api("GET", "runs", filter="metrics.acc > 0.15", order_by="metrics.acc ASC")
    assert [run["run_name"] for run in page["runs"]] == ["run-2", "run-3", "run-4"]
    status, answer = await api("GET", "runs", filter="metrics.acc >")
    assert (status, answer["error"]["code"]) == (400, "bad_request")


async def test_runs_are_found_by_words_of_their_code_and_note(api, make_run, store):
    """``text`` looks into the code that ran and into notes."""
    store.apply([ExecutionStarted("e1", SESSION, "pd.read_csv('a')", utc_now())])
    coded, noted = make_run(1, msg_id="e1"), make_run(2)
    store.apply([TagSet(noted, "mlflow.note.content", "with another csv")])
    make_run(3)
    for text, expected in (("csv", [noted, coded]), ("read_csv", [coded]), ("parquet", [])):
        status, page = await api("GET", "runs", text=text)
        assert status == 200
        assert [run["run_id"] for run in page["runs"]] == expected
        assert page["total"] == len(expected)
    status, answer = await api("GET", "runs", text="()")
    assert (status, answer["error"]["code"]) == (400, "bad_request")


async def test_runs_of_an_unknown_notebook_are_none(api, make_run):
    """A path where nothing was recorded has no runs, which is no error."""
    make_run(1)
    assert await api("GET", "runs", path="fresh.ipynb") == (
        200,
        {"runs": [], "total": 0, "next_page_token": None},
    )


async def test_a_run_is_renamed_tagged_and_untagged(api, make_run, store):
    """A patch changes what it names and nothing else."""
    run_id = make_run(1)
    store.apply([TagSet(run_id, "old", "x"), TagSet(run_id, "kept", "y")])
    patch = {"run_name": "  winner ", "tags": {"old": None, "new": "z"}}
    status, run = await api("PATCH", f"runs/{run_id}", patch)
    assert (status, run["run_name"]) == (200, "winner")
    assert run["tags"] == {"kept": "y", "new": "z"}
    status, answer = await api("PATCH", f"runs/{run_id}", {"run_name": " "})
    assert (status, answer["error"]["code"]) == (400, "bad_request")


async def test_runs_are_deleted_and_brought_back(api, make_run):
    """Deleted runs leave the table, are found among the deleted, and can return."""
    run_id = make_run(1)
    assert await api("POST", "runs/delete", {"run_ids": [run_id]}) == (200, {"count": 1})
    assert (await api("GET", "runs"))[1]["total"] == 0
    assert (await api("GET", "runs", view="deleted"))[1]["total"] == 1
    assert await api("POST", "runs/undelete", {"run_ids": [run_id]}) == (200, {"count": 1})
    assert (await api("GET", "runs"))[1]["total"] == 1
    status, answer = await api("POST", "runs/delete", {"run_ids": ["e" * 32]})
    assert (status, answer["error"]["code"]) == (404, "not_found")


async def test_a_curve_is_thinned_but_keeps_its_peaks(api, make_run):
    """The one outlier among many points is drawn, and NaN is a word."""
    values = [0.0] * 20_000
    values[12_345], values[777] = 99.0, math.nan
    run_id = make_run(1, values=values)
    status, answer = await api("GET", f"runs/{run_id}/series", key="curve", max_points=200)
    [series] = answer["series"]
    assert (status, series["total"]) == (200, 20_000)
    assert len(series["values"]) <= 200
    assert series["steps"][series["values"].index(99.0)] == 12_345
    assert series["steps"][series["values"].index("NaN")] == 777
    assert (series["steps"][0], series["steps"][-1]) == (0, 19_999)


async def test_a_million_points_arrive_as_a_few_thousand(api, make_run):
    """The browser gets at most 2000 points of any curve, its ends and extremes among them."""
    values = np.random.default_rng(3).normal(size=1_000_000)
    run_id = make_run(1, values=values)
    status, answer = await api("GET", f"runs/{run_id}/series", key="curve")
    [series] = answer["series"]
    assert (status, series["total"]) == (200, 1_000_000)
    assert 1900 < len(series["values"]) <= 2000
    assert (min(series["values"]), max(series["values"])) == (values.min(), values.max())
    assert (series["values"][0], series["values"][-1]) == (values[0], values[-1])


async def test_a_series_the_run_does_not_have_is_left_out(api, make_run):
    """Comparing runs with different metrics asks for keys that some do not have."""
    run_id = make_run(1, acc=0.5)
    status, answer = await api("GET", f"runs/{run_id}/series", key="loss")
    assert (status, answer["series"]) == (200, [])


async def test_runs_are_compared_differences_first(api, make_run):
    """Params and metrics stand side by side, the best value is marked."""
    one = make_run(1, params={"lr": "0.1", "seed": "1"}, accuracy=0.8)
    two = make_run(2, params={"lr": "0.2", "seed": "1"}, accuracy=0.9)
    status, found = await api("GET", "compare", run_id=[one, two])
    assert status == 200
    assert [run["run_id"] for run in found["runs"]] == [one, two]
    rows = {(row["kind"], row["key"]): row for row in found["rows"]}
    assert rows["param", "lr"]["values"] == ["0.1", "0.2"]
    assert rows["param", "lr"]["differs"] is True
    assert rows["param", "seed"]["differs"] is False
    assert rows["metric", "accuracy"]["best"] == 1


async def test_a_runs_page_shows_what_it_depended_on(api, make_run, store):
    """Executions that bound what the run read are given in order, others are not."""
    at = utc_now()

    def execution(number, source, read=(), written=(), status=ExecutionStatus.OK):
        msg_id, started = f"e{number}", at + timedelta(seconds=number)
        return [
            ExecutionStarted(msg_id, SESSION, source, started, execution_count=number),
            ExecutionEnded(msg_id, status, started, 0.1, names_read=read, names_written=written),
        ]

    run_id = make_run(1, msg_id="e5")
    store.apply(
        [
            *execution(1, "x = 0", written=("x",)),
            *execution(2, "x = 1", written=("x",)),
            *execution(3, "noise = 9", written=("noise",)),
            *execution(4, "y = x", read=("x",), written=("y",)),
            *execution(5, "print(y)", read=("print", "y")),
            *execution(6, "y = 7", written=("y",)),
        ]
    )
    status, page = await api("GET", f"runs/{run_id}")
    assert status == 200
    assert page["execution"]["source"] == "print(y)"
    assert [item["source"] for item in page["earlier"]] == ["x = 1", "y = x"]
    assert page["environment"] is None


async def test_children_and_environment_are_on_the_page(api, make_run, store):
    """A parent's page lists its children; the stored environment is read back."""
    parent = make_run(1)
    child = make_run(2, parent=parent)
    document = {
        "python": "3.11.7",
        "implementation": "CPython",
        "platform": "Linux",
        "executable": "/usr/bin/python",
        "cpu_count": 2,
        "packages": [{"name": "numpy", "version": "2.4"}],
        "git": None,
    }
    [digest] = store.put_blobs([json.dumps(document).encode()])
    store.apply([EnvironmentCaptured(parent, digest)])
    _, page = await api("GET", f"runs/{parent}")
    assert [run["run_id"] for run in page["children"]] == [child]
    assert page["environment"] == document


@pytest.fixture
def make_artifact(store, make_run):
    """Log bytes to a new run; gives its id."""

    def make(path, content, media_type):
        run_id = make_run(1)
        [digest] = store.put_blobs([content])
        store.apply([ArtifactLogged(run_id, path, digest, len(content), media_type, utc_now())])
        return run_id

    return make


@pytest.mark.parametrize(
    ("path", "media_type", "shown", "saved"),
    [
        ("plots/roc curve.png", "image/png", "image/png", False),
        ("page.html", "text/html", "text/html; charset=utf-8", False),
        ("model.pkl", "application/x-pickle", "application/octet-stream", True),
        ("evil.js", "text/javascript", "application/octet-stream", True),
    ],
)
async def test_artifacts_cannot_act(jp_fetch, make_artifact, path, media_type, shown, saved):
    """Bytes come back exactly, sandboxed, never sniffed, and only as harmless types."""
    content = b"\x00<script>alert(1)</script>"
    run_id = make_artifact(path, content, media_type)
    where = ("nbtrack", "api", "runs", run_id, "artifacts", *path.split("/"))
    response = await jp_fetch(*where)
    assert response.body == content
    headers = response.headers
    assert headers["Content-Type"] == shown
    assert headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert ("attachment" in headers.get("Content-Disposition", "")) is saved
    head = await jp_fetch(*where, method="HEAD")
    assert (head.headers["Content-Length"], head.body) == (str(len(content)), b"")
    unchanged = await jp_fetch(
        *where, headers={"If-None-Match": headers["Etag"]}, raise_error=False
    )
    assert unchanged.code == 304


async def test_an_unknown_artifact_is_not_found(api, make_artifact):
    """The error has the common shape here, too."""
    run_id = make_artifact("a.txt", b"x", "text/plain")
    status, answer = await api("GET", f"runs/{run_id}/artifacts/b.txt")
    assert (status, answer["error"]["code"]) == (404, "not_found")


async def test_words_are_searched_in_code_and_notes(api, make_run, store):
    """Matches say what and where; an unknown notebook has none, and no words are an error."""
    store.apply([ExecutionStarted("e1", SESSION, "x = 1\npd.read_csv('a')", utc_now())])
    run_id = make_run(1, msg_id="e1")
    status, answer = await api("GET", "search", text="read_csv")
    [match] = answer["matches"]
    assert (status, answer["next_page_token"]) == (200, None)
    assert (match["kind"], match["line"], match["snippet"]) == ("code", 2, "pd.read_csv('a')")
    assert (match["run_ids"], match["notebook_path"]) == ([run_id], None)
    assert await api("GET", "search", text="read_csv", path="none.ipynb") == (
        200,
        {"matches": [], "next_page_token": None},
    )
    for wrong in ({}, {"text": "()"}, {"text": "a", "limit": 0}):
        status, answer = await api("GET", "search", **wrong)
        assert (status, answer["error"]["code"]) == (400, "bad_request")
