"""The run's card as a MIME bundle."""

from __future__ import annotations

import base64
import re
from datetime import UTC, datetime
from html.parser import HTMLParser

import msgspec
import pytest

from nbtrack.entities import EndReason, RunStatus
from nbtrack.widgets.card import card_bundle, card_html, card_text
from nbtrack.widgets.sparkline import sparkline
from nbtrack.widgets.text import change, duration, number
from nbtrack.wire import RUN_MIME, MetricCard, ParamInfo, Progress, RunCard

NASTY = "<img src=x onerror=alert(1)>\"'&"


def card(**facts: object) -> RunCard:
    """A card with some facts changed."""
    base = RunCard(
        run_id="a" * 32,
        run_name="calm-heron-482",
        experiment_name="study",
        status=RunStatus.FINISHED,
        end_reason=EndReason.COMPLETED,
        started_at=datetime(2026, 11, 1, 12, tzinfo=UTC),
        duration_s=1.5,
        error_name=None,
        cell_id=None,
        msg_id=None,
        notebook_id=None,
        revision_id=None,
        revision_number=7,
        previous_run_name=None,
        params=[ParamInfo(key="lr", value="0.1")],
        metrics=[MetricCard(key="acc", last=0.91234567, count=1)],
        artifact_count=2,
    )
    return msgspec.structs.replace(base, **facts)


class Tags(HTMLParser):
    """The elements and text of a piece of HTML."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.open: list[str] = []
        self.attributes: dict[str, str] = {}
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag != "img":
            self.open.append(tag)
        self.attributes |= {key: value or "" for key, value in attributes}

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


def test_bundle_says_the_same_in_each_form() -> None:
    """The JSON is a whole RunCard, and HTML and text have its name, state, metrics, params."""
    bundle = card_bundle(card())
    assert msgspec.convert(bundle[RUN_MIME], RunCard) == card()
    for form in (Tags(bundle["text/html"]).text, bundle["text/plain"]):
        for words in ("calm-heron-482", "finished", "0.91235", "lr", "0.1", "r7", "2 artifacts"):
            assert words in form


def test_html_is_escaped() -> None:
    """No text of a run becomes markup."""
    nasty = card(
        run_name=NASTY,
        experiment_name=NASTY,
        error_name=NASTY,
        params=[ParamInfo(key=NASTY, value=NASTY)],
        metrics=[MetricCard(key=NASTY, last="NaN", count=1)],
        notes=[NASTY],
        progress=Progress(done=1, total=2, eta_s=3.0, label=NASTY),
    )
    found = Tags(card_html(nasty))
    assert "img" not in found.tags and "onerror" not in found.attributes
    assert found.text.count(NASTY) >= 7
    assert found.open == []


def test_html_brings_no_colours_of_a_theme() -> None:
    """The card inherits colours, so that it reads in light and in dark."""
    styles = " ".join(re.findall(r'style="([^"]*)"', card_html(card())))
    assert "background:transparent" in styles
    assert not re.search(r"#[0-9a-f]{3}|black|white|rgb", styles)


def test_changes_against_earlier_runs() -> None:
    """A metric shows its change against the previous run, and against the best or that it is."""
    worse = MetricCard(
        key="acc", last=0.9, count=1, direction="max", change_previous=0.05, change_best=-0.02
    )
    best = MetricCard(key="loss", last=0.1, count=1, change_best=-0.1, is_best=True)
    text = card_text(card(metrics=[worse, best]))
    assert "+0.05 vs previous, -0.02 vs best" in text
    assert "(best)" in text
    html = Tags(card_html(card(metrics=[worse, best]))).text
    assert "+0.05" in html and "★ best" in html


def test_progress_with_and_without_a_known_length() -> None:
    """A loop of known length has a bar and the time left; another only counts."""
    known = Progress(done=3, total=10, eta_s=42.0, label="epoch")
    html = card_html(card(status=RunStatus.RUNNING, progress=known))
    assert '<progress value="3" max="10">' in html and "about 42 s left" in html
    unknown = Progress(done=3, total=None, eta_s=None, label="while")
    html = card_html(card(status=RunStatus.RUNNING, progress=unknown))
    assert "<progress" not in html and "while 3" in html


def test_curve_is_a_picture() -> None:
    """A series is drawn into a picture that needs nothing from outside; gaps are left out."""
    picture = sparkline([0, 1, 2, 3], [1.0, "NaN", 3.0, 2.0])
    encoded = re.search(r"base64,([^\"]+)", picture)[1]
    svg = base64.b64decode(encoded).decode()
    points = re.search(r'points="([^"]+)"', svg)[1].split()
    assert len(points) == 3
    assert points[1].endswith(",2.0")
    assert sparkline([0], [1.0]) == ""
    assert (
        "polyline"
        in base64.b64decode(
            re.search(r"base64,([^\"]+)", sparkline([0, 1], [5.0, 5.0]))[1]
        ).decode()
    )


def test_many_params_and_metrics_are_cut_and_say_so() -> None:
    """A card stays compact."""
    params = [ParamInfo(key=f"p{at}", value="x" * 500) for at in range(100)]
    html = card_html(card(params=params))
    assert "and 70 more" in html
    assert len(html) < 10_000


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.1, "0.1"), (3.0, "3"), (1234567.0, "1.2346e+06"), (1e-9, "1e-09"), ("NaN", "NaN"),
     (float("inf"), "∞"), (-0.5, "-0.5")],
)  # fmt: skip
def test_numbers(value: float | str, shown: str) -> None:
    """Numbers have at most five significant digits."""
    assert number(value) == shown


def test_durations_and_changes() -> None:
    """Durations have the unit a person would choose; changes have a sign."""
    assert [duration(s) for s in (0.123, 5.55, 59.4, 200, 7500)] == [
        "0.12 s",
        "5.5 s",
        "59 s",
        "3 min 20 s",
        "2 h 5 min",
    ]
    assert [change(v) for v in (0.0123, -2.0, 0.0)] == ["+0.012", "-2", "±0"]
