r"""Labels as TSPL, the language of TSC, Gprinter and most label printers in shops (pure).

Sources: [D] TSC TSPL/TSPL2 Programming Manual; Gprinter 编程手册. A command is a line of ASCII that
ends with CR LF; data stand in quotes. A name must never end its quotes or its line: control
characters are dropped, a quote is sent as ``\["]`` as the manual says, and a backslash, which opens
such escapes, as its full-width form. The second byte of a hanzi can be a backslash as well; the
printer may not see that it belongs to a hanzi, so no bracket follows one.
"""

from __future__ import annotations

from typing import Final

from drivers.document import Document
from drivers.escpos.status import PrinterStatus
from drivers.label import Label
from drivers.labels.placing import CompiledLabels, Placed, compiled, place
from drivers.labels.profile import LabelProfile

ASK_STATUS: Final = b"\x1b!?"
"""ESC ! ?: one byte, answered at once [D]."""
PRINTING: Final = 0x20

_QUOTE: Final = b'\\["]'
_BARS: Final = {"CODE128": "128", "EAN13": "EAN13", "EAN8": "EAN8"}


def compile_labels(document: Document, profile: LabelProfile) -> CompiledLabels:
    """Give the bytes of the labels of ``document``.

    Raises:
        Illegal: there is none, or one does not fit the printer.
    """
    return compiled(document, lambda label: _label(label, profile))


def _label(label: Label, profile: LabelProfile) -> bytes:
    lines = [
        b"SIZE %d mm,%d mm" % (label.width_mm, label.height_mm),
        b"GAP %d mm,0 mm" % max(0, label.gap_mm),
        b"DIRECTION 1",
    ]
    if profile.speed:
        lines.append(b"SPEED %d" % profile.speed)
    if profile.density >= 0:
        lines.append(b"DENSITY %d" % profile.density)
    lines.append(b"CLS")
    lines += [_field(one, profile) for one in place(label, profile)]
    lines.append(b"PRINT 1,%d" % max(1, min(999, label.copies)))
    return b"".join(line + b"\r\n" for line in lines)


def _field(field: Placed, profile: LabelProfile) -> bytes:
    at = b"%d,%d" % (field.x, field.y)
    if field.symbology is not None:
        bars = _BARS[field.symbology].encode("ascii")
        narrow = profile.dots_per_mm // 4
        return b'BARCODE %s,"%s",%d,1,0,%d,%d,%s' % (
            at, bars, field.height, narrow, narrow * 2, quoted(field.text),
        )  # fmt: skip
    font = profile.font.encode("ascii")
    return b'TEXT %s,"%s",0,%d,%d,%s' % (at, font, field.size, field.size, quoted(field.text))


def quoted(text: str) -> bytes:
    """Sanitised ``text`` in quotes, as data that can be nothing else."""
    made = bytearray()
    for character in text:
        if character == '"':
            made += _QUOTE
        elif character == "\\":
            made += "＼".encode("gbk")
        elif character == "[" and made.endswith(b"\\"):
            made += "［".encode("gbk")
        else:
            made += character.encode("gbk")
    if made.endswith(b"\\"):
        made += b" "  # the closing quote must not look escaped
    return b'"' + bytes(made) + b'"'


def decode_status(value: int) -> tuple[PrinterStatus, bool]:
    """What the byte of ESC ! ? says, and whether labels are coming out now [D].

    ``00`` ready; 01 head open, 02 jam, 04 paper, 08 ribbon, 10 paused, 20 printing, 40 cover,
    80 anything else.
    """
    trouble = value & ~PRINTING & 0xFF
    return PrinterStatus(
        online=not trouble,
        cover_open=bool(value & 0x41),
        paper_end=bool(value & 0x04),
        error_recoverable=bool(value & 0x0A),
        unrecoverable=bool(value & 0x80),
    ), bool(value & PRINTING)
