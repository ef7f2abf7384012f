"""Printed bytes taken apart into commands and text, in any chunks (pure).

The receiving side of :mod:`drivers.escpos.commands`: the simulated printer, ``pos demo --check``
and the tests read paper with it. What a real printer would not understand, or would print as
garbage, becomes a token of its own, so that a test can say that there is none.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

_INCOMPLETE = -1


class Kind(StrEnum):
    """What a token is."""

    TEXT = "text"
    LINE = "line"
    INITIALIZE = "initialize"
    CHINESE = "chinese"
    SIZE = "size"
    BOLD = "bold"
    ALIGN = "align"
    FEED = "feed"
    CUT = "cut"
    DRAWER = "drawer"
    BARCODE = "barcode"
    BARCODE_SETUP = "barcode_setup"
    QR = "qr"
    IMAGE = "image"
    BIT_IMAGE = "bit_image"
    GLYPH = "glyph"
    STORED_PICTURE = "stored_picture"
    REAL_TIME_STATUS = "real_time_status"
    CLEAR_BUFFER = "clear_buffer"
    ORDERED_STATUS = "ordered_status"
    PROCESS_ID = "process_id"
    GARBAGE = "garbage"


@dataclass(frozen=True, slots=True)
class Token:
    """One command or one run of text."""

    kind: Kind
    value: int = 0
    data: bytes = b""


class Tokenizer:
    """Feeds on bytes, gives tokens; keeps an incomplete command for the next call."""

    def __init__(self) -> None:
        """Start as a Chinese printer does: in two-byte mode."""
        self._pending = b""

    def feed(self, data: bytes) -> list[Token]:
        """Take ``data`` and give the tokens that it completes."""
        data = self._pending + data
        tokens: list[Token] = []
        at = 0
        while at < len(data):
            token, length = _next(data, at)
            if length == _INCOMPLETE:
                break
            if token is not None:
                tokens.append(token)
            at += length
        self._pending = data[at:]
        return tokens

    @property
    def incomplete(self) -> bytes:
        """Bytes of a command that has not ended."""
        return self._pending


def _next(data: bytes, at: int) -> tuple[Token | None, int]:
    """Give the token at ``at`` and its length; the length is -1 when more bytes are needed."""
    lead = data[at]
    if lead == 0x0A:
        return Token(Kind.LINE), 1
    if lead in (0x00, 0x0D):
        return None, 1
    if lead in _PREFIXED:
        return _command(data, at)
    if lead < 0x20 or lead == 0x7F:
        return Token(Kind.GARBAGE, data=data[at : at + 1]), 1
    return _text(data, at)


def _text(data: bytes, at: int) -> tuple[Token | None, int]:
    """A run of characters; a two-byte character is never split between tokens."""
    end = at
    while end < len(data):
        lead = data[end]
        if lead < 0x20 or lead == 0x7F:
            break
        if lead < 0x80:
            end += 1
            continue
        if end + 1 >= len(data):
            break
        if not 0x81 <= lead <= 0xFE or not _is_trail(data[end + 1]):
            if end == at:
                return Token(Kind.GARBAGE, data=data[at : at + 2]), 2
            break
        end += 2
    if end == at:
        return None, _INCOMPLETE
    return Token(Kind.TEXT, data=data[at:end]), end - at


def _is_trail(value: int) -> bool:
    return 0x40 <= value <= 0xFE and value != 0x7F


def _command(data: bytes, at: int) -> tuple[Token | None, int]:
    rest = data[at:]
    if rest[0] == 0x1D and rest[1:2] in (b"k", b"(", b"v"):
        return _variable(rest)
    if rest[:2] == b"\x1b*":
        return _bit_image(rest)
    for prefix, length, kind in _FIXED:
        have = min(len(prefix), len(rest))
        if rest[:have] != prefix[:have]:
            continue
        if len(rest) < length:
            return None, _INCOMPLETE
        if kind is None:
            return None, length
        return _fixed_token(kind, prefix, rest[:length]), length
    if len(rest) < 2:
        return None, _INCOMPLETE
    return Token(Kind.GARBAGE, data=rest[:2]), 2


def _fixed_token(kind: Kind, prefix: bytes, body: bytes) -> Token:
    argument = body[len(prefix) :]
    if kind is Kind.CHINESE:
        return Token(kind, value=int(body[1:2] == b"&"))
    if kind is Kind.BARCODE_SETUP:
        return Token(kind, value=argument[0], data=body[1:2])
    if kind is Kind.SIZE and prefix == b"\x1b!":
        bits = argument[0]
        return Token(kind, value=(0x10 if bits & 0x20 else 0) | (0x01 if bits & 0x10 else 0))
    return Token(kind, value=argument[0] if argument else 0, data=argument)


def _bit_image(rest: bytes) -> tuple[Token | None, int]:
    """ESC * m nL nH: columns of one byte, or of three for the 24-dot modes."""
    if len(rest) < 5:
        return None, _INCOMPLETE
    columns = rest[3] | rest[4] << 8
    length = 5 + columns * (3 if rest[2] in (32, 33) else 1)
    if len(rest) < length:
        return None, _INCOMPLETE
    return Token(Kind.BIT_IMAGE, value=columns, data=rest[5:length]), length


def _variable(rest: bytes) -> tuple[Token | None, int]:
    """GS k, GS ( and GS v 0: commands that carry their length."""
    if len(rest) < 5:
        return None, _INCOMPLETE
    if rest[1:2] == b"k":
        length = 4 + rest[3]
        token = Token(Kind.BARCODE, value=rest[2], data=rest[4:length])
    elif rest[1:2] == b"v":
        if len(rest) < 8:
            return None, _INCOMPLETE
        width, height = rest[4] | rest[5] << 8, rest[6] | rest[7] << 8
        length = 8 + width * height
        token = Token(Kind.IMAGE, value=width, data=rest[8:length])
    else:
        length = 5 + (rest[3] | rest[4] << 8)
        body = rest[5:length]
        if rest[2:3] == b"H":
            token = Token(Kind.PROCESS_ID, data=body[2:6])
        elif rest[2:3] == b"k":
            token = Token(Kind.QR, value=body[1] if len(body) > 1 else 0, data=body[2:])
        else:
            token = Token(Kind.GARBAGE, data=rest[:3])
    if len(rest) < length:
        return None, _INCOMPLETE
    return token, length


_PREFIXED = frozenset((0x10, 0x1B, 0x1C, 0x1D))

_FIXED: tuple[tuple[bytes, int, Kind | None], ...] = (
    # prefix, whole length, kind (None: understood and without effect on the text)
    (b"\x1b@", 2, Kind.INITIALIZE),
    (b"\x1c&", 2, Kind.CHINESE),
    (b"\x1c.", 2, Kind.CHINESE),
    (b"\x1b!", 3, Kind.SIZE),
    (b"\x1c!", 3, None),
    (b"\x1c2", 76, Kind.GLYPH),
    (b"\x1cp", 4, Kind.STORED_PICTURE),
    (b"\x1d!", 3, Kind.SIZE),
    (b"\x1bE", 3, Kind.BOLD),
    (b"\x1ba", 3, Kind.ALIGN),
    (b"\x1bd", 3, Kind.FEED),
    (b"\x1dV", 3, Kind.CUT),
    (b"\x1bp", 5, Kind.DRAWER),
    (b"\x1dh", 3, Kind.BARCODE_SETUP),
    (b"\x1dw", 3, Kind.BARCODE_SETUP),
    (b"\x1dH", 3, Kind.BARCODE_SETUP),
    (b"\x1dr", 3, Kind.ORDERED_STATUS),
    (b"\x10\x04", 3, Kind.REAL_TIME_STATUS),
    (b"\x10\x14\x08", 10, Kind.CLEAR_BUFFER),
)
