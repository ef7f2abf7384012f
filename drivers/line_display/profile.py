"""What one model of customer display takes: facts that differ between models are data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from drivers.profile_mapping import profile_from


@dataclass(frozen=True, slots=True)
class LineDisplayProfile:
    """One model; the files that ship lie in ``config/displays/*.toml``."""

    name: str
    """Shown in settings and logs."""
    commands: Literal["escpos", "cd5220", "led8"]
    """``escpos`` and ``cd5220`` have two lines of letters, ``led8`` eight digits and lamps."""
    columns: int = 20
    """Cells of a line; a hanzi takes two."""
    charset: Literal["ascii", "gbk"] = "ascii"
    """What a display with letters can show; most vacuum displays know no hanzi."""
    baudrate: int = 9600
    byte_pause_ms: int = 0
    """Waited after each byte; some numeric displays lose faster ones."""
    lamp: Literal["digit", "binary", "bare", "none"] = "digit"
    """How a lamp is named after ``ESC s``: ``'0'``-``'4'``, ``00``-``04``; ``bare`` sends the digit
    alone, without ``ESC s``."""
    select: bytes = b""
    """Sent before each message to a display that shares its line with a printer: ``1b 3d 02``."""
    deselect: bytes = b""
    """Sent after it, so that receipts reach the printer again: ``1b 3d 01``."""


_LIMITS: Final[dict[str, tuple[int, int]]] = {
    "columns": (8, 40),
    "baudrate": (300, 921_600),
    "byte_pause_ms": (0, 50),
}


def line_display_profile_from_mapping(mapping: Mapping[str, Any]) -> LineDisplayProfile:
    """Check ``mapping`` field by field.

    Raises:
        Illegal: with every fault in one message, each naming the key, what was expected and got.
    """
    return profile_from(LineDisplayProfile, "display profile", mapping, _LIMITS)
