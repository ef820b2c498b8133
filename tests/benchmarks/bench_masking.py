"""What looking for secrets costs: a cell against reading its code, an output against storing it."""

from __future__ import annotations

import ast

import zstandard

from nbtrack.masking import mask_text
from nbtrack.store.blobs import digest_of
from tests.benchmarks.bench_capture import TYPICAL
from tests.benchmarks.harness import Figure, paired_medians

CALLS = 200
PAGE = "".join(
    f"<tr><td>{row}</td><td>{row * 0.37:.4f}</td><td>Some Text of row {row}</td></tr>\n"
    for row in range(20_000)
)


def measure() -> list[Figure]:
    """The figures, in microseconds a call and a kilobyte."""
    assert mask_text(TYPICAL) == TYPICAL
    cell, parsed = paired_medians(
        lambda: [mask_text(TYPICAL) for _ in range(CALLS)],
        lambda: [ast.parse(TYPICAL) for _ in range(CALLS)],
    )
    page, stored = paired_medians(
        lambda: mask_text(PAGE),
        lambda: (digest_of(PAGE.encode()), zstandard.compress(PAGE.encode(), 3)),
    )
    kilobytes = len(PAGE) / 1024
    return [
        Figure(
            "masking: a typical cell without secrets",
            cell / CALLS * 1e6,
            parsed / CALLS * 1e6,
            "µs",
            "reading its syntax",
            goal=1.0,
        ),
        Figure(
            f"masking: a kilobyte of an output of {kilobytes:.0f} KB",
            page / kilobytes * 1e6,
            stored / kilobytes * 1e6,
            "µs",
            "hashing and compressing it",
        ),
    ]
