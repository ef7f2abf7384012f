"""The demonstration's simulated devices, and the socket through which they are worked.

`pos demo scan CODE` in another terminal and the till's own panel of faults say the same words to
it: one line in, one line out.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from drivers.fakes_scanner import PtyScanner
from drivers.fakes_wire import PtyPrinter
from drivers.line_display.simulated import PtyLineDisplay
from drivers.scale.simulated import PtyScale
from drivers.scanner.simulated import ScannerFault
from pos.counter import display_profile

SLOW_BYTES_PER_S: Final = 60
DRAWER_OPEN_S: Final = 4.0

HELP: Final = (
    "? scan CODE… | scanner unplug|replug|recover|garbage|truncated|slow|double | "
    "printer paper-out|paper-in|cover-open|cover-close|offline|online|silent|slow|nonsense|"
    "cutter-jam|recover|unplug|replug | drawer leave-open|close | "
    "scale put GRAMS|settling|silent|garbage|recover|unplug|replug | "
    "display show|stall|recover|unplug|replug | receipt | states | recover"
)


class DemoDevices:
    """Scanner, printer with drawer, scale and customer display at the far ends of their lines."""

    def __init__(self, directory: Path) -> None:
        """Plug everything in, at stable paths in `directory`."""
        self.scanner = PtyScanner(directory / "scanner")
        self.printer = PtyPrinter(directory / "printer", columns=48)
        self.scale = PtyScale("cas-ecr", directory / "scale")
        self.display = PtyLineDisplay(display_profile("lcd-gbk"), directory / "display")
        self._on: set[str] = set()
        self._words: Mapping[str, Callable[[], None]] = {
            **{f"scanner {fault}": self._scanner_fault(fault) for fault in ScannerFault},
            "scanner recover": lambda: self.scanner.misbehave(None),
            "scanner unplug": self.scanner.unplug,
            "scanner replug": self.scanner.replug,
            "printer paper-out": self.printer.run_out_of_paper,
            "printer paper-in": self.printer.load_paper,
            "printer cover-open": self.printer.open_cover,
            "printer cover-close": self.printer.close_cover,
            "printer offline": self.printer.go_offline,
            "printer online": self.printer.go_online,
            "printer silent": self.printer.fall_silent,
            "printer nonsense": self.printer.talk_nonsense,
            "printer cutter-jam": self.printer.jam_cutter,
            "printer slow": lambda: self._pace(SLOW_BYTES_PER_S),
            "printer recover": self._recover_printer,
            "printer unplug": self.printer.unplug,
            "printer replug": self.printer.replug,
            "drawer leave-open": self._leave_drawer_open,
            "drawer close": self._close_drawer,
            "scale settling": lambda: self._scale(settling=True),
            "scale silent": lambda: self._scale(silent=True),
            "scale garbage": lambda: self._scale(garbage=True),
            "scale recover": lambda: self._scale(settling=False, silent=False, garbage=False),
            "scale unplug": self.scale.unplug,
            "scale replug": self.scale.replug,
            "display stall": lambda: self._stall(stalled=True),
            "display recover": lambda: self._stall(stalled=False),
            "display unplug": self.display.unplug,
            "display replug": self.display.replug,
        }

        self._stopping = threading.Event()
        self._hand = threading.Thread(target=self._shut_the_drawer, name="demo-hand", daemon=True)
        self._hand.start()

    def close(self) -> None:
        """Unplug everything for good."""
        self._stopping.set()
        self._hand.join(5)
        for device in (self.scanner, self.printer, self.scale, self.display):
            device.close()

    def do(self, words: list[str]) -> str:
        """Obey one line; the answer is one line, JSON where it is more than a word."""
        match words:
            case ["scan", *codes] if codes:
                for code in codes:
                    self.scanner.scan(code)
            case ["scale", "put", grams] if grams.lstrip("-").isdecimal():
                self.scale.model.weight_g = int(grams)
                self.scale.model.settling = False
            case ["display", "show"]:
                return json.dumps("\n".join(self.display.model.rows), ensure_ascii=False)
            case ["receipt"]:
                receipts = self.printer.receipts()
                return json.dumps(receipts[-1].text if receipts else "", ensure_ascii=False)
            case ["states"]:
                return json.dumps(sorted(self._on))
            case ["recover"]:
                for word in sorted(self._on):
                    self._words[_UNDONE_BY[word]]()
                self._on.clear()
            case _:
                return self._switch(" ".join(words))
        return "ok"

    def _switch(self, word: str) -> str:
        action = self._words.get(word)
        if action is None:
            return HELP
        action()
        if word in _UNDONE_BY:
            if word.startswith("scanner "):  # it has one fault at a time
                self._on -= {on for on, off in _UNDONE_BY.items() if off == "scanner recover"}
            self._on.add(word)
        elif word == "printer recover":
            self._on -= {on for on in self._on if on.startswith("printer ")} - {"printer unplug"}
        else:
            self._on -= {on for on, off in _UNDONE_BY.items() if off == word}
        return "ok"

    def _scanner_fault(self, fault: ScannerFault) -> Callable[[], None]:
        return lambda: self.scanner.misbehave(fault)

    def _pace(self, bytes_per_second: int) -> None:
        self.printer.bytes_per_second = bytes_per_second

    def _recover_printer(self) -> None:
        self._pace(0)
        self.printer.recover()

    def _leave_drawer_open(self) -> None:
        """Nobody pushes it in; the fault itself is in the set of those that are on."""

    def _close_drawer(self) -> None:
        self.printer.shut_drawer()

    def _shut_the_drawer(self) -> None:
        """Push the drawer in a moment after it sprang open, as a cashier does."""
        while not self._stopping.wait(0.2):
            if "drawer leave-open" in self._on or not self.printer.model.drawer_open:
                continue
            if not self._stopping.wait(DRAWER_OPEN_S) and "drawer leave-open" not in self._on:
                self.printer.shut_drawer()

    def _scale(self, **model: bool) -> None:
        for name, value in model.items():
            setattr(self.scale.model, name, value)

    def _stall(self, *, stalled: bool) -> None:
        self.display.stalled = stalled


_UNDONE_BY: Final[dict[str, str]] = {
    "printer paper-out": "printer paper-in",
    "printer cover-open": "printer cover-close",
    "printer offline": "printer online",
    "printer silent": "printer recover",
    "printer nonsense": "printer recover",
    "printer cutter-jam": "printer recover",
    "printer slow": "printer recover",
    "printer unplug": "printer replug",
    "scanner garbage": "scanner recover",
    "scanner truncated": "scanner recover",
    "scanner slow": "scanner recover",
    "scanner double": "scanner recover",
    "scanner unplug": "scanner replug",
    "scale settling": "scale recover",
    "scale silent": "scale recover",
    "scale garbage": "scale recover",
    "scale unplug": "scale replug",
    "drawer leave-open": "drawer close",
    "display stall": "display recover",
    "display unplug": "display replug",
}
"""Fault → what puts it right."""


class Control:
    """A socket in the demo's folder."""

    def __init__(self, path: Path, devices: DemoDevices) -> None:
        """Bind; only this user may talk to it."""
        self.path = path
        self._devices = devices
        path.unlink(missing_ok=True)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.bind(str(path))
        os.chmod(path, 0o600)  # noqa: PTH101 - a socket
        self._socket.listen(4)
        self._thread = threading.Thread(target=self._serve, name="demo-control", daemon=True)

    def start(self) -> None:
        """Listen."""
        self._thread.start()

    def close(self) -> None:
        """Stop listening."""
        self._socket.close()
        self.path.unlink(missing_ok=True)

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            # Whoever asked may be gone before the answer.
            with contextlib.suppress(OSError), connection:
                self._answer(connection)

    def _answer(self, connection: socket.socket) -> None:
        with connection.makefile("rw", encoding="utf-8") as stream:
            words = stream.readline().split()
            try:
                answer = self._devices.do(words)
            except (KeyError, ValueError, OSError) as error:
                answer = f"? {error}"
            stream.write(answer + "\n")
