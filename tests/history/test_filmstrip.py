from datetime import timedelta

import pytest

from nbtrack.entities import RevisionReason
from nbtrack.errors import NotFoundError
from nbtrack.history.filmstrip import filmstrip
from nbtrack.history.manifest import encode
from nbtrack.history.record import Snapshot, record
from nbtrack.records import MetricPoints
from nbtrack.testing.builders import run_started, session_started
from nbtrack.testing.clock import START
from tests.history.documents import code, notebook


def tell(store, *states):
    """A notebook with a revision for each state of its cells; gives its id and the revisions."""
    book = store.create_notebook("/a.ipynb").notebook_id
    made = [
        record(
            store,
            book,
            Snapshot(
                encode(notebook(*cells)),
                RevisionReason.SAVE,
                "ada",
                START + timedelta(minutes=index),
                msg_id=f"msg-{index}",
            ),
        ).revision
        for index, cells in enumerate(states)
    ]
    return book, made


def shown(strip):
    """Number, text and how many outputs of each frame."""
    return [
        (frame.revision.number, frame.source, len(frame.version.output_digests))
        for frame in strip.frames
    ]


def test_each_text_and_each_output_is_a_frame(store):
    """Newest first; revisions that changed other cells are left out."""
    book, _ = tell(
        store,
        [code("x = 1", "a"), code("y = 1", "b")],
        [code("x = 1", "a"), code("y = 2", "b")],
        [code("x = 2", "a", "two"), code("y = 2", "b")],
        [code("x = 2", "a", "too"), code("y = 2", "b")],
    )
    strip = filmstrip(store, book, "a")
    assert shown(strip) == [(4, "x = 2", 1), (3, "x = 2", 1), (1, "x = 1", 0)]
    assert strip.next_before is None


def test_outputs_of_the_text_before_are_no_frame(store):
    """A text is shown with its own outputs, not as it stood at the moment it was run."""
    book, _ = tell(
        store,
        [code("x = 1", "a", "one")],
        [code("x = 2", "a", "one")],
        [code("x = 2", "a", "two")],
        [code("x = 3", "a")],
        [code("x = 3", "a", "three")],
        [code("x = 4", "a", "three")],
    )
    assert shown(filmstrip(store, book, "a")) == [
        (6, "x = 4", 1),
        (5, "x = 3", 1),
        (3, "x = 2", 1),
        (1, "x = 1", 1),
    ]


def test_pages_are_the_whole_strip(store):
    """Whatever the size of a page, the same frames follow each other."""
    states = []
    for number in range(6):
        states += [
            [code(f"x = {number}", "a", f"{number - 1}")],
            [code(f"x = {number}", "a", f"{number}")],
        ]
    book, _ = tell(store, *states)
    whole = shown(filmstrip(store, book, "a", limit=100))
    assert len(whole) == 7
    for limit in (1, 2, 3):
        found, before = [], None
        while True:
            strip = filmstrip(store, book, "a", limit=limit, before=before)
            assert len(strip.frames) <= limit
            found += shown(strip)
            before = strip.next_before
            if before is None:
                break
        assert found == whole


def test_a_deleted_cell_and_its_return(store):
    """Deletion is a frame; what the cell was stays to be seen."""
    book, _ = tell(
        store,
        [code("x = 1", "a"), code("y", "b")],
        [code("y", "b")],
        [code("x = 1", "a"), code("y", "b")],
    )
    strip = filmstrip(store, book, "a")
    assert [(frame.revision.number, frame.version is None) for frame in strip.frames] == [
        (3, False),
        (2, True),
        (1, False),
    ]
    assert filmstrip(store, book, "unknown").frames == ()
    with pytest.raises(NotFoundError):
        filmstrip(store, "unknown", "a")


def test_runs_stand_on_the_text_they_ran(store):
    """Also where another cell changed since, and where the outputs came with a later revision."""
    book, made = tell(
        store,
        [code("x = 1", "a", "one"), code("y = 1", "b")],
        [code("x = 2", "a", "one"), code("y = 1", "b")],
        [code("x = 2", "a", "two"), code("y = 1", "b")],
        [code("x = 2", "a", "two"), code("y = 2", "b")],
    )
    store.apply([session_started()])
    for index, cell in ((0, "a"), (1, "a"), (3, "a"), (3, "b")):
        run_id = f"{cell}{index}"
        store.link_execution(run_id, made[index].revision_id)
        store.apply(
            [
                run_started(
                    run_id,
                    msg_id=run_id,
                    cell_id=cell,
                    started_at=START + timedelta(hours=index),
                ),
                MetricPoints(run_id, "loss", (0,), (0,), (0.5,)),
            ]
        )
    frames = filmstrip(store, book, "a").frames
    assert [[run.run_id for run in frame.runs] for frame in frames] == [["a1", "a3"], ["a0"]]
    assert list(frames[0].runs[0].metrics) == ["loss"]
    first = filmstrip(store, book, "a", limit=1)
    rest = filmstrip(store, book, "a", before=first.next_before)
    assert [[run.run_id for run in frame.runs] for frame in rest.frames] == [["a0"]]
