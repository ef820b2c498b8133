from datetime import timedelta

from nbtrack.entities import RevisionReason, utc_now
from nbtrack.history.manifest import encode
from nbtrack.history.normal import normalise
from nbtrack.history.record import Snapshot, record
from tests.history.documents import code, notebook

HOUR = timedelta(hours=1)


def fill(store, path, *documents):
    """A notebook with a revision for each document; gives its id and the revisions."""
    book = store.create_notebook(str(path))
    made = [
        record(
            store,
            book.notebook_id,
            Snapshot(encode(document), RevisionReason.SAVE, "ada", utc_now() + n * HOUR),
        ).revision
        for n, document in enumerate(documents)
    ]
    return book.notebook_id, made


async def test_the_history_is_paged_newest_first(api, store, jp_root_dir):
    """Pages join without gap; the author and the changes are told."""
    states = [notebook(code(f"a = {n}", "a"), code("b", "b")) for n in range(5)]
    book, made = fill(store, jp_root_dir / "book.ipynb", *states)
    seen, token = [], ""
    while token is not None:
        status, page = await api("GET", f"notebooks/{book}/revisions", limit=2, page_token=token)
        assert status == 200
        seen += page["revisions"]
        token = page["next_page_token"]
    assert [revision["number"] for revision in seen] == [5, 4, 3, 2, 1]
    assert seen[0]["author"] == "ada"
    assert seen[0]["changes"] == [{"cell_id": "a", "kind": "edited", "preview": "a = 4"}]
    assert seen[0]["parent_id"] == made[3].revision_id
    status, page = await api("GET", f"notebooks/{book}/revisions", cell_id="b")
    assert [revision["number"] for revision in page["revisions"]] == [1]


async def test_a_revision_gives_its_whole_document(api, store, jp_root_dir):
    """With outputs exactly as recorded, without them unexecuted."""
    document = notebook(code("a", "a", "shown"))
    _, [revision] = fill(store, jp_root_dir / "book.ipynb", document)
    status, answer = await api("GET", f"revisions/{revision.revision_id}/document")
    assert (status, answer["notebook"]) == (200, normalise(document).document())
    _, bare = await api("GET", f"revisions/{revision.revision_id}/document", outputs=0)
    assert bare["notebook"]["cells"][0]["outputs"] == []


async def test_two_revisions_are_compared(api, store, jp_root_dir):
    """Counts and texts of both sides are given; outputs are only counted."""
    old, new = notebook(code("a = 1", "a")), notebook(code("a = 2", "a", "2"), code("b", "b"))
    _, [first, second] = fill(store, jp_root_dir / "book.ipynb", old, new)
    status, found = await api("GET", "diff", old=first.revision_id, new=second.revision_id)
    assert (status, found["edited"], found["added"], found["removed"]) == (200, 1, 1, 0)
    assert (found["old"]["number"], found["new"]["number"]) == (1, 2)
    assert [cell["status"] for cell in found["cells"]] == ["edited", "added"]
    edited = found["cells"][0]
    assert (edited["old_output_count"], edited["new_output_count"]) == (0, 1)
    assert (edited["old_source"], edited["new_source"]) == ("a = 1", "a = 2")
    _, swapped = await api("GET", "diff", old=second.revision_id, new=first.revision_id)
    assert (swapped["edited"], swapped["added"], swapped["removed"]) == (1, 0, 1)


async def test_a_cell_and_the_metadata_of_a_revision_are_read_alone(api, store, jp_root_dir):
    """What a comparison shows when it is opened: a cell with its outputs, the metadata."""
    book = notebook(code("a", "a", "seen"), authors=["ada"])
    _, [revision] = fill(store, jp_root_dir / "book.ipynb", book)
    where = f"revisions/{revision.revision_id}"
    _, answer = await api("GET", f"{where}/cells/a")
    assert answer["cell"] == normalise(book).document()["cells"][0]
    assert (await api("GET", f"{where}/metadata"))[1] == {"metadata": {"authors": ["ada"]}}
    status, answer = await api("GET", f"{where}/cells/b")
    assert (status, answer["error"]["code"]) == (404, "not_found")


async def test_a_diff_with_a_document_that_is_not_open_asks_for_it(api, store, jp_root_dir):
    """The browser is told to send its document first."""
    _, [revision] = fill(store, jp_root_dir / "book.ipynb", notebook(code("a", "a")))
    status, answer = await api("GET", "diff", old=revision.revision_id, new="live", document_id="d")
    assert (status, answer["error"]["code"]) == (409, "conflict")


async def test_a_label_is_given_and_taken_away(api, store, jp_root_dir):
    """A blank label removes the name."""
    _, [revision] = fill(store, jp_root_dir / "book.ipynb", notebook(code("a", "a")))
    where = f"revisions/{revision.revision_id}"
    assert (await api("PATCH", where, {"label": "v1"}))[1]["label"] == "v1"
    assert (await api("PATCH", where, {"label": "  "}))[1]["label"] is None


async def test_a_notebook_is_found_by_path_and_by_id(api, store, jp_root_dir):
    """The path is the contents API's both ways; an unknown one has no history yet."""
    book, _ = fill(store, jp_root_dir / "sub" / "book.ipynb", notebook(code("a", "a")))
    _, by_path = await api("GET", "notebooks", path="sub/book.ipynb")
    _, by_id = await api("GET", "notebooks", notebook_id=book)
    assert by_path == by_id
    assert (by_id["path"], by_id["revision_count"], by_id["run_count"]) == ("sub/book.ipynb", 1, 0)
    _, unknown = await api("GET", "notebooks", path="other.ipynb")
    assert (unknown["notebook_id"], unknown["revision_count"]) == (None, 0)


async def test_a_store_that_cannot_be_opened_is_told(api, jp_root_dir, tmp_path, monkeypatch):
    """The server goes on; each endpoint says what is wrong with the store."""
    blocked = tmp_path / "a-file"
    blocked.write_text("not a directory")
    monkeypatch.setenv("NBTRACK_STORE", str(blocked))
    status, answer = await api("GET", "status")
    assert (status, answer["error"]["code"]) == (503, "store")
    assert answer["error"]["message"]
    blocked.unlink()
    assert (await api("GET", "status"))[0] == 200


async def test_revisions_are_chosen_by_the_store(api, store, jp_root_dir):
    """The same choice for a page, which can begin anywhere, and for the timeline."""
    states = [notebook(code(f"a = {n // 2}", "a"), code(f"b = {n}", "b")) for n in range(6)]
    book, made = fill(store, jp_root_dir / "book.ipynb", *states)
    store.label_revision(made[0].revision_id, "v1")
    _, page = await api("GET", f"notebooks/{book}/revisions", cell_id="a", before=5, limit=1)
    assert [revision["number"] for revision in page["revisions"]] == [3]
    _, times = await api("GET", f"notebooks/{book}/timeline", cell_id="a")
    assert (times["numbers"], times["total"], times["authors"]) == ([5, 3, 1], 6, ["ada"])
    _, times = await api("GET", f"notebooks/{book}/timeline", cell_id="a", named="1")
    assert times["numbers"] == [1]
    _, times = await api("GET", f"notebooks/{book}/timeline", author="bob")
    assert (times["numbers"], times["session_starts"]) == ([], [])
    status, answer = await api("GET", f"notebooks/{book}/timeline", named="yes")
    assert (status, answer["error"]["code"]) == (400, "bad_request")


async def test_a_cells_versions_are_paged(api, store, jp_root_dir):
    """Each page goes on where the one before ended."""
    states = [notebook(code(f"a = {n}", "a", f"{n}"), code("b", "b")) for n in range(3)]
    book, _ = fill(store, jp_root_dir / "book.ipynb", *states)
    status, strip = await api("GET", f"notebooks/{book}/cells/a", limit=2)
    assert (status, strip["next_before"]) == (200, 2)
    assert [frame["source"] for frame in strip["frames"]] == ["a = 2", "a = 1"]
    _, rest = await api("GET", f"notebooks/{book}/cells/a", limit=2, before=strip["next_before"])
    assert [frame["source"] for frame in rest["frames"]] == ["a = 0"]
    assert rest["next_before"] is None


async def test_histories_are_searched(api, store, jp_root_dir):
    """In the notebook at a path, or everywhere; marks say where the words are."""
    texts = [notebook(code(f"speed = {n}", "a"), code("b", "b")) for n in range(3)]
    _, made = fill(store, jp_root_dir / "book.ipynb", *texts)
    fill(store, jp_root_dir / "other.ipynb", notebook(code("full speed", "x", "top speed")))
    status, page = await api("GET", "history/search", text="speed", path="book.ipynb")
    [match] = page["matches"]
    assert (status, match["notebook_path"], match["cell_id"]) == (200, "book.ipynb", "a")
    assert (match["snippet"], match["marks"], match["version_count"]) == ("speed = 2", [[0, 5]], 3)
    assert (match["found_id"], match["first_number"]) == (made[2].revision_id, 1)
    _, everywhere = await api("GET", "history/search", text="speed")
    assert sorted(match["part"] for match in everywhere["matches"]) == [
        "output",
        "source",
        "source",
    ]
    _, nowhere = await api("GET", "history/search", text="speed", path="new.ipynb")
    assert nowhere == {"matches": [], "next_page_token": None}
    status, answer = await api("GET", "history/search", text="!")
    assert (status, answer["error"]["code"]) == (400, "bad_request")


async def test_figures_are_listed_and_served_harmless(api, store, jp_root_dir, jp_fetch):
    """A drawing comes as what it is, sandboxed and never sniffed."""
    drawn = '<svg xmlns="http://www.w3.org/2000/svg"><script>x</script></svg>'
    cell = code("plot()", "a")
    cell["outputs"] = [
        {"output_type": "display_data", "metadata": {}, "data": {"image/svg+xml": drawn}}
    ]
    book, [revision] = fill(store, jp_root_dir / "book.ipynb", notebook(cell))
    _, page = await api("GET", f"notebooks/{book}/figures")
    [figure] = page["figures"]
    assert (figure["cell_id"], figure["revision_id"]) == ("a", revision.revision_id)
    answer = await jp_fetch("nbtrack", "api", "notebooks", book, "figures", figure["digest"])
    assert answer.body.decode() == drawn
    assert answer.headers["Content-Type"] == "image/svg+xml"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"].startswith("sandbox")
    status, _ = await api("GET", f"notebooks/{book}/figures/{'0' * 64}")
    assert status == 404
