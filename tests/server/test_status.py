import json

import pytest

from nbtrack import __version__

ENDPOINTS = [
    ("GET", "status"),
    ("GET", "runs"),
    ("GET", "runs/" + "a" * 32),
    ("PATCH", "runs/" + "a" * 32),
    ("POST", "runs/delete"),
    ("POST", "runs/undelete"),
    ("GET", "runs/" + "a" * 32 + "/series"),
    ("GET", "runs/" + "a" * 32 + "/artifacts/x.txt"),
    ("GET", "compare"),
    ("GET", "experiments"),
    ("GET", "notebooks"),
    ("GET", "notebooks/" + "a" * 32 + "/revisions"),
    ("POST", "notebooks/" + "a" * 32 + "/checkpoint"),
    ("GET", "notebooks/" + "a" * 32 + "/cost"),
    ("POST", "history/switch"),
    ("GET", "revisions/" + "a" * 32),
    ("PATCH", "revisions/" + "a" * 32),
    ("GET", "revisions/" + "a" * 32 + "/document"),
    ("GET", "diff"),
    ("GET", "revisions/" + "a" * 32 + "/cells/b"),
    ("GET", "documents/d/metadata"),
    ("POST", "snapshots"),
    ("POST", "documents/d1/close"),
    ("GET", "nothing/here"),
]


async def test_status_names_version_and_store(api, store_path):
    """The settings page learns what runs here."""
    status, body = await api("GET", "status")
    assert status == 200
    assert body["version"] == __version__
    assert str(store_path) in body["store"]
    assert body["capture_history"] is True
    assert body["user"]


@pytest.mark.parametrize(("method", "path"), ENDPOINTS)
async def test_nothing_answers_without_the_token(method, path, http_server_client, jp_base_url):
    """Every endpoint asks who is there before anything else."""
    response = await http_server_client.fetch(
        jp_base_url + "nbtrack/api/" + path,
        method=method,
        body="{}" if method != "GET" else None,
        raise_error=False,
    )
    assert response.code == 403
    assert json.loads(response.body)["error"]["code"] == "forbidden"


async def test_a_cookie_alone_cannot_write(http_server_client, jp_base_url, jp_serverapp):
    """A page elsewhere that rides on the browser's login reads nothing and writes nothing."""
    token = jp_serverapp.identity_provider.token
    status = jp_base_url + "nbtrack/api/status"
    login = await http_server_client.fetch(f"{status}?token={token}")
    cookies = [cookie.split(";")[0] for cookie in login.headers.get_list("Set-Cookie")]
    headers = {"Cookie": "; ".join(cookies)}
    referer = {"Referer": str(jp_serverapp.connection_url)}
    allowed = await http_server_client.fetch(status, headers=headers | referer)
    assert allowed.code == 200
    response = await http_server_client.fetch(
        jp_base_url + "nbtrack/api/runs/delete",
        method="POST",
        headers=headers,
        body='{"run_ids": []}',
        raise_error=False,
    )
    assert response.code == 403
    assert "_xsrf" in json.loads(response.body)["error"]["message"]


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code", "part"),
    [
        ("GET", "nothing/here", None, 404, "not_found", "nothing/here"),
        ("DELETE", "runs", None, 405, "bad_request", ""),
        ("GET", "runs/" + "a" * 32, None, 404, "not_found", "a" * 32),
        ("GET", "revisions/" + "b" * 32, None, 404, "not_found", "b" * 32),
        ("GET", "notebooks/" + "b" * 32 + "/revisions", None, 404, "not_found", "b" * 32),
        ("POST", "runs/delete", {"run_ids": 3}, 400, "bad_request", "$.run_ids"),
        ("POST", "runs/delete", {"runs": []}, 400, "bad_request", "`runs`"),
        ("POST", "snapshots", {}, 400, "bad_request", "document_id"),
        ("GET", "compare", None, 400, "bad_request", "run_id"),
        ("GET", "notebooks", None, 400, "bad_request", "path"),
    ],
)
async def test_every_error_has_one_shape(api, method, path, body, status, code, part):
    """A wrong request says what is wrong, in one form, with a word for programs."""
    got, answer = await api(method, path, body)
    assert (got, answer["error"]["code"]) == (status, code)
    assert part in answer["error"]["message"]
    assert set(answer) == {"error"}


async def test_broken_json_is_told_as_such(jp_fetch):
    """A body that is no JSON is a bad request, not a failure."""
    response = await jp_fetch(
        "nbtrack", "api", "runs", "delete", method="POST", body="{", raise_error=False
    )
    assert response.code == 400
    assert "not JSON" in json.loads(response.body)["error"]["message"]


@pytest.mark.parametrize("query", [{"limit": "many"}, {"limit": 0}, {"view": "all of them"}])
async def test_a_wrong_query_argument_is_named(api, query):
    """The message says which argument and what it may be."""
    status, answer = await api("GET", "runs", **query)
    assert status == 400
    assert next(iter(query)) in answer["error"]["message"]
