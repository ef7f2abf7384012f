"""A simulated label printer without any port: bytes in, answers and labels out (pure).

It reads TSPL or ZPL as the printers do, one command after the other, and keeps what it was told as
:class:`PrintedLabel`. Whatever is no known command is kept as garbage, so that a test can say that
no text of a label became one. Labels wait while the cover is open or paper is missing, and come
out by themselves afterwards.
"""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass, field
from typing import Literal

from drivers.printer_troubles import PrinterTroubles

_TSPL_ARGUMENTS = re.compile(rb'"(?:\\\["\]|[^"])*"|[^,]+')
_TSPL_PLAIN = frozenset((b"SIZE", b"GAP", b"DIRECTION", b"SPEED", b"DENSITY", b"CLS"))
_ZPL_DATA = re.compile(rb"_([0-9A-Fa-f]{2})")
_ZPL_CODES = {b"BC": "CODE128", b"BE": "EAN13", b"B8": "EAN8"}
_NONSENSE = b"\xc5"


@dataclass(frozen=True, slots=True)
class PrintedField:
    """One text or barcode of a printed label, in dots."""

    x: int
    y: int
    text: str
    size: int = 1
    symbology: str = ""


@dataclass(frozen=True, slots=True)
class PrintedLabel:
    """One label that came out."""

    width: str
    """As the printer was told: ``40 mm`` or dots."""
    height: str
    fields: tuple[PrintedField, ...]

    @property
    def text(self) -> str:
        """Its texts from the top, one row a line; barcodes in brackets."""
        rows: dict[int, list[str]] = {}
        for one in sorted(self.fields, key=lambda found: (found.y, found.x)):
            shown = f"[{one.symbology} {one.text}]" if one.symbology else one.text
            rows.setdefault(one.y, []).append(shown)
        return "".join("  ".join(row) + "\n" for row in rows.values())


@dataclass(slots=True)
class LabelModel(PrinterTroubles):
    """State of the simulated printer."""

    language: Literal["tspl", "zpl"] = "tspl"
    labels: list[PrintedLabel] = field(default_factory=list)
    garbage: list[bytes] = field(default_factory=list)
    commands: list[bytes] = field(default_factory=list)
    """Names of the commands obeyed, in order."""
    _pending: bytes = b""
    _fields: list[PrintedField] = field(default_factory=list)
    _size: tuple[str, str] = ("", "")
    _copies: int = 1
    _waiting: deque[PrintedLabel] = field(default_factory=deque)

    def receive(self, data: bytes) -> None:
        """Take bytes; answers are then in :meth:`take_output`."""
        self.raw += data
        if self.dead:
            return
        self._pending += data
        if self.language == "tspl":
            self._read_tspl()
        else:
            self._read_zpl()
        self.run()

    def run(self) -> None:
        """Print what waits, as far as it goes."""
        while self._waiting and self.ready:
            self.labels.append(self._waiting.popleft())
            self._use_paper()

    def power_cycle(self) -> None:
        """Off and on again: what waited is gone."""
        self._waiting.clear()
        self._fields.clear()
        self._pending = b""
        self._output.clear()

    def receipts(self) -> tuple[PrintedLabel, ...]:
        """The labels that have come out."""
        return tuple(self.labels)

    def tear_off(self) -> tuple[PrintedLabel, ...]:
        """Take them."""
        torn = tuple(self.labels)
        self.labels.clear()
        return torn

    @property
    def drawer_kicks(self) -> tuple[int, ...]:
        """None: no drawer hangs on a label printer."""
        return ()

    def _answer(self, data: bytes) -> None:
        if not self.silent:
            self._output += _NONSENSE * len(data) if self.nonsense else data

    # -- TSPL -------------------------------------------------------------------------------------

    def _read_tspl(self) -> None:
        while self._pending:
            at = self._pending.find(b"\x1b!")
            line_end = self._pending.find(b"\r\n")
            if at >= 0 and (line_end < 0 or at < line_end):
                if len(self._pending) < at + 3:
                    return
                if self._pending[at + 2 : at + 3] == b"?":
                    self._answer(bytes((self._tspl_status(),)))
                else:
                    self.garbage.append(self._pending[at : at + 3])
                self._pending = self._pending[:at] + self._pending[at + 3 :]
                continue
            if line_end < 0:
                return
            line, self._pending = self._pending[:line_end], self._pending[line_end + 2 :]
            try:
                self._obey_tspl(line)
            except ValueError:
                self.garbage.append(line)

    def _obey_tspl(self, line: bytes) -> None:
        name, _, rest = line.partition(b" ")
        self.commands.append(name)
        found = _TSPL_ARGUMENTS.findall(rest)
        if b",".join(found) != rest:
            self.garbage.append(line)
        elif name == b"SIZE" and len(found) == 2:
            self._size = (found[0].decode(), found[1].decode())
        elif name == b"CLS":
            self._fields.clear()
        elif name == b"TEXT" and len(found) == 7:
            self._fields.append(
                PrintedField(int(found[0]), int(found[1]), _unquoted(found[6]), int(found[4]))
            )
        elif name == b"BARCODE" and len(found) == 9:
            kind = {"128": "CODE128"}.get(_unquoted(found[2]), _unquoted(found[2]))
            self._fields.append(
                PrintedField(int(found[0]), int(found[1]), _unquoted(found[8]), symbology=kind)
            )
        elif name == b"PRINT" and len(found) == 2:
            self._print(int(found[0]) * int(found[1]))
        elif name not in _TSPL_PLAIN:
            self.garbage.append(line)

    def _tspl_status(self) -> int:
        value = 0 if self.paper else 0x04
        value |= 0x40 if self.cover_open else 0
        value |= 0x02 if self.cutter_jammed else 0
        value |= 0x10 if self.offline else 0
        return value | (0x20 if self._waiting and self.ready else 0)

    # -- ZPL --------------------------------------------------------------------------------------

    def _read_zpl(self) -> None:
        while True:
            opened = re.search(rb"[\^~]", self._pending)
            if opened is None:
                return
            closed = re.search(rb"[\^~\r]", self._pending[opened.end() :])
            end = opened.end() + closed.start() if closed else len(self._pending)
            command = self._pending[opened.start() : end]
            if closed is None and command not in (b"~HS", b"^XZ"):
                return
            self._pending = self._pending[end:]
            try:
                self._obey_zpl(command)
            except (ValueError, IndexError):
                self.garbage.append(command)

    def _obey_zpl(self, command: bytes) -> None:
        name, rest = command[1:3], command[3:]
        self.commands.append(name)
        if command == b"~HS":
            self._answer(self._zpl_status())
        elif name == b"XA":
            self._fields.clear()
            self._copies = 1
        elif name == b"PW":
            self._size = (rest.decode(), self._size[1])
        elif name == b"LL":
            self._size = (self._size[0], rest.decode())
        elif name == b"FO":
            x, y = rest.split(b",")
            self._fields.append(PrintedField(int(x), int(y), ""))
        elif name in _ZPL_CODES and self._fields:
            self._change(symbology=_ZPL_CODES[name])
        elif name == b"A@" and self._fields:
            self._change(size=int(rest.split(b",")[1]) // 24)
        elif name == b"FD" and self._fields:
            data = _ZPL_DATA.sub(lambda found: bytes((int(found[1], 16),)), rest)
            self._change(text=data.decode("utf-8", "replace"))
        elif name == b"PQ":
            self._copies = int(rest)
        elif name == b"XZ":
            self._print(self._copies)
        elif name not in (b"CI", b"BY", b"FH", b"FS", b"PR"):
            self.garbage.append(command)

    def _change(self, **changes: str | int) -> None:
        last = self._fields[-1]
        self._fields[-1] = PrintedField(
            last.x,
            last.y,
            str(changes.get("text", last.text)),
            int(changes.get("size", last.size)),
            str(changes.get("symbology", last.symbology)),
        )

    def _zpl_status(self) -> bytes:
        waiting = len(self._waiting) if self.ready else 0
        first = f"030,{int(not self.paper)},{int(self.offline)},0240,{waiting:03d},0,0,0,000,0,0,0"
        second = f"000,0,{int(self.cover_open)},0,0,2,4,0,{waiting:08d},1,000"
        lines = (first, second, "0000,0")
        return b"".join(b"\x02" + line.encode() + b"\x03\r\n" for line in lines)

    def _print(self, copies: int) -> None:
        label = PrintedLabel(*self._size, tuple(self._fields))
        self._waiting.extend([label] * copies)


def _unquoted(argument: bytes) -> str:
    return argument[1:-1].replace(b'\\["]', b'"').decode("gbk", "replace")
