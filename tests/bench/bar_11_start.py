"""Bar 11: from the command to the first screen one can use, and the memory it then has."""

from __future__ import annotations

import sys
from statistics import median

from tests.bench.bar_08_scan import shop
from tests.bench.harness import Options, Row, Samples, interleave, milliseconds, ratio_of_medians
from tests.bench.terminal import TerminalProgram, device


def run(options: Options) -> list[Row]:
    """Measure."""
    home = shop(options.folder / "start")
    memory: dict[str, list[float]] = {"bare": [], "ours": []}

    def start(name: str, marker: bytes, *arguments: str) -> list[float]:
        scanner = device()
        with_scanner = [a.replace("SCANNER", scanner[2]) for a in arguments]
        with TerminalProgram([sys.executable, "-m", *with_scanner], scanner) as program:
            shown = program.wait_for(marker, 60)
            program.settle(0.1)
            memory[name].append(program.memory_mb())
            return [shown - program.begun]

    (base, ours), note = interleave(
        options,
        options.rounds(12),
        lambda: start("bare", b"READY", "tests.bench.baselines.bare_textual"),
        lambda: start(
            "ours",
            b"PIN",
            "tests.bench.ours.till",
            "run",
            "--home",
            str(home),
            "--scanner",
            "serial:SCANNER",
        ),
    )
    bare_mb, ours_mb = median(memory["bare"]), median(memory["ours"])
    samples: tuple[Samples, Samples] = (base, ours)
    return [
        Row(11, "start → first usable screen", milliseconds(samples[0].p50()),
            milliseconds(samples[1].p50()), ratio_of_medians(*samples), 1.25, note=note),
        Row(11, "memory at the first screen", f"{bare_mb:.0f} MB", f"{ours_mb:.0f} MB",
            ours_mb / bare_mb, 1.5),
    ]  # fmt: skip
