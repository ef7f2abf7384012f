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
    # best[position][set] = (cost, set of this piece, piece length); cost counts symbols from here.
    best: list[dict[str, tuple[int, str, int]]] = [{} for _ in range(end + 1)]
    best[end] = {"B": (0, "", 0), "C": (0, "", 0)}
    for position in range(end - 1, -1, -1):
        options = [("B", 1)]
        pair = data[position : position + 2]
        if len(pair) == 2 and pair.isdigit() and int(pair) not in _FORBIDDEN_PAIRS:
            options.append(("C", 2))
        for current in "BC":
            best[position][current] = min(
                (1 + (one != current) + best[position + length][one][0], one, length)
                for one, length in options
            )
    start = min("BC", key=lambda one: best[0][one][0])
    pieces: list[tuple[str, str]] = []
    position, current = 0, start
    while position < end:
        _, code_set, length = best[position][current]
        pieces.append((code_set, data[position : position + length]))
        position += length
        current = code_set
    return pieces
