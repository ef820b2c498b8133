import base64
import hashlib
import io

import numpy as np
import pytest
from PIL import Image

from nbtrack.history.large import KEPT_CHARACTERS, THUMBNAIL_PIXELS, limited_cell, limited_output
from nbtrack.history.lookup import revision_document
from tests.history.documents import code, notebook

LIMIT = 100_000


def picture(pixels, kind="PNG"):
    """A noisy picture as base64 text."""
    noise = np.random.default_rng(1).integers(0, 255, (pixels, pixels, 3), dtype=np.uint8)
    made = io.BytesIO()
    Image.fromarray(noise).save(made, kind)
    return base64.b64encode(made.getvalue()).decode()


def display(**data):
    """A display_data output."""
    named = {mime.replace("_", "/"): value for mime, value in data.items()}
    return {"output_type": "display_data", "metadata": {}, "data": named}


@pytest.mark.parametrize("kind", ["png", "jpeg"])
def test_of_a_large_picture_a_small_one_is_kept(kind):
    """With its digest and size, and a text that says so; its own text stays."""
    large = picture(900, kind.upper())
    output = limited_output(display(**{f"image_{kind}": large, "text_plain": "<Figure>"}), LIMIT)
    small = Image.open(io.BytesIO(base64.b64decode(output["data"]["image/png"])))
    assert max(small.size) == THUMBNAIL_PIXELS
    digest = hashlib.sha256(large.encode()).hexdigest()
    said = output["metadata"]["nbtrack"]["omitted"][f"image/{kind}"]
    assert said == {"size_bytes": len(large), "sha256": digest}
    text = output["data"]["text/plain"]
    assert f"image/{kind} of {len(large) / 1e6:.1f} MB is not kept" in text
    assert digest in text
    assert text.endswith("<Figure>")


def test_what_is_small_of_an_output_stays():
    """Only what is too long gives way, the largest first."""
    output = limited_output(display(text_html="x" * 200_000, text_plain="short"), LIMIT)
    assert "text/html" not in output["data"]
    assert output["data"]["text/plain"].endswith("]\nshort")


def test_what_is_no_picture_has_no_small_one():
    """Damaged bytes are left out like any others."""
    output = limited_output(display(image_png="A" * 200_000), LIMIT)
    assert list(output["data"]) == ["text/plain"]


def test_a_long_text_keeps_its_ends():
    """And says how much is missing in between."""
    text = "begin" + "x" * 200_000 + "end"
    kept = limited_output({"output_type": "stream", "name": "stdout", "text": text}, LIMIT)["text"]
    assert kept.startswith("begin") and kept.endswith("end")
    assert "0.2 MB in between are not kept" in kept
    assert len(kept) < 2 * KEPT_CHARACTERS + 300


def test_a_long_traceback_gives_way_to_a_note():
    """The error's name and message stay."""
    error = {"output_type": "error", "ename": "E", "evalue": "v", "traceback": ["x" * 200_000]}
    kept = limited_output(error, LIMIT)
    assert (kept["ename"], kept["evalue"], len(kept["traceback"])) == ("E", "v", 1)
    assert "not kept" in kept["traceback"][0]


def test_within_the_limit_nothing_changes():
    """The very object comes back."""
    cell = code("a", "a", "shown")
    assert limited_cell(cell) is cell


def test_a_twenty_megabyte_output_is_recorded_by_its_ends(store, take):
    """The default limit holds when a document is recorded, each time in the same way."""
    book = store.create_notebook("/w/book.ipynb").notebook_id
    document = notebook(code("print(x)", "a", "y" * 20_000_000))
    first = take(book, document, "save")
    assert not take(book, document, "save").created
    [cell] = revision_document(store, first.revision.revision_id)["cells"]
    assert len(cell["outputs"][0]["text"]) < 25_000
