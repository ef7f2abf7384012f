"""Hands at the receiving screen of a real till: from the sale screen to a blind count and back."""

from __future__ import annotations

from pos.ui.commands import NUMBERS
from tests.bench.terminal import TerminalProgram


def open_receiving(till: TerminalProgram, sender: str = "Bench") -> None:
    """From an empty sale to a blind receipt of somebody not on the list."""
    number = next(n for n, command in NUMBERS.items() if command == "goods_receive")
    for keys, marker in (
        ("0\r", b"All functions"),
        (f"{number}\r", b"Count blind"),
    ):
        _keys(till, keys, marker)
    blind = next(line for line in till.screen() if "Count blind" in line)
    choice = next(part for part in blind.replace("▶", " ").split() if part.isdigit())
    _keys(till, f"{choice}\r", b"Who delivers")
    _keys(till, "1\r", b"Name")
    _keys(till, f"{sender}\r", b"Goods counted")


def leave_receiving(till: TerminalProgram) -> None:
    """Give the receipt up, so that the next one begins empty."""
    _keys(till, "\r", b"Give this receipt up")
    _keys(till, "7\r", b"forgotten")
    _keys(till, "1\r", b"given up")


def _keys(till: TerminalProgram, keys: str, marker: bytes) -> None:
    till.settle(0.3)
    till.forget()
    till.key(keys)
    till.wait_for(marker, 20)
