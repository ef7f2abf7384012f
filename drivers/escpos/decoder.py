"""Paper from printed bytes: text lines, barcodes, cuts and drawer kicks (pure).

Reads what :mod:`drivers.escpos.compiler` writes and lays it on paper of so many cells as a printer
would: a line that is too long breaks at the edge, a character never straddles it. The lines equal
:func:`drivers.document_layout.render_text` cell for cell, which is how tests hold the two together.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Literal

from drivers.escpos.tokens import Kind, Token, Tokenizer

_CODE_128 = 73
DRAWN = "\u3013"
"""〓: how a character shows that came as a picture, unless somebody can read it."""


@dataclass(frozen=True, slots=True)
class PaperLine:
    """One printed line."""

    text: str
    """As on the paper: leading blanks kept, double-width characters followed by blanks."""
    bold: bool = False
    double_height: bool = False
    kind: Literal["text", "barcode", "qr", "image"] = "text"
    width_bytes: int = 0
    """Of an image: bytes in one row."""
    dots: bytes = b""
    """Of an image: its rows, from the top."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What came out between two cuts."""

    lines: tuple[PaperLine, ...]
    barcodes: tuple[str, ...]
    qr_codes: tuple[str, ...]
    cut: Literal["partial", "full", "none"]

    @property
    def text(self) -> str:
        """All lines, each with its newline; blank lines of the final feed left out."""
        return "".join(line.text + "\n" for line in self.lines)


@dataclass(frozen=True, slots=True)
class Paper:
    """Everything that a printer put out."""

    receipts: tuple[Receipt, ...]
    drawer_kicks: tuple[int, ...]
    """Connector pins, 2 or 5, in order."""
    garbage: tuple[bytes, ...]
    """Bytes that a printer would not understand or would print as nonsense."""


@dataclass(slots=True)
class PaperBuilder:
    """Takes tokens in printing order and keeps the paper."""

    columns: int
    read_glyph: Callable[[bytes], str] = lambda _: DRAWN
    """Reads the columns of a drawn character; without it :data:`DRAWN` stands for it."""
    receipts: list[Receipt] = field(default_factory=list)
    drawer_kicks: list[int] = field(default_factory=list)
    garbage: list[bytes] = field(default_factory=list)
    _lines: list[PaperLine] = field(default_factory=list)
    _barcodes: list[str] = field(default_factory=list)
    _qr_codes: list[str] = field(default_factory=list)
    _text: str = ""
    _cells: int = 0
    _size: int = 0
    _line_size: int = 0
    _bold: bool = False
    _line_bold: bool = False
    _align: int = 0
    _stored_qr: bytes = b""
    _glyphs: dict[bytes, str] = field(default_factory=dict)
    _growing: bool = False
    """The last thing printed was a raster strip, which the next one continues."""

    def take(self, token: Token) -> None:
        """Print one token."""
        kind, value = token.kind, token.value
        if kind is not Kind.IMAGE:
            self._growing = False
        if kind is Kind.TEXT:
            self._print(self._decode(token.data))
        elif kind is Kind.BIT_IMAGE:
            self._draw(token)
        elif kind is Kind.GLYPH:
            self._glyphs[token.data[:2]] = self.read_glyph(token.data[2:])
        elif kind is Kind.LINE:
            self._end_line()
        elif kind is Kind.FEED:
            if self._text:
                self._end_line()
        elif kind is Kind.CUT:
            self._end_receipt("partial" if value % 2 else "full")
        elif kind is Kind.DRAWER:
            self.drawer_kicks.append(2 if value == 0 else 5)
        elif kind is Kind.GARBAGE:
            self.garbage.append(token.data)
        elif kind in (Kind.BARCODE, Kind.QR, Kind.IMAGE, Kind.STORED_PICTURE):
            self._picture(token)
        else:
            self._mode(kind, value)

    def finish(self) -> None:
        """End the strip of paper that hangs out of a printer without a cutter."""
        if self._text:
            self._end_line()
        if self._lines:
            self._end_receipt("none")

    def paper(self) -> Paper:
        """What has come out so far; a strip that was not cut counts as a receipt."""
        self.finish()
        return Paper(tuple(self.receipts), tuple(self.drawer_kicks), tuple(self.garbage))

    def _mode(self, kind: Kind, value: int) -> None:
        if kind is Kind.INITIALIZE:
            # A printer without a cutter starts each job with ESC @: the next strip begins.
            self.finish()
            self._size, self._bold, self._align = 0, False, 0
            self._glyphs.clear()
        elif kind is Kind.SIZE:
            self._size = value
        elif kind is Kind.BOLD:
            self._bold = bool(value & 1)
        elif kind is Kind.ALIGN:
            self._align = value

    def _decode(self, data: bytes) -> str:
        """GBK text, with the glyphs that the host defined itself."""
        if not self._glyphs:
            return data.decode("gbk", "replace")
        text, at = "", 0
        while at < len(data):
            piece = data[at : at + (1 if data[at] < 0x80 else 2)]
            text += self._glyphs.get(piece) or piece.decode("gbk", "replace")
            at += len(piece)
        return text

    def _draw(self, token: Token) -> None:
        """A bit image within the line takes the cells that its dots cover."""
        size, self._size = self._size, 0x10 if token.value == 48 else 0
        self._print(self.read_glyph(token.data))
        self._size = size

    def _print(self, text: str) -> None:
        factor = 2 if self._size & 0x10 else 1
        for character in text:
            cells = (1 if character.isascii() else 2) * factor
            if self._cells + cells > self.columns:
                self._end_line()
            self._text += character + " " * (cells // 2 if factor == 2 else 0)
            self._cells += cells
            self._line_size |= self._size
            self._line_bold = self._line_bold or self._bold

    def _end_line(self) -> None:
        text = self._text.rstrip(" ")
        self._lines.append(PaperLine(text, self._line_bold, bool(self._line_size & 0x01)))
        self._text, self._cells, self._line_size, self._line_bold = "", 0, 0, False

    def _picture(self, token: Token) -> None:
        if self._text:
            self._end_line()
        if token.kind is Kind.BARCODE:
            data = _barcode_text(token)
            self._barcodes.append(data)
            name = {_CODE_128: "CODE128", 67: "EAN13", 68: "EAN8"}.get(token.value, "BARCODE")
            self._place(f"[{name} {data}]", "barcode")
        elif token.kind is Kind.IMAGE:
            self._image(token)
        elif token.kind is Kind.STORED_PICTURE:
            self._place(f"[logo {token.value}]", "image")
        elif token.value == 0x50:  # function 80: store
            self._stored_qr = token.data[1:]
        elif token.value == 0x51:  # function 81: print
            data = self._stored_qr.decode("utf-8", "replace")
            self._qr_codes.append(data)
            self._place(f"[QR {data}]", "qr")

    def _image(self, token: Token) -> None:
        """Strips that follow one another are one picture."""
        width, dots = token.value, token.data
        if self._growing:
            above = self._lines.pop()
            wide = max(width, above.width_bytes)
            dots = _widened(above.dots, above.width_bytes, wide) + _widened(dots, width, wide)
            width = wide
        self._place("[image]", "image")
        self._lines[-1] = replace(self._lines[-1], width_bytes=width, dots=dots)
        self._growing = True

    def _place(self, label: str, kind: Literal["barcode", "qr", "image"]) -> None:
        width, end = 0, 0
        for character in label:
            width += 1 if character.isascii() else 2
            if width > self.columns:
                break
            end += 1
        label = label[:end]
        width = sum(1 if character.isascii() else 2 for character in label)
        indent = (self.columns - width) // 2 if self._align == 1 or kind == "image" else 0
        self._lines.append(PaperLine(" " * indent + label, kind=kind))

    def _end_receipt(self, cut: Literal["partial", "full", "none"]) -> None:
        if self._text:
            self._end_line()
        receipt = Receipt(tuple(self._lines), tuple(self._barcodes), tuple(self._qr_codes), cut)
        self.receipts.append(receipt)
        self._lines.clear()
        self._barcodes.clear()
        self._qr_codes.clear()


def _widened(dots: bytes, width: int, wide: int) -> bytes:
    """Rows of ``width`` bytes as rows of ``wide`` bytes, blank at the right."""
    if width == wide:
        return dots
    rows = [dots[at : at + width] for at in range(0, len(dots), width)]
    return b"".join(row.ljust(wide, b"\x00") for row in rows)


def _barcode_text(token: Token) -> str:
    """Undo the code sets of Code 128; other symbologies carry their digits."""
    if token.value != _CODE_128:
        return token.data.decode("ascii", "replace")
    text = ""
    code_set = "B"
    data = token.data
    at = 0
    while at < len(data):
        if data[at] == 0x7B and at + 1 < len(data):
            mark = chr(data[at + 1])
            at += 2
            if mark == "{":
                text += "{"
            else:
                code_set = mark
            continue
        text += f"{data[at]:02d}" if code_set == "C" else chr(data[at])
        at += 1
    return text


def read_paper(
    data: bytes, columns: int, read_glyph: Callable[[bytes], str] = lambda _: DRAWN
) -> Paper:
    """Read a whole run of printed bytes."""
    tokenizer = Tokenizer()
    builder = PaperBuilder(columns, read_glyph)
    for token in tokenizer.feed(data):
        builder.take(token)
    if tokenizer.incomplete:
        builder.garbage.append(tokenizer.incomplete)
    return builder.paper()
