"""Digits that are read from across the counter: three rows, and five where there is room."""

from __future__ import annotations

from typing import Final

_THREE: Final[dict[str, tuple[str, str, str]]] = {
    "0": ("█▀█", "█ █", "▀▀▀"),
    "1": ("▀█ ", " █ ", "▀▀▀"),
    "2": ("▀▀█", "█▀▀", "▀▀▀"),
    "3": ("▀▀█", " ▀█", "▀▀▀"),
    "4": ("█ █", "▀▀█", "  ▀"),
    "5": ("█▀▀", "▀▀█", "▀▀▀"),
    "6": ("█▀▀", "█▀█", "▀▀▀"),
    "7": ("▀▀█", "  █", "  ▀"),
    "8": ("█▀█", "█▀█", "▀▀▀"),
    "9": ("█▀█", "▀▀█", "▀▀▀"),
    "-": ("   ", "▀▀▀", "   "),
    ".": (" ", " ", "▀"),
    ",": (" ", " ", "▞"),
    " ": (" ", " ", " "),
}
_FIVE: Final[dict[str, tuple[str, ...]]] = {
    "0": ("█████", "█   █", "█   █", "█   █", "█████"),
    "1": ("  █  ", " ██  ", "  █  ", "  █  ", "█████"),
    "2": ("█████", "    █", "█████", "█    ", "█████"),
    "3": ("█████", "    █", " ████", "    █", "█████"),
    "4": ("█   █", "█   █", "█████", "    █", "    █"),
    "5": ("█████", "█    ", "█████", "    █", "█████"),
    "6": ("█████", "█    ", "█████", "█   █", "█████"),
    "7": ("█████", "    █", "   █ ", "  █  ", "  █  "),
    "8": ("█████", "█   █", "█████", "█   █", "█████"),
    "9": ("█████", "█   █", "█████", "    █", "█████"),
    "-": ("     ", "     ", "█████", "     ", "     "),
    ".": ("  ", "  ", "  ", "  ", "██"),
    ",": ("  ", "  ", "  ", "██", " █"),
    " ": ("  ", "  ", "  ", "  ", "  "),
}


def big_digits(text: str, rows: int = 3) -> list[str]:
    """The amount in rows of block digits (3 or 5), all rows of one width."""
    table = _FIVE if rows == 5 else _THREE
    glyphs = [table[character] for character in text if character in table]
    return [" ".join(glyph[row] for glyph in glyphs) for row in range(5 if rows == 5 else 3)]


def big_width(text: str, rows: int = 3) -> int:
    """Cells that `big_digits` takes for this amount."""
    return len(big_digits(text, rows)[0]) if text else 0
