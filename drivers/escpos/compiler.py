"""Document to ESC/POS bytes (pure).

Alignment is done with blanks by the layout, so a receipt costs its text and little more: a size or
weight command stands only where the style changes. ESC a is used around barcodes and QR codes
alone, and everything is put back afterwards (P7).

A printer without Chinese glyphs gets its text lines as raster strips, and one that has them gets a
rare character as a bit image within the line, when the profile says so and glyphs are handed in.
"""

from __future__ import annotations

from dataclasses import dataclass

from drivers.document import (
    Barcode,
    Columns,
    Cut,
    Document,
    OpenDrawer,
    Pair,
    Picture,
    QrCode,
    StoredPicture,
    Text,
)
from drivers.document_layout import LaidLine, layout
from drivers.errors import Illegal
from drivers.escpos import commands
from drivers.escpos.code128 import code128
from drivers.escpos.encoder import SUBSTITUTE, is_rare, substitutions_in
from drivers.escpos.glyphs import (
    GLYPH_DOTS,
    MISSING,
    GlyphSource,
    bit_image,
    draw_line,
    embolden,
    pack,
    widen,
)
from drivers.escpos.pictures import picture_rows
from drivers.escpos.profile import PrinterProfile
from drivers.escpos.qr_image import qr_rows
from drivers.label import Label

QR_BYTES_MAX = 1000
"""More than this does not scan from a receipt."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """Bytes of one job."""

    data: bytes
    substitutions: int
    """Characters that the printer cannot print."""


def compile_document(
    document: Document, profile: PrinterProfile, glyphs: GlyphSource | None = None
) -> bytes:
    """Give the bytes of ``document`` with all its copies, without fence."""
    return compile_counted(document, profile, glyphs).data


def compile_counted(
    document: Document, profile: PrinterProfile, glyphs: GlyphSource | None = None
) -> Compiled:
    """Give the bytes and how many characters had to be replaced (per copy).

    Raises:
        Illegal: with the code ``no_font`` when the profile draws its lines and ``glyphs`` is None.
    """
    if profile.raster and glyphs is None:
        raise Illegal(profile.name, code="no_font")
    rare = glyphs is not None and profile.draws
    writer = _Writer(profile, glyphs)
    writer.lines(layout(document, profile.columns, rare=rare))
    writer.end()
    start = commands.INITIALIZE + (commands.CHINESE_ON if profile.chinese_rom else b"")
    body = start + bytes(writer.definitions) + bytes(writer.data)
    lost = _lost(document, rare=rare) if SUBSTITUTE.encode() in body else 0
    substitutions = writer.substitutions + lost
    return Compiled(body * max(1, document.copies), substitutions)


def has_rare(document: Document) -> bool:
    """Whether a text of ``document`` holds a character that only a picture can print."""
    return any(not text.isascii() and any(map(is_rare, text)) for text in _texts(document))


def _lost(document: Document, *, rare: bool) -> int:
    """Replacements that the layout already made while it sanitised the texts."""
    return sum(substitutions_in(text, rare=rare) for text in _texts(document))


def _texts(document: Document) -> list[str]:
    texts = []
    for element in document.elements:
        if isinstance(element, Text):
            texts.append(element.text)
        elif isinstance(element, Pair):
            texts += (element.left, element.right)
        elif isinstance(element, Columns):
            texts += [cell.text for cell in element.cells]
        elif isinstance(element, Label):
            texts += [field.text for field in element.fields if field.symbology is None]
    return texts


class _Writer:
    """Appends lines and remembers which style the printer is in."""

    def __init__(self, profile: PrinterProfile, glyphs: GlyphSource | None) -> None:
        self.profile = profile
        self.glyphs = glyphs
        self.data = bytearray()
        self.definitions = bytearray()
        self.substitutions = 0
        self._size = (False, False)
        self._bold = False
        self._plain_style = True
        self._rows: list[int] = []
        self._codes: dict[str, bytes] = {}

    def lines(self, lines: list[LaidLine]) -> None:
        """Put out ``lines``; most are plain text, which takes the short way."""
        short = self.profile.chinese_rom and not self.profile.raster
        data = self.data
        for line in lines:
            text, indent, bold, tall, wide, element = line
            if short and self._plain_style and not (bold or tall or wide or element):
                try:
                    made = (text + "\n").encode("gbk")
                    data += b" " * indent + made if indent else made
                except UnicodeEncodeError:  # a character that has to be drawn
                    self.line(line)
            else:
                self.line(line)

    def line(self, line: LaidLine) -> None:
        element = line.element
        if element is None:
            self._text(line)
            return
        self.end()
        if isinstance(element, Barcode):
            self._barcode(element)
        elif isinstance(element, QrCode):
            self._qr_code(element)
        elif isinstance(element, Cut):
            self._cut(element)
        elif isinstance(element, Picture):
            self._strips(picture_rows(element, self.profile.dots) if self.profile.images else [])
        elif isinstance(element, StoredPicture):
            number = max(1, min(255, element.number))
            self._centred(commands.stored_picture(number))
        elif self.profile.drawer_pin:
            self._drawer(element)

    def end(self) -> None:
        """Put out the lines that are drawn and not sent yet, and set the plain style."""
        self._strips(self._rows)
        self._rows = []
        self.style(LaidLine(""))

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
        self._plain_style = not (self._bold or self._size[0] or self._size[1])

    def _text(self, line: LaidLine) -> None:
        if self.profile.raster and self.glyphs is not None:
            rows, lost = draw_line(line, self.profile.dots, self.glyphs)
            if len(self._rows) + len(rows) > self.profile.strip_rows:
                self._strips(self._rows)
                self._rows = []
            self._rows += rows
            self.substitutions += lost
            return
        if line.text:
            if line.indent and self._size[0]:
                self.style(LaidLine(""))
            if line.double_width:
                self.data += b" " * line.indent
                self.style(line)
            else:
                self.style(line)
                self.data += b" " * line.indent
            self.data += self._encode(line)
        self.data += commands.LF

    def _encode(self, line: LaidLine) -> bytes:
        text = line.text
        if self.profile.chinese_rom:
            try:
                return text.encode("gbk")  # the layout has sanitised it
            except UnicodeEncodeError:
                return self._encode_rare(line)
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

    def _encode_rare(self, line: LaidLine) -> bytes:
        """A line with characters outside GBK: each of them drawn in its place."""
        data = bytearray()
        for character in line.text:
            if not is_rare(character):
                data += character.encode("gbk")
                continue
            glyph = self.glyphs.glyph(character, GLYPH_DOTS) if self.glyphs is not None else None
            code = self._code(character, glyph) if glyph is not None else b""
            if glyph is None or not (code or self.profile.rare_glyphs == "bit_image"):
                data += MISSING.encode("gbk")
                self.substitutions += 1
            elif code:
                data += code
            else:
                data += self._in_line(glyph, line)
        return bytes(data)

    def _in_line(self, glyph: tuple[int, ...], line: LaidLine) -> bytes:
        if line.bold:
            glyph = embolden(glyph)
        width = GLYPH_DOTS
        if line.double_width:  # a bit image has its own size, whatever the text has
            glyph = tuple(widen(row, width) for row in glyph)
            width *= 2
        return commands.bit_image(width, bit_image(glyph, width))

    def _code(self, character: str, glyph: tuple[int, ...]) -> bytes:
        """The two bytes of a glyph of one's own, defined once; empty when there is no more room."""
        if self.profile.rare_glyphs != "user_defined":
            return b""
        code = self._codes.get(character)
        if code is None:
            if len(self._codes) >= commands.OWN_GLYPHS_MAX:
                return b""
            code = bytes((0xFE, 0xA1 + len(self._codes)))
            self._codes[character] = code
            self.definitions += commands.define_glyph(code, bit_image(glyph, GLYPH_DOTS))
        return code

    def _strips(self, rows: list[int]) -> None:
        """Raster rows in strips that the buffers of cheap printers hold."""
        for start in range(0, len(rows), self.profile.strip_rows):
            width, data = pack(rows[start : start + self.profile.strip_rows], self.profile.dots)
            self.data += commands.raster(width, data)

    def _centred(self, data: bytes) -> None:
        self.data += commands.ALIGN_CENTER + data + commands.ALIGN_LEFT

    def _plain(self, text: str) -> None:
        """Print ``text`` centred in place of a picture that the printer cannot make."""
        for line in layout(Document((Text(text, align="center"),)), self.profile.columns):
            self._text(line)
        self.end()

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
        rows = qr_rows(data, size, self.profile.dots) if self.profile.images else None
        if rows is None:
            self._plain(element.data)
            return
        self._strips(rows)

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
