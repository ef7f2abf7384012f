"""ESC/POS command bytes by name, each with its meaning and source.

Sources: [E] Epson ESC/POS Command Reference, https://download4.epson.biz/sec_pubs/pos/reference_en/escpos/
[C] manuals of Chinese-ROM printers (SPRT, HCC, Birch): the FS group; last size command wins.
"""

from __future__ import annotations

from typing import Final

DLE: Final = 0x10
EOT: Final = 0x04
ESC: Final = 0x1B
FS: Final = 0x1C
GS: Final = 0x1D
LF: Final = b"\n"

INITIALIZE: Final = b"\x1b@"
"""ESC @: clear the line buffer and all modes [E]."""
CHINESE_ON: Final = b"\x1c&"
"""FS &: two-byte mode [C]."""
CHINESE_OFF: Final = b"\x1c."
"""FS .: one-byte mode [C]."""
ALIGN_LEFT: Final = b"\x1ba\x00"
ALIGN_CENTER: Final = b"\x1ba\x01"
"""ESC a n, at the start of a line only [E]."""
BOLD_ON: Final = b"\x1bE\x01"
BOLD_OFF: Final = b"\x1bE\x00"
"""ESC E n [E]."""

TRANSMIT_PAPER: Final = b"\x1dr\x01"
"""GS r 1: paper sensor, answered in order after everything before it [E]."""
TRANSMIT_DRAWER: Final = b"\x1dr\x02"
"""GS r 2: drawer pin 3, answered in order [E]."""
CLEAR_BUFFER: Final = b"\x10\x14\x08\x01\x03\x14\x01\x06\x02\x08"
"""DLE DC4 8: drop everything received and not printed; answered with 37 25 00 [E]."""

REAL_TIME_DANGER: Final = (b"\x10\x04", b"\x10\x05", b"\x10\x14")
"""Real-time requests: a printer obeys them even inside the data of another command [E]."""


OWN_GLYPHS_MAX: Final = 94
"""FE A1 to FE FE: the codes of glyphs of one's own on printers with Chinese glyphs [E]."""


def size(*, double_width: bool, double_height: bool) -> bytes:
    """GS ! n: character size for ASCII and hanzi alike [E]."""
    return bytes((GS, 0x21, (0x10 if double_width else 0) | (0x01 if double_height else 0)))


def size_fs(*, double_width: bool, double_height: bool) -> bytes:
    """ESC ! n with FS ! n: size on printers whose GS ! leaves hanzi small [C]."""
    ascii_bits = (0x20 if double_width else 0) | (0x10 if double_height else 0)
    hanzi_bits = (0x04 if double_width else 0) | (0x08 if double_height else 0)
    return bytes((ESC, 0x21, ascii_bits, FS, 0x21, hanzi_bits))


def feed(lines: int) -> bytes:
    """ESC d n: print the line and feed ``lines`` lines [E]."""
    return bytes((ESC, 0x64, lines))


def cut(*, partial: bool) -> bytes:
    """GS V m, function A [E]."""
    return bytes((GS, 0x56, 1 if partial else 0))


def drawer_pulse(pin: int, pulse_ms: int) -> bytes:
    """ESC p m t1 t2: pulse of ``pulse_ms`` on pin 2 or 5; the pause is as long as allowed [E].

    Both times must be there: without them the command swallows the next job's first bytes.
    """
    on = max(1, min(254, pulse_ms // 2))
    return bytes((ESC, 0x70, 0 if pin == 2 else 1, on, max(on + 1, 250)))


def real_time_status(request: int) -> bytes:
    """DLE EOT n, n = 1 printer, 2 offline cause, 3 error cause, 4 paper: answered at once [E]."""
    return bytes((DLE, EOT, request))


def process_id(identifier: bytes) -> bytes:
    """GS ( H function 48: echo four bytes 0x20-0x7E when everything before is printed [E]."""
    return b"\x1d(H\x06\x00\x30\x30" + identifier


def barcode_setup(*, height_dots: int, module_dots: int, hri: bool) -> bytes:
    """GS h, GS w, GS H: height, narrow module and text below [E]."""
    return bytes((GS, 0x68, height_dots, GS, 0x77, module_dots, GS, 0x48, 2 if hri else 0))


def barcode(system: int, data: bytes) -> bytes:
    """GS k m n d1…dn, function B: 67 EAN-13, 68 EAN-8, 73 Code 128 [E]."""
    return bytes((GS, 0x6B, system, len(data))) + data


def qr_code(data: bytes, module_dots: int) -> bytes:
    """GS ( k: model 2, module size, error correction M, store, print [E]."""
    length = len(data) + 3
    return b"".join(
        (
            b"\x1d(k\x04\x001A2\x00",
            b"\x1d(k\x03\x001C" + bytes((module_dots,)),
            b"\x1d(k\x03\x001E1",
            b"\x1d(k" + bytes((length & 0xFF, length >> 8)) + b"1P0" + data,
            b"\x1d(k\x03\x001Q0",
        )
    )


def raster(width_bytes: int, data: bytes) -> bytes:
    """GS v 0: a raster strip of ``width_bytes`` per row, most significant bit left [E]."""
    height = len(data) // width_bytes
    head = bytes((GS, 0x76, 0x30, 0, width_bytes & 0xFF, width_bytes >> 8))
    return head + bytes((height & 0xFF, height >> 8)) + data


def bit_image(width_dots: int, data: bytes) -> bytes:
    """ESC * 33: 24 dots high within the line, three bytes a column [E]."""
    return bytes((ESC, 0x2A, 33, width_dots & 0xFF, width_dots >> 8)) + data


def define_glyph(code: bytes, data: bytes) -> bytes:
    """FS 2: a 24 x 24 glyph of one's own for the two-byte ``code``, gone with ESC @ [E]."""
    return bytes((FS, 0x32)) + code + data


def stored_picture(number: int) -> bytes:
    """FS p n m: print the picture that lies in the printer's memory under ``number`` [E]."""
    return bytes((FS, 0x70, number, 0))
