"""Code 128 data for GS k: which code set each character goes in (pure).

Set C packs two digits into one symbol and makes a transaction number fit 58 mm paper. Its bytes
are the numbers 0 to 99, and a printer obeys the real-time request DLE EOT or DLE DC4 even inside
barcode data; so pairs that would look like ESC, FS, GS or DLE stay in set B. The choice is the
shortest symbol, found by a walk from the end (two states per position).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

_FORBIDDEN_PAIRS: Final = frozenset((0x10, 0x1B, 0x1C, 0x1D))

START_AND_CHECK_SYMBOLS: Final = 2
STOP_MODULES: Final = 13
SYMBOL_MODULES: Final = 11


@lru_cache(maxsize=256)
def code128(data: str) -> tuple[bytes, int] | None:
    """Give the bytes after ``GS k 73 n`` and the bar code's width in modules.

    None when ``data`` is empty, too long for one command or not printable ASCII.
    """
    if not data or not data.isascii() or not data.isprintable():
        return None
    path = _shortest(data)
    encoded = bytearray()
    current = ""
    symbols = START_AND_CHECK_SYMBOLS - 1  # the start symbol is counted as the first switch
    for code_set, piece in path:
        if code_set != current:
            encoded += b"{" + code_set.encode()
            current = code_set
            symbols += 1
        symbols += 1
        if code_set == "C":
            encoded.append(int(piece))
        else:
            encoded += b"{{" if piece == "{" else piece.encode()
    if len(encoded) > 255:
        return None
    return bytes(encoded), symbols * SYMBOL_MODULES + STOP_MODULES


def _shortest(data: str) -> list[tuple[str, str]]:
    """Pieces of ``data`` with their code set, fewest symbols first, then fewest switches."""
    end = len(data)
    # Symbols from here to the end when the set in force is B or C, and the piece to take.
    after_b, after_c = [0] * (end + 1), [0] * (end + 1)
    take_b, take_c = [1] * (end + 1), [1] * (end + 1)
    for position in range(end - 1, -1, -1):
        one = 1 + after_b[position + 1]
        after_b[position], after_c[position] = one, one + 1
        pair = data[position : position + 2]
        if len(pair) == 2 and pair.isdigit() and int(pair) not in _FORBIDDEN_PAIRS:
            two = 1 + after_c[position + 2]
            if two + 1 < one:
                after_b[position], take_b[position] = two + 1, 2
            if two < one + 1:
                after_c[position], take_c[position] = two, 2
    pieces: list[tuple[str, str]] = []
    position, in_b = 0, after_b[0] <= after_c[0]
    while position < end:
        length = (take_b if in_b else take_c)[position]
        in_b = length == 1
        pieces.append(("B" if in_b else "C", data[position : position + length]))
        position += length
    return pieces
