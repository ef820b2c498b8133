"""Matplotlib figures that a cell leaves open, where no inline backend shows them."""

from __future__ import annotations

import io
import sys
from typing import Any

from nbtrack.capture.facts import CapturedOutput


def open_figures() -> dict[int, Any]:
    """The open pyplot figures by number; none unless the user imported pyplot."""
    helpers = sys.modules.get("matplotlib._pylab_helpers")
    if helpers is None or "matplotlib.pyplot" not in sys.modules:
        return {}
    return {manager.num: manager.canvas.figure for manager in helpers.Gcf.get_all_fig_managers()}


def left_open(before: dict[int, int]) -> list[CapturedOutput]:
    """Figures made since, as PNG.

    Args:
        before: number and `id` of the figures that were open when the cell began.

    The inline backend shows figures, and they were kept as outputs then.
    """
    matplotlib = sys.modules.get("matplotlib")
    if matplotlib is None or "inline" in str(matplotlib.get_backend()):
        return []
    made = []
    for number, figure in open_figures().items():
        if before.get(number) == id(figure):
            continue
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", bbox_inches="tight")
        name = f"figure-open-{number}.png"
        made.append(CapturedOutput(name, buffer.getvalue(), "image/png", "figure"))
    return made
