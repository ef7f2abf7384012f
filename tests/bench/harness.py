"""Interleaved rounds of two programs, and the table of bars.

A bar is a ratio: baseline and product answer the same question in turns, in processes of their own,
and the median over the rounds counts. A round waits while the machine is busier than it has cores.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

CHECKOUT = Path(__file__).resolve().parents[2]
DATA = CHECKOUT.parent / "shared" / "data"
CORES = os.cpu_count() or 1


def child_environment() -> dict[str, str]:
    """The environment of measured programs: byte code is cached, as in an installed product."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    return environment | {"PYTHONPYCACHEPREFIX": str(Options.folder / "pycache")}


@dataclass(frozen=True)
class Options:
    """What one run of the bench is to do."""

    quick: bool = False
    folder: Path = Path("/var/tmp/guitai-bench")
    """Cached databases live here: on a real disk, because commits are measured on it."""

    patience_s: float = 60.0
    """How long one bar waits, all its rounds together, for the machine to calm down."""

    def rounds(self, full: int) -> int:
        """Number of rounds."""
        return max(3, full // 4) if self.quick else full

    def size(self, variable: str, full: int, quick: int) -> int:
        """A size that an environment variable may set."""
        return int(os.environ.get(variable, quick if self.quick else full))


@dataclass
class Row:
    """One line of the table."""

    bar: int
    what: str
    baseline: str
    ours: str
    ratio: float
    limit: float | None
    """None: told, but no bar."""

    at_least: bool = False
    note: str = ""

    @property
    def verdict(self) -> str:
        """ok, short, or nothing when there is no bar."""
        if self.limit is None:
            return ""
        holds = self.ratio >= self.limit if self.at_least else self.ratio <= self.limit
        return "ok" if holds else "SHORT"

    @property
    def shown_limit(self) -> str:
        """The bar as text."""
        return "" if self.limit is None else f"{'>=' if self.at_least else '<='} {self.limit:g}"


@dataclass
class Samples:
    """Times of one program in seconds, by round."""

    rounds: list[list[float]] = field(default_factory=list)

    @property
    def all(self) -> list[float]:
        """Every sample."""
        return [value for values in self.rounds for value in values]

    def p50(self) -> float:
        """Median over everything."""
        return median(self.all)

    def p99(self) -> float:
        """99th percentile over everything."""
        return percentile(self.all, 0.99)


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which `share` of the values lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def ratio_of_medians(baseline: Samples, ours: Samples) -> float:
    """Median over the rounds of (median of ours / median of the baseline)."""
    return median(median(o) / median(b) for b, o in zip(baseline.rounds, ours.rounds, strict=True))


def ratio_of_p99(baseline: Samples, ours: Samples) -> float:
    """p99 of everything over p99 of everything: a round alone has too few samples."""
    return ours.p99() / baseline.p99()


class Program:
    """A program of the bench that answers requests (see `baselines/answering.py`)."""

    def __init__(self, module: str, *arguments: object) -> None:
        self.module = module
        self.process = subprocess.Popen(
            [sys.executable, "-m", f"tests.bench.{module}", *map(str, arguments)],
            cwd=CHECKOUT,
            env=child_environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, do: str, **arguments: object) -> Any:
        """Send one request and wait for its answer."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps({"do": do, **arguments}) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.module} ended with {self.process.wait(10)}")
        return json.loads(line)

    def close(self) -> None:
        """Let it end."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()


@contextmanager
def programs(*made: Program) -> Iterator[tuple[Program, ...]]:
    """Programs that are certainly gone afterwards."""
    try:
        yield made
    finally:
        for program in made:
            program.close()


class _Patience:
    """How long this bar may still wait for a calm machine."""

    left_s = 0.0


def be_patient(options: Options) -> None:
    """Give the next bar its patience."""
    _Patience.left_s = options.patience_s


def busy_cores(seconds: float = 0.25) -> float:
    """How many cores others keep busy now, ours being idle."""

    def times() -> tuple[int, int]:
        fields = Path("/proc/stat").read_text("ascii").split("\n", 1)[0].split()[1:]
        values = [int(field) for field in fields]
        return sum(values[:8]), values[3] + values[4]

    total, idle = times()
    time.sleep(seconds)
    total_after, idle_after = times()
    return CORES * (1 - (idle_after - idle) / max(1, total_after - total))


def wait_for_calm(options: Options) -> str:
    """Wait until the machine has a core to spare; returns a note when it never had."""
    del options
    while (busy := busy_cores()) > CORES / 2:
        if _Patience.left_s <= 0:
            return "busy machine"
        _Patience.left_s -= 1
        time.sleep(0.75 if busy < CORES else 1)
    return ""


def interleave(
    options: Options, rounds: int, *sides: Callable[[], Sequence[float]]
) -> tuple[list[Samples], str]:
    """Let every side take its turn in each round, the order changing; samples and a note."""
    samples = [Samples() for _ in sides]
    notes = set()
    for side in sides:
        side()  # warm: caches, lazily made statements
    for number in range(rounds):
        notes.add(wait_for_calm(options))
        order = range(len(sides)) if number % 2 == 0 else reversed(range(len(sides)))
        for index in order:
            samples[index].rounds.append(list(sides[index]()))
    return samples, ", ".join(sorted(notes - {""}))


def milliseconds(seconds: float) -> str:
    """A time as text with three figures."""
    value = seconds * 1000
    return (
        f"{value:.3f} ms" if value < 1 else f"{value:.2f} ms" if value < 100 else f"{value:.0f} ms"
    )


def table(rows: Sequence[Row]) -> str:
    """The rows as text."""
    head = ("bar", "what", "baseline", "ours", "ratio", "bar", "", "note")
    cells = [
        (
            str(row.bar),
            row.what,
            row.baseline,
            row.ours,
            f"{row.ratio:.2f}",
            row.shown_limit,
            row.verdict,
            row.note,
        )
        for row in rows
    ]
    widths = [max(len(line[i]) for line in [head, *cells]) for i in range(len(head))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in [head, *cells]
    ]
    return "\n".join([lines[0], "-" * max(map(len, lines)), *lines[1:]])
