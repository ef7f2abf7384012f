"""Bar 11: from the command to the first screen one can use, and the memory it then has.

Why the start stays above its bar, in CPU of a till without printer (the baseline has 200 ms, 143
of them to import Textual): what a till must know before anybody may sign on is 100 ms of imports
beyond Textual's (peewee and the models 16, settings with their check 20, scanner, transports and
events 14, domain and store 15, screens 15, click 7, the rest) and 30 ms of work (settings, roles
and rules 14, the journal's lock, migration check and chain 5, styles of the screen). Opening the
store later would show the same screen sooner, but one that cannot say yet that the home is
locked, newer, broken or in doubt. Log, GS1 parser, backups, printers and the screens after sign-
on load when the first stands.
"""

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
