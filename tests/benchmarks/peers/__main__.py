"""Installs each tracker in an environment of its own, gives all the same work, prints one table.

python -m tests.benchmarks.peers [--only NAME] [--quick] [--results FILE]
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console

from tests.benchmarks.peers.report import markdown, ratios

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
ENVIRONMENTS = ROOT / ".bench"
LIMIT_S = 240


@dataclass(frozen=True)
class Entry:
    """A tracker in one set-up, and how much of each work it is given."""

    name: str
    setup: str
    calls: int
    bulk: int
    short: int
    searched: int | None

    @property
    def title(self) -> str:
        """As the table shows it."""
        return self.name if self.setup == "default" else f"{self.name}, {self.setup}"


@dataclass
class Row:
    """What was measured of one entry; ``problems`` says what could not be."""

    title: str
    version: str = ""
    figures: dict[str, Any] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)


ENTRIES = (
    Entry("nbtrack", "default", 20_000, 100_000, 1000, 10_000),
    Entry("nbtrack", "100 000 runs", 0, 0, 0, 100_000),
    Entry("mlflow", "sqlite", 1000, 1000, 100, 10_000),
    Entry("mlflow", "sqlite async", 5000, 5000, 100, None),
    Entry("mlflow", "files", 1000, 1000, 100, None),
    Entry("mlflow", "files async", 5000, 5000, 100, None),
    Entry("trackio", "default", 20_000, 100_000, 200, 10_000),
    Entry("aim", "default", 5000, 20_000, 100, 500),
    Entry("wandb", "default", 20_000, 100_000, 100, None),
)


def install(name: str) -> tuple[Path, str]:
    """The interpreter of a tracker's environment, made if there is none, and its version."""
    if name == "nbtrack":
        return Path(sys.executable), "this checkout"
    python = ENVIRONMENTS / name / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(ENVIRONMENTS / name)], check=True)
        pip = [str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check", name]
        subprocess.run(pip, check=True, timeout=900)
    ask = f"from importlib.metadata import version; print(version({name!r}))"
    done = subprocess.run([python, "-c", ask], check=True, capture_output=True, text=True)
    return python, done.stdout.strip()


class Bench:
    """The works of one entry, each in a process of its own, on stores below a directory."""

    def __init__(self, entry: Entry, python: Path, place: Path) -> None:
        self.entry = entry
        self.python = python
        self.place = place
        self.env = {
            **{k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "NBTRACK_STORE")},
            "HOME": str(place),
            **({"PYTHONPATH": str(ROOT)} if entry.name == "nbtrack" else {}),
        }

    def command(self, work: str, store: str, count: int, *more: str) -> list[str]:
        """The command line of a work; the store's directory is made."""
        (self.place / store).mkdir(parents=True, exist_ok=True)
        where = str(self.place / store)
        script = [str(self.python), str(HERE / "worker.py")]
        return [*script, self.entry.name, self.entry.setup, where, work, str(count), *more]

    def do(self, work: str, store: str, count: int, *more: str) -> dict[str, Any]:
        """A work to its end.

        Raises:
            RuntimeError: it failed; the last line it printed.
        """
        done = subprocess.run(
            self.command(work, store, count, *more),
            env=self.env,
            cwd=self.place,
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
        )
        for line in done.stdout.splitlines():
            if line.startswith("RESULT "):
                result: dict[str, Any] = json.loads(line.removeprefix("RESULT "))
                return result
        raise RuntimeError((done.stderr.strip().splitlines() or ["no result"])[-1])

    def call(self) -> dict[str, Any]:
        result = self.do("call", "call", self.entry.calls)
        right = self.do("read", "call", result["points"], result["run"])["right"]
        return {**result, "lost": result["points"] - right}

    def bulk(self) -> dict[str, Any]:
        return self.do("bulk", "bulk", self.entry.bulk)

    def short(self) -> dict[str, Any]:
        result = self.do("short", "short", self.entry.short)
        return {**result, **self.do("read_short", "short", self.entry.short)}

    def search(self) -> dict[str, Any]:
        if self.entry.searched is None:
            raise RuntimeError("no local search" if self.entry.name == "wandb" else "not run")
        built = self.do("build", "search", self.entry.searched)
        return {**built, **self.do("search", "search", self.entry.searched)}

    def start(self, repeats: int) -> dict[str, Any]:
        times: tuple[list[float], list[float]] = ([], [])
        for repeat in range(repeats + 1):
            ours = self.command("start", "start", 1)
            for command, column in zip(
                (ours, [str(self.python), "-c", "pass"]), times, strict=True
            ):
                started = time.perf_counter()
                subprocess.run(
                    command, env=self.env, cwd=self.place, capture_output=True, timeout=LIMIT_S
                )
                if repeat:
                    column.append(time.perf_counter() - started)
        return {"more_ms": (statistics.median(times[0]) - statistics.median(times[1])) * 1e3}

    def kill(self, trials: int) -> dict[str, Any]:
        """Acknowledged points that are gone after SIGKILL of the process that logged."""
        chance = random.Random(4)
        lost = []
        for trial in range(trials):
            store = f"kill{trial}"
            command = self.command("kill", store, 60_000)
            log = (self.place / "kill.log").open("w")
            with subprocess.Popen(
                command, env=self.env, cwd=self.place, stdout=log, stderr=log
            ) as process:
                acknowledged = self.place / store / "acknowledged"
                until = time.monotonic() + 60
                while not (acknowledged.exists() and acknowledged.stat().st_size):
                    if process.poll() is not None or time.monotonic() > until:
                        process.kill()
                        raise RuntimeError("logged nothing")
                    time.sleep(0.01)
                time.sleep(chance.uniform(0.2, 1.2))
                process.kill()
            log.close()
            count = acknowledged.stat().st_size
            time.sleep(0 if self.entry.name in ("nbtrack", "mlflow") else 5)
            run = (self.place / store / "run").read_text()
            lost.append(count - self.do("read", store, count, run)["right"])
        return {"lost": sum(lost), "worst": max(lost), "trials": trials}


def measure(entry: Entry, *, quick: bool) -> Row:
    """All works of an entry; what fails says so in its row."""
    row = Row(entry.title)
    try:
        python, row.version = install(entry.name)
    except (subprocess.SubprocessError, OSError) as error:
        row.problems["install"] = str(error)
        return row
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as place:
        bench = Bench(entry, python, Path(place))
        works = {
            "call": bench.call,
            "bulk": bench.bulk,
            "kill": lambda: bench.kill(2 if quick else 5),
            "short": bench.short,
            "start": lambda: bench.start(2 if quick else 5),
            "search": bench.search,
        }
        if not entry.calls:
            works = {"search": bench.search}
        for name, work in works.items():
            try:
                row.figures[name] = work()
            except (RuntimeError, subprocess.SubprocessError, OSError) as error:
                row.problems[name] = str(error)[:200]
            print(row.title, name, row.figures.get(name, row.problems.get(name)), flush=True)
    return row


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.peers")
    parser.add_argument("--only", action="append", help="nbtrack, mlflow, trackio, aim or wandb")
    parser.add_argument("--quick", action="store_true", help="fewer trials")
    parser.add_argument("--results", type=Path, default=ENVIRONMENTS / "peers.json")
    options = parser.parse_args()
    chosen = [each for each in ENTRIES if not options.only or each.name in options.only]
    rows = [measure(entry, quick=options.quick) for entry in chosen]
    options.results.parent.mkdir(parents=True, exist_ok=True)
    document = {"measured_at": datetime.now(UTC).isoformat(), "rows": [vars(row) for row in rows]}
    options.results.write_text(json.dumps(document, indent=1) + "\n")
    plain = [vars(row) for row in rows]
    Console(width=200).print(markdown(plain), markup=False)
    for line in ratios(plain):
        print(line)
    print(f"written to {options.results}")


if __name__ == "__main__":
    main()
