"""Simulated devices from the command line: ``python -m drivers.fakes scanner|printer``.

The first line of output is the device's URL, for ``pos run --scanner`` or ``--printer``. Commands
come on standard input, one a line; the end of input ends the device, so it dies with its parent.
"""

from __future__ import annotations

import argparse
import sys
import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TextIO

from drivers.fakes_scanner import PtyScanner
from drivers.fakes_wire import PtyPrinter, TcpPrinter
from drivers.scanner.framing import Framing
from drivers.scanner.profile import ScannerProfile, profile_from_mapping
from drivers.scanner.simulated import ScannerFault

SCANNER_FAULTS = " | ".join(one.value for one in ScannerFault)
SCANNER_HELP = (
    "scan CODE [AIM-ID] | send HEX | unplug | replug | "
    f"fault {SCANNER_FAULTS} | recover | answers | quit"
)
PRINTER_HELP = (
    "paper-out [LINES] | paper-in | cover-open | cover-close | offline | online | silent | dead | "
    "nonsense | recover | power-cycle | unplug | replug | show | count | drawer | quit"
)


def main(arguments: Sequence[str], commands: TextIO | None = None) -> int:
    """Run one simulated device until its input ends."""
    parser = argparse.ArgumentParser(prog="python -m drivers.fakes")
    kinds = parser.add_subparsers(dest="kind", required=True)
    scanner = kinds.add_parser("scanner", help=SCANNER_HELP)
    scanner.add_argument("--link", help="stable path that leads to the device")
    scanner.add_argument("--framing", default="cr", choices=[one.value for one in Framing])
    scanner.add_argument("--profile", help="file of config/scanners whose model to play")
    printer = kinds.add_parser("printer", help=PRINTER_HELP)
    printer.add_argument("--link", help="stable path that leads to the device")
    printer.add_argument("--tcp", type=int, metavar="PORT", help="listen here (0: any) instead")
    printer.add_argument("--columns", type=int, default=48)
    printer.add_argument("--raw", help="append every received byte to this file at the end")
    chosen = parser.parse_args(arguments)
    lines = commands if commands is not None else sys.stdin
    if chosen.kind == "scanner":
        return _run_scanner(chosen, lines)
    return _run_printer(chosen, lines)


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _run_scanner(chosen: argparse.Namespace, lines: TextIO) -> int:
    profile = _scanner_profile(chosen.profile) if chosen.profile else None
    framing = Framing(chosen.framing)
    with PtyScanner(chosen.link, framing=framing, profile=profile) as scanner:
        _say(scanner.url)
        for line in lines:
            words = line.split()
            if not words:
                continue
            if words[0] == "quit":
                break
            if words[0] == "scan" and len(words) in (2, 3):
                scanner.scan(words[1], words[2] if len(words) == 3 else "")
            elif words[0] == "send" and len(words) == 2:
                scanner.send(bytes.fromhex(words[1]))
            elif words[0] == "unplug":
                scanner.unplug()
            elif words[0] == "replug":
                scanner.replug()
            elif words[0] == "fault" and words[1:] and words[1] in list(ScannerFault):
                scanner.misbehave(words[1])
            elif words[0] == "recover":
                scanner.misbehave(None)
            elif words[0] == "answers":
                _say(scanner.answers().hex(" "))
            else:
                _say(f"? {SCANNER_HELP}")
                continue
            _say("ok")
    return 0


def _scanner_profile(path: str) -> ScannerProfile:
    with Path(path).open("rb") as file:
        return profile_from_mapping(tomllib.load(file))


def _run_printer(chosen: argparse.Namespace, lines: TextIO) -> int:
    printer: PtyPrinter | TcpPrinter
    if chosen.tcp is not None:
        printer = TcpPrinter(chosen.tcp, columns=chosen.columns)
    else:
        printer = PtyPrinter(chosen.link, columns=chosen.columns)
    with printer:
        _say(printer.url)
        for line in lines:
            words = line.split()
            if words and words[0] == "quit":
                break
            if words:
                _say(_command(printer, words))
        if chosen.raw:
            with Path(chosen.raw).open("ab") as file:
                file.write(printer.raw)
    return 0


def _command(printer: PtyPrinter | TcpPrinter, words: list[str]) -> str:
    actions: dict[str, Callable[[], None]] = {
        "paper-out": printer.run_out_of_paper,
        "paper-in": printer.load_paper,
        "cover-open": printer.open_cover,
        "cover-close": printer.close_cover,
        "offline": printer.go_offline,
        "online": printer.go_online,
        "silent": printer.fall_silent,
        "dead": printer.die,
        "nonsense": printer.talk_nonsense,
        "recover": printer.recover,
        "power-cycle": printer.power_cycle,
        "unplug": printer.unplug,
        "replug": printer.replug,
    }
    if words[0] == "show":
        return "".join(receipt.text + "[cut]\n" for receipt in printer.receipts()) + "ok"
    if words[0] == "count":
        return f"{len(printer.receipts())} receipts"
    if words[0] == "drawer":
        return f"{len(printer.drawer_kicks)} kicks"
    if words[0] == "paper-out" and len(words) == 2 and words[1].isdecimal():
        printer.run_out_after_lines(int(words[1]))
        return "ok"
    if words[0] not in actions:
        return f"? {PRINTER_HELP}"
    actions[words[0]]()
    return "ok"
