"""Document to ESC/POS bytes (pure).

Alignment is done with blanks by the layout, so a receipt costs its text and little more: a size or
weight command stands only where the style changes. ESC a is used around barcodes and QR codes
alone, and everything is put back afterwards (P7).
"""

from __future__ import annotations

from dataclasses import dataclass

from drivers.document import (
    Barcode,
    Columns,
    Cut,
    Document,
    LaidLine,
    OpenDrawer,
    Pair,
    QrCode,
    Text,
    layout,
)
from drivers.escpos import commands
from drivers.escpos.code128 import code128
from drivers.escpos.encoder import substitutions_in
from drivers.escpos.profile import PrinterProfile
from drivers.escpos.qr_image import qr_rows

QR_BYTES_MAX = 1000
"""More than this does not scan from a receipt."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """Bytes of one job."""

    data: bytes
    substitutions: int
    """Characters that the printer cannot print."""


def compile_document(document: Document, profile: PrinterProfile) -> bytes:
    """Give the bytes of ``document`` with all its copies, without fence."""
    return compile_counted(document, profile).data


def compile_counted(document: Document, profile: PrinterProfile) -> Compiled:
    """Give the bytes and how many characters had to be replaced (per copy)."""
    writer = _Writer(profile)
    for line in layout(document, profile.columns):
        writer.line(line)
    writer.style(LaidLine(""))
    start = commands.INITIALIZE + (commands.CHINESE_ON if profile.chinese_rom else b"")
    body = start + bytes(writer.data)
    substitutions = writer.substitutions + _lost(document)
    return Compiled(body * max(1, document.copies), substitutions)


def _lost(document: Document) -> int:
    """Replacements that the layout already made while it sanitised the texts."""
    lost = 0
    for element in document.elements:
        if isinstance(element, Text):
            lost += substitutions_in(element.text)
        elif isinstance(element, Pair):
            lost += substitutions_in(element.left) + substitutions_in(element.right)
        elif isinstance(element, Columns):
            lost += sum(substitutions_in(cell.text) for cell in element.cells)
    return lost


class _Writer:
    """Appends lines and remembers which style the printer is in."""

    def __init__(self, profile: PrinterProfile) -> None:
        self.profile = profile
        self.data = bytearray()
        self.substitutions = 0
        self._size = (False, False)
        self._bold = False

    def line(self, line: LaidLine) -> None:
        element = line.element
        if element is None:
            self._text(line)
            return
        self.style(LaidLine(""))
        if isinstance(element, Barcode):
            self._barcode(element)
        elif isinstance(element, QrCode):
            self._qr_code(element)
        elif isinstance(element, Cut):
            self._cut(element)
        elif self.profile.drawer_pin:
            self._drawer(element)

    def style(self, line: LaidLine) -> None:
        """Switch to the style of ``line``, with as few commands as possible."""
        wanted = (line.double_width, line.double_height)
        if wanted != self._size:
            command = commands.size if self.profile.size_commands == "gs" else commands.size_fs
            self.data += command(double_width=wanted[0], double_height=wanted[1])
            self._size = wanted
        if line.bold != self._bold:
            self.data += commands.BOLD_ON if line.bold else commands.BOLD_OFF
            self._bold = line.bold

    def _text(self, line: LaidLine) -> None:
        if line.text:
            if line.indent and self._size[0]:
                self.style(LaidLine(""))
            if line.double_width:
                self.data += b" " * line.indent
                self.style(line)
            else:
                self.style(line)
                self.data += b" " * line.indent
            self.data += self._encode(line.text)
        self.data += commands.LF

    def _encode(self, text: str) -> bytes:
        if self.profile.chinese_rom:
            return text.encode("gbk")  # the layout has sanitised it
        if text.isascii():
            return text.encode("ascii")
        pieces = []
        for character in text:
            if character.isascii():
                pieces.append(character)
            else:
                pieces.append("??")
                self.substitutions += 1
        return "".join(pieces).encode("ascii")

    def _centred(self, data: bytes) -> None:
        self.data += commands.ALIGN_CENTER + data + commands.ALIGN_LEFT

    def _plain(self, text: str) -> None:
        """Print ``text`` centred in place of a picture that the printer cannot make."""
        for line in layout(Document((Text(text, align="center"),)), self.profile.columns):
            self._text(line)

    def _barcode(self, element: Barcode) -> None:
        made = _bars(element) if self.profile.barcode else None
        if made is None:
            self._plain(element.data)
            return
        system, data, modules = made
        module_dots = self.profile.module_dots_max
        while module_dots > 2 and modules * module_dots > self.profile.dots:
            module_dots -= 1
        if modules * module_dots > self.profile.dots:
            self._plain(element.data)
            return
        height = max(1, min(255, element.height_dots))
        setup = commands.barcode_setup(
            height_dots=height, module_dots=module_dots, hri=element.hri
        )
        self._centred(setup + commands.barcode(system, data))

    def _qr_code(self, element: QrCode) -> None:
        data = _qr_data(element.data)
        size = max(1, min(16, element.size))
        if not data or len(data) > QR_BYTES_MAX:
            self._plain(element.data[: self.profile.columns * 4])
            return
        if self.profile.native_qr:
            self._centred(commands.qr_code(data, size))
            return
        rows = qr_rows(data, size, self.profile.dots)
        if rows is None:
            self._plain(element.data)
            return
        for start in range(0, len(rows), 128):  # cheap printers have small image buffers
            strip = rows[start : start + 128]
            self.data += commands.raster(len(strip[0]), strip)

    def _cut(self, element: Cut) -> None:
        self.data += commands.feed(self.profile.feed_lines_before_cut)
        if self.profile.cutter != "none":
            partial = element.partial and self.profile.cutter == "partial"
            self.data += commands.cut(partial=partial)

    def _drawer(self, element: OpenDrawer) -> None:
        pin = element.pin or self.profile.drawer_pin
        self.data += commands.drawer_pulse(pin, self.profile.drawer_pulse_ms)


def _bars(element: Barcode) -> tuple[int, bytes, int] | None:
    """System number, data and width in modules; None when the data do not suit the symbology."""
    if element.symbology == "CODE128":
        made = code128(element.data)
        return None if made is None else (73, *made)
    digits = {"EAN13": (67, 13, 95), "EAN8": (68, 8, 67)}[element.symbology]
    system, length, modules = digits
    data = element.data
    if not (data.isascii() and data.isdigit() and len(data) in (length - 1, length)):
        return None
    return system, data.encode("ascii"), modules


def _qr_data(data: str) -> bytes:
    """UTF-8 without control characters; lone surrogates have no bytes and are dropped."""
    kept = "".join(one for one in data if one == " " or (one.isprintable() and one > " "))
    return kept.encode("utf-8", "ignore")
