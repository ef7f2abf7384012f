"""Labels as ZPL II, the language of Zebra printers and those that imitate them (pure).

Sources: [D] ZPL II Programming Guide. ``^`` and ``~`` open commands wherever they stand, so every
ASCII character of a text that is neither letter nor digit is sent as hexadecimal (``^FH``), and
nothing of the data can be a command. Texts are UTF-8 (``^CI28``); the font must lie in the printer.
"""

from __future__ import annotations

from typing import Final

from drivers.document import Document
from drivers.escpos.status import PrinterStatus
from drivers.label import Label
from drivers.labels.placing import CompiledLabels, Placed, compiled, place
from drivers.labels.profile import LabelProfile

ASK_STATUS: Final = b"~HS"
"""Three lines, each STX … ETX CR LF [D]."""
STATUS_LINES: Final = 3
_CODES: Final = {"CODE128": b"^BCN,%d,Y,N,N", "EAN13": b"^BEN,%d,Y,N", "EAN8": b"^B8N,%d,Y,N"}


def compile_labels(document: Document, profile: LabelProfile) -> CompiledLabels:
    """Give the bytes of the labels of ``document``.

    Raises:
        Illegal: there is none, or one does not fit the printer.
    """
    return compiled(document, lambda label: _label(label, profile))


def _label(label: Label, profile: LabelProfile) -> bytes:
    dots = profile.dots_per_mm
    lines = [
        b"^XA^CI28",
        b"^PW%d^LL%d" % (label.width_mm * dots, label.height_mm * dots),
    ]
    if profile.speed:
        lines.append(b"^PR%d" % profile.speed)
    lines += [_field(one, profile) for one in place(label, profile)]
    lines.append(b"^PQ%d" % max(1, min(999, label.copies)))
    lines.append(b"^XZ")
    return b"".join(line + b"\r\n" for line in lines)


def _field(field: Placed, profile: LabelProfile) -> bytes:
    at = b"^FO%d,%d" % (field.x, field.y)
    data = b"^FH_^FD%s^FS" % escaped(field.text)
    if field.symbology is not None:
        narrow = b"^BY%d" % (profile.dots_per_mm // 4)
        text = field.text[:-1] if field.symbology != "CODE128" and _whole(field) else field.text
        code = _CODES[field.symbology] % field.height
        return at + narrow + code + b"^FH_^FD%s^FS" % escaped(text)
    side = profile.font_dots * field.size
    return at + b"^A@N,%d,%d,%s" % (side, side, profile.font.encode("ascii")) + data


def _whole(field: Placed) -> bool:
    """Whether the data hold their check digit, which the printer makes itself."""
    return len(field.text) in (8, 13)


def escaped(text: str) -> bytes:
    """Sanitised ``text`` as field data that can hold no command."""
    return b"".join(
        one.encode("ascii")
        if one.isascii() and (one.isalnum() or one == " ")
        else b"_%02X" % ord(one)
        if one.isascii()
        else one.encode("utf-8")
        for one in text
    )


def decode_status(lines: list[bytes]) -> tuple[PrinterStatus, bool] | None:
    """What the three lines of ~HS say, and whether labels are coming out; None for nonsense [D].

    First line: 2 paper out, 3 pause, 5 formats in the buffer. Second: 3 head up, 4 ribbon out,
    9 labels remaining.
    """
    if len(lines) < STATUS_LINES:
        return None
    first, second = (line.split(b",") for line in lines[:2])
    if len(first) < 12 or len(second) < 9 or not all(one.isdigit() for one in first + second):
        return None
    paused, waiting = first[2] == b"1", int(first[4]) > 0 or int(second[8]) > 0
    paper_end, head_up, ribbon = first[1] == b"1", second[2] == b"1", second[3] == b"1"
    return PrinterStatus(
        online=not (paper_end or paused or head_up or ribbon),
        cover_open=head_up,
        paper_end=paper_end,
        error_recoverable=ribbon,
    ), waiting
